"""Attribution: laying a FAIL to the target or to the auditor's own vantage, before anything is judged or told.

The three rules are those of design.md section 2. A refusal, a reset or a protocol answer proves the path, so a cause
with ``proves_path`` always stays with the target.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.domain.cause import Cause
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from auditor.domain.topology import Platform
from auditor.domain.verdict import is_stale


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A result and whom it speaks of. ``why_not`` is empty when it speaks of its target."""

    result: Result
    why_not: str = ""
    remedy: str = ""

    @property
    def speaks(self) -> bool:
        """Whether the result is judged: an answer about the target that may move its verdict."""
        return self.result.status.judged and not self.why_not


def attribute(
    platform: Platform,
    results: Sequence[Result],
    *,
    as_of: datetime,
    periods: Mapping[str, timedelta],
    causes: Mapping[str, Cause],
    contacting: Collection[str],
    not_admitted: Mapping[str, str],
) -> tuple[Reading, ...]:
    """Whom every result speaks of.

    ``contacting``: families whose probes contact the platform itself; only their answers say whether a path exists.
    ``not_admitted``: target id to the line of the rules that keeps the auditor out, as far as the rules were read.

    Families run at their own pace, and an answer of ten minutes ago neither proves nor disproves a silence of now:
    each is held against those answers only that are as fresh as its own family's, and a pattern of all of them against
    those that are as fresh as the quickest family's.
    """
    fresh = [r for r in results if not is_stale(r.slot, as_of, periods[r.family])]
    targets = {target.id: target for target in platform.targets}
    failing_silently = {r.target for r in fresh if _silent_failure(r, causes)}
    proofs = {
        period: _proofs(targets.values(), [r for r in fresh if not is_stale(r.slot, as_of, period)])
        for period in {periods[r.family] for r in fresh if r.target in failing_silently}
    }
    contacted = [result for result in fresh if result.family in contacting]
    quickest = min((periods[result.family] for result in contacted), default=timedelta(0))
    now = [result for result in contacted if not is_stale(result.slot, as_of, quickest)]
    blind_inside = _all_private_silent_and_public_fine(targets, now, failing_silently)
    readings = []
    for result in results:
        why_not, remedy = "", ""
        if is_stale(result.slot, as_of, periods[result.family]):
            why_not = f"the run is older than two periods of {result.family}, so it speaks of the past"
            remedy = f"read the log of the {result.family} function, and look whether its schedule is enabled"
        elif _silent_failure(result, causes) and result.target in targets:
            if result.target in not_admitted:
                why_not = f"the rules do not admit the auditor: {not_admitted[result.target]}"
                remedy = "add the ingress rule that the stack's output names for this target"
            elif by := proofs[periods[result.family]].get(result.target):
                why_not = f"{_words(by)} passed and cannot pass without it"
                remedy = "let the auditor's security group reach it: the stack's output names the rule to add"
            elif blind_inside and targets[result.target].private:
                why_not = "no private target answered while every public one passed"
                remedy = "run the auditor inside the audited VPC, or repair its own subnet, route and security group"
        readings.append(Reading(result=result, why_not=why_not, remedy=remedy))
    return tuple(readings)


def _silent_failure(result: Result, causes: Mapping[str, Cause]) -> bool:
    """A FAIL whose cause does not prove that packets reached the target and came back."""
    if result.status is not Status.FAIL or result.cause is None:
        return False
    cause = causes.get(result.cause)
    return cause is not None and not cause.proves_path


def _proofs(targets: Collection[Target[object]], fresh: Sequence[Result]) -> dict[str, list[str]]:
    """Per target the dependants that passed every check and cannot pass without it."""
    statuses: dict[str, set[Status]] = {}
    for result in fresh:
        statuses.setdefault(result.target, set()).add(result.status)
    proofs: dict[str, list[str]] = {}
    for dependant in targets:
        seen = statuses.get(dependant.id, set())
        if Status.PASS in seen and not seen & {Status.FAIL, Status.UNKNOWN}:
            for proven in dependant.proves:
                proofs.setdefault(proven, []).append(dependant.id)
    return proofs


def _all_private_silent_and_public_fine(
    targets: Mapping[str, Target[object]], fresh: Sequence[Result], silent: Collection[str]
) -> bool:
    seen = {r.target for r in fresh if r.target in targets and r.status.judged}
    bad = {r.target for r in fresh if r.status is Status.FAIL}
    private = {target for target in seen if targets[target].private}
    public = seen - private
    # One silent private target among none that could contradict is no pattern: two are the least that make one.
    return len(private) >= 2 and bool(public) and private <= set(silent) and not public & bad


def _words(ids: Sequence[str]) -> str:
    return " and ".join(sorted(ids))
