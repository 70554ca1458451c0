"""What every question about a registered name says in the same words."""

from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Status, failed, skipped, unknown
from auditor.domain.target import Target
from functions.discovery import remedies
from functions.discovery.facts import DiscoveryFacts, InstanceFacts, nearest
from functions.discovery.family import DiscoverySpec

DiscoveryTarget = Target[DiscoverySpec]
DiscoveryObservation = Observation[DiscoveryFacts]

MAX_LISTED = 10


def unless_passed(answer: Answer, check: str) -> Answer | None:
    """None where an earlier question was answered well, else what its answer makes of a later one."""
    return None if answer.status is Status.PASS else after(answer, check)


def after(answer: Answer, check: str) -> Answer:
    """What an earlier answer makes of a later question: what failed leaves it no turn, what was not read stays so."""
    if answer.status in (Status.FAIL, Status.WARN):
        return skipped(f"Not asked, because {check} failed.", failed_check=check)
    return answer


def missing(cause: str, what: str, wanted: str, names: list[str]) -> Answer:
    """Something does not exist; the nearest name that does is given."""
    close = nearest(wanted, names)
    if close is not None:
        there = f"the nearest that exists is {close}"
    else:
        there = f"there are {', '.join(sorted(names)[:MAX_LISTED])}" if names else "there is none at all"
    return failing(cause, f"{what}; {there}.", wanted=wanted, nearest=close, existing=", ".join(names[:MAX_LISTED]))


def failing(cause: str, summary: str, **evidence: Scalar) -> Answer:
    """What is registered is wrong."""
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def not_read(part: str, facts: DiscoveryFacts) -> Answer:
    """The probe did not read a part of the facts, for a reason that it noted."""
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def listed(instances: list[InstanceFacts] | tuple[InstanceFacts, ...]) -> str:
    """Addresses in a sentence, at most ten."""
    places = [instance.address or instance.id for instance in instances[:MAX_LISTED]]
    return ", ".join(places) + (", …" if len(instances) > MAX_LISTED else "")


def facts_of(observation: DiscoveryObservation) -> DiscoveryFacts:
    """The facts, which the kernel guarantees."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts
