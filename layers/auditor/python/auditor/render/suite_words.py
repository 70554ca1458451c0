"""Test suites in words and numbers, the same in every rendering."""

from collections.abc import Sequence

from auditor.domain.suites import SuiteLine

COLUMNS = ("Suite", "Result", "Of (UTC)", "Passed#", "Failed#", "Errors#", "Skipped#", "Total#")
CAPTION = "As CI dropped them: apart from the platform's health, and counted into none of its numbers"
SUM_OF = "All that are recent"


def counts(line: SuiteLine) -> tuple[int, ...]:
    """Its numbers, the total last."""
    return (line.passed, line.failed, line.errors, line.skipped, line.total)


def sums(lines: Sequence[SuiteLine]) -> tuple[int, ...]:
    """What the recent ones add up to; an old result is in no sum."""
    recent = [counts(line) for line in lines if not line.stale]
    return tuple(sum(column) for column in zip(*recent, strict=True)) if recent else (0, 0, 0, 0, 0)


def result_word(line: SuiteLine) -> str:
    """What the result says now."""
    if line.stale:
        return "old: says nothing of now"
    if line.failed or line.errors:
        return "✕ failed"
    return "passed" if line.passed else "✕ nothing ran"
