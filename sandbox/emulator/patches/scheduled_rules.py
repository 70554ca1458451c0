"""EventBridge's scheduled rules fire in simulated time, at exact instants.

AWS ("Creating a scheduled rule"): a cron rule fires at its instants, a rate rule from its creation on, and the event's
`time` is the scheduled instant. Stock MiniStack looks every 10 s of wall time, puts the time of looking into the
event, and compresses nothing. Here every enabled rule also fires once right after it got its targets, so that nobody
waits for the first minute; a rule that was disabled resumes with its next instant.
"""

import logging
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import eventbridge

from sandbox.emulator.clock import SimulatedClock, iso
from sandbox.emulator.patches.alarms import act_for
from sandbox.emulator.patching import PatchContext, replace, require_attribute
from sandbox.emulator.schedule import due_instant, next_instant

logger = logging.getLogger("sandbox.schedule")

TICK_SECONDS = 0.2
RuleKey = tuple[str, str, str]


def apply(context: PatchContext) -> None:
    """Replace the scheduler's tick; its thread stays MiniStack's."""
    delivered: dict[RuleKey, float] = {}
    require_attribute(eventbridge, "_SCHEDULER_TICK_INTERVAL", int)
    eventbridge._SCHEDULER_TICK_INTERVAL = TICK_SECONDS
    replace(eventbridge, "_tick_scheduled_rules", (), lambda: _tick(context.clock, delivered))


def _tick(clock: SimulatedClock, delivered: dict[RuleKey, float]) -> None:
    now = clock.now()
    rules: dict[RuleKey, dict[str, Any]] = dict(eventbridge._rules._data)
    for gone in delivered.keys() - rules.keys():
        del delivered[gone]
    for key, rule in rules.items():
        following = next_instant(rule.get("ScheduleExpression") or "")
        targets = list(eventbridge._targets._data.get(key) or [])
        if following is None or not targets:
            continue
        if rule.get("State") != "ENABLED":
            delivered[key] = now
            continue
        instant = due_instant(following, delivered.get(key), now)
        if instant is not None:
            delivered[key] = instant
            _deliver(key, rule, targets, instant)


def _deliver(key: RuleKey, rule: dict[str, Any], targets: list[dict[str, Any]], instant: float) -> None:
    account, region, _name = key
    act_for(account, region)
    event = {
        "EventId": new_uuid(),
        "Source": "aws.events",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "EventBusName": rule.get("EventBusName", "default"),
        "Time": int(instant),
        "Resources": [rule["Arn"]],
        "Account": account,
        "Region": region,
    }
    view = eventbridge._pattern_event_view(event)
    for target in targets:
        logger.debug("rule %s delivers %s to %s", rule["Name"], iso(instant), target.get("Arn"))
        eventbridge._invoke_target(target, event, rule, view)
