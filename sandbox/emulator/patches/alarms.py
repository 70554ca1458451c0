"""CloudWatch alarms are evaluated as AWS evaluates them.

AWS ("Alarm evaluation", "Configuring how CloudWatch alarms treat missing data", "Alarm actions"): on a timer, over
period slots of the metric with exactly the alarm's dimensions, M of N, with the treatment of missing data, and actions
run once per change of state. Stock MiniStack: only when data is put, all dimensions pooled, the whole window as one
number, missing data never looked at.

The period that is still open counts as soon as it holds data, so that a breach shows within a second; where more data
could still undo the answer (a sum or count that must not be too low) only closed periods count.
"""

import logging
import math
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import cloudwatch

from sandbox.emulator import metric_math
from sandbox.emulator.alarm_evaluation import breaches, evaluation_range, next_state
from sandbox.emulator.clock import MINUTE, SimulatedClock
from sandbox.emulator.patching import PatchContext, replace

logger = logging.getLogger("sandbox.alarms")

TIMER_SECONDS = 1.0
Alarm = dict[str, Any]

# One state change at a time: the timer, PutMetricData and SetAlarmState all change states and send actions.
_state_lock = threading.RLock()
# Points are stored by Lambda threads while the server's thread evicts old ones by replacing the lists.
_points_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Window:
    """The period slots an evaluation looks at, oldest first; the last one is still open."""

    starts: tuple[float, ...]
    period: int

    def slot(self, timestamp: float) -> int | None:
        """The index of the slot that holds the timestamp, or None."""
        index = math.floor((timestamp - self.starts[0]) / self.period)
        return index if 0 <= index < len(self.starts) else None


def apply(context: PatchContext) -> None:
    """Replace the evaluation and start its timer."""
    clock = context.clock

    def evaluate(alarm: Alarm) -> None:
        with _state_lock:
            _evaluate(alarm, clock.now())

    replace(cloudwatch, "_evaluate_alarm", ("alarm",), evaluate)
    replace(cloudwatch, "_evict_old_metrics", (), _evict_old_metrics)

    def set_state(*given: Any) -> Any:
        with _state_lock:
            return stock_set_state(*given)

    parameters = ("params", "cbor_data", "is_cbor", "is_json")
    stock_set_state = replace(cloudwatch, "_set_alarm_state", parameters, set_state)

    threading.Thread(target=_timer, args=(clock,), daemon=True, name="sandbox-alarm-timer").start()


def store_points(namespace: str, name: str, dimensions: Mapping[str, str], points: Iterable[dict[str, Any]]) -> None:
    """Add points in MiniStack's shape (Timestamp, Value, Unit) to a metric of the current account and region."""
    key = (namespace, name, cloudwatch._dims_key(dict(dimensions)))
    with _points_lock:
        cloudwatch._metric_bucket(key).extend({**point, "Dimensions": dict(dimensions)} for point in points)


def act_for(account: str, region: str) -> None:
    """Act for an account and region from here on, in a thread that serves no request."""
    set_request_account_id(account)
    set_request_region(region)


def _timer(clock: SimulatedClock) -> None:
    while True:
        time.sleep(TIMER_SECONDS)
        for (account, region, name), alarm in list(cloudwatch._alarms._data.items()):
            try:
                act_for(account, region)
                with _state_lock:
                    if cloudwatch._alarms.get(name) is alarm:
                        _evaluate(alarm, clock.now())
            except Exception:
                logger.exception("alarm %s could not be evaluated", name)


def _evaluate(alarm: Alarm, now: float) -> None:
    values = _values(alarm, now)
    if values is None:
        return
    # AWS evaluates once a minute: a new alarm without data is not judged before its first minute is over.
    if all(value is None for value in values) and now - alarm["AlarmConfigurationUpdatedTimestamp"] < MINUTE:
        return
    comparison, threshold = alarm["ComparisonOperator"], float(alarm["Threshold"])
    periods = int(alarm["EvaluationPeriods"])
    current = alarm["StateValue"]
    new = next_state(
        [None if value is None else breaches(value, comparison, threshold) for value in values],
        evaluation_periods=periods,
        datapoints_to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
        treat_missing_data=alarm.get("TreatMissingData") or "missing",
        current=current,
    )
    if new != current:
        _change_state(alarm, new, _reason(alarm, values), now)


def _change_state(alarm: Alarm, new: str, reason: str, now: float) -> None:
    old = alarm["StateValue"]
    alarm["StateValue"] = new
    alarm["StateReason"] = reason
    alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = int(now)
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _reason(alarm: Alarm, values: list[float | None]) -> str:
    real = [value for value in values if value is not None]
    if not real:
        treatment = alarm.get("TreatMissingData") or "missing"
        return f"No data points were received for {len(values)} periods; missing data is treated as [{treatment}]."
    recent = real[-int(alarm["EvaluationPeriods"]) :]
    return (
        f"Threshold Crossed: {len(recent)} data points {recent} were compared with the threshold"
        f" ({alarm['Threshold']}, {alarm['ComparisonOperator']})."
    )


