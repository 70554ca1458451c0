"""Rules about whom a service lets in: each refusal says itself what is refused, and only its place is to be found."""

from collections.abc import Iterator

from auditor.domain.diagnosis.access_claims import CallerIdUnknown, HostAnswered, KeyNotSeen, PreflightRefused
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault


def host_header_rejected(evidence: Evidence) -> Iterator[Candidate]:
    """A service refuses the Host that it is called by; whoever only hands such a refusal on is not at fault."""
    for claim in evidence.of(HostAnswered):
        if not claim.refused or _may_hand_it_on(evidence, claim):
            continue
        service, place = evidence.service_of(claim.component), f"{claim.host}:{claim.port}"
        others = [c for c in evidence.of(HostAnswered) if c.component == claim.component and not c.refused]
        elsewhere = sorted({f"{c.host}:{c.port}" for c in others} - {place})
        not_the_key = RuledOut(
            subject="credentials and permissions", why="the Host header is refused, whoever calls", proof=claim.proof
        )
        not_the_service = RuledOut(
            subject=claim.component, why=f"called as {', '.join(elsewhere)} it answers", proof=proof_of(*others)
        )
        yield Candidate(
            component=evidence.sibling(claim.component, "taskdef") or claim.component,
            fault=Fault.HOST_HEADER_REJECTED,
            statement=f"{claim.component} refuses to be called as {place}.",
            first_action=f"Add {claim.host}, with and without :{claim.port}, to the hosts that {claim.component} "
            "allows, and deploy it.",
            confidence=Confidence.HIGH,
            proof=proof_of(claim, *others),
            shows=claim.proof,
            harms=frozenset({service} - {""}),
            named=True,
            ruled_out=(not_the_key, not_the_service) if elsewhere else (not_the_key,),
        )


def service_id_unknown(evidence: Evidence) -> Iterator[Candidate]:
    """A service says that its own id is unknown where keys are validated: the keys are not at fault."""
    for claim in evidence.of(CallerIdUnknown):
        yield Candidate(
            component=evidence.sibling(claim.component, "taskdef") or claim.component,
            fault=Fault.SERVICE_ID_UNKNOWN,
            statement=f"{claim.component} names itself by an id that the service which validates keys does not know.",
            first_action="Set the id that is registered there in its running revision, or register its own there.",
            confidence=Confidence.HIGH,
            proof=claim.proof,
            shows=claim.proof,
            harms=frozenset({evidence.service_of(claim.component)} - {""}),
            named=True,
            ruled_out=(RuledOut(subject="the callers' keys", why="they were not judged at all", proof=claim.proof),),
        )


def preflight_requires_auth(evidence: Evidence) -> Iterator[Candidate]:
    """A preflight is answered like a protected call, so that no browser gets as far as sending its key."""
    for claim in evidence.of(PreflightRefused):
        yield Candidate(
            component=evidence.sibling(claim.component, "code") or claim.component,
            fault=Fault.PREFLIGHT_REQUIRES_AUTH,
            statement=f"{claim.component} answers the preflight of {claim.host}{claim.path} with {claim.status}, as if "
            "it were a call without a key.",
            first_action="Answer OPTIONS before the key is looked for: browsers send none with it.",
            confidence=Confidence.HIGH,
            proof=claim.proof,
            shows=claim.proof,
            named=True,
            ruled_out=(RuledOut(subject="the callers' keys", why="a preflight never carries one", proof=claim.proof),),
        )


def key_does_not_arrive(evidence: Evidence) -> Iterator[Candidate]:
    """A service says of keys that were sent that there was none, and a proxy hands its answers on: it keeps the keys.

    Whoever relays such an answer is not at fault; the one furthest behind is.
    """
    needs = evidence.needs
    lost = [claim for claim in evidence.of(KeyNotSeen) if claim.through_proxy]
    see_none = {evidence.service_of(claim.component) for claim in evidence.of(KeyNotSeen)}
    for service in sorted({evidence.service_of(claim.component) for claim in lost} - {""}):
        own = [claim for claim in lost if evidence.service_of(claim.component) == service]
        if see_none & (needs.get(service, frozenset()) - {service}):
            continue
        place = f"{own[0].host}{own[0].path}"
        yield Candidate(
            component=evidence.sibling(own[0].component, "taskdef") or own[0].component,
            fault=Fault.PROXY_STRIPS_AUTH,
            statement=f"{own[0].component} says of a key that was sent to {place} that there was none: the proxy "
            "through which its answers come does not hand it on.",
            first_action="Let the proxy pass the header on in which the key comes, or go back to the revision without "
            "it.",
            confidence=Confidence.HIGH,
            proof=proof_of(*own),
            shows=proof_of(*own),
            harms=frozenset({service}),
            named=True,
            ruled_out=(RuledOut(subject="the callers' keys", why="none was judged", proof=proof_of(*own)),),
        )


def _may_hand_it_on(evidence: Evidence, claim: HostAnswered) -> bool:
    """Whether the refusal may be that of a service behind the one that answers.

    It is where one of those refuses its own Host, too. Where they all take theirs, it may be as long as the service
    answers other requests under this very Host: of two ways to call what is behind only one was seen.
    """
    service = evidence.service_of(claim.component)
    needs = evidence.needs.get(service, frozenset())
    behind = [c for c in evidence.of(HostAnswered) if evidence.service_of(c.component) in needs - {service}]
    takes_it = any(
        not other.refused and (other.host, other.port) == (claim.host, claim.port)
        for other in evidence.of(HostAnswered)
        if evidence.service_of(other.component) == service
    )
    return any(other.refused for other in behind) or (takes_it and bool(behind))


RULES = (host_header_rejected, service_id_unknown, preflight_requires_auth, key_does_not_arrive)
