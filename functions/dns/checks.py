"""The questions asked of a name's answer; a later one has its turn only where the earlier ones went well."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.dns import remedies
from functions.dns.facts import DEFINITE, DnsFacts, PublicFacts
from functions.dns.family import DnsSpec, comparable
from functions.dns.wording import answer_evidence, denial, listed, question, sentence, shortest, through_aliases

DnsTarget = Target[DnsSpec]
DnsObservation = Observation[DnsFacts]

_RESOLVER_ANSWERS = "dns.resolver_answers"
_NAME_RESOLVES = "dns.name_resolves"


def _resolver_answers(_: DnsTarget, observation: DnsObservation) -> Answer:
    problem = _resolver_problem(observation)
    if problem is not None:
        return problem
    facts = _facts(observation)
    return passed(f"Resolver {facts.resolver} answered {facts.rcode} for {question(facts)}.", **answer_evidence(facts))


def _resolver_problem(observation: DnsObservation) -> Answer | None:
    """What keeps the resolver from having answered; None after a definite answer, be it that there is no such name."""
    facts = _facts(observation)
    failure = observation.failures[0] if observation.failures else None
    if failure is None and not facts.rcode:
        detail = f"The probe of {facts.name} recorded neither an answer nor why there is none."
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    if failure is None and facts.invents:
        detail = f"resolver {facts.resolver} gives an address for a name under .invalid, where nothing exists"
        failure = Failure(phase=Phase.ANSWER, cause="dns.lying", detail=detail)
    if failure is None:
        if facts.rcode in DEFINITE:
            return None
        cause = "dns.refused" if facts.rcode == "REFUSED" else "dns.servfail"
        detail = f"resolver {facts.resolver} answered {facts.rcode} for {question(facts)}"
        failure = Failure(phase=Phase.NAME, cause=cause, detail=detail)
    timing = next((t for t in observation.phases if t.phase is failure.phase and not t.ok), None)
    after = f" after {timing.duration_ms:.1f} ms" if timing is not None else ""
    cut = f"{sentence(f'the answer for {question(facts)} did not fit into a datagram')} " if facts.truncated else ""
    summary = f"{cut}{sentence(failure.detail).removesuffix('.')} ({failure.cause}){after}."
    return _failed(failure, summary, facts)


def _name_resolves(target: DnsTarget, observation: DnsObservation) -> Answer:
    problem = _resolver_problem(observation)
    if problem is not None:
        return _not_asked(problem, _facts(observation), _RESOLVER_ANSWERS)
    facts = _facts(observation)
    problem = _name_problem(target, facts)
    if problem is not None:
        return problem
    found = f"{facts.name} (as {facts.found_as})" if facts.found_as not in ("", facts.name) else facts.name
    return passed(
        f"{found} resolves to {listed(facts.records)} (type {facts.type}, TTL {shortest(facts)} s), "
        f"says resolver {facts.resolver}.",
        **answer_evidence(facts),
    )


def _name_problem(target: DnsTarget, facts: DnsFacts) -> Answer | None:
    """What keeps a definite answer from being one that a client can use."""
    said = f"says resolver {facts.resolver}"
    if facts.rcode == "NXDOMAIN":
        what = through_aliases(facts, "does not exist")
        summary = f"{what} (NXDOMAIN), {said}{denial(facts)}."
        failure = Failure(phase=Phase.NAME, cause="dns.nxdomain", detail=summary)
        return _failed(failure, summary, facts, remedies.for_missing_name(facts, private=target.private))
    if facts.records:
        return None
    if facts.other_types:
        there = f"has records of type {' and '.join(facts.other_types)}, and none of type {facts.type}"
        summary = f"{through_aliases(facts, there)}, {said}."
        return _failed(Failure(phase=Phase.NAME, cause="dns.other_type", detail=summary), summary, facts)
    what = through_aliases(facts, f"exists and has no record of type {facts.type}")
    summary = f"{what} (NODATA), {said}{denial(facts)}."
    return _failed(Failure(phase=Phase.NAME, cause="dns.nodata", detail=summary), summary, facts)


def _name_absent(_: DnsTarget, observation: DnsObservation) -> Answer:
    problem = _resolver_problem(observation)
    if problem is not None:
        return _not_asked(problem, _facts(observation), _RESOLVER_ANSWERS)
    facts = _facts(observation)
    said = f"says resolver {facts.resolver}"
    if facts.rcode == "NXDOMAIN" and not facts.canonical and not facts.records:
        return passed(f"{facts.name} does not exist (NXDOMAIN), as declared, {said}.", **answer_evidence(facts))
    if facts.records:
        how = f"resolves to {listed(facts.records)}"
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
        "unexpected": listed(strange),
    }
    evidence = {name: value for name, value in evidence.items() if value != ""} | answer_evidence(facts)
    if strange:
        of = f"{len(strange)} of {len(values)} records of {facts.name}"
        cause, summary = "dns.unexpected_records", f"{of} lead elsewhere than declared: {listed(strange)}."
        if len(strange) == 1 == len(values):
            summary = f"{facts.name} leads elsewhere than declared: {listed(strange)}."
    elif len(values) < spec.min_records:
        cause = "dns.too_few_records"
        summary = (
            f"{facts.name} has {len(values)} of at least {spec.min_records} declared records: {listed(facts.records)}."
        )
    else:
        return passed(f"{facts.name} leads where the catalogue declares: {listed(facts.records)}.", **evidence)
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
    evidence = answer_evidence(facts) | {"longest_ttl": longest.ttl, "max_ttl": limit.total_seconds()}
    said = f"TTL of {longest.ttl} s ({longest.type} {longest.value}); allowed is {limit.total_seconds():g} s."
    if longest.ttl <= limit.total_seconds():
        return passed(f"The answer for {facts.name} has a longest {said}", **evidence)
    summary = f"Caches may keep the answer for {facts.name} too long: {said}"
    failure = Failure(phase=Phase.ANSWER, cause="dns.ttl_too_long", detail=summary)
    return replace(_failed(failure, summary, facts, evidence=evidence), status=Status.WARN)


def _same_as_public(_: DnsTarget, observation: DnsObservation) -> Answer:
    facts = _facts(observation)
    problem = _resolver_problem(observation)
    if problem is not None:
        return _not_asked(problem, facts, _RESOLVER_ANSWERS)
    public = facts.public
    if public is None:
        detail = f"The probe of {facts.name} did not ask the public resolver that the target names."
        return unknown(Failure(phase=Phase.NAME, cause="self.bug", detail=detail))
    evidence = answer_evidence(facts) | {"public_resolver": public.resolver, "public_records": listed(public.records)}
    if public.failure is not None or public.rcode not in DEFINITE:
        why = public.failure.detail if public.failure is not None else f"it answered {public.rcode}"
        detail = f"Nothing was compared with public resolver {public.resolver}: {why.rstrip('.')}."
        failure = Failure(phase=Phase.NAME, cause="dns.public_unanswered", detail=detail)
        return unknown(failure, None, remedy=remedies.for_cause(failure.cause), **evidence)
    cause = _unlike(facts, public)
    if cause is None:
        return passed(
            f"{facts.name} leads inside where it leads outside ({listed(public.records) or 'nowhere'}).", **evidence
        )
    inside = f"resolves to {listed(facts.records)}" if facts.records else f"leads nowhere ({facts.rcode})"
    outside = f"to {listed(public.records)}" if public.records else f"nowhere ({public.rcode})"
    summary = (
        f"{facts.name} {inside}, says resolver {facts.resolver}{denial(facts)}; "
        f"outside it leads {outside}, says {public.resolver}."
    )
    return _failed(Failure(phase=Phase.ANSWER, cause=cause, detail=summary), summary, facts, evidence=evidence)


def _unlike(facts: DnsFacts, public: PublicFacts) -> str | None:
    """How the answers differ. Of a load balancer each may hold other addresses at the end of the same alias."""
    here, there = ({comparable(r.value) for r in records} for records in (facts.records, public.records))
    aliases = {comparable(r.value) for r in facts.canonical} & {comparable(r.value) for r in public.canonical}
    if here & there or (here and there and aliases) or not here | there:
        return None
    return "dns.shadowed" if there else "dns.not_public"


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
    answer = failed(failure, summary, **(answer_evidence(facts) if evidence is None else evidence))
    return replace(answer, remedy=remedy or remedies.for_cause(failure.cause))


def _facts(observation: DnsObservation) -> DnsFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


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
        id="dns.same_as_public",
        severity=Severity.HIGH,
        asks=lambda target: target.spec.public_resolver is not None,
        judge=_same_as_public,
        remediation="List the hosted zones of this name, public and private, and compare their records.",
    ),
    Check(
        id="dns.ttl_within",
        severity=Severity.LOW,
        asks=lambda target: target.spec.max_ttl is not None,
        judge=_ttl_within,
        remediation="Lower the TTL of the record in its zone, or raise max_ttl of this target.",
    ),
)
