"""Claims about what was deployed, and under which registry of names it should be found."""

from dataclasses import dataclass

from auditor.domain.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentStands:
    """A deployment of ``wanted`` and the revisions of the tasks that run. ``done``: it is reported complete."""

    component: str
    wanted: str
    done: bool
    running: tuple[str, ...]
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistersWith:
    """The registries (ARNs) that a service enters its tasks in; none is said by an empty tuple."""

    component: str
    registries: tuple[str, ...]
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryIs:
    """The registry (ARN) that holds the instances of a name."""

    component: str
    name: str
    arn: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServesGroups:
    """The target groups, by name, that a service enters its tasks in; none where it stands behind no balancer."""

    component: str
    groups: tuple[str, ...]
    proof: Proof = ()


DeploymentClaim = ServesGroups | DeploymentStands | RegistersWith | RegistryIs
