"""Claims about how requests get to a service: rules of balancers, groups of targets, their checks, and pages asked for.

A group or a balancer is called by its name in AWS, since one observation speaks of several.
"""

from dataclasses import dataclass

from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.routing_words import RouteFate, TargetTrouble
from auditor.domain.diagnosis.words import Emitter


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRouted:
    """What the rules of a balancer do with a declared request that should go to the group ``wanted``.

    ``rule`` is the one that takes it, in words (``by_default``: for want of another), ``groups`` where it sends it,
    ``status`` its own answer where it sends it nowhere. ``own_rule``: of a captured request the rule that should take
    it. ``elsewhere``: other ports of the same balancer that would forward it as declared.
    """

    component: str
    balancer: str
    port: int
    host: str
    path: str
    wanted: str
    fate: RouteFate
    rule: str = ""
    by_default: bool = False
    groups: tuple[str, ...] = ()
    status: int | None = None
    own_rule: str = ""
    elsewhere: tuple[int, ...] = ()
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChecked:
    """How a balancer checks the targets of a group."""

    component: str
    group: str
    protocol: str
    path: str
    matcher: str
    timeout_seconds: int
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsStand:
    """How many targets a group has, and how many are healthy, still in their first checks, or being taken out."""

    component: str
    group: str
    registered: int
    healthy: int
    starting: int = 0
    leaving: int = 0
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRefused:
    """A target that should serve and is not healthy to its balancer; ``statuses``: what its checks were answered."""

    component: str
    group: str
    address: str
    port: int | None
    trouble: TargetTrouble
    statuses: tuple[int, ...] = ()
    zone: str = ""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupUsedBy:
    """The balancers that send requests to a group; none is said by an empty tuple. ``zones``: where they serve."""

    component: str
    group: str
    balancers: tuple[str, ...]
    zones: tuple[str, ...] = ()
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateStands:
    """A certificate of a balancer's listener, as its issuer tells it.

    ``renewal`` is in the issuer's word, empty where it renews nothing; ``unvalidated``: names that it waits for.
    """

    component: str
    balancer: str
    domain: str
    expired: bool
    renewal: str = ""
    unvalidated: tuple[str, ...] = ()
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersCounted:
    """Answers of some minutes: all, the balancer's own 502, and connections that its targets did not take."""

    component: str
    balancer: str
    requests: float
    broken: float
    not_connected: float
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAnswers:
    """A page was asked for, without its query. ``status`` is None where a connection gave no answer in ``seconds``.

    ``as_declared``: the status is one that the catalogue expects. ``of_health``: it is a page about health, whose
    quickness says little of what users ask. ``host_refused``: the answer refuses the name that the server was called
    by. The first answer counts, wherever it redirects to.
    """

    component: str
    host: str
    address: str
    port: int
    path: str
    status: int | None
    seconds: float
    emitter: Emitter = Emitter.UNKNOWN
    as_declared: bool = False
    of_health: bool = False
    host_refused: bool = False
    proof: Proof = ()


RoutingClaim = (
    RequestRouted
    | GroupChecked
    | TargetsStand
    | TargetRefused
    | GroupUsedBy
    | CertificateStands
    | AnswersCounted
    | PathAnswers
)
