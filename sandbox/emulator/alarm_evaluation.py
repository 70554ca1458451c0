"""Which state a CloudWatch alarm is in, from the data points of its evaluation range. Pure.

Reproduces "Configuring how CloudWatch alarms treat missing data" and "Avoiding premature transitions to alarm state"
of the CloudWatch user guide; the tables printed there are the unit tests of this module.
"""

from collections.abc import Sequence

OK = "OK"
ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"

MISSING = "missing"
IGNORE = "ignore"
BREACHING = "breaching"
NOT_BREACHING = "notBreaching"

# CloudWatch looks further back than EvaluationPeriods; how far it does not say in general. Its examples retrieve 5
# points for 3 periods, and so do we: N + 2.
EXTRA_PERIODS = 2


def evaluation_range(evaluation_periods: int) -> int:
    """How many of the most recent periods are looked at."""
    return evaluation_periods + EXTRA_PERIODS


def breaches(value: float, comparison: str, threshold: float) -> bool:
    """Whether the value crosses the threshold. Raises ValueError for a comparison that needs anomaly detection."""
    match comparison:
        case "GreaterThanThreshold":
            return value > threshold
        case "GreaterThanOrEqualToThreshold":
            return value >= threshold
        case "LessThanThreshold":
            return value < threshold
        case "LessThanOrEqualToThreshold":
            return value <= threshold
    raise ValueError(
        f"ComparisonOperator is {comparison!r}; the emulator evaluates GreaterThanThreshold,"
        " GreaterThanOrEqualToThreshold, LessThanThreshold and LessThanOrEqualToThreshold"
    )


def next_state(
    points: Sequence[bool | None],
    *,
    evaluation_periods: int,
    datapoints_to_alarm: int,
    treat_missing_data: str,
    current: str,
) -> str:
    """The state after looking at `points`: the evaluation range, oldest first, True breaching, None missing."""
    real = [point for point in points if point is not None]
    if len(real) >= evaluation_periods:
        # Enough real points, perhaps from farther back: the treatment of missing data "is not needed and is ignored".
        return _judged(sum(real[-evaluation_periods:]), datapoints_to_alarm)
    filled = evaluation_periods - len(real)
    if treat_missing_data == BREACHING:
        return _judged(sum(real) + filled, datapoints_to_alarm)
    if treat_missing_data == NOT_BREACHING:
        return _judged(sum(real), datapoints_to_alarm)
    if not real:
        return current if treat_missing_data == IGNORE else INSUFFICIENT_DATA
    if sum(real) >= datapoints_to_alarm:
        return ALARM
    if not all(real):
        return OK
    # Only breaching points, and fewer than M. "Alarms are designed to always go into ALARM state when the oldest
    # available breaching datapoint is at least as old as Datapoints to Alarm and all more recent ones are breaching
    # or missing"; under `ignore` the tables keep the state. Until then it is too early to tell.
    oldest = next(index for index, point in enumerate(points) if point)
    old_enough = len(points) - oldest >= datapoints_to_alarm
    return ALARM if old_enough and treat_missing_data == MISSING else current


def _judged(breaching: int, datapoints_to_alarm: int) -> str:
    return ALARM if breaching >= datapoints_to_alarm else OK
