"""Alarms: what each reads, what missing data means to it, and whom it reaches."""

from typing import Any

from auditor import names
from tests.infra.synthesis import Stage


def _topic(stage: Stage, word: str) -> dict[str, str]:
    (id,) = [id for id, r in stage.resources("AWS::SNS::Topic").items() if word in r["Properties"]["DisplayName"]]
    return {"Ref": id}


def _dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {d["Name"]: d["Value"] for d in alarm["Dimensions"]}


def _rule(alarm: dict[str, Any]) -> tuple[Any, ...]:
    keys = ("Statistic", "ComparisonOperator", "Threshold", "Period", "DatapointsToAlarm", "EvaluationPeriods")
    return (*(alarm[key] for key in keys), alarm["TreatMissingData"])


def test_each_service_pages_by_one_alarm_that_a_silent_aggregator_cannot_resolve(stage: Stage) -> None:
    for service in stage.platform.services:
        alarm = stage.alarm(f"{stage.settings.stage}-{service.id}-open-incident")
        assert (alarm["Namespace"], alarm["MetricName"]) == (names.METRIC_NAMESPACE, names.METRIC_OPEN_INCIDENTS)
        assert _dimensions(alarm) == {
            names.DIMENSION_STAGE: stage.settings.stage,
            names.DIMENSION_SERVICE: service.id,
        }
        assert _rule(alarm) == ("Maximum", "GreaterThanOrEqualToThreshold", 1, 10, 1, 6, "ignore")
        assert alarm["AlarmActions"] == alarm["OKActions"] == [_topic(stage, "pages")]


def test_a_service_alarm_tells_report_and_runbook(made_up: Stage) -> None:
    description = str(made_up.alarm("endpoints-shop-open-incident")["AlarmDescription"])
    assert "reports/endpoints/latest/report.html" in description
    assert "https://runbooks.example/shop" in description


def test_a_blind_auditor_pages_after_two_periods_and_stays_so_without_data(stage: Stage) -> None:
    alarm = stage.alarm(f"{stage.settings.stage}-auditor-blind")
    assert (alarm["MetricName"], _dimensions(alarm)) == (
        names.METRIC_BLIND,
        {names.DIMENSION_STAGE: stage.settings.stage},
    )
    assert _rule(alarm) == ("Maximum", "GreaterThanOrEqualToThreshold", 1, 60, 2, 2, "ignore")
    assert alarm["AlarmActions"] == alarm["OKActions"] == [_topic(stage, "pages")]


def test_a_silent_aggregator_pages_because_missing_reports_are_breaching(stage: Stage) -> None:
    alarm = stage.alarm(f"{stage.settings.stage}-aggregator-silent")
    assert (alarm["MetricName"], _dimensions(alarm)) == (
        names.METRIC_REPORTS,
        {names.DIMENSION_STAGE: stage.settings.stage},
    )
    assert _rule(alarm) == ("Sum", "LessThanThreshold", 1, 60, 3, 3, "breaching")
    assert alarm["AlarmActions"] == [_topic(stage, "pages")]


def test_a_silent_family_tells_a_story_because_missing_runs_are_breaching(stage: Stage) -> None:
    for item in stage.families:
        name = item.family.name
        alarm = stage.alarm(f"{stage.settings.stage}-{name.replace('_', '-')}-silent")
        assert alarm["MetricName"] == names.METRIC_RUNS
        assert _dimensions(alarm) == {names.DIMENSION_STAGE: stage.settings.stage, names.DIMENSION_FAMILY: name}
        period = int(item.family.period.total_seconds())
        assert _rule(alarm) == ("Sum", "LessThanThreshold", len(item.shards), period, 3, 3, "breaching")
        assert alarm["AlarmActions"] == alarm["OKActions"] == [_topic(stage, "stories")]


def test_one_silent_shard_of_two_is_noticed(made_up: Stage) -> None:
    assert made_up.alarm("endpoints-plain-data-silent")["Threshold"] == 2


def test_a_failed_run_tells_a_story_and_an_unused_queue_is_no_failure(stage: Stage) -> None:
    alarm = stage.alarm(f"{stage.settings.stage}-runs-failed")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert _rule(alarm) == ("Maximum", "GreaterThanThreshold", 0, 60, 1, 1, "notBreaching")
    assert alarm["AlarmActions"] == [_topic(stage, "stories")]


def test_nothing_else_pages(stage: Stage) -> None:
    pages = _topic(stage, "pages")
    paging = {p["AlarmName"] for p in stage.properties("AWS::CloudWatch::Alarm") if pages in p["AlarmActions"]}
    prefix = stage.settings.stage
    assert paging == {
        f"{prefix}-auditor-blind",
        f"{prefix}-aggregator-silent",
        *(f"{prefix}-{service.id}-open-incident" for service in stage.platform.services),
    }


def test_the_dashboard_shows_every_service_and_family(stage: Stage) -> None:
    body = str(stage.only("AWS::CloudWatch::Dashboard")["DashboardBody"])
    for shown in (
        *(service.title for service in stage.platform.services),
        *(item.family.title for item in stage.families),
        names.METRIC_FAILURES,
        names.METRIC_UNKNOWNS,
        names.METRIC_RUNS,
    ):
        assert shown in body
