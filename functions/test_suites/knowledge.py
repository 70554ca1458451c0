"""What CI's results say: nothing that explains an outage, and lines of their own in the report."""

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.observation import Observation
from auditor.domain.suites import SuiteLine
from auditor.domain.target import Target
from functions.test_suites.facts import SuitesFacts
from functions.test_suites.family import SuitesSpec


def claims(_target: Target[SuitesSpec], _observation: Observation[SuitesFacts]) -> tuple[Claim, ...]:
    """None: a test that failed somewhere explains nothing that is seen here."""
    return ()


def suites(target: Target[SuitesSpec], observation: Observation[SuitesFacts]) -> tuple[SuiteLine, ...]:
    """A line a suite."""
    facts = observation.facts
    return tuple(
        SuiteLine(
            target=target.id,
            name=suite.name,
            at=suite.at,
            stale=suite.is_old(observation.slot, target.spec.max_age),
            passed=suite.passed,
            failed=suite.failed,
            errors=suite.errors,
            skipped=suite.skipped,
            object_key=suite.key,
        )
        for suite in (facts.suites if facts is not None and facts.suites is not None else ())
    )
