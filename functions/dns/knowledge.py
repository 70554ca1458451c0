"""What an observation of a name says in the diagnosis's vocabulary: facts to claims, pure."""

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import words
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
    """How the resolver answered for the name; nothing where it was not asked for addresses."""
    facts = observation.facts
    if facts is None or facts.type not in _ADDRESSES:
        return ()
    proof = (says.observation_id(observation),)
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
    if facts.rcode == "NOERROR":
        return words.NameOutcome.RESOLVED if facts.records else words.NameOutcome.NODATA
    if facts.rcode in _RCODES:
        return _RCODES[facts.rcode]
    return next((_CAUSES[failure.cause] for failure in observation.failures if failure.cause in _CAUSES), None)
