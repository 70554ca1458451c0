"""Alarms on metric math can be created, by template and by API, and template alarms are stamped in simulated time.

AWS ("Create an alarm based on a metric math expression", AWS::CloudWatch::Alarm `Metrics`). Stock MiniStack refuses
them in templates and drops `Metrics` in PutMetricAlarm. An expression that the emulator cannot evaluate is refused at
creation, not ignored at evaluation.
"""

from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from sandbox.emulator import metric_math
from sandbox.emulator.patches.alarms import math_period, math_result
from sandbox.emulator.patching import PatchContext, replace

# What stock MiniStack insists on for a record; taken out again before the record is stored.
_PLACEHOLDER = {"MetricName": "placeholder", "Namespace": "placeholder"}
_SINGLE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def apply(context: PatchContext) -> None:
    """Let math alarms through both doors."""

    def record(name: str, props: dict[str, Any]) -> Any:
        metrics = props.get("Metrics")
        alarm = stock_record(name, {**props, **_PLACEHOLDER, "Metrics": None} if metrics else props)
        now = int(context.clock.now())
        alarm["AlarmConfigurationUpdatedTimestamp"] = now
        if name not in cloudwatch._alarms:
            alarm["StateUpdatedTimestamp"] = now
        return _as_math(alarm, metrics) if metrics else alarm

    stock_record = replace(provisioners, "_cw_metric_alarm_record", ("name", "props"), record)

    def put(params: Any, data: dict[str, Any], is_cbor: Any, is_json: Any) -> Any:
        if not data.get("Metrics"):
            return stock_put(params, data, is_cbor, is_json)
        try:
            _as_math({"AlarmName": data.get("AlarmName")}, data["Metrics"])
        except ValueError as error:
            return cloudwatch._error("ValidationError", str(error), 400, use_json=is_json, use_cbor=is_cbor)
        answer = stock_put(params, data, is_cbor, is_json)
        if answer[0] < 400:
            _as_math(cloudwatch._alarms[data["AlarmName"]], data["Metrics"])
        return answer

    stock_put = replace(cloudwatch, "_put_metric_alarm", ("params", "cbor_data", "is_cbor", "is_json"), put)


def _as_math(alarm: dict[str, Any], metrics: list[dict[str, Any]]) -> dict[str, Any]:
    for name in _SINGLE_METRIC:
        alarm.pop(name, None)
    alarm["Metrics"] = [_typed(query) for query in metrics]
    math_result(alarm)
    math_period(alarm)
    ids = {query["Id"] for query in metrics}
    for query in metrics:
        if query.get("Expression"):
            unknown = metric_math.names(query["Expression"]) - ids
            if unknown:
                raise metric_math.MetricMathError(
                    f"metric math {query['Expression']!r} names {sorted(unknown)}; the alarm has {sorted(ids)}"
                )
    return alarm


def _typed(query: dict[str, Any]) -> dict[str, Any]:
    """A template may carry numbers and booleans as text; the API's model does not."""
    typed = {**query, "ReturnData": query.get("ReturnData", True) not in (False, "false")}
    if query.get("MetricStat"):
        typed["MetricStat"] = {**query["MetricStat"], "Period": int(query["MetricStat"]["Period"])}
    return typed
