"""What an observation of a name says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator, Sequence

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import dns_claims as of_names
from auditor.domain.diagnosis import words
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.dns.facts import DnsFacts, RecordFacts
from functions.dns.family import DnsSpec

_RCODES = {
    "NXDOMAIN": words.NameOutcome.NXDOMAIN,
    "SERVFAIL": words.NameOutcome.SERVFAIL,
    "REFUSED": words.NameOutcome.REFUSED,
}
_CAUSES = {
    "dns.timeout": words.NameOutcome.TIMEOUT,
    "dns.unreachable": words.NameOutcome.TIMEOUT,
    "dns.servfail": words.NameOutcome.SERVFAIL,
    "dns.lame": words.NameOutcome.SERVFAIL,
    "dns.refused": words.NameOutcome.REFUSED,
}
_ADDRESSES = ("A", "AAAA")
_DENIES = (words.NameOutcome.NXDOMAIN, words.NameOutcome.NODATA)


def claims(target: Target[DnsSpec], observation: Observation[DnsFacts]) -> tuple[says.Claim, ...]:
    """How the resolver answered for the name, and who else says what; nothing where it was not asked for addresses.

    Another resolver than the network's own is not the one that clients ask.
    """
    facts = observation.facts
    if facts is None or facts.type not in _ADDRESSES or target.spec.resolver is not None:
        return ()
    proof = (observation_id(observation),)
    if facts.invents:  # nothing else that it says is worth anything
        return (of_names.ResolverInvents(resolver=facts.resolver, proof=proof),)
    outcome = _outcome(facts, observation)
    return (*_resolved(target, facts, outcome, proof), *_denied(target, facts, proof), *_outside(target, facts, proof))


def _resolved(
    target: Target[DnsSpec], facts: DnsFacts, outcome: words.NameOutcome | None, proof: Proof
) -> Iterator[says.Claim]:
    if outcome is None:
        return
    for name in dict.fromkeys((facts.name, facts.found_as or facts.name)):
        yield says.NameResolves(
            name=name,
            outcome=outcome,
            addresses=_values(facts.records),
            meant_absent=target.spec.expect_absent,
            proof=proof,
        )


def _denied(target: Target[DnsSpec], facts: DnsFacts, proof: Proof) -> Iterator[says.Claim]:
    denial = _answer_of(facts.rcode, facts.records)
    if denial not in _DENIES or target.spec.expect_absent:
        return
    yield of_names.NameDenied(
        component=target.component,
        name=facts.name,
        outcome=denial,
        wanted=facts.type,
        zone=facts.soa_zone or "",
        seconds=facts.soa_minimum,
        alias=facts.canonical[-1].value if facts.canonical else "",
        types=facts.other_types,
        proof=proof,
    )


def _outside(target: Target[DnsSpec], facts: DnsFacts, proof: Proof) -> Iterator[says.Claim]:
    public, own = facts.public, _answer_of(facts.rcode, facts.records)
    there = None if public is None or public.failure else _answer_of(public.rcode, public.records)
    if public is None or there is None or own is None:
        return
    yield of_names.AnsweredOutside(
        component=target.component,
        name=facts.name,
        outcome=there,
        addresses=_values(public.records),
        aliases=_values(public.canonical),
        own_outcome=own,
        own_addresses=_values(facts.records),
        own_aliases=_values(facts.canonical),
        own_zone=facts.soa_zone or "",
        proof=proof,
    )


def _answer_of(rcode: str, records: Sequence[RecordFacts]) -> words.NameOutcome | None:
    """What a definite answer says; None of any other."""
    if rcode == "NOERROR":
        return words.NameOutcome.RESOLVED if records else words.NameOutcome.NODATA
    return words.NameOutcome.NXDOMAIN if rcode == "NXDOMAIN" else None


def _outcome(facts: DnsFacts, observation: Observation[DnsFacts]) -> words.NameOutcome | None:
    answer = _answer_of(facts.rcode, facts.records)
    if answer is words.NameOutcome.NODATA and facts.type != "A":
        return None  # a name without an IPv6 address may well have an IPv4 one
    if answer is not None:
        return answer
    if facts.rcode in _RCODES:
        return _RCODES[facts.rcode]
    return next((_CAUSES[failure.cause] for failure in observation.failures if failure.cause in _CAUSES), None)


def _values(records: Sequence[RecordFacts]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(record.value for record in records))
