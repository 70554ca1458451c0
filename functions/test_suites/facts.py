"""What a probe of test results keeps, and why it can fail. Of tests their number, never a name, message or output."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure

Problem = Literal["not_xml", "doctype", "not_junit", "too_deep", "too_many_elements", "too_large"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFacts:
    """The newest result of one suite; its numbers are counted from its tests, never taken from what the file says.

    ``name``: the file's name without its ending and, where a file holds several suites, the suite's. ``errors`` could
    not be run, ``failed`` ran and failed. ``declared``: how many tests the file itself says it has, None where it says
    nothing.
    """

    name: str
    key: str
    at: datetime
    passed: int
    failed: int
    errors: int
    skipped: int
    declared: int | None = None

    @property
    def total(self) -> int:
        """All its tests; the four numbers add up to it."""
        return self.passed + self.failed + self.errors + self.skipped

    def is_old(self, now: datetime, max_age: timedelta) -> bool:
        """Whether it is too old to speak of now."""
        return now - self.at > max_age


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFacts:
    """A file that was not taken for results, and why."""

    key: str
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitesFacts:
    """What lies under the prefix. None means "not read", and then ``unread`` says why under the field's name.

    ``files``: how many result files there are; the newest 50 names are read. ``unread`` may also hold ``file``: one of
    them could not be read.
    """

    files: int | None = None
    suites: tuple[SuiteFacts, ...] | None = None
    refused: tuple[RefusedFacts, ...] = ()
    unread: Mapping[str, Failure] = field(default_factory=dict)
    """Per field (``files``, ``file``) why it is not read."""


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("test_suites.no_results", "no result file lies under the prefix"),
    _cause("test_suites.file_refused", "a file is not what a JUnit result may be"),
    _cause("test_suites.results_old", "results are older than allowed"),
    _cause("test_suites.tests_failed", "tests failed or could not be run"),
    _cause("test_suites.nothing_ran", "no test of a suite ran"),
    _cause("test_suites.totals_differ", "a file says another number of tests than it holds"),
)

FACTS = SuitesFacts
"""What an observation of this family holds; a replay reads it back by this name."""
