"""The situations of `labels/vpc.yaml`: a VPC and its stores in an account in memory, described in AWS's own shapes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.vpc.family import EdgeSpec, VpcSpec
from tests.aws_account import SLOT
from tests.fault_lab.situation import Situation
from tests.vpc_account import EDGES, ORDERS, SPEC, Change, VpcAccount, ago, entry, vpc_account

Made = Callable[[], AbstractContextManager[Situation]]

_QUICK = timedelta(seconds=2)
_STORE = EdgeSpec(source=ORDERS, to="rds:orders", port=5432)
_OUT = EdgeSpec(source=ORDERS, to="outside", port=443)
_BALANCER = EdgeSpec(source="alb:web", to=ORDERS, port=8080)
_KERNEL, _WINDOWS = (32768, 60999), (49152, 65535)


def _situation(spec: VpcSpec, change: Change) -> Made:
    @contextmanager
    def made() -> Iterator[Situation]:
        with vpc_account() as account:
            change(account)
            probed = Target(id="lab", family="vpc", service="shop", component="vpc.dns", spec=spec)
            yield Situation(target=probed, network=Network(resolver=("127.0.0.1", 9)), slot=SLOT)

    return made


def _vpc(change: Change = lambda _: None, *edges: EdgeSpec, **spec: Any) -> Made:
    return _situation(replace(SPEC, edges=edges or SPEC.edges, **spec), change)


def _all(*changes: Change) -> Change:
    def change(account: VpcAccount) -> None:
        for each in changes:
            each(account)

    return change


# ---- Security groups ------------------------------------------------------------------------------------------------


def _second_group(account: VpcAccount) -> None:
    account.admit_only("store", 5432, group="old")
    account.admit("balancer", 5432, group="tasks")
    account.regroup(account.interface("RDSNetworkInterface"), "store", "balancer")
    account.database["VpcSecurityGroups"].append(
        {"VpcSecurityGroupId": account.groups["balancer"]["GroupId"], "Status": "active"}
    )


def _by_prefix_list(account: VpcAccount) -> None:
    account.let_out_only("tasks", account.permission(5432, prefix_list="pl-1"))
    account.lists["pl-1"] = ["10.9.0.0/16", "10.0.2.0/24"]


def _balancer_lets_out(*ports: int) -> Change:
    def change(account: VpcAccount) -> None:
        account.let_out_only("balancer", *(account.permission(port, cidr="0.0.0.0/0") for port in ports))

    return change


# ---- Network ACLs ---------------------------------------------------------------------------------------------------


def _list(subnet: str, *entries: dict[str, Any]) -> Change:
    return lambda account: account.list_of(subnet, *entries)


_OPEN = (entry(100, False), entry(100, True))


def _replies(subnet: str, ports: tuple[int, int]) -> Change:
    """A list that admits every request into the subnet, and replies out of it to these ports."""
    return _list(subnet, entry(100, False), entry(100, True, ports=ports))


def _all_in_one_subnet(account: VpcAccount) -> None:
    account.interface("RDSNetworkInterface")["SubnetId"] = account.subnets["a"]["SubnetId"]
    account.list_of("a")


# ---- Routes ---------------------------------------------------------------------------------------------------------


def _only_local(account: VpcAccount) -> None:
    account.routes("a")[:] = [route for route in account.routes("a") if route.get("GatewayId") == "local"]


def _nat_deleted(account: VpcAccount) -> None:
    for route in account.routes("a"):
        if route.get("NatGatewayId"):
            route["State"] = "blackhole"


def _nat(state: str) -> Change:
    return lambda account: account.nat.update(State=state)


def _to_internet_gateway(account: VpcAccount) -> None:
    gateway = next(r["GatewayId"] for r in account.routes("p") if r.get("GatewayId", "").startswith("igw-"))
    for route in account.routes("a"):
        if route.pop("NatGatewayId", None):
            route["GatewayId"] = gateway


# ---- Addresses and names --------------------------------------------------------------------------------------------


def _free(count: int) -> Change:
    return lambda account: account.subnets["a"].update(AvailableIpAddressCount=count)


def _attribute(name: str) -> Change:
    return lambda account: account.attributes.update({name: False})


def _name_servers(account: VpcAccount) -> None:
    lines = account.told["DescribeDhcpOptions"]["DhcpOptions"][0]["DhcpConfigurations"]
    lines[:] = [{"Key": "domain-name-servers", "Values": [{"Value": "10.0.0.53"}]}]


# ---- The auditor's own limits ---------------------------------------------------------------------------------------


def _refused(operation: str, code: str, service: str = "ec2") -> Change:
    return lambda account: account.aws.refuses(service, operation, code)


def _without_auditor(account: VpcAccount) -> None:
    for port in (5432, 6379):
        account.admit_only("store", port, group="tasks")


def _vpcs(count: int) -> Change:
    def change(account: VpcAccount) -> None:
        vpc = account.vpc
        account.told["DescribeVpcs"]["Vpcs"] = [vpc | {"VpcId": f"vpc-{number:017x}"} for number in range(count)]

    return change


def _store_unseen(account: VpcAccount) -> None:
    account.interfaces.remove(account.interface("RDSNetworkInterface"))


# ---- Stores ---------------------------------------------------------------------------------------------------------


def _database(change: Change = lambda _: None, **instance: Any) -> Made:
    def changed(account: VpcAccount) -> None:
        account.database.update(instance)
        account.aws.answers("rds", "DescribeEvents", lambda _: {"Events": []})
        account.aws.answers("rds", "DescribePendingMaintenanceActions", lambda _: {"PendingMaintenanceActions": []})
        change(account)

    return _situation(VpcSpec(database="orders", timeout=_QUICK), changed)


def _maintenance(**detail: Any) -> Change:
    arn = "arn:aws:rds:us-east-1:123456789012:db:orders"
    details = [{"Action": "system-update", "Description": "New Operating System update is available", **detail}]
    pending = [{"ResourceIdentifier": arn, "PendingMaintenanceActionDetails": details}]
    told = {"PendingMaintenanceActions": pending}
    return lambda account: account.aws.answers("rds", "DescribePendingMaintenanceActions", lambda _: told)


def _cache(status: str, *events: dict[str, Any], replicated: bool = True) -> Made:
    def change(account: VpcAccount) -> None:
        endpoint = {"Address": "master.sessions.c0ffee.use1.cache.amazonaws.com", "Port": 6379}
        members = [
            {"CacheClusterId": f"sessions-00{number}", "CacheNodeId": "0001", "CurrentRole": role}
            for number, role in ((1, "primary"), (2, "replica"))
        ]
        group = {
            "ReplicationGroupId": "sessions",
            "Status": status,
            "AutomaticFailover": "enabled",
            "TransitEncryptionEnabled": True,
            "NodeGroups": [{"NodeGroupId": "0001", "PrimaryEndpoint": endpoint, "NodeGroupMembers": members}],
        }
        node = {"CacheNodeId": "0001", "CacheNodeStatus": status, "Endpoint": endpoint}
        cluster = {"CacheClusterId": "sessions", "CacheClusterStatus": status, "CacheNodes": [node]}
        account.aws.answers("elasticache", "DescribeReplicationGroups", lambda _: {"ReplicationGroups": [group]})
        account.aws.answers("elasticache", "DescribeCacheClusters", lambda _: {"CacheClusters": [cluster]})
        account.aws.answers("elasticache", "DescribeEvents", lambda _: {"Events": list(events)})
        if not replicated:
            account.aws.refuses("elasticache", "DescribeReplicationGroups", "ReplicationGroupNotFoundFault")
        if not status:
            account.aws.refuses("elasticache", "DescribeCacheClusters", "CacheClusterNotFound")

    return _situation(VpcSpec(cache="sessions", timeout=_QUICK), change)


_FAILOVER = {
    "SourceIdentifier": "sessions",
    "SourceType": "replication-group",
    "Message": "Failover from primary node sessions-001 to replica node sessions-002 completed",
    "Date": ago(minutes=10),
}

SITUATIONS: dict[str, Made] = {
    "vpc-open": _vpc(),
    "vpc-old-generation": _vpc(lambda a: a.admit_only("store", 5432, group="old"), *EDGES),
    "vpc-old-reference-left": _vpc(lambda a: a.admit("store", 5432, group="old")),
    "vpc-references-live": _vpc(),
    "vpc-two-generations-of-tasks": _vpc(lambda a: a.place("orders", "a", "old"), _STORE),
    "vpc-second-group-admits": _vpc(_second_group, _STORE),
    "vpc-self-rule": _vpc(),
    "vpc-no-self-rule": _vpc(lambda a: a.admit_only("tasks", 8080, group="balancer"), *EDGES),
    "vpc-balancer-no-egress": _vpc(_balancer_lets_out(80, 443), *EDGES),
    "vpc-other-port": _vpc(lambda a: a.admit_only("store", 5432, group="auditor"), _STORE),
    "vpc-by-block": _vpc(lambda a: a.admit_only("store", 5432, cidr="10.0.1.0/24"), _STORE),
    "vpc-by-prefix-list": _vpc(_by_prefix_list, _STORE),
    "vpc-acl-denies-request": _vpc(_list("b", entry(90, False, allow=False, ports=(5432, 5432)), *_OPEN), _STORE),
    "vpc-acl-admits-first": _vpc(
        _list(
            "b",
            entry(90, False, ports=(5432, 5432)),
            entry(95, False, allow=False, ports=(5432, 5432)),
            *_OPEN,
        ),
        _STORE,
    ),
    "vpc-acl-no-ephemeral": _vpc(_list("b", entry(100, False), entry(100, True, ports=(443, 443))), _STORE),
    "vpc-acl-part-of-ephemeral": _vpc(_replies("b", _WINDOWS), _STORE),
    "vpc-acl-kernel-ports": _vpc(_replies("b", _KERNEL), _STORE),
    "vpc-acl-kernel-ports-balancer": _vpc(_replies("a", _KERNEL), _BALANCER),
    "vpc-acl-same-subnet": _vpc(_all_in_one_subnet, _STORE),
    "vpc-no-default-route": _vpc(_only_local, _OUT),
    "vpc-nat-deleted": _vpc(_nat_deleted, _OUT),
    "vpc-nat-deleted-route": _vpc(_nat_deleted),
    "vpc-nat-failed": _vpc(_nat("failed"), _OUT),
    "vpc-private-behind-internet-gateway": _vpc(_to_internet_gateway, _OUT),
    "vpc-routes-active": _vpc(),
    "vpc-addresses-free": _vpc(),
    "vpc-addresses-few": _vpc(_free(3)),
    "vpc-addresses-none": _vpc(_free(0)),
    "vpc-resolver-on": _vpc(),
    "vpc-resolver-off": _vpc(_attribute("enableDnsSupport")),
    "vpc-hostnames-off": _vpc(_attribute("enableDnsHostnames")),
    "vpc-other-name-servers": _vpc(_name_servers),
    "vpc-auditor-admitted": _vpc(),
    "vpc-auditor-not-admitted": _vpc(_without_auditor),
    "vpc-auditor-alone": _vpc(_without_auditor),
    "vpc-groups-denied": _vpc(_refused("DescribeSecurityGroups", "UnauthorizedOperation")),
    "vpc-interfaces-throttled": _vpc(_refused("DescribeNetworkInterfaces", "RequestLimitExceeded")),
    "vpc-wrong-region": _vpc(_vpcs(0)),
    "vpc-name-twice": _vpc(_vpcs(2)),
    "vpc-wrong-cluster": _vpc(_refused("ListTasks", "ClusterNotFoundException", "ecs")),
    "vpc-store-without-interface": _vpc(_store_unseen, _STORE),
    "vpc-database-available": _database(),
    "vpc-database-backing-up": _database(DBInstanceStatus="backing-up"),
    "vpc-database-storage-full": _database(DBInstanceStatus="storage-full"),
    "vpc-database-rebooting": _database(DBInstanceStatus="rebooting"),
    "vpc-database-stopped": _database(DBInstanceStatus="stopped"),
    "vpc-database-failed": _database(DBInstanceStatus="failed"),
    "vpc-database-status-unheard-of": _database(DBInstanceStatus="re-imagining"),
    "vpc-database-wrong-name": _database(_refused("DescribeDBInstances", "DBInstanceNotFound", "rds")),
    "vpc-database-denied": _database(_refused("DescribeDBInstances", "AccessDenied", "rds")),
    "vpc-database-maintenance-forced": _database(_maintenance(ForcedApplyDate=ago(days=-3))),
    "vpc-database-maintenance-offered": _database(_maintenance()),
    "vpc-cache-available": _cache("available"),
    "vpc-cache-single-node": _cache("available", replicated=False),
    "vpc-cache-snapshotting": _cache("snapshotting"),
    "vpc-cache-failed-over": _cache("available", _FAILOVER),
    "vpc-cache-deleting": _cache("deleting"),
    "vpc-cache-wrong-name": _cache("", replicated=False),
}
