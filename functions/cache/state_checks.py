"""What INFO and the write say: role, writes, memory, replication. Pure."""

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, passed, unknown
from functions.cache import remedies
from functions.cache.facts import CacheFacts, ServerFacts
from functions.cache.family import CacheSpec
from functions.cache.judged import (
    MEANINGS,
    ROLE,
    WRITES,
    CacheObservation,
    CacheTarget,
    bad,
    facts_of,
    problem,
    told,
    unproven,
    untold,
    warned,
)
from functions.cache.memory import FULL_PERCENT, can_evict, percent_used


def _role_as_declared(target: CacheTarget, observation: CacheObservation) -> Answer:
    found = problem(ROLE, target, observation)
    server = found or told(target, observation)
    if isinstance(server, Answer):
        return server
    if server.role is None:
        return untold("its role", target)
    evidence: dict[str, Scalar] = {
        "role": server.role,
        "declared_role": target.spec.role,
        "engine": server.engine,
        "version": server.version,
        "uptime_seconds": server.uptime_seconds,
    }
    if server.role == target.spec.role:
        return passed(f"The cache at {target.spec.place} is a {server.role}, as declared.", **evidence)
    summary = f"The cache at {target.spec.place} is a {server.role}, where the catalogue says {target.spec.role}."
    return bad("redis.wrong_role", summary, evidence)


def _accepts_writes(target: CacheTarget, observation: CacheObservation) -> Answer:
    if not target.spec.write_check:
        server = told(target, observation)
        return server if isinstance(server, Answer) else _writes_by_info(target, server)
    found = problem(WRITES, target, observation)
    write = facts_of(observation).write
    if found is not None or write is None:
        return found or unproven(WRITES, target)
    if write == "accepted":
        return passed(f"The cache at {target.spec.place} took a write of one key that lives a minute.", write=write)
    cause = "redis.write_failed" if write == "other" else f"redis.{write}"
    summary = f"The cache at {target.spec.place} refused a write ({cause}): {MEANINGS[cause]}."
    if cause in ("redis.not_permitted", "redis.moved"):
        failure = Failure(phase=Phase.QUERY, cause=cause, detail=summary)
        return unknown(failure, remedy=remedies.for_cause(cause), write=write)
    evidence = {"write": write, **_memory_evidence(facts_of(observation).server)}
    return bad(cause, summary, evidence, phase=Phase.QUERY)


def _writes_by_info(target: CacheTarget, server: ServerFacts) -> Answer:
    evidence = {"role": server.role, "read_from": "INFO", **_memory_evidence(server)}
    if server.role == "replica":
        summary = f"The cache at {target.spec.place} is a replica, which refuses every write."
        return bad("redis.read_only", summary, evidence)
    percent = percent_used(server)
    if server.role is None or percent is None:
        return untold("its role, its memory or its limit", target)
    if percent >= FULL_PERCENT:
        evicts = can_evict(server)
        if evicts is None:
            return untold("whether it may evict keys, and its memory is full", target)
        if not evicts:
            summary = (
                f"The cache at {target.spec.place} uses {percent:.0f} % of its memory and may evict nothing: it "
                "refuses writes, while PING and reads go well."
            )
            return bad("redis.oom", summary, evidence)
    return passed(f"INFO of {target.spec.place} shows nothing that keeps it from taking writes.", **evidence)


def _memory_suffices(target: CacheTarget, observation: CacheObservation) -> Answer:
    server = told(target, observation)
    if isinstance(server, Answer):
        return server
    percent, limit = percent_used(server), target.spec.max_memory_percent
    if percent is None:
        return untold("its memory or its limit", target)
    evidence = {"threshold_percent": limit, **_memory_evidence(server)}
    if server.max_memory_bytes == 0:
        return passed(f"The cache at {target.spec.place} has no memory limit of its own.", **evidence)
    summary = f"The cache at {target.spec.place} uses {percent:.0f} % of its memory; the threshold is {limit:g} %."
    if percent <= limit:
        return passed(summary, **evidence)
    if server.eviction == "all_keys":
        return passed(f"{summary[:-1]}, and it evicts what is used least, as a cache does.", **evidence)
    if server.eviction is None:
        return untold("what it does when its memory is full", target)
    failure = Failure(phase=Phase.ANSWER, cause="redis.memory_high", detail=summary)
    return warned(failure, evidence)


def _replication_healthy(target: CacheTarget, observation: CacheObservation) -> Answer:
    server = told(target, observation)
    if isinstance(server, Answer):
        return server
    evidence: dict[str, Scalar] = {"role": server.role, "syncing": server.syncing}
    if server.role == "replica":
        up = server.primary_link_up
        if up is None:
            return untold("whether its primary is connected", target)
        evidence |= {"primary_link_up": up}
        if up:
            return passed(f"The replica at {target.spec.place} follows its primary.", **evidence)
        summary = f"The replica at {target.spec.place} has lost its primary; what it serves grows old."
        return bad("redis.replica_link_down", summary, evidence)
    wanted, online = target.spec.replicas, server.replicas_online
    if server.role is None or (online is None and wanted):
        return untold("its role or its replicas", target)
    evidence |= {"replicas": server.replicas, "replicas_online": online, "declared_replicas": wanted}
    asked = f"at least {wanted} should" if wanted else "none is declared"
    summary = f"{online or 0} replicas follow the primary at {target.spec.place}; {asked}."
    if (online or 0) >= wanted:
        return passed(summary, **evidence)
    return bad("redis.replicas_missing", summary, evidence)


def _memory_evidence(server: ServerFacts | None) -> dict[str, Scalar]:
    if server is None:
        return {}
    percent = percent_used(server)
    return {
        "used_memory_bytes": server.used_memory_bytes,
        "max_memory_bytes": server.max_memory_bytes,
        "memory_percent": None if percent is None else round(percent, 1),
        "eviction": server.eviction,
        "evicted_keys": server.evicted_keys,
    }


CHECKS: tuple[Check[CacheSpec, CacheFacts], ...] = (
    Check(
        id=ROLE,
        severity=Severity.HIGH,
        judge=_role_as_declared,
        remediation="See that the name leads to the node that is meant, and whether a failover has just happened.",
    ),
    Check(
        id=WRITES,
        severity=Severity.HIGH,
        judge=_accepts_writes,
        asks=lambda target: target.spec.role == "primary",
        remediation="See whether memory, role or replication keeps the server from taking writes.",
    ),
    Check(
        id="cache.memory_suffices",
        severity=Severity.MEDIUM,
        judge=_memory_suffices,
        remediation="See what grew (queues first), let it be consumed or trim it, then give the server more memory.",
    ),
    Check(
        id="cache.replication_healthy",
        severity=Severity.MEDIUM,
        judge=_replication_healthy,
        remediation="See whether the other node runs, and whether the network lets the nodes reach each other.",
    ),
)
