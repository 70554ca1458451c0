"""What a cache's observation says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator, Mapping, Sequence

from auditor.domain.diagnosis import cache_claims as caches
from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import words
from auditor.domain.diagnosis.addresses import is_literal
from auditor.domain.diagnosis.cache_words import Admission, Counted, NodeRole, WriteRefusal
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.observation import Observation, Phase
from auditor.domain.target import Target
from functions.cache.facts import CacheFacts, ServerFacts
from functions.cache.family import CacheSpec
from functions.cache.memory import FULL_PERCENT, can_evict, percent_used

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
_ADMISSIONS = {
    "redis.wrongpass": Admission.REFUSED,
    "redis.noauth": Admission.PASSWORD_DEMANDED,
    "redis.no_password": Admission.NO_PASSWORD_THERE,
}
_WRITES = {
    "oom": WriteRefusal.MEMORY_FULL,
    "read_only": WriteRefusal.READ_ONLY,
    "not_persisted": WriteRefusal.CANNOT_PERSIST,
    "no_replicas": WriteRefusal.REPLICAS_MISSING,
}
_FEWEST = 3
"""Values that make a course; two are one step."""


def claims(target: Target[CacheSpec], observation: Observation[CacheFacts]) -> tuple[says.Claim, ...]:
    """Everything that the observation shows; nothing where the auditor could not tell."""
    facts = observation.facts
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = [*_name(target, facts, observation, proof), *_port(target, facts, observation, proof)]
    found += _login(target, facts, observation, proof)
    found += _serves(target, facts, proof)
    if facts.server is not None:
        found += _memory(target, facts.server, proof)
    if facts.write in _WRITES:
        found.append(caches.WritesRefused(component=target.component, why=_WRITES[facts.write], proof=proof))
    found += _queues(target, facts, proof)
    return tuple(dict.fromkeys(found))


def trends(
    target: Target[CacheSpec], observation: Observation[CacheFacts], tracked: Mapping[str, Sequence[float]]
) -> tuple[says.Claim, ...]:
    """Which of the tracked numbers rise; ``tracked`` has the last values of each, newest last."""
    named = {"refused_logins": (Counted.REFUSED_LOGINS, ""), "refused_as_read_only": (Counted.REFUSED_AS_READ_ONLY, "")}
    for queue in target.spec.queues:
        named[f"{queue.name} depth"] = (Counted.QUEUED, queue.name)
        named[f"{queue.name} dead_letters"] = (Counted.DEAD_LETTERS, queue.name)
    return tuple(
        caches.CountGrows(
            component=target.component,
            counted=counted,
            queue=queue_name,
            first=rising[0],
            last=rising[-1],
            slots=len(rising),
            proof=(observation_id(observation),),
        )
        for name, (counted, queue_name) in named.items()
        if len(rising := _rising(tracked.get(name, ()))) >= _FEWEST and rising[-1] > rising[0]
    )


def _rising(values: Sequence[float]) -> Sequence[float]:
    """The end of a course in which nothing falls; a server that is started anew begins a new one."""
    start = len(values) - 1
    while start > 0 and values[start - 1] <= values[start]:
        start -= 1
    return values[max(0, start) :]


def _name(
    target: Target[CacheSpec], facts: CacheFacts, observation: Observation[CacheFacts], proof: Proof
) -> Iterator[says.Claim]:
    name = target.spec.host
    if is_literal(name):
        return
    if facts.addresses:
        resolved = words.NameOutcome.RESOLVED
        yield says.NameResolves(name=name, outcome=resolved, addresses=facts.addresses, proof=proof)
        return
    for failure in observation.failures:
        if failure.phase is Phase.NAME and failure.cause in _NAMES:
            yield says.NameResolves(name=name, outcome=_NAMES[failure.cause], proof=proof)


def _port(
    target: Target[CacheSpec], facts: CacheFacts, observation: Observation[CacheFacts], proof: Proof
) -> Iterator[says.Claim]:
    """The first address was asked."""
    if not facts.addresses:
        return
    refused = [f for f in observation.failures if f.phase is Phase.TCP]
    connected = any(timing.phase is Phase.TCP and timing.ok for timing in observation.phases)
    outcome = words.PortOutcome.OPEN if connected else _PORTS.get(refused[0].cause) if refused else None
    if outcome is not None:
        host, port = target.spec.host, target.spec.port
        yield says.PortAnswers(host=host, address=facts.addresses[0], port=port, outcome=outcome, proof=proof)


def _login(
    target: Target[CacheSpec], facts: CacheFacts, observation: Observation[CacheFacts], proof: Proof
) -> Iterator[says.Claim]:
    refused = [_ADMISSIONS[f.cause] for f in observation.failures if f.cause in _ADMISSIONS]
    accepted = any(timing.phase is Phase.LOGIN and timing.ok for timing in observation.phases)
    # What the auditor lacks (its secret) is a failure of the preparation: then nobody logged in.
    accepted = accepted and not any(failure.phase is Phase.PREPARE for failure in observation.failures)
    if refused or accepted:
        yield caches.StoreAdmits(
            component=target.component,
            host=target.spec.host,
            secret=target.spec.secret or "",
            outcome=refused[0] if refused else Admission.ACCEPTED,
            of_platform=target.spec.login == "application",
            asks_for_password=None if facts.open_to_all is None else not facts.open_to_all,
            proof=proof,
        )


def _serves(target: Target[CacheSpec], facts: CacheFacts, proof: Proof) -> Iterator[says.Claim]:
    host, port = target.spec.host, target.spec.port
    if facts.speaks is not None:
        speaks = facts.speaks == "tls"
        yield caches.StoreSpeaks(component=target.component, host=host, port=port, encrypted=speaks, proof=proof)
    if facts.pinged:
        role = facts.server.role if facts.server is not None else None
        yield caches.StoreServes(
            component=target.component,
            host=host,
            port=port,
            encrypted=bool(facts.encrypted),
            role=None if role is None else NodeRole(role),
            declared_role=NodeRole(target.spec.role),
            proof=proof,
        )


def _memory(target: Target[CacheSpec], server: ServerFacts, proof: Proof) -> Iterator[says.Claim]:
    percent = percent_used(server)
    if percent is not None:
        yield caches.MemoryUsed(
            component=target.component,
            percent=round(percent, 1),
            full=percent >= FULL_PERCENT,
            may_evict=can_evict(server),
            proof=proof,
        )


def _queues(target: Target[CacheSpec], facts: CacheFacts, proof: Proof) -> Iterator[says.Claim]:
    for queue in facts.queues:
        if queue.depth is not None:
            yield caches.QueueHolds(
                component=target.component,
                queue=queue.name,
                waiting=queue.depth,
                processing=queue.processing,
                dead_letters=queue.dead_letters,
                proof=proof,
            )
