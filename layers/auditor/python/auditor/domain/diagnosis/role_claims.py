"""Claims about the roles that a service's tasks have."""

from dataclasses import dataclass

from auditor.domain.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsWithRoles:
    """The wanted revision of a service names these roles (names or ARNs; empty where it names none).

    ``execution_role`` fetches image and secrets before the task starts; ``task_role`` is what its code may do.
    """

    component: str
    execution_role: str = ""
    task_role: str = ""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsPassword:
    """A setting of the running revision holds the login to a relational store in the clear, at this host."""

    component: str
    setting: str
    host: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordInPlain:
    """A setting of the running revision is a relational store's password by its name, and no reference to a secret."""

    component: str
    setting: str
    proof: Proof = ()


RoleClaim = RunsWithRoles | HoldsPassword | PasswordInPlain
