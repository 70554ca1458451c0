"""The questions asked of a name's answer; a later one has its turn only where the earlier ones went well."""

from collections.abc import Sequence
from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.dns import remedies
from functions.dns.facts import DnsFacts, RecordFacts
from functions.dns.family import DnsSpec, comparable

DnsTarget = Target[DnsSpec]
DnsObservation = Observation[DnsFacts]

_RESOLVER_ANSWERS = "dns.resolver_answers"
_NAME_RESOLVES = "dns.name_resolves"
_DEFINITE = ("NOERROR", "NXDOMAIN")
_SHOWN = 8


def _resolver_answers(_: DnsTarget, observation: DnsObservation) -> Answer:
    problem = _resolver_problem(observation)
    if problem is not None:
        return problem
    facts = _facts(observation)
    return passed(f"Resolver {facts.resolver} answered {facts.rcode} for {_question(facts)}.", **_evidence(facts))


def _resolver_problem(observation: DnsObservation) -> Answer | None:
    """What keeps the resolver from having answered; None after a definite answer, be it that there is no such name."""
    facts = _facts(observation)
    failure = observation.failures[0] if observation.failures else None
    if failure is None and not facts.rcode:
        detail = f"The probe of {facts.name} recorded neither an answer nor why there is none."
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    if failure is None:
        if facts.rcode in _DEFINITE:
            return None
        cause = "dns.refused" if facts.rcode == "REFUSED" else "dns.servfail"
        detail = f"resolver {facts.resolver} answered {facts.rcode} for {_question(facts)}"
        failure = Failure(phase=Phase.NAME, cause=cause, detail=detail)
    timing = next((t for t in observation.phases if t.phase is failure.phase and not t.ok), None)
    after = f" after {timing.duration_ms:.1f} ms" if timing is not None else ""
    cut = f"{_sentence(f'the answer for {_question(facts)} did not fit into a datagram')} " if facts.truncated else ""
    summary = f"{cut}{_sentence(failure.detail).removesuffix('.')} ({failure.cause}){after}."
    return _failed(failure, summary, facts)


def _name_resolves(target: DnsTarget, observation: DnsObservation) -> Answer:
    problem = _resolver_problem(observation)
    if problem is not None:
        return _not_asked(problem, _facts(observation), _RESOLVER_ANSWERS)
    facts = _facts(observation)
    problem = _name_problem(target, facts)
    if problem is not None:
        return problem
    return passed(
        f"{facts.name} resolves to {_listed(facts.records)} (type {facts.type}, TTL {_shortest(facts)} s), "
        f"says resolver {facts.resolver}.",
        **_evidence(facts),
    )


def _name_problem(target: DnsTarget, facts: DnsFacts) -> Answer | None:
    """What keeps a definite answer from being one that a client can use."""
    said = f"says resolver {facts.resolver}"
    if facts.rcode == "NXDOMAIN":
        what = _through_aliases(facts, "does not exist")
        summary = f"{what} (NXDOMAIN), {said}{_denial(facts)}."
        failure = Failure(phase=Phase.NAME, cause="dns.nxdomain", detail=summary)
        return _failed(failure, summary, facts, remedies.for_missing_name(facts, private=target.private))
    if facts.records:
        return None
    what = _through_aliases(facts, f"exists and has no record of type {facts.type}")
    summary = f"{what} (NODATA), {said}{_denial(facts)}."
    return _failed(Failure(phase=Phase.NAME, cause="dns.nodata", detail=summary), summary, facts)


def _name_absent(_: DnsTarget, observation: DnsObservation) -> Answer:
    problem = _resolver_problem(observation)
    if problem is not None:
        return _not_asked(problem, _facts(observation), _RESOLVER_ANSWERS)
    facts = _facts(observation)
    said = f"says resolver {facts.resolver}"
    if facts.rcode == "NXDOMAIN" and not facts.canonical and not facts.records:
        return passed(f"{facts.name} does not exist (NXDOMAIN), as declared, {said}.", **_evidence(facts))
    if facts.records:
        how = f"resolves to {_listed(facts.records)}"
    elif facts.canonical:
        how = f"is an alias for {facts.canonical[-1].value}"
    else:
        how = f"exists, though without a record of type {facts.type}"
    summary = f"{facts.name} must not exist and {how}, {said}."
    return _failed(Failure(phase=Phase.ANSWER, cause="dns.name_present", detail=summary), summary, facts)


def _records_expected(target: DnsTarget, observation: DnsObservation) -> Answer:
    problem = _resolved_problem(target, observation)
    if problem is not None:
        return problem
    spec, facts = target.spec, _facts(observation)
    values = {comparable(record.value): record for record in facts.records}
    strange = [record for record in values.values() if not spec.is_expected(record.value)]
    evidence: dict[str, Scalar] = {
        "expected": ", ".join((*spec.expect, *spec.within)),
        "min_records": spec.min_records,
        "unexpected": _listed(strange),
    }
    evidence = {name: value for name, value in evidence.items() if value != ""} | _evidence(facts)
    if strange:
        of = f"{len(strange)} of {len(values)} records of {facts.name}"
        cause, summary = "dns.unexpected_records", f"{of} lead elsewhere than declared: {_listed(strange)}."
        if len(strange) == 1 == len(values):
            summary = f"{facts.name} leads elsewhere than declared: {_listed(strange)}."
    elif len(values) < spec.min_records:
        cause = "dns.too_few_records"
        summary = (
            f"{facts.name} has {len(values)} of at least {spec.min_records} declared records: {_listed(facts.records)}."
        )
    else:
        return passed(f"{facts.name} leads where the catalogue declares: {_listed(facts.records)}.", **evidence)
    answer = _failed(Failure(phase=Phase.ANSWER, cause=cause, detail=summary), summary, facts, evidence=evidence)
    # As with several addresses of an endpoint: some clients are still led right.
    return answer if len(strange) == len(values) else replace(answer, status=Status.WARN)


