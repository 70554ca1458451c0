"""What holds of the catalogue of every example platform: complete, compilable, and without anything of a real one."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.domain.codec import from_json
from auditor.domain.topology import COMPONENT_KINDS, Platform
from auditor.family import AwsScope
from catalog.compile import compile_catalogue, compiled_text
from catalog.families import declared_families
from catalog.load import load
from functions.families import FAMILIES

FOLDER = Path(__file__).parents[3] / "catalog"
FILES = (FOLDER / "hokusai-development.yaml", FOLDER / "shop-production.yaml")
ACCOUNT = "123456789012"
SECRETS = {
    "hokusai-development": {
        "hokusai/app-secrets/development-??????",
        "hokusai/health-auditor/canary-api-key-??????",
        "hokusai/health-auditor/database-??????",
    },
    "shop-production": {
        "shop-prod/auditor/canary-??????",
        "shop-prod/auditor/orders-db-??????",
        "shop-prod/orders-db-??????",
    },
}


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def platform(file: Path) -> Platform:
    return compile_catalogue(load(str(file)))


def test_it_compiles_to_the_same_bytes_and_can_be_read_back(file: Path, platform: Platform) -> None:
    assert compiled_text(platform) == compiled_text(compile_catalogue(load(str(file))))
    specs = {family.name: family.spec_type for family in declared_families()}
    for target in platform.targets:
        assert from_json(specs[target.family], target.spec)


def test_every_registered_family_has_targets(platform: Platform) -> None:
    assert {target.family for target in platform.targets} == set(FAMILIES)


def test_every_component_has_a_known_kind_and_a_name_in_aws(platform: Platform) -> None:
    for component in platform.components:
        assert component.kind in COMPONENT_KINDS
        assert component.aws_name


def test_somebody_owns_every_service_and_has_a_runbook(platform: Platform) -> None:
    for service in platform.services:
        assert service.owner.endswith("-team")
        assert service.contact.startswith("#")
        assert re.match(r"https://runbooks\.(hokusai|shop)\.example/", service.runbook)


def test_every_dependency_says_over_what(platform: Platform) -> None:
    assert platform.dependencies
    assert all(dependency.over for dependency in platform.dependencies)


def test_what_proves_that_a_private_place_serves_is_a_page_that_needs_it(platform: Platform) -> None:
    proving = [target for target in platform.targets if target.proves]
    proven = [platform.target(id) for target in proving for id in target.proves]
    stores = {target.id for target in platform.targets if target.family in ("database", "cache")}
    assert stores <= {target.id for target in proven}
    assert {target.family for target in proven} == {"database", "cache", "tls", "network"}
    assert {target.family for target in proving} == {"http"}


def test_a_port_alone_takes_no_service_down(platform: Platform) -> None:
    assert not any(target.critical for target in platform.targets if target.family == "network")


def test_no_account_but_the_made_up_one(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"(?<![0-9a-f])[0-9]{12}(?![0-9a-f])", text)) == {ACCOUNT}


@pytest.mark.parametrize(
    "credential",
    [
        r"(AKIA|ASIA)[A-Z0-9]{16}",
        r"hk_(live|test)?_?[A-Za-z0-9]{8,}",
        r"-----BEGIN",
        r"://[^/\s]*:[^/\s]*@",
        r"(?i)\b(password|api_key|token|secret_key):\s*\S{12,}",
        r"\b[A-Fa-f0-9]{32,}\b",
        r"\beyJ[\w-]+\.",
    ],
)
def test_no_credential(file: Path, credential: str) -> None:
    assert not re.search(credential, file.read_text(encoding="utf-8"))


def test_it_reads_no_secret_but_those_it_names(platform: Platform) -> None:
    scope = AwsScope(partition="aws", region="us-east-1", account=ACCOUNT)
    read = set()
    for family in declared_families():
        if family.name in ("http", "database", "journey"):
            targets = [
                replace(target, spec=from_json(family.spec_type, target.spec))
                for target in platform.targets
                if target.family == family.name
            ]
            for permission in family.permissions(targets, scope):
                read |= set(permission.resources)
    prefix = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:"
    assert {name.removeprefix(prefix) for name in read} == SECRETS[platform.name]
