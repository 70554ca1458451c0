"""What the registry's families contribute to judging."""

from auditor.domain.cause import KERNEL_CAUSES
from functions.aggregator.registry import knowledge
from functions.families import FAMILIES


def test_every_family_brings_its_period_and_its_causes() -> None:
    known = knowledge()
    assert set(known.periods) == set(FAMILIES)
    assert all(period.total_seconds() > 0 for period in known.periods.values())
    assert {cause.id for cause in KERNEL_CAUSES} < set(known.causes)
    assert known is knowledge()
