"""What a network lets one say of connections, and AWS of stores."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.diagnosis.network_claims import (
    EdgeAdmits,
    EntranceAdmits,
    FailedOver,
    ResolverOff,
    StoreIs,
    SubnetFull,
)
from auditor.domain.diagnosis.network_words import StoppedBy, StoreState
from functions.vpc.facts import (
    DatabaseFacts,
    EndFacts,
    EventFacts,
    EventKind,
    SettingsFacts,
    SubnetFacts,
    VpcFacts,
)
from functions.vpc.family import EdgeSpec, VpcSpec
from functions.vpc.network_model import ALL_PROTOCOLS, TCP, GroupRule, Interface, Network, Route, TargetKind
from tests.knowing import SLOT, claims
from tests.unit.functions.vpc.network import (
    ALL_OUT,
    BALANCER,
    EVERYWHERE,
    IN,
    OPEN,
    OUT,
    OUTSIDE,
    STORE,
    TASK,
    entry,
    healthy,
    ports,
    rule,
    with_entries,
    with_interface,
    with_routes,
    with_rules,
)

EDGE = EdgeSpec(source="ecs:shop/orders", to="rds:orders", port=5432)
ENDS = (
    EndFacts(end="ecs:shop/orders", interfaces=("eni-task",), addresses=(TASK,), total=1),
    EndFacts(end="rds:orders", interfaces=("eni-store",), addresses=(STORE,), total=1),
    EndFacts(end="auditor", interfaces=("eni-task",), addresses=(TASK,), total=1),
    EndFacts(end="outside", interfaces=(), addresses=(OUTSIDE,), total=0),
)


def edge(network: Network, asked: EdgeSpec = EDGE, ends: tuple[EndFacts, ...] = ENDS) -> EdgeAdmits:
    facts = VpcFacts(network=network, ends=ends, names={"sg-store": "stores", "acl-b": "private"})
    (found,) = claims("vpc", VpcSpec(vpc="shop", edges=(asked,)), facts)
    assert isinstance(found, EdgeAdmits)
    return found


def test_an_admitted_connection_is_said_with_both_ends_and_the_addresses() -> None:
    said = edge(healthy())
    assert (said.source_kind, said.source, said.destination_kind, said.destination, said.port) == (
        ("ecs", "shop/orders", "rds", "orders", 5432)
    )
    assert (said.addresses, said.stopped_by, said.of_auditor) == ((STORE,), None, False)
    assert edge(healthy(), replace(EDGE, source="auditor")).of_auditor


def test_a_group_that_stops_it_is_named_by_its_name_and_its_id() -> None:
    said = edge(with_rules(healthy(), "sg-store", ALL_OUT))
    assert (said.stopped_by, said.stopped_at) == (StoppedBy.INGRESS_RULE, ("stores", "sg-store"))
    assert "stores (sg-store)" in said.line
    assert edge(with_rules(healthy(), "sg-tasks")).stopped_by is StoppedBy.EGRESS_RULE


@pytest.mark.parametrize(
    ("entries", "by", "drops_replies"),
    [
        ((entry(1, IN, True), entry(2, OUT, True, protocol=TCP, ports=ports(443))), StoppedBy.LIST_OF_REPLIES, True),
        (
            (entry(1, OUT, True), entry(2, IN, True, protocol=TCP, ports=ports(1, 1023))),
            StoppedBy.LIST_OF_REQUESTS,
            True,
        ),
        ((entry(1, IN, False, protocol=TCP, ports=ports(5432)), *OPEN), StoppedBy.LIST_OF_REQUESTS, False),
    ],
    ids=["no ephemeral ports out", "nothing above 1023 in, which the store's port is too", "this port alone"],
)
def test_a_list_that_lacks_the_ephemeral_ports_is_told_from_one_that_denies_a_port(
    entries: tuple[Any, ...], by: StoppedBy, drops_replies: bool
) -> None:
    said = edge(with_entries(healthy(), "acl-b", *entries))
    assert (said.stopped_by, said.drops_replies, said.groups_admit) == (by, drops_replies, True)
    assert said.stopped_at == ("private", "acl-b")


def test_without_the_list_the_groups_would_still_stop_it() -> None:
    network = with_entries(with_rules(healthy(), "sg-store", ALL_OUT), "acl-b")
    assert not edge(network).groups_admit


def test_a_missing_route_is_said_of_the_outside() -> None:
    local = Route(destination="10.0.0.0/16", kind=TargetKind.LOCAL, target="local")
    said = edge(with_routes(healthy(), "rtb-private", local), replace(EDGE, to="outside", port=443))
    assert (said.stopped_by, said.stopped_at) == (StoppedBy.ROUTE, ("rtb-private",))


def test_what_stops_one_of_two_tasks_is_said_as_a_part() -> None:
    old = Interface(id="eni-old", subnet="subnet-a", addresses=("10.0.1.11",), security_groups=("sg-old",))
    network = with_rules(with_interface(healthy(), old), "sg-old", ALL_OUT)
    both = replace(ENDS[0], interfaces=("eni-old", "eni-task"), addresses=("10.0.1.11", TASK), total=2)
    said = edge(network, ends=(both, *ENDS[1:]))
    assert (said.stopped_by, said.partly) == (StoppedBy.INGRESS_RULE, True)


def test_of_an_edge_that_could_not_be_asked_nothing_is_said() -> None:
    nobody = replace(ENDS[1], interfaces=(), addresses=(), total=0)
    facts = VpcFacts(network=healthy(), ends=(ENDS[0], nobody))
    assert claims("vpc", VpcSpec(vpc="shop", edges=(EDGE,)), facts) == []
    assert claims("vpc", VpcSpec(vpc="shop", edges=(EDGE,)), VpcFacts()) == []
    assert claims("vpc", VpcSpec(vpc="shop", edges=(EDGE,)), None) == []


# ---- What an entrance admits
UDP = 17
ENTRANCE = EndFacts(end="alb:shop-web", interfaces=("eni-balancer",), addresses=(BALANCER,), total=1)


def entrances(network: Network | None, *ends: EndFacts) -> list[EntranceAdmits]:
    facts = VpcFacts(network=network, ends=ends or (ENTRANCE,), names={"sg-balancer": "web-group"})
    return [c for c in claims("vpc", VpcSpec(vpc="shop"), facts) if isinstance(c, EntranceAdmits)]


def guarded(*rules: GroupRule) -> Network:
    """The network where the balancer's group has these rules besides its way out."""
    return with_rules(healthy(), "sg-balancer", ALL_OUT, *rules)


