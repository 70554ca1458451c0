"""The platform's network in the emulator: subnets, routes, lists, security groups and who has them; and its stores.

It lies in a second block of the emulator's default VPC, where the auditor's own functions are deployed, so that the
auditor stands in the VPC that it audits. The owner admits the auditor to its stores by the block of that VPC.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.fargate.estate import Estate
from sandbox.instance import REGION

_VPC = "vpc-00000001"
_AUDITORS_BLOCK = "172.31.0.0/16"
_PRIVATE = {"a": 1, "b": 2}
_PUBLIC = {"a": 101, "b": 102}
"""Zone and third number of each subnet."""
_EVERYWHERE = "0.0.0.0/0"
_HIGH_PORTS = (1024, 65535)
_REPLIES = 110
"""The number of the entries that admit everything above 1023 in the list of the private subnets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """What others need of the network: the VPC, its private and public subnets."""

    vpc: str
    private: list[str]
    public: list[str]


class PlatformNetwork:
    """Writes and changes the network through the AWS API. ``aws`` gives a client of a service."""

    def __init__(self, aws: Callable[[str], Any], estate: Estate) -> None:
        self._aws = aws
        self._estate = estate
        self._names = estate.network_names
        self._groups: dict[str, str] = {}
        self._acl = ""
        self._subnets: dict[str, str] = {}

    def lay(self) -> Laid:
        """VPC, subnets, routes, lists and groups; nobody stands in it yet."""
        ec2 = self._aws("ec2")
        ec2.create_tags(Resources=[_VPC], Tags=[{"Key": "Name", "Value": self._names.vpc}])
        ec2.modify_vpc_attribute(VpcId=_VPC, EnableDnsHostnames={"Value": True})
        private = [self._subnet(zone, third, self._names.subnet) for zone, third in _PRIVATE.items()]
        public = [self._subnet(zone, third, f"{self._names.vpc}-public") for zone, third in _PUBLIC.items()]
        self._subnets = dict(zip(_PRIVATE, private, strict=True))
        self._route(private, public)
        self._list(private)
        self._make_groups()
        return Laid(vpc=_VPC, private=private, public=public)

    def place_tasks(self) -> None:
        """One interface for each service's task, at its address."""
        for service in self._estate.services:
            self._interface(
                self._zone(service.address),
                self._names.tasks,
                f"arn:aws:ecs:{REGION}:000000000000:attachment/{service.name}",
                address=service.address,
                tags={"aws:ecs:serviceName": service.ecs_name},
            )

    def place_balancer(self, arn: str, subnets: list[str]) -> None:
        """A load balancer's nodes."""
        for subnet in subnets:
            self._interface(subnet, self._names.balancers, f"ELB {arn.partition('loadbalancer/')[2]}")

    def place_stores(self) -> None:
        """The database and the cache as RDS and ElastiCache have them."""
        database, cache = self._estate.database, self._estate.cache
        rds, subnets = self._aws("rds"), list(self._subnets.values())
        rds.create_db_subnet_group(
            DBSubnetGroupName=self._names.vpc, DBSubnetGroupDescription="private", SubnetIds=subnets
        )
        rds.create_db_instance(
            DBInstanceIdentifier=database.identifier,
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            EngineVersion="15.4",
            MasterUsername="rdsadmin",
            MasterUserPassword="not-a-password-of-anything",
            AllocatedStorage=20,
            Port=database.store.port,
            AvailabilityZone=f"{REGION}b",
            DBSubnetGroupName=self._names.vpc,
            VpcSecurityGroupIds=[self._groups[self._names.database]],
        )
        self._interface(
            self._zone(database.store.address),
            self._names.database,
            "RDSNetworkInterface",
            address=database.store.address,
        )
        self._aws("elasticache").create_replication_group(
            ReplicationGroupId=cache.identifier,
            ReplicationGroupDescription=cache.identifier,
            Engine="redis",
            CacheNodeType="cache.t3.micro",
            TransitEncryptionEnabled=True,
            Port=cache.store.port,
            SecurityGroupIds=[self._groups[self._names.cache]],
        )
        self._interface(
            self._zone(cache.store.address),
            self._names.cache,
            f"ElastiCache {cache.identifier}-001",
            address=cache.store.address,
        )

    def admit_only_earlier_tasks(self) -> None:
        """The cache's group trusts the group that the tasks had before, and no longer the one that they have."""
        port, group = self._estate.cache.store.port, self._groups[self._names.cache]
        self._admit(self._names.cache, self._from_group(port, self._names.earlier_tasks))
        self._aws("ec2").revoke_security_group_ingress(
            GroupId=group, IpPermissions=[self._from_group(port, self._names.tasks)]
        )

    def shut_out_auditor(self) -> None:
        """The database's group no longer admits the auditor's block."""
        port, group = self._estate.database.store.port, self._groups[self._names.database]
        self._aws("ec2").revoke_security_group_ingress(
            GroupId=group, IpPermissions=[_from_block(port, _AUDITORS_BLOCK)]
        )

    def drop_replies(self) -> None:
        """The list of the private subnets loses its outbound entry for everything above 1023."""
        self._aws("ec2").delete_network_acl_entry(NetworkAclId=self._acl, RuleNumber=_REPLIES, Egress=True)

    def remove_cache(self) -> None:
        """ElastiCache never had a cluster."""
        self._aws("elasticache").delete_replication_group(ReplicationGroupId=self._estate.cache.identifier)

    def _subnet(self, zone: str, third: int, name: str) -> str:
        block = f"10.{self._estate.network}.{third}.0/24"
        tags = [{"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": name}]}]
        made = self._aws("ec2").create_subnet(
            VpcId=_VPC, CidrBlock=block, AvailabilityZone=REGION + zone, TagSpecifications=tags
        )
        return str(made["Subnet"]["SubnetId"])

    def _route(self, private: list[str], public: list[str]) -> None:
        """AWS adds the local route of a VPC's second block by itself."""
        ec2 = self._aws("ec2")
        (gateway,) = [g["InternetGatewayId"] for g in ec2.describe_internet_gateways()["InternetGateways"]]
        nat_tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "Name", "Value": self._names.nat}]}]
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address, TagSpecifications=nat_tags)
        own = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])["RouteTables"]
        tables = [table["RouteTableId"] for table in own if table["VpcId"] == _VPC]
        for subnets, target in (
            (private, {"NatGatewayId": nat["NatGateway"]["NatGatewayId"]}),
            (public, {"GatewayId": gateway}),
        ):
            table = ec2.create_route_table(VpcId=_VPC)["RouteTable"]["RouteTableId"]
            tables.append(table)
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=_EVERYWHERE, **target)
            for subnet in subnets:
                ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        for table in tables:
            block = f"10.{self._estate.network}.0.0/16"
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=block, GatewayId="local")

    def _list(self, subnets: list[str]) -> None:
        ec2 = self._aws("ec2")
        tags = [{"ResourceType": "network-acl", "Tags": [{"Key": "Name", "Value": self._names.acl}]}]
        self._acl = ec2.create_network_acl(VpcId=_VPC, TagSpecifications=tags)["NetworkAcl"]["NetworkAclId"]
        for egress in (False, True):
            for number, (first, last) in ((100, (443, 443)), (_REPLIES, _HIGH_PORTS)):
                ec2.create_network_acl_entry(
                    NetworkAclId=self._acl,
                    RuleNumber=number,
                    Protocol="6",
                    RuleAction="allow",
                    Egress=egress,
                    CidrBlock=_EVERYWHERE,
                    PortRange={"From": first, "To": last},
                )
        for acl in ec2.describe_network_acls()["NetworkAcls"]:
            for association in acl["Associations"]:
                if association["SubnetId"] in subnets:
                    ec2.replace_network_acl_association(
                        AssociationId=association["NetworkAclAssociationId"], NetworkAclId=self._acl
                    )

    def _make_groups(self) -> None:
        names, ec2 = self._names, self._aws("ec2")
        for name in (names.tasks, names.earlier_tasks, names.database, names.cache, names.balancers):
            self._groups[name] = ec2.create_security_group(GroupName=name, Description=name, VpcId=_VPC)["GroupId"]
        database, cache = self._estate.database.store.port, self._estate.cache.store.port
        self._admit(names.balancers, _from_block(443, _EVERYWHERE), _from_block(80, _EVERYWHERE))
        self._admit(names.database, self._from_group(database, names.tasks), _from_block(database, _AUDITORS_BLOCK))
        self._admit(names.cache, self._from_group(cache, names.tasks), _from_block(cache, _AUDITORS_BLOCK))
        for service in self._estate.services:
            self._admit(
                names.tasks,
                self._from_group(service.port, names.balancers),
                self._from_group(service.port, names.tasks),
                _from_block(service.port, _AUDITORS_BLOCK),
            )

    def _admit(self, name: str, *permissions: dict[str, Any]) -> None:
        self._aws("ec2").authorize_security_group_ingress(GroupId=self._groups[name], IpPermissions=list(permissions))

    def _from_group(self, port: int, name: str) -> dict[str, Any]:
        pair = {"GroupId": self._groups[name]}
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [pair]}

    def _interface(
        self, subnet: str, group: str, description: str, *, address: str = "", tags: dict[str, str] | None = None
    ) -> None:
        more: dict[str, Any] = {"PrivateIpAddress": address} if address else {}
        if tags:
            listed = [{"Key": key, "Value": value} for key, value in tags.items()]
            more["TagSpecifications"] = [{"ResourceType": "network-interface", "Tags": listed}]
        self._aws("ec2").create_network_interface(
            SubnetId=subnet, Description=description, Groups=[self._groups[group]], **more
        )

    def _zone(self, address: str) -> str:
        """The private subnet of an address."""
        third = int(address.split(".")[2])
        return next(self._subnets[zone] for zone, number in _PRIVATE.items() if number == third)


def _from_block(port: int, block: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": block}]}
