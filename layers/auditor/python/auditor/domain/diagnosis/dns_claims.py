"""Claims about names beyond whether they resolve: who denies them, what stands outside, which zones hold them."""

from dataclasses import dataclass

from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.words import NameOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class NameDenied:
    """The network's own resolver says that a name leads to no record of the type that clients need.

    ``outcome`` is NXDOMAIN or NODATA. ``zone``: the one that denies, ``.`` for the root, empty where that was not told;
    ``seconds``: for how long caches go on believing it. ``alias``: the name at the end of the aliases that were
    followed, empty without any. ``types``: the types that the name has instead, None where that is not known.
    """

    component: str
    name: str
    outcome: NameOutcome
    wanted: str
    zone: str = ""
    seconds: int | None = None
    alias: str = ""
    types: tuple[str, ...] | None = None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredOutside:
    """What a public resolver said of a name, beside what the network's own one said at the same time.

    ``aliases`` and ``own_aliases`` are the names on the way to the addresses.
    """

    component: str
    name: str
    outcome: NameOutcome
    addresses: tuple[str, ...]
    aliases: tuple[str, ...]
    own_outcome: NameOutcome
    own_addresses: tuple[str, ...]
    own_aliases: tuple[str, ...]
    own_zone: str = ""
    """The zone that denies inside, as in NameDenied."""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverInvents:
    """The network's own resolver gave an address for a name that cannot exist."""

    resolver: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneExists:
    """A hosted zone of the account; ``private``: only networks that are associated with it see it."""

    zone: str
    private: bool
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordExists:
    """A zone holds a record of a name, whose values are addresses, names, or what an alias of AWS follows."""

    component: str
    name: str
    type: str
    values: tuple[str, ...]
    private: bool
    proof: Proof = ()
