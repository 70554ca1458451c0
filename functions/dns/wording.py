"""How checks speak of a name and its answer: one wording for all summaries."""

from collections.abc import Sequence

from auditor.domain.result import Scalar
from functions.dns.facts import DnsFacts, RecordFacts

_SHOWN = 8


def question(facts: DnsFacts) -> str:
    """The name and the type that was asked for."""
    return f"{facts.name} (type {facts.type})"


def through_aliases(facts: DnsFacts, what: str) -> str:
    """The clause about the name, or about the name at the end of its aliases."""
    if not facts.canonical:
        return f"{facts.name} {what}"
    return f"{facts.name} is an alias for {facts.canonical[-1].value}, which {what}"


def denial(facts: DnsFacts) -> str:
    """Which zone denies, as the end of a clause."""
    if facts.soa_zone is None:
        return ""
    return "; the root zone denies it" if facts.soa_zone == "." else f"; zone {facts.soa_zone} denies it"


def listed(records: Sequence[RecordFacts]) -> str:
    """The different values; of many only the first."""
    values = list(dict.fromkeys(record.value for record in records))
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more


def shortest(facts: DnsFacts) -> int:
    """The smallest TTL on the way, in seconds."""
    return min(record.ttl for record in (*facts.canonical, *facts.records))


def sentence(text: str) -> str:
    """The text as a full sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def answer_evidence(facts: DnsFacts) -> dict[str, Scalar]:
    """What a result shows of the answer."""
    seen: dict[str, Scalar] = {
        "name": facts.name,
        "type": facts.type,
        "resolver": facts.resolver,
        "rcode": facts.rcode,
        "records": listed(facts.records),
        "canonical": listed(facts.canonical),
        "ttl": shortest(facts) if facts.records else None,
        "authoritative": True if facts.authoritative else None,
        "over_tcp": True if facts.truncated else None,
        "found_as": facts.found_as,
        "other_types": ", ".join(facts.other_types or ()),
        "denied_by_zone": facts.soa_zone,
        "denial_cached_s": facts.soa_minimum,
    }
    return {name: value for name, value in seen.items() if value is not None and value != ""}
