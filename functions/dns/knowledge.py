"""What an observation of a name says in the diagnosis's vocabulary: facts to claims, pure."""

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import words
from auditor.domain.diagnosis.proof import observation_id
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.dns.facts import DnsFacts
from functions.dns.family import DnsSpec

_RCODES = {
    "NXDOMAIN": words.NameOutcome.NXDOMAIN,
    "SERVFAIL": words.NameOutcome.SERVFAIL,
    "REFUSED": words.NameOutcome.REFUSED,
}
_CAUSES = {
    "dns.timeout": words.NameOutcome.TIMEOUT,
    "dns.servfail": words.NameOutcome.SERVFAIL,
    "dns.refused": words.NameOutcome.REFUSED,
}
_ADDRESSES = ("A", "AAAA")


def claims(target: Target[DnsSpec], observation: Observation[DnsFacts]) -> tuple[says.Claim, ...]:
    """How the resolver answered for the name; nothing where it was not asked for addresses.

    Another resolver than the network's own is not the one that clients ask.
    """
    facts = observation.facts
    if facts is None or facts.type not in _ADDRESSES or target.spec.resolver is not None:
        return ()
    proof = (observation_id(observation),)
    outcome = _outcome(facts, observation)
    if outcome is None:
        return ()
    addresses = tuple(record.value for record in facts.records)
    return (
        says.NameResolves(
            name=facts.name,
            outcome=outcome,
            addresses=addresses,
            meant_absent=target.spec.expect_absent,
            proof=proof,
        ),
    )


def _outcome(facts: DnsFacts, observation: Observation[DnsFacts]) -> words.NameOutcome | None:
    if facts.rcode == "NOERROR" and facts.records:
        return words.NameOutcome.RESOLVED
    if facts.rcode == "NOERROR":
        # A name without an IPv6 address may well have an IPv4 one.
        return words.NameOutcome.NODATA if facts.type == "A" else None
    if facts.rcode in _RCODES:
        return _RCODES[facts.rcode]
    return next((_CAUSES[failure.cause] for failure in observation.failures if failure.cause in _CAUSES), None)
