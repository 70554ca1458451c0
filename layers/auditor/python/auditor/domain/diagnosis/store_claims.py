"""Claims about stores of data: what a server says of itself, and what its clients say of it."""

from dataclasses import dataclass

from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.store_words import Holding, StoreTrouble, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreComplaint:
    """A client passes on why its relational store does not serve it.

    ``of_itself``: it surely speaks of its own store, as a health page does; an error's body may be a neighbour's.
    """

    component: str
    trouble: StoreTrouble
    of_itself: bool
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocksHeld:
    """Sessions of a store wait for locks for longer than the catalogue allows; ``longest_wait`` in seconds.

    ``process`` and ``role`` are of what they wait for in the end, 0 and empty where it is not known or has none;
    ``held_for`` is the age of its transaction in seconds.
    """

    component: str
    host: str
    waiting: int
    longest_wait: float
    holding: Holding = Holding.UNKNOWN
    process: int = 0
    role: str = ""
    held_for: float | None = None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandsEncryption:
    """A store's own setting says that it takes no client without encryption."""

    component: str
    host: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCertificate:
    """A store's certificate was verified."""

    component: str
    host: str
    trust: Trust
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordUnfitForUrl:
    """The password of a login holds a character that has another meaning in a URL."""

    component: str
    host: str
    secret: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRevision:
    """A version table of a database holds other revisions than the catalogue says that the code needs."""

    component: str
    host: str
    database: str
    table: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    """Empty where it holds none, or does not exist."""
    proof: Proof = ()


StoreClaim = StoreComplaint | LocksHeld | DemandsEncryption | StoreCertificate | PasswordUnfitForUrl | SchemaRevision
"""Every claim of this module."""
