"""State and reason of a target, from AWS's codes and texts. Pure."""

import re

from functions.load_balancer.facts import Reason, State

MAX_CODES = 5
_REASONS = {
    "Elb.RegistrationInProgress": Reason.REGISTERING,
    "Elb.InitialHealthChecking": Reason.FIRST_CHECKS,
    "Target.ResponseCodeMismatch": Reason.RESPONSE_CODE_MISMATCH,
    "Target.Timeout": Reason.TIMEOUT,
    "Target.FailedHealthChecks": Reason.CONNECTION_FAILED,
    "Elb.InternalError": Reason.INTERNAL_ERROR,
    "Target.NotRegistered": Reason.NOT_REGISTERED,
    "Target.InvalidState": Reason.INVALID_STATE,
    "Target.IpUnusable": Reason.ADDRESS_UNUSABLE,
    "Target.DeregistrationInProgress": Reason.DRAINING,
    "Target.HealthCheckDisabled": Reason.CHECKS_DISABLED,
}
_STATES = {state.value: state for state in State}
_NOT_IN_USE = "Target.NotInUse"
_CODES = re.compile(r"\[([0-9, ]{1,60})\]")
_CODE = re.compile(r"(?<!\d)\d{1,3}(?!\d)")


def state_of(said: str) -> State:
    """The state; ``unhealthy.draining`` is unhealthy, since it still gets requests and fails its checks."""
    if said == "unhealthy.draining":
        return State.UNHEALTHY
    return _STATES.get(said, State.OTHER)


def reason_of(code: str, description: str, *, attached: bool) -> Reason:
    """The reason. NotInUse stands for two things, which its text tells apart, else whether the group is attached."""
    if code == _NOT_IN_USE:
        zone = "availability zone" in description.lower() or (attached and "not configured" not in description.lower())
        return Reason.ZONE_NOT_ENABLED if zone else Reason.NOT_ATTACHED
    if not code:
        return Reason.NONE
    return _REASONS.get(code, Reason.OTHER)


def codes_of(description: str) -> tuple[int, ...]:
    """The statuses that stand in brackets: ``Health checks failed with these codes: [308]``; at most five."""
    found = _CODES.search(description)
    codes = (int(code) for code in _CODE.findall(found[1])) if found else ()
    return tuple(dict.fromkeys(codes))[:MAX_CODES]
