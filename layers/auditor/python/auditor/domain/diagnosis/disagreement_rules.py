"""Disagreements between what AWS says and what works: findings, which explain nothing and so are never a root.

What is wrong, other rules say; these say only that two witnesses contradict each other, and who they are.
"""

from collections.abc import Iterator, Sequence

from auditor.domain.diagnosis.addresses import place
from auditor.domain.diagnosis.candidate import Candidate, Confidence
from auditor.domain.diagnosis.claims import Claim, HealthReports, PortAnswers, RegisteredAs, RunsAt
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.groups import group_component
from auditor.domain.diagnosis.routing_claims import PathAnswers, RequestRouted, TargetsStand
from auditor.domain.diagnosis.task_claims import RunningCounts
from auditor.domain.diagnosis.words import Emitter, PortOutcome


def runs_and_is_not_reached(evidence: Evidence) -> Iterator[Candidate]:
    """As many tasks run as should, and no connection to any of them was taken."""
    for counts in evidence.of(RunningCounts):
        if counts.rolling_out or not 0 < counts.desired <= counts.running:
            continue
        runs = [claim for claim in evidence.of(RunsAt) if claim.component == counts.component]
        tried = _tried(evidence, {address for claim in runs for address in claim.addresses})
        if tried and not any(claim.outcome is PortOutcome.OPEN for claim in tried):
            yield _disagreement(
                counts.component,
                f"ECS says {counts.running} of {counts.desired} of {counts.component} running, and nobody gets a "
                f"connection to it ({_places(tried)}).",
                "Follow the connection: the port that the process listens on, security groups, network ACLs.",
                (counts, *runs, *tried),
            )


def healthy_and_failing(evidence: Evidence) -> Iterator[Candidate]:
    """Every target of a group is healthy, and every page that users ask for fails."""
    for stand in evidence.of(TargetsStand):
        pages = _pages(evidence, evidence.service_of(stand.component))
        if not pages or not 0 < stand.registered == stand.healthy or not all(_fails(page) for page in pages):
            continue
        yield _disagreement(
            group_component(evidence, stand.group, stand.component),
            f"All {stand.registered} targets of {stand.group} are healthy to the balancer, and users get "
            f"{_answers(pages)}.",
            "See what the health check asks: it does not notice what users notice.",
            (stand, *pages),
        )


def unhealthy_and_served(evidence: Evidence) -> Iterator[Candidate]:
    """No target of a group is healthy, and pages that go through its balancer are as they should be."""
    routed = {claim.host.lower() for claim in evidence.of(RequestRouted)}
    for stand in evidence.of(TargetsStand):
        service = evidence.service_of(stand.component)
        pages = [page for page in _pages(evidence, service) if page.host.lower() in routed]
        if stand.registered == 0 or stand.healthy or stand.starting or not pages:
            continue
        if all(_is_well(page) for page in pages):
            yield _disagreement(
                group_component(evidence, stand.group, stand.component),
                f"None of {stand.registered} targets of {stand.group} is healthy to the balancer, and it sends them "
                f"users' requests all the same, which are answered well (fail-open).",
                "Mend the health check before one of the targets really fails: the balancer can no longer tell.",
                (stand, *pages),
            )


def health_page_red_and_service_fine(evidence: Evidence) -> Iterator[Candidate]:
    """A health page fails or complains, and every other page of the service is as it should be."""
    for component in sorted({page.component for page in evidence.of(PathAnswers) if page.of_health}):
        service = evidence.service_of(component)
        of_health = [p for p in evidence.of(PathAnswers) if p.of_health and p.component == component]
        red: list[Claim] = [page for page in of_health if _fails(page)]
        red += [c for c in evidence.of(HealthReports) if not c.healthy and c.component == component]
        pages = _pages(evidence, service)
        if service and red and pages and all(_is_well(page) for page in pages):
            yield _disagreement(
                component,
                f"The health page of {component} says that it is unwell, and the {len(pages)} other pages that were "
                "asked for are as they should be.",
                "Find out which of the two is right before somebody acts on the health page.",
                (*red, *pages),
            )


def registered_and_silent(evidence: Evidence) -> Iterator[Candidate]:
    """A name has instances, and none of them takes a connection."""
    for registered in evidence.of(RegisteredAs):
        tried = _tried(evidence, set(registered.addresses))
        if {claim.address for claim in tried} != set(registered.addresses) or not registered.addresses:
            continue
        if not any(claim.outcome is PortOutcome.OPEN for claim in tried):
            yield _disagreement(
                registered.component,
                f"{registered.name} is registered at {', '.join(registered.addresses)}, and nothing there takes a "
                f"connection ({_places(tried)}).",
                "Compare the instances with the addresses of the running tasks.",
                (registered, *tried),
            )


def answers_and_is_not_registered(evidence: Evidence) -> Iterator[Candidate]:
    """A running task takes connections, and its service's name, which has other instances, does not lead to it."""
    for runs in evidence.of(RunsAt):
        names = [c for c in evidence.of(RegisteredAs) if evidence.same_service(c.component, runs.component)]
        counts = [c for c in evidence.of(RunningCounts) if c.component == runs.component]
        known = {address for claim in names for address in claim.addresses}
        if not known or any(claim.rolling_out for claim in counts):
            continue
        apart = [c for c in _tried(evidence, set(runs.addresses) - known) if c.outcome is PortOutcome.OPEN]
        if apart:
            yield _disagreement(
                runs.component,
                f"A task of {runs.component} answers at {_places(apart)}, and no name of its service leads there.",
                "See whether the task was entered in the registry of names; nobody sends it requests.",
                (runs, *names, *apart),
            )


def _disagreement(component: str, statement: str, first_action: str, seen: Sequence[Claim]) -> Candidate:
    """Without ``shows``, ``harms`` and ``cuts``: it explains no failure, so that the engine makes it a finding."""
    return Candidate(
        component=component,
        fault=Fault.PLANES_DISAGREE,
        statement=statement,
        first_action=first_action,
        confidence=Confidence.MEDIUM,
        proof=proof_of(*seen),
        shows=(),
    )


def _tried(evidence: Evidence, addresses: set[str]) -> list[PortAnswers]:
    return [claim for claim in evidence.of(PortAnswers) if claim.address in addresses]


def _places(tried: Sequence[PortAnswers]) -> str:
    return ", ".join(sorted({f"{place(claim.address, claim.port)} {claim.outcome.value}" for claim in tried}))


def _pages(evidence: Evidence, service: str) -> list[PathAnswers]:
    """What users ask of a service: its pages that are not about health."""
    return [
        p for p in evidence.of(PathAnswers) if not p.of_health and evidence.service_of(p.component) == service != ""
    ]


def _fails(page: PathAnswers) -> bool:
    return not page.as_declared and (page.status is None or page.status >= 500)


def _is_well(page: PathAnswers) -> bool:
    answered = page.status is not None and page.status < 500
    return answered and page.as_declared and page.emitter is not Emitter.LOAD_BALANCER


def _answers(pages: Sequence[PathAnswers]) -> str:
    said = {f"{page.status} for {page.path}" if page.status else f"no answer for {page.path}" for page in pages}
    return ", ".join(sorted(said)[:5])


RULES = (
    runs_and_is_not_reached,
    healthy_and_failing,
    unhealthy_and_served,
    health_page_red_and_service_fine,
    registered_and_silent,
    answers_and_is_not_registered,
)
