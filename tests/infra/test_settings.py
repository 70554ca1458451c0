"""Settings are refused before anything is synthesized, and the message says what to write."""

import json
from typing import Any

import pytest

from infra.settings import ImportedVpc, Removal, SettingsError, stage_settings
from tests.infra.synthesis import BASE, IMPORTED_VPC, ROOT

GOOD: dict[str, Any] = {**BASE, "vpc": IMPORTED_VPC}


def _with(**changes: Any) -> dict[str, Any]:
    document = {**GOOD, **changes}
    return {key: value for key, value in document.items() if value is not ...}


def test_defaults_are_the_careful_ones() -> None:
    settings = stage_settings({"live": GOOD}, "live")
    assert settings.stage == "live"
    assert settings.removal is Removal.RETAIN
    assert settings.create_endpoints is False
    assert settings.emulated is False
    assert isinstance(settings.vpc, ImportedVpc)


def test_all_stages_of_cdk_json_can_be_used() -> None:
    stages = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
    read = {name: stage_settings(stages, name) for name in stages}
    assert [name for name, settings in read.items() if settings.emulated] == ["sandbox"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (_with(catalog="x.yaml"), r"stages\.s\.catalog is unknown; allowed are \[.*'catalogue'"),
        (_with(catalogue=...), r"stages\.s\.catalogue is missing"),
        (_with(catalogue=""), r"catalogue is ''"),
        (_with(account="12345"), r"account is '12345'; allowed is 12 digits"),
        (_with(account=123456789012), r"account is 123456789012; allowed is a text"),
        (_with(region="us-east"), r"region is 'us-east'; allowed is a region"),
        (_with(vpc=...), r"neither of `vpc` and `create_vpc`"),
        (
            _with(create_vpc={"cidr": "10.0.0.0/16", "availability_zones": ["a", "b"]}),
            r"both of `vpc` and `create_vpc`",
        ),
        (_with(vpc={**IMPORTED_VPC, "id": "my-vpc"}), r"vpc\.id is 'my-vpc'; allowed is vpc- and 8 or 17 hex"),
        (
            _with(vpc={**IMPORTED_VPC, "cidr": "10.0.0.1/16"}),
            r"vpc\.cidr is '10\.0\.0\.1/16'; allowed is an IPv4 block",
        ),
        (_with(vpc={**IMPORTED_VPC, "subnets": []}), r"vpc\.subnets is unknown"),
        (
            _with(vpc={**IMPORTED_VPC, "private_subnet_ids": ["subnet-0000000a"]}),
            r"as many in each of the availability zones",
        ),
        (_with(vpc={**IMPORTED_VPC, "private_subnet_ids": ["a", "b"]}), r"private_subnet_ids\[0\] is 'a'"),
        (
            _with(vpc={**IMPORTED_VPC, "route_table_ids": ["rtb-0000000a"]}),
            r"route_table_ids is .* one for each of the 2",
        ),
        (_with(vpc=..., create_vpc={"cidr": "10.0.0.0/16", "availability_zones": ["eu-central-1a"]}), r"two or more"),
        (
            _with(vpc=..., create_vpc={"cidr": "10.0.0.0/16", "availability_zones": ["us-east-1a", "us-east-1b"]}),
            r"zones of eu-central-1",
        ),
        (_with(log_retention_days=31), r"log_retention_days is 31; allowed is one of \[1, 3, 5"),
        (
            _with(page_subscriptions=["http://x.example"]),
            r"page_subscriptions\[0\] is 'http://x\.example'; allowed are an e-",
        ),
        (_with(story_subscriptions=["arn:aws:sns:eu-central-1:123456789012:t"]), r"story_subscriptions\[0\]"),
        (_with(removal="delete"), r"removal is 'delete'; allowed is one of \['retain', 'destroy'\]"),
        (_with(create_endpoints="yes"), r"create_endpoints is 'yes'; allowed is true or false"),
        (_with(sandbox={"network": "127.0.0.1:4753"}), r"stages\.s\.sandbox is unknown"),
        (_with(stage="other"), r"without the key `stage`"),
    ],
)
def test_a_wrong_stage_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        stage_settings({"s": document}, "s")


@pytest.mark.parametrize("name", ["Prod", "prod_eu", "a" * 21, "9lives"])
def test_a_stage_name_that_aws_names_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="lower-case name of at most 20"):
        stage_settings({name: GOOD}, name)


def test_an_unknown_stage_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SettingsError, match=r"stage is 'prod'; allowed are \['live'\]"):
        stage_settings({"live": GOOD}, "prod")


@pytest.mark.parametrize("stages", [None, {}, "sandbox", ["sandbox"]])
def test_missing_stages_are_refused(stages: object) -> None:
    with pytest.raises(SettingsError, match="allowed is an object of stages"):
        stage_settings(stages, "sandbox")
