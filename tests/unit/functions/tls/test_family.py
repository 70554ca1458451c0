"""What a catalogue may and may not say about a TLS place."""

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
from functions.tls.facts import CAUSES
from functions.tls.family import FAMILY, TlsSpec, is_address

PAGE = Path(__file__).parents[4] / "docs/families/tls.md"


def spec(**fields: Any) -> TlsSpec:
    return TlsSpec(**{"host": "www.shop.example", **fields})


def test_a_host_alone_means_verified_https_by_its_name_with_thirty_and_seven_days() -> None:
    assert (spec().port, spec().name, spec().verify, spec().ca_file) == (443, "www.shop.example", True, None)
    assert (spec().days_warn, spec().days_fail, spec().min_version) == (30, 7, "1.2")
    assert (spec().begins, spec().client_certificate) == ("tls", "none")


def test_it_is_of_the_data_plane_and_says_where_it_goes_and_asks_nothing_of_aws() -> None:
    target = Target(id="it", family="tls", service="shop", component="tls.shop", spec=spec(host="fd00::5", port=8443))
    assert (FAMILY.plane, FAMILY.period) == (Plane.DATA, timedelta(minutes=1))
    assert FAMILY.permissions([target], AwsScope(partition="aws", region="us-east-1", account="123456789012")) == ()
    assert FAMILY.destinations(target) == ("[fd00::5]:8443",)


def test_a_spec_survives_the_compiled_catalogue() -> None:
    given = spec(server_name="shop.example", ca_file="ca.pem", begins="postgres", client_certificate="demanded")
    assert from_json(TlsSpec, to_json(given)) == given


def test_the_name_that_is_asked_for_is_the_servers_or_the_hosts_as_tls_writes_it() -> None:
    assert spec(host="WWW.Shop.example.").name == "www.shop.example"
    assert spec(server_name="Shop.example").name == "shop.example"


def test_the_targets_of_the_documentation_are_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    catalogue = loads(
        "schema_version: 1\nplatform: {name: shop, title: A shop, region: eu-west-1}\n"
        "services: [{id: shop, title: Shop, owner: shop-team}]\n"
        "components: [{id: tls.shop, service: shop}, {id: tls.models, service: shop}, {id: rds.shop, service: shop}]\n"
        f"targets:\n{example}",
        "docs/families/tls.md",
        [FAMILY],
    )
    entrance, models, database = (target.spec for target in catalogue.targets)
    assert entrance == spec()
    assert (models.client_certificate, models.ca_file) == ("demanded", "certs/own-authority.pem")
    assert (database.begins, database.verify) == ("postgres", False)


def test_the_page_names_every_cause_that_is_the_familys_own_and_every_one_of_tls() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for cause in cause_index(KERNEL_CAUSES, CAUSES):
        if cause.startswith("tls."):
            assert f"`{cause}`" in page, cause


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        *[
            ({"host": host}, "host is ")
            for host in ("", ".", "a..b", "https://a.example", "a.example:443", "a b", "-a", "a" * 64, "a." * 127 + "a")
        ],
        ({"server_name": "bücher.example"}, "server_name is "),
        ({"server_name": ""}, "server_name is "),
        ({"port": 0}, "port is 0"),
        ({"port": 65_536}, "port is 65536"),
        ({"verify": False, "ca_file": "ca.pem"}, "verify is false"),
        ({"days_warn": 5}, "days_fail is 7 and days_warn 5"),
        ({"days_fail": -1}, "days_fail is -1"),
        ({"days_warn": 366}, "days_warn 366"),
        ({"timeout": timedelta(0)}, "timeout is 0 s"),
        ({"timeout": timedelta(seconds=20.1)}, "timeout is 20.1 s"),
    ],
)
def test_what_is_refused_and_why(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        spec(**fields)


@pytest.mark.parametrize("host", ["10.0.1.5", "fd00::5", "a", "_x.example", "xn--bcher-kva.example"])
def test_hosts_that_can_be_asked(host: str) -> None:
    assert spec(host=host).name == host
    assert is_address(host) is (host[0] in "1f")