def named(network: Network, name: str) -> Network:
    groups = (replace(group, name=name) if group.id == "sg-balancer" else group for group in network.security_groups)
    return replace(network, security_groups=tuple(groups))


@pytest.mark.parametrize(
    ("rules", "admitted"),
    [
        ((rule(IN, 443, cidr=EVERYWHERE),), ((443, 443),)),
        ((rule(IN, 443, cidr=EVERYWHERE), rule(IN, 80, cidr=EVERYWHERE)), ((80, 80), (443, 443))),
        ((replace(rule(IN, cidr=EVERYWHERE), ports=ports(8000, 9000)),), ((8000, 9000),)),
        ((rule(IN, cidr=EVERYWHERE),), ((0, 65535),)),
        ((rule(IN, protocol=ALL_PROTOCOLS, cidr=EVERYWHERE),), ((0, 65535),)),
        ((rule(IN, 443, cidr="10.0.0.0/8"), rule(IN, 80, cidr=EVERYWHERE)), ((80, 80),)),
        ((rule(IN, 443, group="sg-tasks"),), ()),
        ((rule(IN, 443, protocol=UDP, cidr=EVERYWHERE),), ()),
    ],
    ids=["a port", "two ports", "a range", "every port", "everything", "some to another", "a group", "not by TCP"],
)
def test_what_an_entrance_admits_from_everywhere_is_said(
    rules: tuple[GroupRule, ...], admitted: tuple[tuple[int, int], ...]
) -> None:
    (said,) = entrances(named(guarded(*rules), "web-group"))
    assert (said.balancer, said.groups, said.ports) == ("shop-web", ("sg-balancer", "web-group"), admitted)


