"""The time that peers took, apart from the time in which the auditor itself was busy, late or kept from running."""


class PeerClock:
    """Counts seconds only while a peer has the turn: from what was asked of it to the moment its answer was here.

    Instants are those of ``time.monotonic()``. Between an answer and the next question the clock stands: what the
    auditor computes, or loses by being throttled, is never laid to a target. The better the moment of arrival is known
    (a kernel's stamp instead of when the loop looked), the truer the clock.
    """

    __slots__ = ("_counted", "_floor", "_here", "_since")

    def __init__(self, reading: float, now: float) -> None:
        self._counted = reading
        """The reading at ``_since``."""
        self._since = now
        """From when on the peer has the turn."""
        self._here = now
        """When the latest thing that came from it was here."""
        self._floor = now
        """Before this it was not here: what came earlier was here then, or the question was not yet asked."""

    def read(self) -> float:
        """Seconds on this clock; only differences of two readings mean something."""
        return self._counted + self._here - self._since

    def asked(self, now: float) -> None:
        """The peer has the turn from now on."""
        self.stand_at(self.read(), now)

    def noticed(self, at: float) -> None:
        """Something has come, at this time at the latest."""
        self._floor = self._here
        self._here = max(self._here, at)

    def came(self, at: float) -> None:
        """What was noticed last had come at exactly this time."""
        self._here = self._floor = max(self._floor, at)

    def stand_at(self, reading: float, now: float) -> None:
        """Take over the reading of others that were waited for."""
        self._counted = reading
        self._since = self._here = self._floor = now
