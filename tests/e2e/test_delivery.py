"""One event delivered twice changes nothing: no second record, no second metric, no second story."""

import json
from datetime import timedelta

from auditor.names import METRIC_NAMESPACE, METRIC_RUNS
from tests.e2e.conftest import Deployed


def test_an_event_that_is_delivered_twice_doubles_nothing_not_even_a_metric(deployed: Deployed) -> None:
    report = deployed.healthy()
    slot = next(run.slot for run in report.runs if run.family == "http")
    assert slot is not None
    event = {"stage": "sandbox", "shard": 0, "time": slot.isoformat()}
    function = "health-auditor-sandbox-http"
    answer = deployed.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    assert json.load(answer["Payload"])["stored"] is False
    judged = deployed.aws("lambda").invoke(
        FunctionName="health-auditor-sandbox-aggregator",
        Payload=json.dumps({"stage": "sandbox", "time": report.as_of.isoformat()}).encode(),
    )
    assert json.load(judged["Payload"])["verdict"] is None
    later = deployed.report()
    assert later.as_of > report.as_of
    counted = deployed.aws("cloudwatch").get_metric_statistics(
        Namespace=METRIC_NAMESPACE,
        MetricName=METRIC_RUNS,
        Dimensions=[{"Name": "Stage", "Value": "sandbox"}, {"Name": "Family", "Value": "http"}],
        StartTime=slot,
        EndTime=slot + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    assert [(point["Sum"], point["SampleCount"]) for point in counted] == [(1.0, 1.0)]
