"""Claims about queues of messages."""

from dataclasses import dataclass

from auditor.domain.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWaits:
    """Messages wait in a queue longer than they may.

    ``consumer``: the component of the code that handles them, as the catalogue declares it; empty where it does not.
    ``received`` and ``done``: how many were lately; None where nobody knows.
    """

    component: str
    consumer: str
    waiting: int
    oldest_seconds: float
    received: float | None = None
    done: float | None = None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLettersGrow:
    """Messages of a queue are put aside because they failed too often, and lately became more.

    ``drains``: the queue's other messages are handled in time; None where nobody knows.
    """

    component: str
    consumer: str
    count: int
    grown_by: float
    drains: bool | None = None
    proof: Proof = ()
