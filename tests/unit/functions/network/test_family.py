"""What a catalogue may and may not say about a port."""

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
from functions.network import remedies
from functions.network.facts import CAUSES
from functions.network.family import FAMILY, MAX_ADDRESSES, NetworkSpec

PAGE = Path(__file__).parents[4] / "docs/families/network.md"


def spec(**fields: Any) -> NetworkSpec:
    return NetworkSpec(**{"host": "db.shop.internal", "port": 5432, **fields})


def target(of: NetworkSpec) -> Target[NetworkSpec]:
    return Target(id="port", family="network", service="shop", component="rds", spec=of)


def test_it_is_of_the_data_plane_asks_nothing_of_aws_and_tells_the_owner_which_port_it_needs() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.DATA, timedelta(minutes=1))
    scope = AwsScope(partition="aws", region="us-east-1", account="123456789012")
    assert FAMILY.permissions([target(spec())], scope) == ()
    assert FAMILY.destinations(target(spec())) == ("db.shop.internal:5432",)
    assert FAMILY.destinations(target(spec(host="fd00::5"))) == ("[fd00::5]:5432",)


def test_a_probe_holds_a_socket_for_each_address_that_it_tries() -> None:
    assert FAMILY.cost.descriptors == MAX_ADDRESSES


def test_a_spec_survives_the_compiled_catalogue() -> None:
    given = spec(timeout=timedelta(seconds=1))
    assert from_json(NetworkSpec, to_json(given)) == given


@pytest.mark.parametrize("host", ["a", "a.b.", "10.0.0.1", "fd00::1", "::1", "_mongo._tcp.example", "A-1.example"])
def test_hosts_that_can_be_dialled(host: str) -> None:
    assert spec(host=host).host == host


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        *[
            ({"host": host}, "allowed is a DNS name")
            for host in (
                "",
                ".",
                "a..b",
                "db:5432",
                "tcp://db",
                "db/x",
                "a b",
                "a\nb",
                "[::1]",
                "10.0.0",
                "10.0.0.256",
                "fe80::1%eth0",
                "x" * 64,
                "bücher.example",
            )
        ],
        ({"port": 0}, "1 to 65535"),
        ({"port": 65536}, "1 to 65535"),
        ({"timeout": timedelta(0)}, "more than 0 s"),
        ({"timeout": timedelta(seconds=11)}, "at most 10 s"),
    ],
)
def test_what_a_target_may_not_be(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        spec(**fields)


def test_the_target_of_the_documentation_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    catalogue = loads(
        "schema_version: 1\nplatform: {name: shop, title: A shop, region: eu-west-1}\n"
        "services: [{id: orders, title: Orders, owner: orders-team}]\n"
        f"components: [{{id: rds, service: orders}}]\ntargets:\n{example}",
        "docs/families/network.md",
        [FAMILY],
    )
    (found,) = catalogue.targets
    assert found.spec == NetworkSpec(host="orders.shop.internal", port=5432)
    assert not found.critical


def test_every_cause_that_can_be_named_has_a_remedy_and_stands_in_the_documentation() -> None:
    assert len(cause_index(KERNEL_CAUSES, CAUSES)) == len(KERNEL_CAUSES) + len(CAUSES)
    page = PAGE.read_text(encoding="utf-8")
    ours = [c.id for c in (*KERNEL_CAUSES, *CAUSES) if c.id.partition(".")[0] in ("dns", "tcp", "network")]
    assert [cause for cause in ours if f"`{cause}`" not in page] == []
    texts = [remedies.for_cause(cause) for cause in ours]
    assert None not in texts
    assert len(set(texts)) == len(texts)
