"""The plan's counts are those of the synthesized templates, and its constants those of infra and the functions."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from auditor import names
from auditor.adapters import rollups, state
from auditor.domain.topology import Platform, Shard
from auditor.runtime.settings import read_settings
from catalog.compile import compile_catalogue
from catalog.load import load
from catalog.model import MOST_SERVICES
from cli.plan import bill, limits
from cli.plan import load as plan_load
from cli.plan.model import Plan, StackCounts
from cli.plan.plan import plan
from cli.plan.stack import CREATED_VPC_RESOURCES, ENDPOINT_RESOURCES, INTERFACE_ENDPOINTS
from functions.aggregator import aggregate, history
from functions.aggregator.handler import PERIOD
from functions.families import FAMILIES
from infra.build import Assets
from infra.constructs import aggregator, stores
from infra.families import deployed_families
from infra.settings import StageSettings, stage_settings
from infra.stack import HealthAuditorStack
from tests.infra.synthesis import ROOT, Stage, Synthesized


def synthesized_with(platform: Platform, assets: Assets, folder: Path) -> Stage:
    """The stage of the sandbox with another platform in place of its own."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(outdir=str(folder), context=context, analytics_reporting=False, tree_metadata=False)
    settings = stage_settings(context["stages"], "sandbox")
    families = deployed_families(platform)
    HealthAuditorStack(app, settings=settings, platform=platform, families=families, assets=assets)
    app.synth()
    template = json.loads((folder / "HealthAuditor-sandbox.template.json").read_text())
    return Stage(settings, platform, families, template)


@pytest.fixture(scope="module")
def hokusai(assets: Assets, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The stage of the large catalogue."""
    platform = compile_catalogue(load(str(ROOT / "catalog" / "hokusai-development.yaml")))
    return synthesized_with(platform, assets, tmp_path_factory.mktemp("hokusai"))


def planned(stage: Stage) -> Plan:
    return plan(stage.platform, [deployed.family for deployed in stage.families])


def counted(stage: Stage) -> StackCounts:
    """The same counts out of the template, without what the stage's settings add."""
    permissions = [json.dumps(p["FunctionName"]) for p in stage.properties("AWS::Lambda::Permission")]
    (group,) = [p for p in stage.properties("AWS::EC2::SecurityGroup") if "connects out" in str(p["GroupDescription"])]
    return StackCounts(
        services=len([a for a in stage.properties("AWS::CloudWatch::Alarm") if a["Period"] < 60]),
        functions=len(stage.resources("AWS::Lambda::Function")),
        rules=len(stage.resources("AWS::Events::Rule")),
        most_rules_of_a_function=max(permissions.count(function) for function in permissions),
        alarms=len(stage.resources("AWS::CloudWatch::Alarm")),
        composite_alarms=len(stage.resources("AWS::CloudWatch::CompositeAlarm")),
        metrics=len(auditor_metrics(stage)),
        log_groups=len([p for p in stage.properties("AWS::Logs::LogGroup") if "LogGroupName" in p]),
        egress_ports=len(group["SecurityGroupEgress"]),
        resources=len(stage.template["Resources"]) - added(stage.settings),
    )


def added(settings: StageSettings) -> int:
    subscribers = len(settings.page_subscriptions) + len(settings.story_subscriptions)
    endpoints = ENDPOINT_RESOURCES if settings.create_endpoints else 0
    return subscribers + endpoints + (CREATED_VPC_RESOURCES if settings.create_vpc else 0)


def auditor_metrics(stage: Stage) -> set[tuple[str, ...]]:
    """The dashboard shows every metric of the auditor; options stand last in a metric's list."""
    parts = stage.only("AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Join"][1]
    body = json.loads("".join(part if isinstance(part, str) else "x" for part in parts))
    lists: list[list[Any]] = [
        metric for widget in body["widgets"] for metric in widget["properties"].get("metrics", [])
    ]
    return {tuple(part for part in metric if isinstance(part, str)) for metric in lists}


def test_the_counts_are_those_of_the_template(stage: Stage) -> None:
    assert planned(stage).stack == counted(stage)


def test_as_many_endpoints_as_planned_are_made_where_the_stage_asks_for_them(stage: Stage) -> None:
    kinds = [endpoint["VpcEndpointType"] for endpoint in stage.properties("AWS::EC2::VPCEndpoint")]
    assert kinds.count("Interface") == (INTERFACE_ENDPOINTS if stage.settings.create_endpoints else 0)


def test_the_counts_of_the_large_catalogue_are_those_of_its_template(hokusai: Stage) -> None:
    assert planned(hokusai).stack == counted(hokusai)


def test_a_plan_knows_the_familys_rules_memory_and_time(hokusai: Stage) -> None:
    functions = hokusai.functions()
    assert [family.name for family in planned(hokusai).families] == list(FAMILIES)
    for family in planned(hokusai).families:
        function = functions[names.function_name("sandbox", family.name)]
        assert (function["MemorySize"], function["Timeout"]) == (family.memory_mb, family.timeout.total_seconds())


def test_the_aggregators_size_and_pace_are_the_planned_ones(hokusai: Stage) -> None:
    function = hokusai.functions()["health-auditor-sandbox-aggregator"]
    assert function["MemorySize"] == plan_load.aggregator_memory_mb(len(hokusai.platform.targets))
    for targets in (0, 999, 1000, 25_500, 80_000):
        assert plan_load.aggregator_memory_mb(targets) == aggregator.memory_mb(targets)
    assert function["Timeout"] == plan_load.AGGREGATOR_TIMEOUT.total_seconds()
    assert aggregator.PERIOD == PERIOD == plan_load.AGGREGATOR_PERIOD == timedelta(minutes=1)
    environment = {"AUDITOR_STAGE": "s", "AUDITOR_CATALOGUE": "c", "AUDITOR_TABLE": "t", "AUDITOR_BUCKET": "b"}
    assert read_settings(environment).commit_wait_seconds == plan_load.COMMIT_WAIT_SECONDS
    assert aggregate._POLL_SECONDS == plan_load.POLL_SECONDS
    assert timedelta(days=1) / aggregate._DATED_EVERY == bill.DATED_REPORTS_A_DAY


def test_the_planned_lifecycle_is_the_buckets() -> None:
    assert stores.OBSERVATION_DAYS == bill.OBSERVATION_DAYS
    assert stores.REPORT_DAYS == bill.REPORT_DAYS
    assert stores.NONCURRENT_DAYS == bill.NONCURRENT_DAYS


def test_the_planned_history_is_kept_as_long_as_it_is() -> None:
    kept = [rollups._KEEP[kind].days for kind in (names.ROLLUP_TALLY, names.ROLLUP_HOUR, names.ROLLUP_DAY)]
    assert kept == [bill.TALLY_DAYS, bill.HOUR_DAYS, bill.DAY_DAYS]
    assert timedelta(minutes=bill.MINUTES / bill._LATE_LOOKS) == history._LATE_LOOK


def test_services_and_parts_of_the_state_fill_one_transaction() -> None:
    assert MOST_SERVICES + limits.STATE_BYTES // state._PART_BYTES == 100


def test_logs_are_kept_as_long_as_a_stage_keeps_them_by_default(synthesized: Synthesized) -> None:
    assert synthesized.stages["example"].settings.log_retention_days == bill.LOG_DAYS


def test_each_rule_has_as_many_targets_as_planned(hokusai: Stage) -> None:
    assert {len(rule["Targets"]) for rule in hokusai.properties("AWS::Events::Rule")} == {limits.TARGETS_OF_A_RULE}


def test_no_permission_takes_more_of_a_policy_than_planned(hokusai: Stage) -> None:
    stage, account = "s" * 20, "123456789012"
    longest = max(hokusai.functions(), key=len).replace("sandbox", stage)
    statement = {
        "Sid": "x" * 100,  # the most that Lambda admits
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": f"arn:aws:lambda:us-east-1:{account}:function:{longest}",
        "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws:events:us-east-1:{account}:rule/{longest}-99"}},
    }
    assert 0.8 * limits.PERMISSION_BYTES < len(json.dumps(statement)) <= limits.PERMISSION_BYTES


