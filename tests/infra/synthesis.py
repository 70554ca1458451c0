"""The stacks that the tests of infra read: those of cdk.json, and made-up ones for what those two do not use."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from auditor.domain.target import Target
from auditor.domain.topology import Component, Platform, Service, Shard, Thresholds
from auditor.family import AwsScope, Cost, Family, Permission, Plane
from catalog.compile import compile_catalogue
from catalog.load import load
from infra.build import Assets
from infra.families import DeployedFamily, deployed_families, deployed_family
from infra.settings import StageSettings, stage_settings
from infra.stack import HealthAuditorStack

ROOT = Path(__file__).resolve().parents[2]

IMPORTED_VPC = {
    "id": "vpc-0000000a",
    "cidr": "10.9.0.0/16",
    "availability_zones": ["eu-central-1a", "eu-central-1b"],
    "private_subnet_ids": ["subnet-0000000a", "subnet-0000000b"],
    "route_table_ids": ["rtb-0000000a", "rtb-0000000b"],
}
BASE = {"catalogue": "none.yaml", "account": "123456789012", "region": "eu-central-1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The target type of the made-up families."""

    place: str
    timeout: timedelta = timedelta(seconds=2)


def _may_describe(targets: Any, scope: AwsScope) -> tuple[Permission, ...]:
    return (
        Permission(
            actions=("ecs:DescribeServices",),
            resources=(f"arn:{scope.partition}:ecs:{scope.region}:{scope.account}:service/shop/*",),
            reason="the services of one cluster; their names are the platform's",
        ),
        Permission(
            actions=("ecs:ListTasks",), resources=("*",), reason="listing tasks has no resource-level permission"
        ),
    )


DATA = Family(
    name="plain_data",
    title="A family of the data plane",
    plane=Plane.DATA,
    spec_type=Spec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=40),
    memory_mb=256,
    cost=Cost(cpu_ms=1.0),
    destinations=lambda target: (target.spec.place,),
)
CONTROL = Family(
    name="control",
    title="A family of the control plane",
    plane=Plane.CONTROL,
    spec_type=Spec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=512,
    cost=Cost(cpu_ms=1.0),
    permissions=_may_describe,
)


def _target(id: str, family: str, place: str, *, private: bool = True) -> Target[Any]:
    return Target(id=id, family=family, service="shop", component="app.shop", spec={"place": place}, private=private)


MADE_UP = Platform(
    schema_version=1,
    name="made-up",
    title="A made-up platform",
    region="eu-central-1",
    services=(
        Service(id="shop", title="Shop", owner="shop-team", runbook="https://runbooks.example/shop"),
        Service(id="stock", title="Stock", owner="stock-team"),
    ),
    components=(Component(id="app.shop", service="shop"),),
    targets=(
        _target("a", "plain_data", "db.shop.internal:5432"),
        _target("b", "plain_data", "cache.shop.internal:6379"),
        _target("c", "plain_data", "www.example.org:8443", private=False),
        _target("d", "control", "ignored"),
    ),
    dependencies=(),
    thresholds=Thresholds(),
    maintenance=(),
    shards=(
        Shard(family="plain_data", number=0, targets=("a", "b")),
        Shard(family="plain_data", number=1, targets=("c",)),
        Shard(family="control", number=0, targets=("d",)),
    ),
)


class Stage:
    """One synthesized stage: what went in, and the template that came out."""

    def __init__(
        self,
        settings: StageSettings,
        platform: Platform,
        families: tuple[DeployedFamily, ...],
        template: dict[str, Any],
    ) -> None:
        self.settings = settings
        self.platform = platform
        self.families = families
        self.template = template

    def resources(self, type: str) -> dict[str, dict[str, Any]]:
        """Logical id to the whole resource, of one type."""
        return {id: r for id, r in self.template["Resources"].items() if r["Type"] == type}

    def properties(self, type: str) -> list[dict[str, Any]]:
        """The properties of all resources of a type."""
        return [resource.get("Properties", {}) for resource in self.resources(type).values()]

    def only(self, type: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (properties,) = self.properties(type)
        return properties

    def functions(self) -> dict[str, dict[str, Any]]:
        """The auditor's functions by name."""
        return {p["FunctionName"]: p for p in self.properties("AWS::Lambda::Function")}

    def alarm(self, name: str) -> dict[str, Any]:
        """One alarm by its name."""
        (found,) = [p for p in self.properties("AWS::CloudWatch::Alarm") if p["AlarmName"] == name]
        return found

    def statements(self, function: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All statements of the policies of a function's role."""
        role = function["Role"]["Fn::GetAtt"][0]
        return [
            statement
            for policy in self.properties("AWS::IAM::Policy")
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesized:
    """All stages by name, and the folder they were written to."""

    stages: Mapping[str, Stage]
    folder: Path


def placeholder_assets(folder: Path) -> Assets:
    """Zip files that stand for the real assets."""
    for name in ("code", "auditor", "dependencies"):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr("python/placeholder.py", name)
    return Assets(
        code=folder / "code.zip",
        auditor_layer=folder / "auditor.zip",
        dependency_layer=folder / "dependencies.zip",
    )


def made_up_stages() -> dict[str, Any]:
    """Stages in the form of cdk.json that use what its own stages leave out."""
    return {
        "endpoints": {**BASE, "vpc": IMPORTED_VPC, "create_endpoints": True, "log_retention_days": 90},
        "own-vpc": {
            **BASE,
            "create_vpc": {"cidr": "10.8.0.0/16", "availability_zones": ["eu-central-1a", "eu-central-1b"]},
            "page_subscriptions": ["a@b.example", "arn:aws:sqs:eu-central-1:123456789012:inbox"],
            "removal": "destroy",
        },
    }


def synthesize(folder: Path, assets: Assets) -> Synthesized:
    """All stages in one app, with cdk-nag: any finding that is not acknowledged fails the synth."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    real = context["stages"]
    stages = {**real, **made_up_stages()}
    app = cdk.App(outdir=str(folder), context=context, analytics_reporting=False, tree_metadata=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    inputs = {}
    for name in stages:
        settings = stage_settings(stages, name)
        if name in real:
            platform = compile_catalogue(load(str(ROOT / settings.catalogue)))
            families = deployed_families(platform)
        else:
            platform = MADE_UP
            families = (deployed_family(DATA, MADE_UP), deployed_family(CONTROL, MADE_UP))
        HealthAuditorStack(app, settings=settings, platform=platform, families=families, assets=assets)
        inputs[name] = (settings, platform, families)
    app.synth()
    return Synthesized(
        stages={
            name: Stage(*given, json.loads((folder / f"HealthAuditor-{name}.template.json").read_text()))
            for name, given in inputs.items()
        },
        folder=folder,
    )
