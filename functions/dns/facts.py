"""What a probe of a name keeps: the answer, as far as it leads from the name to records, and why it can fail."""

from dataclasses import dataclass

from auditor.domain.cause import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """One record: ``value`` is an address or, of a CNAME, a name; ``ttl`` in seconds as the resolver gave it."""

    type: str
    value: str
    ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFacts:
    """One question and its answer.

    ``rcode`` is the answer's word (``NOERROR``, ``NXDOMAIN``, ``SERVFAIL``, ``REFUSED`` ...), empty when no readable
    answer came. ``records`` are those of the asked type at the end of the chain of aliases, ``canonical`` the aliases
    on the way there. ``truncated``: the answer over UDP was cut, so it was asked again over TCP. ``soa_zone`` and
    ``soa_minimum`` come with an answer that denies: which zone denies, and for how many seconds caches believe it.
    """

    name: str
    type: str
    resolver: str
    rcode: str = ""
    records: tuple[RecordFacts, ...] = ()
    canonical: tuple[RecordFacts, ...] = ()
    truncated: bool = False
    authoritative: bool = False
    soa_zone: str | None = None
    soa_minimum: int | None = None


CAUSES: tuple[Cause, ...] = (
    Cause(
        id="dns.truncated",
        meaning="the resolver cut its answer over UDP and did not give the whole over TCP",
        # UDP went there and back, and TCP did not: a rule that keeps the auditor out looks the same.
        proves_path=False,
    ),
    Cause(id="dns.name_present", meaning="a name that must not exist exists", proves_path=True),
    Cause(
        id="dns.unexpected_records", meaning="the name leads elsewhere than the catalogue declares", proves_path=True
    ),
    Cause(id="dns.too_few_records", meaning="the name has fewer records than the catalogue declares", proves_path=True),
    Cause(id="dns.ttl_too_long", meaning="caches may keep a record longer than the catalogue allows", proves_path=True),
)

FACTS = DnsFacts
"""What an observation of this family holds; a replay reads it back by this name."""
