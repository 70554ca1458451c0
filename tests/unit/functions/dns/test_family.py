"""What a catalogue may and may not say about a name, and what counts as the declared answer."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from catalog.load import loads
from functions.dns.facts import CAUSES
from functions.dns.family import FAMILY, DnsSpec, parse_resolver

PAGE = Path(__file__).parents[4] / "docs/families/dns.md"


def spec(**fields: Any) -> DnsSpec:
    return DnsSpec(**{"name": "db.shop.internal", **fields})


def test_a_name_alone_means_an_ipv4_address_of_the_networks_own_resolver_within_two_seconds() -> None:
    assert (spec().type, spec().resolver, spec().timeout) == ("A", None, timedelta(seconds=2))


def test_it_is_of_the_data_plane_and_asks_nothing_of_aws_or_of_the_platforms_owner() -> None:
    target = Target(id="db", family="dns", service="shop", component="dns.db", spec=spec())
    assert (FAMILY.plane, FAMILY.period, FAMILY.timeout) == (
        Plane.DATA,
        timedelta(minutes=1),
        timedelta(seconds=20),
    )
    assert FAMILY.permissions([target], AwsScope(partition="aws", region="us-east-1", account="123456789012")) == ()
    assert FAMILY.destinations(target) == ()


def test_a_spec_survives_the_compiled_catalogue() -> None:
    given = spec(
        type="AAAA",
        expect=("fd00::1",),
        within=("fd00::/8",),
        min_records=2,
        max_ttl=timedelta(seconds=60),
        resolver="[fd00::2]:53",
        public_resolver="203.0.113.53:53",
    )
    assert from_json(DnsSpec, to_json(given)) == given


def test_the_targets_of_the_documentation_are_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    catalogue = loads(
        "schema_version: 1\nplatform: {name: shop, title: A shop, region: eu-west-1}\n"
        "services: [{id: orders, title: Orders, owner: orders-team}]\n"
        f"components: [{{id: dns.orders, service: orders}}]\ntargets:\n{example}",
        "docs/families/dns.md",
        [FAMILY],
    )
    present, absent, short = (target.spec for target in catalogue.targets)
    assert (present.within, present.max_ttl) == (("10.0.0.0/16",), timedelta(seconds=60))
    assert short.asked_names == ("orders.ec2.internal", "orders.shop.internal", "orders")
    assert absent == DnsSpec(name="orders.shop.local", expect_absent=True)


@pytest.mark.parametrize("name", ["a", "a.b.", "_mongo._tcp.example", "xn--bcher-kva.example", "A-1.example", "x" * 63])
def test_names_that_dns_carries(name: str) -> None:
    assert spec(name=name).asked == name.rstrip(".").lower()


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        *[
            ({"name": name}, "name is ")
            for name in (
                "",
                ".",
                "a..b",
                "db:5432",
                "http://db.example",
                "db.example/x",
                "bücher.example",
                "-a.example",
                "a b",
                "a\nb",
                "x" * 64,
                ".".join(["abcdefgh"] * 40),
                "10.0.0.1",
                "*.example",
            )
        ],
        ({"expect": ("db.example",)}, "allowed for type A are IPv4 addresses"),
        ({"expect": ("fd00::1",)}, "allowed for type A are IPv4 addresses"),
        ({"type": "AAAA", "expect": ("10.0.0.1",)}, "allowed for type AAAA are IPv6 addresses"),
        ({"type": "CNAME", "expect": ("a b",)}, "expect is 'a b'"),
        ({"within": ("10.0.0.1/16",)}, "has host bits set"),
        ({"within": ("ten",)}, "allowed is a network like"),
        ({"within": ("fd00::/8",)}, "IPv4 networks"),
        ({"type": "CNAME", "within": ("10.0.0.0/8",)}, "whose records are names"),
        ({"min_records": 0}, "allowed is 1 or more"),
        ({"min_records": 2, "expect": ("10.0.0.1", "10.0.0.1")}, "expect lists 1"),
        ({"max_ttl": timedelta(0)}, "more than 0 s"),
        ({"timeout": timedelta(0)}, "more than 0 s"),
        ({"timeout": timedelta(seconds=11)}, "at most 10 s"),
        ({"resolver": "10.0.0.2"}, "an address and port"),
        ({"resolver": "resolver.example:53"}, "an address and port"),
        ({"resolver": "fd00::2:53"}, "an address and port"),
        ({"resolver": "10.0.0.2:0"}, "an address and port"),
        ({"resolver": "10.0.0.2:65536"}, "an address and port"),
        ({"expect_absent": True, "expect": ("10.0.0.1",)}, "leave out either"),
        ({"expect_absent": True, "within": ("10.0.0.0/8",)}, "leave out either"),
        ({"expect_absent": True, "min_records": 2}, "leave out either"),
        ({"expect_absent": True, "max_ttl": timedelta(seconds=1)}, "leave out either"),
        ({"expect_absent": True, "public_resolver": "203.0.113.53:53"}, "leave out either"),
        ({"public_resolver": "dns.example:53"}, "public_resolver is 'dns.example:53'"),
        ({"search": ("shop.internal", "a b")}, "search is 'a b'"),
        ({"search": tuple(f"d{n}.example" for n in range(7))}, "at most"),
        ({"name": "db.", "search": ("shop.internal",)}, "leave out either"),
        ({"name": "x" * 60, "search": (".".join(["abcdefgh"] * 22),)}, "name with a domain of search"),
        ({"search": ("shop.internal",), "public_resolver": "203.0.113.53:53"}, "leave out either"),
    ],
)
def test_what_a_target_may_not_be(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        spec(**fields)
    assert complaint in str(caught.value)
    assert "allowed" in str(caught.value) or "leave out" in str(caught.value) or "list names" in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"name": "DB.shop.internal."}, ("db.shop.internal",)),
        ({"name": "db", "search": ("ec2.internal", "Shop.internal.")}, ("db.ec2.internal", "db.shop.internal", "db")),
        ({"name": "db.shop", "search": ("internal",)}, ("db.shop", "db.shop.internal")),
    ],
)
def test_a_client_with_search_domains_asks_in_this_order(fields: dict[str, Any], names: tuple[str, ...]) -> None:
    assert spec(**fields).asked_names == names


@pytest.mark.parametrize(("text", "parsed"), [("10.0.0.2:53", ("10.0.0.2", 53)), ("[fd00::2]:5353", ("fd00::2", 5353))])
def test_a_resolver_is_an_address_and_a_port(text: str, parsed: tuple[str, int]) -> None:
    assert parse_resolver(text) == parsed


@pytest.mark.parametrize(
    ("fields", "value", "expected"),
    [
        ({}, "anything", True),
        ({"expect": ("10.0.0.1",)}, "10.0.0.1", True),
        ({"expect": ("10.0.0.1",)}, "10.0.0.11", False),
        ({"within": ("10.0.0.0/24",)}, "10.0.0.255", True),
        ({"within": ("10.0.0.0/24",)}, "10.0.1.0", False),
        ({"within": ("10.0.0.0/24",)}, "no address", False),
        ({"type": "AAAA", "expect": ("FD00:0:0::1",)}, "fd00::1", True),
        ({"type": "AAAA", "expect": ("fd00::1",)}, "FD00:0:0::1", True),
        ({"type": "CNAME", "expect": ("LB.example.",)}, "lb.example", True),
        ({"type": "CNAME", "expect": ("lb.example",)}, "lb.example.org", False),
    ],
)
def test_what_counts_as_a_declared_value(fields: dict[str, Any], value: str, expected: bool) -> None:
    assert spec(**fields).is_expected(value) is expected


def test_no_cause_belongs_to_somebody_else_and_the_documentation_explains_every_one() -> None:
    assert len(cause_index(KERNEL_CAUSES, CAUSES)) == len(KERNEL_CAUSES) + len(CAUSES)
    page = PAGE.read_text(encoding="utf-8")
    ours = [cause.id for cause in (*KERNEL_CAUSES, *CAUSES) if cause.id.startswith("dns.")]
    assert [cause for cause in ours if f"`{cause}`" not in page] == []
