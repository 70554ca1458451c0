"""What an HTTP observation says in the diagnosis's vocabulary: facts to claims, pure."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import journey_claims, store_claims, tls_claims, words
from auditor.domain.diagnosis import routing_claims as routing
from auditor.domain.diagnosis.addresses import is_literal
from auditor.domain.diagnosis.clock_claims import ClockRead
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.diagnosis.store_words import StoreTrouble
from auditor.domain.diagnosis.tls_words import CERTIFICATE_OUTCOMES, Speech
from auditor.domain.observation import Observation, Phase
from auditor.domain.target import Target
from functions.http.access import access_claims
from functions.http.facts import AddressFacts, AnswerFacts, HttpFacts
from functions.http.family import HttpSpec
from functions.http.refusals import DEFAULT_PORTS

_SAYINGS = {
    "upstream_connect_failed": words.Saying.CANNOT_CONNECT_UPSTREAM,
    "upstream_timeout": words.Saying.UPSTREAM_TIMEOUT,
    "auth_service_failed": words.Saying.NEIGHBOUR_FAILED,
}
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
_SILENCE = ("http.first_byte_timeout", "http.transfer_timeout")
_STORES = {  # the first that fits: a db-cache is a cache
    words.KEY_VALUE_STORE: ("redis", "valkey", "cache", "elasticache"),
    words.RELATIONAL_STORE: ("postgres", "postgresql", "database", "db", "mysql", "rds", "sql"),
    words.MESSAGE_QUEUE: ("queue", "queues", "messages", "broker"),
}
_HEALTHY = {"healthy": True, "degraded": False, "unhealthy": False}


def claims(target: Target[HttpSpec], observation: Observation[HttpFacts]) -> tuple[says.Claim, ...]:
    """Everything that the observation shows; nothing where the auditor could not tell."""
    facts = observation.facts
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = list(_name(facts, observation, proof))
    for address in facts.probed:
        found += _port(facts, address, proof)
        found += _encryption(target, facts, address, proof)
        found += _page(target, facts, address, proof)
        # What a redirect to another host led to speaks of that one.
        if address.answer is not None and _answered_by(facts, address, address.answer) == facts.host.lower():
            found.append(_answer(target, address.answer, proof))
            if address.answer.message == "host_rejected":
                found.append(_host_rejected(target, facts, proof))
            found += _health(target, address.answer, proof)
            found += access_claims(target, facts, address.answer, proof)
            found += _store(target, address.answer, proof)
            if (ahead := address.answer.clock_ahead_seconds) is not None:
                emitter = words.Emitter(address.answer.emitter.value)
                found.append(ClockRead(component=target.component, ahead=ahead, emitter=emitter, proof=proof))
    return tuple(dict.fromkeys(found))


def _name(facts: HttpFacts, observation: Observation[HttpFacts], proof: Proof) -> Iterator[says.Claim]:
    if is_literal(facts.host):
        return
    if facts.resolved:
        resolved = words.NameOutcome.RESOLVED
        yield says.NameResolves(name=facts.host, outcome=resolved, addresses=facts.resolved, proof=proof)
    for failure in observation.failures:
        if failure.phase is Phase.NAME and not facts.resolved and failure.cause in _NAMES:
            yield says.NameResolves(name=facts.host, outcome=_NAMES[failure.cause], proof=proof)


def _port(facts: HttpFacts, address: AddressFacts, proof: Proof) -> Iterator[says.Claim]:
    failure = address.failure
    # Who redirects has answered, whatever became of the destination.
    if failure is None or address.hops or failure.phase not in (Phase.NAME, Phase.TCP):
        outcome = words.PortOutcome.OPEN
    elif failure.phase is Phase.TCP and failure.cause in _PORTS:
        outcome = _PORTS[failure.cause]
    else:
        return
    yield says.PortAnswers(host=facts.host, address=address.address, port=facts.port, outcome=outcome, proof=proof)


def _encryption(
    target: Target[HttpSpec], facts: HttpFacts, address: AddressFacts, proof: Proof
) -> Iterator[says.Claim]:
    """What is spoken at the address, and how its certificate fares."""
    failure, host = address.failure, facts.host.lower()
    if address.hops:
        return  # what came of it may be somebody else's
    spoken = Speech.TLS if facts.scheme == "https" else Speech.PLAIN_HTTP
    # A server of TLS may refuse plain HTTP in plain HTTP, with 400.
    if address.answer is not None and (spoken is Speech.TLS or address.answer.status != 400):
        yield tls_claims.PortSpeaks(
            component=target.component, host=host, port=facts.port, speech=spoken, meant=spoken, proof=proof
        )
    said = address.answer is not None and address.answer.message == "client_certificate_required"
    if said or (failure is not None and failure.cause == "tls.client_certificate_required"):
        yield tls_claims.ClientCertificateDemanded(
            component=target.component,
            host=host,
            port=facts.port,
            declared=False,
            proof=proof,
        )
    if failure is None or failure.phase is not Phase.TLS:
        return
    if failure.cause in CERTIFICATE_OUTCOMES:
        yield tls_claims.CertificateShown(
            component=target.component,
            host=host,
            port=facts.port,
            address=address.address,
            outcome=CERTIFICATE_OUTCOMES[failure.cause],
            private=target.private,
            own_authority=target.spec.ca_file is not None,
            proof=proof,
        )


def _page(target: Target[HttpSpec], facts: HttpFacts, address: AddressFacts, proof: Proof) -> Iterator[says.Claim]:
    """What the asked path itself answered, wherever that redirects to; or that nothing came in time."""
    failure, answer = address.failure, address.answer
    silent = failure is not None and failure.cause in _SILENCE and not address.hops
    if not silent and not address.hops and answer is None:
        return
    status = address.hops[0].status if address.hops else answer.status if answer is not None else None
    at_home = answer is not None and status == answer.status
    yield routing.PathAnswers(
        component=target.component,
        host=facts.host,
        address=address.address,
        port=facts.port,
        path=facts.path,
        status=status,
        seconds=round(address.total_ms / 1000, 3),
        emitter=words.Emitter(answer.emitter.value) if answer is not None and at_home else words.Emitter.UNKNOWN,
        as_declared=status in target.spec.expect.status,
        of_health=target.spec.health is not None,
        host_refused=answer is not None and at_home and answer.message == "host_rejected",
        proof=proof,
    )


def _answer(target: Target[HttpSpec], answer: AnswerFacts, proof: Proof) -> says.Claim:
    saying = _SAYINGS.get(answer.message or "", words.Saying.NOTHING)
    upstream = answer.names_upstream
    if not upstream and saying is words.Saying.NOTHING and answer.health is not None:
        upstream = answer.health.upstream
        # A page that names its upstream says that it uses it; whether that works stands in the page's words.
        if upstream:
            saying = words.Saying.CANNOT_CONNECT_UPSTREAM if _complains(answer) else words.Saying.USES_UPSTREAM
    host, _, port = upstream.rpartition(":")
    return says.AnswerSays(
        component=target.component,
        status=answer.status,
        emitter=words.Emitter(answer.emitter.value),
        saying=saying,
        upstream_host=host.strip("[]"),
        upstream_port=int(port) if port.isdigit() else None,
        proof=proof,
    )


def _host_rejected(target: Target[HttpSpec], facts: HttpFacts, proof: Proof) -> says.Claim:
    own_port = DEFAULT_PORTS[facts.scheme] == facts.port
    called = facts.host if own_port else f"{facts.host}:{facts.port}"
    return journey_claims.HostRejected(component=target.component, host=facts.host, called=called, proof=proof)


def _answered_by(facts: HttpFacts, address: AddressFacts, answer: AnswerFacts) -> str:
    """The host that gave the last answer; a redirect that was not followed is itself that answer."""
    hops = address.hops
    followed = hops[:-1] if hops and hops[-1].status == answer.status else hops
    return (urlsplit(followed[-1].location).hostname or "") if followed else facts.host.lower()


def _complains(answer: AnswerFacts) -> bool:
    health = answer.health
    return health is not None and (health.status == "unhealthy" or health.breaker == "open")


def _health(target: Target[HttpSpec], answer: AnswerFacts, proof: Proof) -> Iterator[says.Claim]:
    for dependency in answer.health.dependencies if answer.health is not None else ():
        healthy = _HEALTHY.get(dependency.state)
        if healthy is not None:
            yield says.HealthReports(
                component=target.component,
                dependency=_meant(dependency.name.lower()),
                healthy=healthy,
                word=dependency.name,
                proof=proof,
            )


def _store(target: Target[HttpSpec], answer: AnswerFacts, proof: Proof) -> Iterator[says.Claim]:
    if answer.store_trouble is not None:
        yield store_claims.StoreComplaint(
            component=target.component,
            trouble=StoreTrouble(answer.store_trouble),
            of_itself=answer.health is not None,
            proof=proof,
        )


def _meant(name: str) -> str:
    """The kind of store that a word of the name tells (orders-db, session_cache), else the name itself."""
    told = set(re.findall(r"[a-z0-9]+", name))
    return next((store for store, known in _STORES.items() if told & set(known)), name)
