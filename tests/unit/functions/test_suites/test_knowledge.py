"""What CI's results lead to: lines of the report, and no claim."""

from datetime import UTC, datetime, timedelta

from auditor.domain.observation import Observation, Vantage
from auditor.domain.target import Target
from functions.test_suites.facts import SuiteFacts, SuitesFacts
from functions.test_suites.family import SuitesSpec
from functions.test_suites.knowledge import claims, suites

SLOT = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)
SPEC = SuitesSpec(bucket="builds", prefix="junit/", max_age=timedelta(hours=26))
TARGET = Target(id="ci", family="test_suites", service="platform", component="ci.deploy", spec=SPEC)


def seen(*suites_seen: SuiteFacts) -> Observation[SuitesFacts]:
    return Observation(
        family="test_suites",
        target="ci",
        slot=SLOT,
        vantage=Vantage(kind="function", name="auditor"),
        facts=SuitesFacts(files=len(suites_seen), suites=suites_seen),
    )


def suite(hours: float) -> SuiteFacts:
    at = SLOT - timedelta(hours=hours)
    return SuiteFacts(name="unit", key="junit/unit.xml", at=at, passed=2, failed=1, errors=0, skipped=4)


def test_a_suite_is_a_line_that_says_whether_it_is_old() -> None:
    (recent,) = suites(TARGET, seen(suite(25.9)))
    (old,) = suites(TARGET, seen(suite(26.1)))
    assert (recent.stale, old.stale) == (False, True)
    assert (recent.passed, recent.failed, recent.skipped, recent.total) == (2, 1, 4, 7)


def test_no_test_explains_an_outage() -> None:
    assert claims(TARGET, seen(suite(1))) == ()