def test_the_groups_of_an_entrance_admit_together() -> None:
    both = Interface(
        id="eni-balancer", subnet="subnet-p", addresses=(BALANCER,), security_groups=("sg-balancer", "sg-2")
    )
    network = with_rules(
        with_interface(guarded(rule(IN, 443, cidr=EVERYWHERE)), both), "sg-2", rule(IN, 80, cidr=EVERYWHERE)
    )
    (said,) = entrances(network)
    assert said.ports == ((80, 80), (443, 443))
    assert {"sg-balancer", "sg-2"} <= set(said.groups)


@pytest.mark.parametrize(
    ("network", "end"),
    [
        (guarded(), ENTRANCE),
        (guarded(rule(IN, 443, prefix_list="pl-1")), ENTRANCE),
        (guarded(rule(IN, 443, prefix_list="pl-1"), rule(IN, 80, cidr=EVERYWHERE)), ENTRANCE),
        (healthy(), replace(ENTRANCE, end="ecs:shop/orders")),
        (healthy(), replace(ENTRANCE, interfaces=())),
        (healthy(), replace(ENTRANCE, interfaces=("eni-unknown",))),
        (
            with_interface(healthy(), replace(healthy().interfaces[2], security_groups=("sg-balancer", "sg-unread"))),
            ENTRANCE,
        ),
        (None, ENTRANCE),
    ],
    ids=[
        "no way in",
        "a managed list lets in",
        "a managed list lets in as well",
        "no balancer",
        "no interface",
        "an interface that was not read",
        "a group that was not read",
        "no network was read",
    ],
)
def test_of_an_entrance_that_was_not_read_as_a_whole_nothing_is_said(network: Network | None, end: EndFacts) -> None:
    assert entrances(network, end) == []


def test_a_full_subnet_and_a_resolver_that_is_off_are_said_by_name_and_id() -> None:
    settings = SettingsFacts(
        id="vpc-1", name="shop", cidrs=("10.0.0.0/16",), dns_support=False, dns_hostnames=True, name_servers=()
    )
    subnets = tuple(
        SubnetFacts(id=f"subnet-{free}", name="private", zone="a", cidr="10.0.1.0/24", free=free, used=True)
        for free in (0, 9)
    )
    said = claims("vpc", VpcSpec(vpc="shop"), VpcFacts(vpc=settings, subnets=subnets))
    assert [replace(claim, proof=()) for claim in said] == [  # type: ignore[type-var]
        ResolverOff(names=("shop", "vpc-1")),
        SubnetFull(names=("private", "subnet-0")),
    ]


def store(status: str, *events: EventFacts) -> list[Any]:
    database = DatabaseFacts(
        id="orders",
        status=status,
        engine="postgres 15.4",
        host="orders.example",
        port=5432,
        multi_az=True,
        storage_gib=20,
        max_storage_gib=None,
        groups=("sg-1",),
    )
    facts = VpcFacts(database=database, events=events)
    return claims("vpc", VpcSpec(database="orders"), facts, component="rds.orders")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("available", StoreState.SERVES),
        ("backing-up", StoreState.SERVES),
        ("storage-full", StoreState.STORAGE_FULL),
        ("rebooting", StoreState.RESTARTING),
        ("stopped", StoreState.STOPPED),
        ("failed", StoreState.BROKEN),
        ("deleting", StoreState.GONE),
    ],
)
def test_a_store_is_what_aws_says(status: str, state: StoreState) -> None:
    (said,) = store(status)
    assert isinstance(said, StoreIs)
    assert (said.component, said.state, said.word) == ("rds.orders", state, status)


def test_of_a_status_that_is_not_known_nothing_is_said() -> None:
    assert store("re-imagining") == []


def test_a_failover_is_said_while_it_is_recent() -> None:
    def failover(seconds: float) -> EventFacts:
        at = SLOT - timedelta(seconds=seconds)
        return EventFacts(kind=EventKind.FAILOVER, at=at, age_seconds=seconds)

    assert [c.at for c in store("available", failover(60)) if isinstance(c, FailedOver)] == [
        SLOT - timedelta(seconds=60)
    ]
    assert not [c for c in store("available", failover(7200)) if isinstance(c, FailedOver)]
