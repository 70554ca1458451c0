"""The two questions asked of a port: does every address take a connection, and does the connection stay."""

from collections.abc import Sequence
from dataclasses import replace

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from functions.network import remedies
from functions.network.facts import NetworkFacts
from functions.network.family import NetworkSpec
from functions.network.tried import NetworkObservation, NetworkTarget, Tried, facts_of, tried

_REACHABLE = "network.reachable"
_CAUSES = cause_index(KERNEL_CAUSES)
_SPELT_OUT = 3
_SHOWN = 8


def _reachable(target: NetworkTarget, observation: NetworkObservation) -> Answer:
    facts = facts_of(observation)
    unresolved = next((f for f in observation.failures if f.phase is Phase.NAME), None)
    if unresolved is not None and not facts.probed:
        summary = f"{target.spec.place} was not reached: {unresolved.detail.rstrip('.')}."
        return _with_remedy(failed(unresolved, summary, **_evidence(target, facts, ())))
    addresses = tried(observation)
    if not addresses:
        detail = f"the probe of {target.spec.place} recorded neither an address that it tried nor why there is none."
        return unknown(Failure(phase=Phase.PREPARE, cause="self.bug", detail=detail))
    reached = [each for each in addresses if each.accepted]
    problems = [each.failure for each in addresses if not each.accepted and each.failure is not None]
    evidence = _evidence(target, facts, addresses)
    if not problems:
        return passed(f"{target.spec.place} takes connections on {_listed(reached)}.", **evidence)
    return _partly(
        problems,
        reached,
        f"{target.spec.place} takes connections on {_listed(reached)} only",
        f"{target.spec.place} takes no connection",
        evidence,
    )


def _not_reset(target: NetworkTarget, observation: NetworkObservation) -> Answer:
    accepted = [each for each in tried(observation) if each.accepted]
    if not accepted:
        return skipped(f"Not asked of {target.spec.place}, because {_REACHABLE} failed.", failed_check=_REACHABLE)
    stayed = [each for each in accepted if each.failure is None]
    problems = [each.failure for each in accepted if each.failure is not None]
    evidence = _evidence(target, facts_of(observation), accepted)
    if problems:
        return _partly(
            problems,
            stayed,
            f"{target.spec.place} keeps connections on {_listed(stayed)} only",
            f"{target.spec.place} takes connections and keeps none",
            evidence,
        )
    unheard = [each for each in stayed if not each.listened]
    if unheard:
        detail = f"{_listed(unheard)} took the connection too late to see whether it stays"
        failure = Failure(phase=Phase.TCP, cause="network.not_listened", detail=detail)
        return unknown(failure, f"{detail}.", remedy=remedies.for_cause(failure.cause), **evidence)
    return passed(f"{target.spec.place} keeps the connections that it takes ({_listed(stayed)}).", **evidence)


def _partly(
    problems: list[Failure], good: Sequence[Tried], some: str, none: str, evidence: dict[str, Scalar]
) -> Answer:
    """FAIL when no address is good, WARN when some are: as with an endpoint, some clients are still served."""
    # A refusal proves the path where silence does not; it must not be hidden behind that and laid to the vantage.
    problems.sort(key=lambda failure: not _CAUSES[failure.cause].proves_path)
    details = [problem.detail.rstrip(".") for problem in problems]
    more = [f"{len(details) - _SPELT_OUT} more failed"] if len(details) > _SPELT_OUT else []
    summary = f"{some if good else none}: {'; '.join([*details[:_SPELT_OUT], *more])}."
    answer = failed(problems[0], summary, **evidence)
    return _with_remedy(replace(answer, status=Status.WARN) if good else answer)


def _with_remedy(answer: Answer) -> Answer:
    return replace(answer, remedy=remedies.for_cause(answer.cause or ""))


def _evidence(target: NetworkTarget, facts: NetworkFacts, addresses: Sequence[Tried]) -> dict[str, Scalar]:
    evidence: dict[str, Scalar] = {
        "place": target.spec.place,
        "addresses": _names(facts.resolved),
        "addresses_tried": len(facts.probed),
        "failing_addresses": _names([each.address for each in addresses if each.failure is not None]),
    }
    return {name: value for name, value in evidence.items() if value != ""}


def _listed(addresses: Sequence[Tried]) -> str:
    return _names([each.address for each in addresses])


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


CHECKS: tuple[Check[NetworkSpec, NetworkFacts], ...] = (
    Check(
        id=_REACHABLE,
        severity=Severity.CRITICAL,
        judge=_reachable,
        remediation="Follow the failing phase: the name in DNS, then the path and the listening process.",
    ),
    Check(
        id="network.not_reset",
        severity=Severity.HIGH,
        judge=_not_reset,
        remediation="See who listens on the port and why it ends connections: its own log says so.",
    ),
)