def _values(alarm: Alarm, now: float) -> list[float | None] | None:
    """The alarm's value in each slot of the evaluation range, or None where the alarm is of a kind not evaluated."""
    if alarm.get("Metrics"):
        return _math_values(alarm, now)
    if not alarm.get("MetricName"):
        return None
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    window = _window(now, int(alarm.get("Period") or MINUTE), int(alarm["EvaluationPeriods"]))
    values = _series(
        namespace=alarm["Namespace"],
        name=alarm["MetricName"],
        dimensions={each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []},
        statistic=statistic,
        unit=alarm.get("Unit"),
        window=window,
    )
    undecided = statistic in ("Sum", "SampleCount") and str(alarm["ComparisonOperator"]).startswith("LessThan")
    return _recent(values, open_counts=values[-1] is not None and not undecided)


def _math_values(alarm: Alarm, now: float) -> list[float | None]:
    queries = {query["Id"]: query for query in alarm["Metrics"]}
    stats = {id: query["MetricStat"] for id, query in queries.items() if query.get("MetricStat")}
    window = _window(now, math_period(alarm), int(alarm["EvaluationPeriods"]))
    series = {
        id: _series(
            namespace=stat["Metric"]["Namespace"],
            name=stat["Metric"]["MetricName"],
            dimensions={each["Name"]: each["Value"] for each in stat["Metric"].get("Dimensions") or []},
            statistic=stat["Stat"],
            unit=stat.get("Unit"),
            window=window,
        )
        for id, stat in stats.items()
    }

    def value(id: str, slot: int) -> float | None:
        if id in series:
            return series[id][slot]
        expression = queries[id]["Expression"]
        return metric_math.evaluate(expression, {name: value(name, slot) for name in metric_math.names(expression)})

    result = math_result(alarm)["Id"]
    values = [value(result, slot) for slot in range(len(window.starts))]
    # FILL would invent the value of a period that has only begun.
    return _recent(values, open_counts=all(each[-1] is not None for each in series.values()))


def math_result(alarm: Alarm) -> dict[str, Any]:
    """The one query of a math alarm whose data is compared with the threshold."""
    returning = [query for query in alarm["Metrics"] if query.get("ReturnData", True) not in (False, "false")]
    if len(returning) != 1:
        raise ValueError(
            f"alarm {alarm.get('AlarmName')}: {len(returning)} of its Metrics return data, exactly one must"
            " (set ReturnData false on the others)"
        )
    return dict(returning[0])


def math_period(alarm: Alarm) -> int:
    """The one period that all metrics of a math alarm share."""
    periods = {int(query["MetricStat"]["Period"]) for query in alarm["Metrics"] if query.get("MetricStat")}
    if len(periods) != 1:
        raise ValueError(
            f"alarm {alarm.get('AlarmName')}: its metrics have the periods {sorted(periods)};"
            " the emulator evaluates one period only"
        )
    return periods.pop()


def _window(now: float, period: int, evaluation_periods: int) -> Window:
    opened = now // period * period
    count = evaluation_range(evaluation_periods)
    return Window(starts=tuple(opened - period * age for age in range(count, -1, -1)), period=period)


def _recent(values: list[float | None], *, open_counts: bool) -> list[float | None]:
    return values[1:] if open_counts else values[:-1]


def _series(
    *, namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, unit: str | None, window: Window
) -> list[float | None]:
    key = (namespace, name, cloudwatch._dims_key(dict(dimensions)))
    with _points_lock:
        points = list(cloudwatch._metrics.get(key) or [])
    slots: list[list[Any]] = [[] for _ in window.starts]
    for point in points:
        index = window.slot(point["Timestamp"])
        if index is not None and (not unit or point.get("Unit") == unit):
            slots[index].append(point)
    return [_statistic(statistic, slot) for slot in slots]


def _statistic(statistic: str, points: list[Any]) -> float | None:
    if not points:
        return None
    value: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points)
    return value


def _evict_old_metrics() -> None:
    cutoff = cloudwatch.time.time() - cloudwatch.TWO_WEEKS_SECONDS
    with _points_lock:
        for key, points in list(cloudwatch._metrics._data.items()):
            if points and points[0]["Timestamp"] < cutoff:
                points[:] = [point for point in points if point["Timestamp"] >= cutoff]
            if not points:
                cloudwatch._metrics._data.pop(key, None)
