"""Every role: its own, with nothing that its function does not need."""

import fnmatch
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor import names
from tests.infra.synthesis import Stage

WILDCARDS_WITH_A_REASON = {
    "LambdaServiceManagesItsNetworkInterfaces": "describing has no resource-level permission",
    "TheFunctionsCodeTouchesNoNetworkInterface": "a denial is widest on purpose",
    "ListingTasksHasNoResourceLevelPermission1": "declared by the made-up family with exactly this reason",
}


def _resources(statement: dict[str, Any]) -> list[Any]:
    resources = statement["Resource"]
    return resources if isinstance(resources, list) else [resources]


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return actions if isinstance(actions, list) else [actions]


def test_every_function_has_a_role_that_no_other_has_and_no_managed_policy(stage: Stage) -> None:
    roles = [f["Role"]["Fn::GetAtt"][0] for f in stage.functions().values()]
    assert len(set(roles)) == len(roles)
    for role in roles:
        assert "ManagedPolicyArns" not in stage.resources("AWS::IAM::Role")[role]["Properties"]


def test_a_wildcard_resource_stands_only_where_a_reason_is_written(stage: Stage) -> None:
    seen = set()
    for function in stage.functions().values():
        for statement in stage.statements(function):
            if "*" in _resources(statement):
                seen.add(statement["Sid"])
    assert seen <= WILDCARDS_WITH_A_REASON.keys()
    assert "LambdaServiceManagesItsNetworkInterfaces" in seen


def test_no_statement_allows_all_actions_of_a_service_or_printing_metrics_by_api(stage: Stage) -> None:
    for function in stage.functions().values():
        for statement in stage.statements(function):
            assert not any("*" in action for action in _actions(statement)), statement
            assert "cloudwatch:PutMetricData" not in _actions(statement)


def test_a_probe_can_commit_only_runs_of_its_own_stage_and_family(made_up: Stage) -> None:
    function = made_up.functions()["health-auditor-endpoints-plain-data"]
    (commit,) = [s for s in made_up.statements(function) if any(a.startswith("dynamodb:") for a in _actions(s))]
    assert _actions(commit) == ["dynamodb:PutItem"]
    (pattern,) = commit["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert fnmatch.fnmatchcase(names.run_partition("endpoints", "plain_data", 17), pattern)
    assert not fnmatch.fnmatchcase(names.run_partition("endpoints", "control", 0), pattern)
    assert not fnmatch.fnmatchcase(names.state_partition("endpoints"), pattern)


def test_a_probe_can_write_the_observations_that_the_run_time_names_and_read_nothing(made_up: Stage) -> None:
    function = made_up.functions()["health-auditor-endpoints-plain-data"]
    (store,) = [s for s in made_up.statements(function) if any(a.startswith("s3:") for a in _actions(s))]
    assert _actions(store) == ["s3:PutObject"]
    pattern = store["Resource"]["Fn::Join"][1][-1].removeprefix("/")
    slot = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
    for extra in (False, True):
        assert fnmatch.fnmatchcase(
            names.observation_key("endpoints", "plain_data", 0, slot, "id", extra=extra), pattern
        )
    assert not fnmatch.fnmatchcase(names.observation_key("endpoints", "control", 0, slot, "id"), pattern)
    assert not fnmatch.fnmatchcase(names.report_key("endpoints", "report.html"), pattern)


def test_what_a_family_declares_is_granted_to_it_alone_and_says_why(made_up: Stage) -> None:
    holders = {
        name: [s for s in made_up.statements(f) if "ecs:DescribeServices" in _actions(s)]
        for name, f in made_up.functions().items()
    }
    (statement,) = holders["health-auditor-endpoints-control"]
    assert statement["Sid"] == "TheServicesOfOneClusterTheirNamesAreThePlatformS0"
    assert statement["Resource"].endswith(":ecs:eu-central-1:123456789012:service/shop/*")
    assert [name for name, statements in holders.items() if statements] == ["health-auditor-endpoints-control"]


def test_the_aggregator_writes_state_outbox_and_rollups_and_never_a_run(made_up: Stage) -> None:
    statements = made_up.statements(made_up.functions()["health-auditor-endpoints-aggregator"])
    by_sid = {s["Sid"]: s for s in statements if "Sid" in s}
    writes = by_sid["WriteStateOutboxAndRollups"]
    assert set(_actions(writes)) == {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"}
    assert writes["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"] == [
        names.state_partition("endpoints"),
        names.outbox_partition("endpoints"),
        names.rollup_partition("endpoints"),
    ]
    assert _actions(by_sid["ReadRunsAndState"]) == ["dynamodb:GetItem", "dynamodb:Query"]
    assert not any("dynamodb:Delete" in action for s in statements for action in _actions(s))


def test_the_aggregator_files_the_reports_that_the_run_time_names(made_up: Stage) -> None:
    statements = made_up.statements(made_up.functions()["health-auditor-endpoints-aggregator"])
    (publish,) = [s for s in statements if s.get("Sid") == "PublishAndReadReports"]
    pattern = publish["Resource"]["Fn::Join"][1][-1].removeprefix("/")
    for instant in (None, datetime(2026, 11, 23, 16, 47, tzinfo=UTC)):
        assert fnmatch.fnmatchcase(names.report_key("endpoints", "report.html", instant), pattern)


def test_the_aggregator_may_ask_exactly_the_families_that_ask_aws_for_extra_runs(made_up: Stage) -> None:
    functions = made_up.functions()
    holders = {
        name: [s for s in made_up.statements(f) if any(a.startswith("lambda:") for a in _actions(s))]
        for name, f in functions.items()
    }
    (statement,) = holders.pop("health-auditor-endpoints-aggregator")
    assert not any(holders.values())
    assert _actions(statement) == ["lambda:InvokeFunction"]
    assert "Condition" not in statement
    (resource,) = _resources(statement)
    asked = made_up.template["Resources"][resource["Fn::GetAtt"][0]]["Properties"]
    assert resource["Fn::GetAtt"][1] == "Arn"
    assert asked["FunctionName"] == names.function_name("endpoints", "control")


def test_the_aggregator_can_publish_to_the_encrypted_topics(stage: Stage) -> None:
    statements = stage.statements(stage.functions()[f"health-auditor-{stage.settings.stage}-aggregator"])
    (publish,) = [s for s in statements if "sns:Publish" in _actions(s)]
    assert {json.dumps(r) for r in _resources(publish)} == {
        json.dumps({"Ref": topic}) for topic in stage.resources("AWS::SNS::Topic")
    }
    (key,) = stage.resources("AWS::KMS::Key")
    (use,) = [s for s in statements if s.get("Sid") == "UseTheTopicsKeyThroughSns"]
    assert _actions(use) == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert use["Resource"] == {"Fn::GetAtt": [key, "Arn"]}


@pytest.mark.parametrize("family", ["plain-data", "control"])
def test_a_probe_cannot_publish(made_up: Stage, family: str) -> None:
    statements = made_up.statements(made_up.functions()[f"health-auditor-endpoints-{family}"])
    assert not any(action.startswith("sns:") for s in statements for action in _actions(s))


def test_the_functions_own_code_is_denied_what_lambda_needs_for_its_network_interfaces(stage: Stage) -> None:
    for name, function in stage.functions().items():
        (deny,) = [s for s in stage.statements(function) if s["Effect"] == "Deny"]
        (source,) = deny["Condition"]["ArnEquals"].values()
        assert f"function:{name}" in json.dumps(source)
        assert "ec2:DeleteNetworkInterface" in _actions(deny)
