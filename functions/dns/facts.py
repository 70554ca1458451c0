"""What a probe of a name keeps: the answer, as far as it leads from the name to records, and why it can fail."""

from dataclasses import dataclass

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure

DEFINITE = ("NOERROR", "NXDOMAIN")
"""The rcodes that say something of the name; every other one speaks of the resolver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """One record: ``value`` is an address or, of a CNAME, a name; ``ttl`` in seconds as the resolver gave it."""

    type: str
    value: str
    ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFacts:
    """What a public resolver says of the same name; ``failure`` says why it gave no readable answer."""

    resolver: str
    rcode: str = ""
    records: tuple[RecordFacts, ...] = ()
    canonical: tuple[RecordFacts, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFacts:
    """One question and its answer.

    ``rcode`` is the answer's word (``NOERROR``, ``NXDOMAIN``, ``SERVFAIL``, ``REFUSED`` ...), empty when no readable
    answer came. ``records`` are those of the asked type at the end of the chain of aliases, ``canonical`` the aliases
    on the way there. ``truncated``: the answer over UDP was cut, so it was asked again over TCP. ``recursive``: the
    server says that it asks others on behalf of its clients. ``soa_zone`` and ``soa_minimum`` come with an answer that
    denies: which zone denies, and for how many seconds caches believe it.

    ``searched``: the full names that were asked, where the target declares search domains; ``found_as``: the one that
    exists. ``other_types``: of the types AAAA, A and SRV those that the name has in place of the asked one; None where
    that was not asked or not answered. ``public``: None unless the target names a public resolver. ``invents``: whether
    the resolver gave an address for a name that cannot exist; None where nothing gave reason to ask.
    """

    name: str
    type: str
    resolver: str
    rcode: str = ""
    records: tuple[RecordFacts, ...] = ()
    canonical: tuple[RecordFacts, ...] = ()
    truncated: bool = False
    authoritative: bool = False
    recursive: bool = False
    soa_zone: str | None = None
    soa_minimum: int | None = None
    searched: tuple[str, ...] = ()
    found_as: str = ""
    other_types: tuple[str, ...] | None = None
    public: PublicFacts | None = None
    invents: bool | None = None


CAUSES: tuple[Cause, ...] = (
    Cause(
        id="dns.truncated",
        meaning="the resolver cut its answer over UDP and did not give the whole over TCP",
        # UDP went there and back, and TCP did not: a rule that keeps the auditor out looks the same.
        proves_path=False,
    ),
    # What the resolver of this place does is a matter of the place, as with the kernel's causes of names.
    Cause(
        id="dns.lame",
        meaning="the server has not the zone and asks nobody else: it points elsewhere, or says nothing",
        proves_path=False,
    ),
    Cause(id="dns.lying", meaning="the resolver gives addresses for names that cannot exist", proves_path=False),
    Cause(id="dns.other_type", meaning="the name has records, and none of the asked type", proves_path=True),
    Cause(id="dns.shadowed", meaning="the own resolver's answer hides the public one", proves_path=True),
    Cause(id="dns.not_public", meaning="the name resolves here and is unknown to the public", proves_path=True),
    Cause(
        id="dns.public_unanswered",
        meaning="the public resolver did not answer here, so nothing could be compared",
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
