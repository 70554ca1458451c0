"""What a probe of a port keeps: what each address did with a connection attempt. No byte that a peer sent."""

from dataclasses import dataclass
from typing import Literal

from auditor.domain.cause import Cause

Outcome = Literal["open", "reset", "closed", "refused", "timeout", "unreachable"]
"""``open``: the connection was taken and stayed. ``reset`` and ``closed``: taken, and ended by the peer at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """One address. ``took_ms``: from the attempt to its end, as the kernel timed it where it could.

    ``spoke``: the peer sent something before it was spoken to. ``listened``: the auditor had the time to see whether
    an accepted connection stays.
    """

    address: str
    outcome: Outcome
    took_ms: float
    spoke: bool = False
    listened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """``resolved`` holds every address of the host; ``probed`` those that were tried, which may be fewer.

    ``resolver`` is who was asked for the name, empty for an address that was given literally.
    """

    host: str
    port: int
    resolver: str = ""
    resolved: tuple[str, ...] = ()
    probed: tuple[AddressFacts, ...] = ()


CAUSES: tuple[Cause, ...] = (
    Cause(
        id="network.not_listened",
        meaning="the connection was taken too late to see whether it stays",
        proves_path=True,
    ),
)
"""All that can go wrong with a connection itself belongs to the kernel."""

FACTS = NetworkFacts
"""What an observation of this family holds; a replay reads it back by this name."""
