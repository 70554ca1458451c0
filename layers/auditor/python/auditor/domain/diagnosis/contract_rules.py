"""A rule about what callers and callees have agreed on: pages that are asked for and are no longer there."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.routing_claims import PathAnswers, RequestRouted
from auditor.domain.diagnosis.routing_words import RouteFate
from auditor.domain.diagnosis.words import Emitter

_NO_SUCH_PAGE = (404, 405, 410)


def page_of_callee_gone(evidence: Evidence) -> Iterator[Candidate]:
    """A service answers, and not a page that is declared of it, while a service that needs it fails.

    Its callers ask in a way that it no longer knows: one of the two has changed without the other.
    """
    needs = evidence.needs
    for page in evidence.of(PathAnswers):
        service = evidence.service_of(page.component)
        gone = page.status in _NO_SUCH_PAGE and not page.as_declared and page.emitter is not Emitter.LOAD_BALANCER
        if not service or not gone or _led_elsewhere(evidence, page):
            continue
        pages = [each for each in evidence.of(PathAnswers) if evidence.service_of(each.component) == service]
        well = [each for each in pages if each.as_declared and each.emitter is not Emitter.LOAD_BALANCER]
        callers = [
            each
            for each in evidence.of(PathAnswers)
            if each.status is not None
            and each.status >= 500
            and not each.as_declared
            and each.emitter is not Emitter.LOAD_BALANCER
            and service in needs.get(evidence.service_of(each.component), frozenset())
        ]
        if not well or not callers:
            continue
        failing = " and ".join(sorted({evidence.service_of(each.component) for each in callers}))
        yield Candidate(
            component=page.component,
            fault=Fault.API_CONTRACT_MISMATCH,
            statement=f"{page.component} has no page {page.path} any more ({page.status}), which is declared of it, "
            f"and {failing}, which needs it, answers {callers[0].status}.",
            first_action=f"Bring {page.path} back (roll {service} back to the last release that had it), or let "
            f"{failing} ask in the way that {service} knows now.",
            # Which page the caller asks for was not seen.
            confidence=Confidence.MEDIUM
            if any(not each.as_declared for each in pages if each != page)
            else Confidence.HIGH,
            proof=proof_of(page, *well, *callers),
            shows=proof_of(page, *callers),
            harms=frozenset({service}),
            named=True,
            ruled_out=(
                RuledOut(subject="the network", why=f"{well[0].path} of the same service answers", proof=well[0].proof),
            ),
        )


def _led_elsewhere(evidence: Evidence, page: PathAnswers) -> bool:
    """Whether rules on the way lead this request to somebody else."""
    here = (page.host.lower(), page.port, page.path)
    return any(
        (routed.host.lower(), routed.port, routed.path) == here
        and routed.fate not in (RouteFate.AS_DECLARED, RouteFate.SHARED)
        for routed in evidence.of(RequestRouted)
    )


RULES = (page_of_callee_gone,)
