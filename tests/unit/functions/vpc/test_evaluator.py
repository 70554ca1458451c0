"""The evaluator, line by line of the model's order; a reference of its own compares it on thousands of networks."""

from dataclasses import replace

import pytest

from functions.vpc.evaluator import evaluate
from functions.vpc.network_model import (
    ALL_PROTOCOLS,
    TCP,
    WIDE_PORTS,
    Answer,
    GroupRule,
    Interface,
    NatGateway,
    Network,
    Question,
    Route,
    TargetKind,
)
from tests.unit.functions.vpc.network import (
    ALL_OUT,
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

LOCAL = Route(destination="10.0.0.0/16", kind=TargetKind.LOCAL, target="local")
ADMITTED = ("admitted", "")


def ask(network: Network, source: str = "eni-task", destination: str = STORE, port: int = 5432) -> Answer:
    return evaluate(network, Question(source=source, destination=destination, port=port))


def told(answer: Answer) -> tuple[str, ...]:
    """The answer in few words: where, which packet, which direction, why, ids and line."""
    stop = answer.stop
    if stop is None:
        return ("admitted", answer.leaves_by)
    parts = (f"{stop.owner} {stop.kind}", f"{stop.packet} {stop.direction}", str(stop.why), ",".join(stop.ids))
    return (*parts, *([stop.line] if stop.line else []), *(["some"] if stop.only_some_ports else []))


def test_a_task_reaches_its_store_and_the_outside_and_is_reached_by_the_balancer() -> None:
    assert told(ask(healthy())) == ADMITTED
    assert told(ask(healthy(), destination=OUTSIDE, port=443)) == ("admitted", "igw-1")
    assert told(ask(healthy(), source="eni-balancer", destination=TASK, port=8080)) == ADMITTED
    assert told(ask(healthy(), source=OUTSIDE, destination="10.0.9.30", port=443)) == ("admitted", "igw-1")


@pytest.mark.parametrize(
    "rules",
    [
        (),
        (rule(IN, 5432, group="sg-old"),),
        (rule(IN, 5433, group="sg-tasks"),),
        (rule(OUT, 5432, group="sg-tasks"),),
        (rule(IN, 5432, protocol=17, group="sg-tasks"),),
        (rule(IN, 5432, cidr="10.0.2.0/24"),),
        (rule(IN, 5432, cidr="::/0"),),
    ],
    ids=["no rule", "old group", "other port", "other direction", "UDP", "other block", "other family"],
)
def test_a_store_whose_rules_do_not_admit_the_task_stops_it(rules: tuple[GroupRule, ...]) -> None:
    stopped = told(ask(with_rules(healthy(), "sg-store", *rules)))
    assert stopped == ("destination security_group", "request ingress", "no_rule_admits", "sg-store")


@pytest.mark.parametrize(
    "admitting",
    [
        rule(IN, 5432, cidr="10.0.1.0/24"),
        rule(IN, 5432, cidr="10.0.1.10/32"),
        rule(IN, None, group="sg-tasks"),
        rule(IN, 1, protocol=ALL_PROTOCOLS, group="sg-tasks"),
        GroupRule(direction=IN, protocol=TCP, ports=ports(5000, 5432), group="sg-tasks"),
        rule(IN, 5432, prefix_list="pl-1"),
    ],
    ids=["block", "address", "all ports", "all protocols, whatever its ports say", "range", "prefix list"],
)
def test_one_admitting_rule_of_any_form_is_enough(admitting: GroupRule) -> None:
    network = replace(healthy(), prefix_lists={"pl-1": ("10.9.0.0/16", "10.0.1.0/28")})
    assert told(ask(with_rules(network, "sg-store", rule(IN, 1, cidr=EVERYWHERE), admitting))) == ADMITTED


def test_a_group_admits_itself_only_by_a_rule_of_its_own() -> None:
    twin = Interface(id="eni-twin", subnet="subnet-b", addresses=("10.0.2.11",), security_groups=("sg-tasks",))
    network = with_interface(healthy(), twin)
    assert told(ask(network, destination="10.0.2.11", port=8080))[2:] == ("no_rule_admits", "sg-tasks")
    network = with_rules(network, "sg-tasks", ALL_OUT, rule(IN, 8080, group="sg-tasks"))
    assert told(ask(network, destination="10.0.2.11", port=8080)) == ADMITTED


def test_the_rules_of_all_groups_of_an_interface_count_and_all_are_named() -> None:
    store = Interface(id="eni-store", subnet="subnet-b", addresses=(STORE,), security_groups=("sg-z", "sg-store"))
    network = with_interface(with_rules(healthy(), "sg-z"), store)
    assert told(ask(network)) == ADMITTED
    assert told(ask(network, port=1))[3] == "sg-store,sg-z"


def test_an_interface_without_a_group_filters_nothing() -> None:
    assert told(ask(with_interface(healthy(), Interface(id="eni-store", subnet="subnet-b", addresses=(STORE,))))) == (
        ADMITTED
    )


def test_the_sources_own_group_is_asked_first() -> None:
    network = with_rules(with_rules(healthy(), "sg-tasks", rule(OUT, 443, cidr=EVERYWHERE)), "sg-store")
    assert told(ask(network))[:2] == ("source security_group", "request egress")


@pytest.mark.parametrize(
    ("acl", "entries", "stopped"),
    [
        ("acl-a", (entry(90, OUT, False), *OPEN), ("source network_acl", "request egress", "entry_denies", "90")),
        ("acl-a", (entry(110, OUT, False), *OPEN), None),
        ("acl-a", (entry(90, OUT, False, protocol=17), *OPEN), None),
        ("acl-a", (entry(90, OUT, False, cidr="10.0.9.0/24"), *OPEN), None),
        (
            "acl-b",
            (entry(90, IN, False, protocol=TCP, ports=ports(5432)), *OPEN),
            ("destination network_acl", "request ingress", "entry_denies", "90"),
        ),
        ("acl-b", (), ("destination network_acl", "request ingress", "no_entry_matches")),
        (
            "acl-b",
            (entry(1, IN, True), entry(2, OUT, True, protocol=TCP, ports=ports(5432))),
            ("destination network_acl", "reply egress", "no_entry_matches"),
        ),
        (
            "acl-b",
            (entry(1, IN, True), entry(2, OUT, True, protocol=TCP, ports=ports(49152, 65535))),
            ("destination network_acl", "reply egress", "no_entry_matches", "some"),
        ),
        ("acl-b", (entry(1, IN, True), entry(2, OUT, True, protocol=TCP, ports=ports(32768, 60999))), None),
        (
            "acl-a",
            (entry(1, OUT, True), entry(2, IN, True, cidr="10.0.1.0/24")),
            ("source network_acl", "reply ingress", "no_entry_matches"),
        ),
        (
            "acl-a",
            (entry(5, IN, False, protocol=TCP, ports=ports(40000, 40001)), *OPEN),
            ("source network_acl", "reply ingress", "entry_denies", "5", "some"),
        ),
    ],
)
def test_network_acls_are_read_by_number_and_both_ways(acl: str, entries: tuple, stopped: tuple | None) -> None:  # type: ignore[type-arg]
    found = told(ask(with_entries(healthy(), acl, *entries)))
    assert found == (ADMITTED if stopped is None else (*stopped[:3], acl, *stopped[3:]))


def test_within_one_subnet_neither_acl_nor_route_is_asked() -> None:
    near = Interface(id="eni-store", subnet="subnet-a", addresses=("10.0.1.20",), security_groups=("sg-store",))
    network = with_routes(with_entries(with_interface(healthy(), near), "acl-a"), "rtb-private")
    assert told(ask(network, destination="10.0.1.20")) == ADMITTED
    assert told(ask(network, destination="10.0.1.21"))[2] == "no_such_address"


@pytest.mark.parametrize(
    ("routes", "stopped"),
    [
        ((LOCAL,), ("no_route", "rtb-private")),
        (
            (LOCAL, Route(destination=EVERYWHERE, kind=TargetKind.NAT_GATEWAY, target="nat-9", active=False)),
            ("blackhole", "rtb-private", EVERYWHERE),
        ),
        (
            (LOCAL, Route(destination=EVERYWHERE, kind=TargetKind.INTERNET_GATEWAY, target="igw-1")),
            ("no_public_address", "rtb-private", EVERYWHERE),
        ),
        (
            (LOCAL, Route(destination=EVERYWHERE, kind=TargetKind.EGRESS_ONLY_GATEWAY, target="eigw-1")),
            ("target_cannot_carry", "rtb-private", EVERYWHERE),
        ),
    ],
)
def test_a_task_without_a_way_out_is_stopped_by_its_route_table(
    routes: tuple[Route, ...], stopped: tuple[str, ...]
) -> None:
    found = told(ask(with_routes(healthy(), "rtb-private", *routes), destination=OUTSIDE, port=443))
    assert found == ("source route", "request egress", *stopped)


def test_the_longest_prefix_wins_and_a_blackhole_does_not_fall_back() -> None:
    default = Route(destination=EVERYWHERE, kind=TargetKind.OTHER, target="tgw-1")
    closer = Route(destination="198.51.100.0/24", kind=TargetKind.OTHER, target="tgw-2")
    network = with_routes(healthy(), "rtb-private", LOCAL, default, closer)
    assert ask(network, destination=OUTSIDE).leaves_by == "tgw-2"
    network = with_routes(healthy(), "rtb-private", LOCAL, default, replace(closer, active=False))
    assert told(ask(network, destination=OUTSIDE))[2] == "blackhole"


def test_at_equal_length_a_block_goes_before_a_list_and_both_before_what_was_learnt() -> None:
    network = replace(healthy(), prefix_lists={"pl-1": ("198.51.100.0/24",)})
    learnt = Route(destination="198.51.100.0/24", kind=TargetKind.OTHER, target="a-vgw", propagated=True)
    listed = Route(destination="pl-1", kind=TargetKind.OTHER, target="b-tgw")
    static = Route(destination="198.51.100.0/24", kind=TargetKind.OTHER, target="c-tgw")
    for routes, way in (((learnt, listed, static), "c-tgw"), ((learnt, listed), "b-tgw"), ((learnt,), "a-vgw")):
        assert ask(with_routes(network, "rtb-private", *routes), destination=OUTSIDE).leaves_by == way


def test_a_learnt_route_never_goes_before_the_local_one_and_a_written_one_may() -> None:
    learnt = Route(destination="10.0.2.0/24", kind=TargetKind.OTHER, target="vgw-1", propagated=True)
    assert told(ask(with_routes(healthy(), "rtb-private", LOCAL, learnt))) == ADMITTED
    network = with_routes(healthy(), "rtb-private", LOCAL, replace(learnt, propagated=False, target="eni-firewall"))
    assert told(ask(network)) == ("admitted", "eni-firewall")


@pytest.mark.parametrize(
    ("nat", "acl", "stopped"),
    [
        (
            NatGateway(id="nat-1", subnet="subnet-p", available=False),
            OPEN,
            ("nat", "request egress", "nat_not_available", "nat-1"),
        ),
        (
            NatGateway(id="nat-1", subnet="subnet-p", public=False),
            OPEN,
            ("route", "request egress", "no_public_address", "rtb-public", EVERYWHERE),
        ),
        (
            NatGateway(id="nat-1", subnet="subnet-a"),
            OPEN,
            ("route", "request egress", "target_cannot_carry", "rtb-private", EVERYWHERE),
        ),
        (None, (entry(1, OUT, True),), ("network_acl", "request ingress", "no_entry_matches", "acl-p")),
        (None, (entry(1, IN, True),), ("network_acl", "request egress", "no_entry_matches", "acl-p")),
        (
            None,
            (entry(1, OUT, True), entry(2, IN, True, cidr="10.0.0.0/16")),
            ("network_acl", "reply ingress", "no_entry_matches", "acl-p"),
        ),
        (
            None,
            (entry(1, IN, True), entry(2, OUT, False, cidr="10.0.1.0/24"), entry(3, OUT, True)),
            ("network_acl", "reply egress", "entry_denies", "acl-p", "2"),
        ),
    ],
)
def test_the_nat_gateway_and_its_subnet_are_on_the_way(nat: NatGateway | None, acl: tuple, stopped: tuple) -> None:  # type: ignore[type-arg]
    network = with_entries(healthy(), "acl-p", *acl)
    network = replace(network, nat_gateways=(nat or healthy().nat_gateways[0],))
    found = told(ask(network, destination=OUTSIDE, port=443))
    assert (found[0].removeprefix("gateway "), *found[1:]) == stopped
    assert found[0].startswith("gateway ")


def test_ipv6_needs_its_own_lines() -> None:
    six = replace(healthy().interfaces[0], addresses=(TASK, "2001:db8:0:1::10"), security_groups=("sg-tasks",))
    network = with_interface(healthy(), six)
    assert told(ask(network, destination="2001:db8:9::1"))[2:] == ("no_rule_admits", "sg-tasks")
    network = with_rules(network, "sg-tasks", rule(OUT, cidr="::/0"))
    assert told(ask(network, destination="2001:db8:9::1"))[2] == "no_entry_matches"
    both = (*OPEN, entry(101, IN, True, cidr="::/0"), entry(101, OUT, True, cidr="::/0"))
    network = with_entries(network, "acl-a", *both)
    assert told(ask(network, destination="2001:db8:9::1"))[2] == "no_route"
    out = Route(destination="::/0", kind=TargetKind.EGRESS_ONLY_GATEWAY, target="eigw-1")
    assert told(ask(with_routes(network, "rtb-private", LOCAL, out), destination="2001:db8:9::1")) == (
        "admitted",
        "eigw-1",
    )
    assert told(ask(healthy(), destination="2001:db8:9::1")) == (
        "source address",
        "request egress",
        "no_such_address",
        "eni-task",
    )


@pytest.mark.parametrize(
    ("route", "stopped"),
    [
        (Route(destination=EVERYWHERE, kind=TargetKind.NAT_GATEWAY, target="nat-1"), "target_cannot_carry"),
        (Route(destination=EVERYWHERE, kind=TargetKind.OTHER, target="tgw-1"), None),
        (Route(destination="198.51.100.0/24", kind=TargetKind.LOCAL, target="local"), "no_such_address"),
    ],
)
def test_who_comes_from_outside_needs_a_way_back_that_admits_him(route: Route, stopped: str | None) -> None:
    network = with_routes(healthy(), "rtb-public", LOCAL, route)
    found = told(ask(network, source=OUTSIDE, destination="10.0.9.30", port=443))
    assert found == ("admitted", route.target) if stopped is None else found[2] == stopped


def test_who_comes_from_outside_needs_a_public_address_and_all_client_ports() -> None:
    balancer = replace(next(i for i in healthy().interfaces if i.id == "eni-balancer"), public_v4=False)
    found = told(ask(with_interface(healthy(), balancer), source=OUTSIDE, destination="10.0.9.30", port=443))
    assert found[2] == "no_public_address"
    kernel_only = (entry(1, IN, True), entry(2, OUT, True, protocol=TCP, ports=ports(32768, 60999)))
    found = told(ask(with_entries(healthy(), "acl-p", *kernel_only), source=OUTSIDE, destination="10.0.9.30", port=443))
    assert found[-1] == "some"
    assert WIDE_PORTS.first == 1024


def test_an_address_that_nobody_holds_is_told_where_the_route_is_local() -> None:
    network = with_rules(healthy(), "sg-tasks", rule(OUT, cidr=EVERYWHERE))
    assert told(ask(network, destination="10.0.2.99")) == (
        "destination address",
        "request ingress",
        "no_such_address",
        "10.0.2.99",
    )
