"""How full a server's memory is, and whether it helps itself: pure, for checks and knowledge."""

from functions.cache.facts import ServerFacts

FULL_PERCENT = 99.0
"""From here on a server that may evict nothing refuses writes; the buffers of a few clients are as much as the rest."""


def percent_used(server: ServerFacts) -> float | None:
    """Of the limit; 0 without one, None where INFO does not say."""
    used, most = server.used_memory_bytes, server.max_memory_bytes
    if used is None or most is None:
        return None
    return 100 * used / most if most else 0.0


def can_evict(server: ServerFacts) -> bool | None:
    """Whether there is something that the policy lets it evict; None where INFO does not say."""
    if server.eviction == "expiring_keys":
        return None if server.expiring_keys is None else server.expiring_keys > 0
    return None if server.eviction is None else server.eviction == "all_keys"
