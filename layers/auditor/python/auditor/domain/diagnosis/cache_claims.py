"""Claims about key-value stores and the queues in them, and about what their clients are set to."""

from dataclasses import dataclass

from auditor.domain.diagnosis.cache_words import Admission, Counted, NodeRole, WriteRefusal
from auditor.domain.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAdmits:
    """A login at a key-value store was tried, with the current value of ``secret`` where there is one.

    ``of_platform``: it is the login of the platform's clients. ``asks_for_password``: whether the store serves nobody
    without one; None where that was not seen.
    """

    component: str
    host: str
    secret: str
    outcome: Admission
    of_platform: bool
    asks_for_password: bool | None = None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreServes:
    """A key-value store answered as a client is answered. ``declared_role`` is what the catalogue says it should be."""

    component: str
    host: str
    port: int
    encrypted: bool
    role: NodeRole | None
    declared_role: NodeRole
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSpeaks:
    """A key-value store was found to speak TLS (``encrypted``) where plain text is declared, or the reverse."""

    component: str
    host: str
    port: int
    encrypted: bool
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUsed:
    """How much of its memory limit a store uses. ``may_evict``: whether it makes room for itself; None if unknown."""

    component: str
    percent: float
    full: bool
    may_evict: bool | None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WritesRefused:
    """A store refused a write, or said of itself that it refuses all."""

    component: str
    why: WriteRefusal
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueHolds:
    """How many messages wait in a queue, lie in processing and among its dead letters; None where it has no such list.

    ``queue`` is its name, which a component of the catalogue may be bound to.
    """

    component: str
    queue: str
    waiting: int
    processing: int | None = None
    dead_letters: int | None = None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountGrows:
    """A number rose over the last slots and fell in none. ``queue``: the name of the queue that it belongs to."""

    component: str
    counted: Counted
    first: float
    last: float
    slots: int
    queue: str = ""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialInjected:
    """A setting of the running revision takes its value from a secret, which may or may not exist.

    ``of_store``: the setting's name tells of a store of data. ``changed``: the running revision changed it.
    """

    component: str
    setting: str
    secret: str
    of_store: bool = False
    changed: bool = False
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionSwitched:
    """A setting of the running revision is a switch for encryption by its name, and this is how it stands."""

    component: str
    setting: str
    on: bool
    proof: Proof = ()


CacheClaim = (
    StoreAdmits
    | StoreServes
    | StoreSpeaks
    | MemoryUsed
    | WritesRefused
    | QueueHolds
    | CountGrows
    | CredentialInjected
    | EncryptionSwitched
)
