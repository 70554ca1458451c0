"""Reading claims about names: equal names, zones above them, look-ups that were misled, and who needed them."""

from collections.abc import Iterable, Sequence

from auditor.domain.diagnosis.claims import Claim, NameResolves
from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.words import NameOutcome

DENIES = (NameOutcome.NXDOMAIN, NameOutcome.NODATA)
SHOWN = 4
_OF_NAMES = ("dns", "vpc", "cloudmap")
"""Kinds of components that names belong to: a target of one of these needs a name only to speak of it."""


def misled(evidence: Evidence, name: str, *, elsewhere_than: tuple[str, ...] = ()) -> list[NameResolves]:
    """Look-ups of a name that found nothing or, where addresses are given, led to none of them."""
    return [
        lookup
        for lookup in evidence.of(NameResolves)
        if plain(lookup.name) == plain(name)
        and (lookup.outcome in DENIES or (elsewhere_than and not set(lookup.addresses) & set(elsewhere_than)))
    ]


def users_of(evidence: Evidence, proof: Iterable[str]) -> frozenset[str]:
    """The services whose targets were not reached by this name; whoever only watches the name is none."""
    seen = {id.partition("/")[2].rpartition("@")[0] for id in proof}
    return frozenset(
        target.service
        for target in evidence.platform.targets
        if target.id in seen and target.component.partition(".")[0] not in _OF_NAMES
    )


def covers(zone: str, name: str) -> bool:
    """Whether a name is a zone's own or lies below it."""
    return plain(zone) == "" or f".{plain(name)}".endswith(f".{plain(zone)}")


def owner_of(name: str) -> str:
    """What names of one owner have in common, at least: their last two labels."""
    return ".".join(name.split(".")[-2:])


def plain(name: str) -> str:
    """A name in the one form in which equal names are equal."""
    return name.lower().rstrip(".")


def seen_at(claim: Claim) -> str:
    """The slot of the newest observation that shows it, as text: instants sort as they are written."""
    return max((id.rpartition("@")[2] for id in claim.proof), default="")


def listed(texts: Sequence[str]) -> str:
    """The texts; of many only the first."""
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return f"{', '.join(texts[:SHOWN])}{more}"