def _ttl_within(target: DnsTarget, observation: DnsObservation) -> Answer:
    problem = _resolved_problem(target, observation)
    if problem is not None:
        return problem
    facts, limit = _facts(observation), target.spec.max_ttl
    if limit is None:
        raise ValueError("asked about a TTL though the target declares none")
    longest = max((*facts.canonical, *facts.records), key=lambda record: record.ttl)
    evidence = _evidence(facts) | {"longest_ttl": longest.ttl, "max_ttl": limit.total_seconds()}
    said = f"TTL of {longest.ttl} s ({longest.type} {longest.value}); allowed is {limit.total_seconds():g} s."
    if longest.ttl <= limit.total_seconds():
        return passed(f"The answer for {facts.name} has a longest {said}", **evidence)
    summary = f"Caches may keep the answer for {facts.name} too long: {said}"
    failure = Failure(phase=Phase.ANSWER, cause="dns.ttl_too_long", detail=summary)
    return replace(_failed(failure, summary, facts, evidence=evidence), status=Status.WARN)


def _resolved_problem(target: DnsTarget, observation: DnsObservation) -> Answer | None:
    """What keeps a question about records from having its turn."""
    facts = _facts(observation)
    problem = _resolver_problem(observation)
    if problem is not None:
        return _not_asked(problem, facts, _RESOLVER_ANSWERS)
    problem = _name_problem(target, facts)
    return None if problem is None else _not_asked(problem, facts, _NAME_RESOLVES)


def _not_asked(problem: Answer, facts: DnsFacts, check: str) -> Answer:
    if problem.status is Status.FAIL:
        return skipped(f"Not asked of {facts.name}, because {check} failed.", failed_check=check)
    return problem


def _failed(
    failure: Failure,
    summary: str,
    facts: DnsFacts,
    remedy: str | None = None,
    *,
    evidence: dict[str, Scalar] | None = None,
) -> Answer:
    answer = failed(failure, summary, **(_evidence(facts) if evidence is None else evidence))
    return replace(answer, remedy=remedy or remedies.for_cause(failure.cause))


def _facts(observation: DnsObservation) -> DnsFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


def _question(facts: DnsFacts) -> str:
    return f"{facts.name} (type {facts.type})"


def _through_aliases(facts: DnsFacts, what: str) -> str:
    if not facts.canonical:
        return f"{facts.name} {what}"
    return f"{facts.name} is an alias for {facts.canonical[-1].value}, which {what}"


def _denial(facts: DnsFacts) -> str:
    if facts.soa_zone is None:
        return ""
    return "; the root zone denies it" if facts.soa_zone == "." else f"; zone {facts.soa_zone} denies it"


def _listed(records: Sequence[RecordFacts]) -> str:
    values = list(dict.fromkeys(record.value for record in records))
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more


def _shortest(facts: DnsFacts) -> int:
    return min(record.ttl for record in (*facts.canonical, *facts.records))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _evidence(facts: DnsFacts) -> dict[str, Scalar]:
    evidence: dict[str, Scalar] = {
        "name": facts.name,
        "type": facts.type,
        "resolver": facts.resolver,
        "rcode": facts.rcode,
        "records": _listed(facts.records),
        "canonical": _listed(facts.canonical),
        "ttl": _shortest(facts) if facts.records else None,
        "authoritative": True if facts.authoritative else None,
        "over_tcp": True if facts.truncated else None,
        "denied_by_zone": facts.soa_zone,
        "denial_cached_s": facts.soa_minimum,
    }
    return {name: value for name, value in evidence.items() if value is not None and value != ""}


def _asks_for_records(target: DnsTarget) -> bool:
    return bool(target.spec.expect or target.spec.within or target.spec.min_records > 1)


CHECKS: tuple[Check[DnsSpec, DnsFacts], ...] = (
    Check(
        id=_RESOLVER_ANSWERS,
        severity=Severity.HIGH,
        judge=_resolver_answers,
        remediation="Ask the resolver for another name; look at the VPC's DNS settings before you look at the record.",
    ),
    Check(
        id=_NAME_RESOLVES,
        severity=Severity.CRITICAL,
        asks=lambda target: not target.spec.expect_absent,
        judge=_name_resolves,
        remediation="Compare the name with the zones and records that really exist.",
    ),
    Check(
        id="dns.name_absent",
        severity=Severity.HIGH,
        asks=lambda target: target.spec.expect_absent,
        judge=_name_absent,
        remediation="Find the zone that holds the name, and who created the record.",
    ),
    Check(
        id="dns.records_expected",
        severity=Severity.HIGH,
        asks=_asks_for_records,
        judge=_records_expected,
        remediation="Compare the records with what is registered in the zone and with what the catalogue declares.",
    ),
    Check(
        id="dns.ttl_within",
        severity=Severity.LOW,
        asks=lambda target: target.spec.max_ttl is not None,
        judge=_ttl_within,
        remediation="Lower the TTL of the record in its zone, or raise max_ttl of this target.",
    ),
)
