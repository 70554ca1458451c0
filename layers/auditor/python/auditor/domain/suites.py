"""Results of test suites that somebody else ran: categories of the report, apart from the platform's health."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteLine:
    """One suite's newest result; the four numbers add up to ``total``. ``stale``: too old to speak of now."""

    target: str
    name: str
    at: datetime
    stale: bool
    passed: int
    failed: int
    errors: int
    skipped: int
    object_key: str

    @property
    def total(self) -> int:
        """All its tests."""
        return self.passed + self.failed + self.errors + self.skipped
