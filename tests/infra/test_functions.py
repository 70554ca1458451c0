"""Every function: its own role, log group, place, schedule and destination of what failed."""

import json
from typing import Any

from auditor import names
from infra.constructs.aggregator import memory_mb
from tests.infra.synthesis import Stage

PRIVATE_SUBNETS = {
    "endpoints": ["subnet-0000000a", "subnet-0000000b"],
    "sandbox": ["subnet-00000001", "subnet-00000002"],
}


def test_each_family_and_the_aggregator_is_one_function(stage: Stage) -> None:
    families = {item.family.name.replace("_", "-") for item in stage.families}
    assert set(stage.functions()) == {
        f"health-auditor-{stage.settings.stage}-{name}" for name in {*families, "aggregator"}
    }


def test_functions_run_on_arm64_python_313_from_one_code_asset_and_two_layers(stage: Stage) -> None:
    functions = stage.functions().values()
    assert len({json.dumps(f["Code"], sort_keys=True) for f in functions}) == 1
    for function in functions:
        assert function["Architectures"] == ["arm64"]
        assert function["Runtime"] == "python3.13"
        assert len(function["Layers"]) == 2


def test_handlers_are_named_from_the_root_so_that_no_family_hides_the_standard_library(made_up: Stage) -> None:
    handlers = {f["Handler"] for f in made_up.functions().values()}
    assert handlers == {f"functions.{name}.handler.handler" for name in ("plain_data", "control", "aggregator")}


def test_timeout_and_memory_are_those_that_the_family_declares(made_up: Stage) -> None:
    sizes = {name: (f["Timeout"], f["MemorySize"]) for name, f in made_up.functions().items()}
    assert sizes["health-auditor-endpoints-plain-data"] == (40, 256)
    assert sizes["health-auditor-endpoints-control"] == (60, 512)


def test_functions_stand_in_the_private_subnets_with_the_auditors_group(stage: Stage) -> None:
    (group,) = [
        id
        for id, r in stage.resources("AWS::EC2::SecurityGroup").items()
        if "connects out" in r["Properties"]["GroupDescription"]
    ]
    for function in stage.functions().values():
        assert function["VpcConfig"]["SecurityGroupIds"] == [{"Fn::GetAtt": [group, "GroupId"]}]
        assert len(function["VpcConfig"]["SubnetIds"]) == 2
        expected = PRIVATE_SUBNETS.get(stage.settings.stage)
        assert expected is None or function["VpcConfig"]["SubnetIds"] == expected


def test_every_function_writes_to_its_own_log_group_with_the_stages_retention(stage: Stage) -> None:
    groups = stage.resources("AWS::Logs::LogGroup")
    for name, function in stage.functions().items():
        group = groups[function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
        assert group == {"LogGroupName": f"/aws/lambda/{name}", "RetentionInDays": stage.settings.log_retention_days}


def test_the_aggregators_memory_grows_with_the_platform(stage: Stage) -> None:
    aggregator = stage.functions()[f"health-auditor-{stage.settings.stage}-aggregator"]
    assert aggregator["MemorySize"] == memory_mb(len(stage.platform.targets)) == 512
    assert [memory_mb(targets) for targets in (999, 1000, 10_000, 1_000_000)] == [512, 640, 1792, 10_240]


def test_what_fails_goes_to_the_failure_queue_and_probes_are_not_retried(stage: Stage) -> None:
    (queue,) = stage.resources("AWS::SQS::Queue")
    functions = {id: r["Properties"]["FunctionName"] for id, r in stage.resources("AWS::Lambda::Function").items()}
    configured = {functions[c["FunctionName"]["Ref"]]: c for c in stage.properties("AWS::Lambda::EventInvokeConfig")}
    assert set(configured) == set(stage.functions())
    for name, config in configured.items():
        assert config["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [queue, "Arn"]}}}
        assert config["MaximumRetryAttempts"] == (2 if name.endswith("-aggregator") else 0)
        assert 60 <= config["MaximumEventAgeInSeconds"] <= 300


def test_every_function_gets_what_the_run_time_requires(stage: Stage) -> None:
    for name, function in stage.functions().items():
        variables = function["Environment"]["Variables"]
        assert variables[names.ENV_STAGE] == stage.settings.stage
        assert variables[names.ENV_CATALOGUE] == "catalogue.json"
        assert variables[names.ENV_IN_VPC] == "true"
        assert {names.ENV_TABLE, names.ENV_BUCKET} <= variables.keys()
        is_aggregator = name.endswith("-aggregator")
        assert is_aggregator == (names.ENV_STORIES_TOPIC in variables)


def test_no_template_can_switch_the_sandbox_on(stage: Stage) -> None:
    sandboxed = {names.ENV_SANDBOX_NETWORK, names.ENV_SANDBOX_PACE, names.ENV_COMMIT_WAIT}
    for function in stage.functions().values():
        variables = function["Environment"]["Variables"]
        assert not sandboxed & variables.keys()
        assert not any("127.0.0.1" in str(value) for value in variables.values())


def test_every_shard_has_an_aligned_rule_that_sends_stage_shard_and_time_only(stage: Stage) -> None:
    functions = {id: r["Properties"]["FunctionName"] for id, r in stage.resources("AWS::Lambda::Function").items()}
    found = {}
    for rule in stage.properties("AWS::Events::Rule"):
        (target,) = rule["Targets"]
        sent = target["InputTransformer"]
        assert sent["InputPathsMap"] == {"time": "$.time"}
        # the time is a JSON text: EventBridge puts quotes around it, so the template itself has none
        document = json.loads(sent["InputTemplate"].replace("<time>", '"<time>"'))
        assert rule["State"] == "ENABLED"
        found[functions[target["Arn"]["Fn::GetAtt"][0]], document.get("shard")] = (rule["ScheduleExpression"], document)
    prefix = f"health-auditor-{stage.settings.stage}"
    crons = {60: "cron(* * * * ? *)", 300: "cron(0/5 * * * ? *)"}
    name = stage.settings.stage
    expected: dict[tuple[str, int | None], tuple[str, dict[str, Any]]] = {
        (f"{prefix}-aggregator", None): (crons[60], {"stage": name, "time": "<time>"})
    }
    for item in stage.families:
        for shard in item.shards:
            expected[f"{prefix}-{item.family.name.replace('_', '-')}", shard] = (
                crons[int(item.family.period.total_seconds())],
                {"stage": name, "shard": shard, "time": "<time>"},
            )
    assert found == expected


def test_a_delivery_is_given_up_within_its_period_and_lands_in_the_failure_queue(stage: Stage) -> None:
    (queue,) = stage.resources("AWS::SQS::Queue")
    for rule in stage.properties("AWS::Events::Rule"):
        (target,) = rule["Targets"]
        period = 300 if "0/5" in rule["ScheduleExpression"] else 60
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= period
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}


def test_only_one_aggregator_runs_at_a_time_and_probes_as_many_as_they_need(stage: Stage) -> None:
    reserved = {name: f.get("ReservedConcurrentExecutions") for name, f in stage.functions().items()}
    aggregator = f"health-auditor-{stage.settings.stage}-aggregator"
    assert {name for name, value in reserved.items() if value is not None} == {aggregator}
    assert reserved[aggregator] == 1
