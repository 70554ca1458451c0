"""What a journey says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import journey_claims, words
from auditor.domain.diagnosis.journey_words import StepAnswer, StoreComplaint
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from functions.journey.facts import CallFacts, JourneyFacts, StageFacts
from functions.journey.family import JourneySpec

_NAMES = {
    "dns.nxdomain": words.NameOutcome.NXDOMAIN,
    "dns.nodata": words.NameOutcome.NODATA,
    "dns.servfail": words.NameOutcome.SERVFAIL,
    "dns.refused": words.NameOutcome.REFUSED,
    "dns.timeout": words.NameOutcome.TIMEOUT,
}
_PORTS = {
    "tcp.timeout": words.PortOutcome.TIMEOUT,
    "tcp.refused": words.PortOutcome.REFUSED,
    "tcp.reset": words.PortOutcome.RESET,
    "tcp.unreachable": words.PortOutcome.UNREACHABLE,
}
_SAYINGS = {
    "upstream_unreachable": words.Saying.CANNOT_CONNECT_UPSTREAM,
    "upstream_timeout": words.Saying.UPSTREAM_TIMEOUT,
}
_ANSWERS = {"key_dropped": StepAnswer.KEY_NOT_SEEN, "not_served": StepAnswer.NOT_SERVED}
_WRONG_REQUEST = (400, 405, 411, 415, 422)
_COMPLAINTS = {
    "credentials_refused": StoreComplaint.CREDENTIALS_REFUSED,
    "encryption_demanded": StoreComplaint.ENCRYPTION_DEMANDED,
    "no_such_database": StoreComplaint.NO_SUCH_DATABASE,
}


def claims(target: Target[JourneySpec], observation: Observation[JourneyFacts]) -> tuple[says.Claim, ...]:
    """Everything that the observation shows; nothing where the auditor could not tell, or did not ask."""
    facts = observation.facts
    if facts is None or not facts.enabled:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = [*_not_reached(facts, observation.failures, proof)]
    stopped = next((stage for stage in facts.stages if stage.outcome == "failed"), None)
    if facts.stages:
        found.append(_tried(target, facts, stopped, proof))
    if stopped is not None and stopped.stopped_at is not None:
        found += _answered(target, facts, stopped.stopped_at, proof)
    return tuple(dict.fromkeys(found))


def _not_reached(facts: JourneyFacts, failures: tuple[Failure, ...], proof: Proof) -> Iterator[says.Claim]:
    """A name or a port that failed. That either was well says nothing here: it may be a quarter of an hour ago."""
    for failure in failures:
        if failure.phase is Phase.NAME and failure.cause in _NAMES:
            yield says.NameResolves(name=facts.host, outcome=_NAMES[failure.cause], proof=proof)
        elif failure.phase is Phase.TCP and failure.cause in _PORTS and failure.address:
            outcome, at = _PORTS[failure.cause], failure.address
            yield says.PortAnswers(host=facts.host, address=at, port=facts.port, outcome=outcome, proof=proof)


def _tried(target: Target[JourneySpec], facts: JourneyFacts, stopped: StageFacts | None, proof: Proof) -> says.Claim:
    call = stopped.stopped_at if stopped is not None else None
    return journey_claims.RegistrationTried(
        component=target.component,
        host=facts.host,
        port=facts.port,
        key_sent=facts.credential == "canary",
        done=tuple(stage.name for stage in facts.stages if stage.outcome == "done"),
        stopped_at=stopped.name if stopped is not None else "",
        answer=_meaning(call) if call is not None and call.status is not None else None,
        by_registry=call is not None and call.error_code is not None,
        proof=proof,
    )


def _meaning(call: CallFacts) -> StepAnswer:
    if call.says == "unexpected_status" and call.status in _WRONG_REQUEST:
        return StepAnswer.REQUEST_REFUSED
    return _ANSWERS.get(call.says or "", StepAnswer.OTHER)


def _answered(target: Target[JourneySpec], facts: JourneyFacts, call: CallFacts, proof: Proof) -> Iterator[says.Claim]:
    component = target.component
    if call.status is not None:
        yield says.AnswerSays(
            component=component,
            status=call.status,
            emitter=call.emitter,
            saying=_SAYINGS.get(call.says or "", words.Saying.NOTHING),
            proof=proof,
        )
    if call.says == "host_rejected":
        yield journey_claims.HostRejected(
            component=component,
            host=facts.host,
            called=target.spec.authority,
            by_other_name=facts.by_other_host,
            proof=proof,
        )
    if call.says == "artifact_store_denied":
        yield journey_claims.ArtifactStoreDenied(component=component, proof=proof)
    if call.store in _COMPLAINTS:
        yield journey_claims.StoreRefuses(component=component, complaint=_COMPLAINTS[call.store], proof=proof)
