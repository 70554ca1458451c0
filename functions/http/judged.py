"""Which addresses a question may be asked of, and what is said where it has no turn: pure."""

from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, skipped, unknown
from auditor.domain.target import Target
from functions.http import remedies
from functions.http.answers import Problem, unlike_declared
from functions.http.facts import AddressFacts, Emitter, HttpFacts, Message
from functions.http.family import HttpSpec
from functions.http.wording import milliseconds, one_of, said, url

PATH_PHASES = (Phase.NAME, Phase.TCP, Phase.TLS)
_EMITTERS = {
    Emitter.LOAD_BALANCER: "the load balancer",
    Emitter.PROXY: "a proxy",
    Emitter.SERVICE: "the service",
    Emitter.UNKNOWN: "an unidentified sender",
}

_OWNERS_RULES: tuple[Message, ...] = ("payment_required", "permission_denied", "rate_limited")
"""What a service says to a key that it knows and to whose owner it serves nothing."""
OWN_KEY = "self.credentials"

HttpTarget = Target[HttpSpec]
HttpObservation = Observation[HttpFacts]


def facts_of(observation: HttpObservation) -> HttpFacts:
    """The facts, which the kernel guarantees."""
    if observation.facts is None:
        raise ValueError("a check was asked about an observation without facts")
    return observation.facts


def was_reached(address: AddressFacts) -> bool:
    """Whether name, TCP and TLS went well, so that the exchange itself is what counts."""
    if address.failure is None:
        return address.answer is not None
    return address.failure.phase not in PATH_PHASES


def lacking(observation: HttpObservation) -> Failure | None:
    """Why the auditor had no usable key for this probe; the answer to a request without it says nothing."""
    return next((failure for failure in observation.failures if failure.phase is Phase.PREPARE), None)


def key_lacking(observation: HttpObservation) -> Answer | None:
    """The answer to every question that needs the key, where the auditor lacks it."""
    failure = lacking(observation)
    if failure is None:
        return None
    facts = facts_of(observation)
    summary = f"{facts.method} {url(facts)} could not be asked with the canary key: {failure.detail.rstrip('.')}."
    evidence: dict[str, Scalar] = {"url": url(facts), "credential": facts.credential}
    return unknown(failure, summary, remedy=remedies.for_lacking_key(failure.cause), **evidence)


def status_problem(target: HttpTarget, facts: HttpFacts, address: AddressFacts) -> Problem | None:
    """What is wrong with the status that a reached address gave, or did not give."""
    failure, answer = address.failure, address.answer
    expected = target.spec.expect.status
    if failure is None and answer is not None and answer.status in expected:
        return None
    request, took = f"{facts.method} {url(facts)}", milliseconds(address)
    if failure is not None:
        detail = f"{request} got no usable answer from {address.address} within {took}: {failure.detail}"
        return address, replace(failure, detail=detail)
    if answer is None:
        raise ValueError(f"{address.address} has neither an answer nor a failure")
    sender = f"{_EMITTERS[answer.emitter]} ({address.address})"
    detail = f"{request} answered {answer.status} by {sender} after {took}{said(answer)}; expected {one_of(expected)}."
    # Of how it serves those who may, the auditor then saw nothing.
    own = facts.credential == "canary" and answer.message in _OWNERS_RULES
    return address, unlike_declared(OWN_KEY if own else "http.status", detail, address)


def as_expected(target: HttpTarget, facts: HttpFacts) -> list[AddressFacts]:
    """The addresses that answered with an expected status."""
    return [a for a in facts.probed if was_reached(a) and status_problem(target, facts, a) is None]


def no_turn(observation: HttpObservation) -> Answer:
    """What is said where no address gave an answer that could be judged."""
    facts = facts_of(observation)
    if any(was_reached(a) for a in facts.probed) and (answer := key_lacking(observation)) is not None:
        return answer
    return skipped(f"{url(facts)} gave no answer with an expected status, so this was not asked.")


def usable(target: HttpTarget, observation: HttpObservation) -> list[AddressFacts]:
    """The addresses that a question about the content may be asked of; none where the auditor lacked its key."""
    return [] if lacking(observation) is not None else as_expected(target, facts_of(observation))
