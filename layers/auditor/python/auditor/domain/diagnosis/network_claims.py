"""Claims about networks and about stores that a cloud manages; see ``claims`` for what all claims share."""

from dataclasses import dataclass
from datetime import datetime

from auditor.domain.diagnosis.cache_words import NodeRole
from auditor.domain.diagnosis.network_words import StoppedBy, StoreState
from auditor.domain.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeAdmits:
    """The rules that were read admit a declared connection (``stopped_by`` is None), or a line of theirs stops it.

    Both ends by the kind of component and the name in AWS; ``addresses`` are the destination's. ``of_auditor``: it is
    the auditor's own. ``stopped_at``: names and ids of what holds the line, ``line`` is it in our words. ``partly``:
    some of the source's or the destination's interfaces are admitted.
    """

    source_kind: str
    source: str
    destination_kind: str
    destination: str
    port: int
    addresses: tuple[str, ...]
    of_auditor: bool = False
    stopped_by: StoppedBy | None = None
    stopped_at: tuple[str, ...] = ()
    line: str = ""
    partly: bool = False
    drops_replies: bool = False
    """The network ACL that stops it drops replies to clients' ports, whatever else it drops."""
    groups_admit: bool = False
    """Of one that a network ACL stops: without any such list it would be admitted."""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntranceAdmits:
    """What the security groups of a balancer admit from everywhere: ranges of ports, both ends included.

    ``groups``: their names and ids.
    """

    balancer: str
    groups: tuple[str, ...]
    ports: tuple[tuple[int, int], ...]
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetFull:
    """A subnet has no free address; ``names`` are its name and its id."""

    names: tuple[str, ...]
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverOff:
    """A network's own resolver is switched off; ``names`` are the network's name and its id."""

    names: tuple[str, ...]
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreIs:
    """The cloud says of a store that it manages how it is; ``word`` is its own, ``host`` where clients find it."""

    component: str
    host: str
    state: StoreState
    word: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WentDown:
    """The cloud tells of a store's shutdown, restart or recovery at this time; whether it is over it does not say."""

    component: str
    at: datetime
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStands:
    """A node of a store has this role now; ``node`` is its name in AWS, with which its own address begins."""

    component: str
    node: str
    role: NodeRole
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedOver:
    """The primary of a store changed at this time."""

    component: str
    at: datetime
    proof: Proof = ()