def many_secrets(number: int) -> Platform:
    """The minimal catalogue's last target so many times, each with a secret of its own."""
    platform = compile_catalogue(load(str(ROOT / "catalog" / "minimal.yaml")))
    one = platform.targets[-1]
    targets = tuple(
        replace(one, id=f"{one.id}-{n}", spec={**one.spec, "secret": f"shop/orders-{n}/auditor"}) for n in range(number)
    )
    shard = Shard(family=one.family, number=0, targets=tuple(target.id for target in targets))
    return replace(platform, targets=targets, shards=(shard,))


def test_the_policy_of_a_role_is_as_long_as_planned_and_inline_until_it_is_refused(
    assets: Assets, tmp_path: Path
) -> None:
    def refused(number: int) -> bool:
        families = [deployed.family for deployed in deployed_families(many_secrets(number))]
        return "bytes of a role's policy" in {limit.name for limit in plan(many_secrets(number), families).refusals}

    most = next(number for number in range(1, 200) if refused(number + 1))
    stage = synthesized_with(many_secrets(most), assets, tmp_path / "fits")
    assert not stage.resources("AWS::IAM::ManagedPolicy")
    (family,) = planned(stage).families
    documents = [p["PolicyDocument"] for p in stage.properties("AWS::IAM::Policy")]
    written = max(len(json.dumps(document, separators=(",", ":"))) for document in documents)
    assert 0.85 * family.policy_bytes < written < family.policy_bytes, "references stand for ARNs that are longer"
    # and not much more would fit: what CDK then moves out is one statement that no managed policy of 6,144 holds
    above = synthesized_with(many_secrets(most * 5 // 4), assets, tmp_path / "above")
    (moved,) = above.properties("AWS::IAM::ManagedPolicy")
    assert len(json.dumps(moved["PolicyDocument"], separators=(",", ":"))) > 6_144
