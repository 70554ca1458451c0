"""The questions asked of CI's results. All are advisory: a failing test is a finding, never an outage."""

from dataclasses import replace
from datetime import timedelta

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.test_suites import remedies
from functions.test_suites.facts import SuiteFacts, SuitesFacts
from functions.test_suites.family import SuitesSpec

SuitesTarget = Target[SuitesSpec]
SuitesObservation = Observation[SuitesFacts]

_MAX_LISTED = 5
_PROBLEMS = {
    "not_xml": "is no XML",
    "doctype": "declares a document type, which results never need",
    "not_junit": "is no JUnit result",
    "too_deep": "is deeper than results are",
    "too_many_elements": "holds more elements than results do",
    "too_large": "is larger than 4 MiB",
}


def _present(target: SuitesTarget, observation: SuitesObservation) -> Answer:
    facts, place = _facts(observation), f"{target.spec.bucket}/{target.spec.prefix}"
    if facts.files is None:
        return _not_read("files", facts)
    if not facts.files:
        return _failed("test_suites.no_results", f"No result file lies under {place}.", files=0)
    return passed(f"{facts.files} result files lie under {place}.", files=facts.files)


def _readable(target: SuitesTarget, observation: SuitesObservation) -> Answer:
    earlier = _unless_present(target, observation)
    if earlier is not None:
        return earlier
    facts = _facts(observation)
    if facts.refused:
        told = "; ".join(f"{each.key} {_PROBLEMS[each.problem]}" for each in facts.refused[:_MAX_LISTED])
        return _failed("test_suites.file_refused", f"Not taken for results: {told}.", refused=len(facts.refused))
    if "file" in facts.unread or facts.suites is None:
        return _not_read("file", facts)
    return passed(f"Every result file was read: {len(facts.suites)} suites.", suites=len(facts.suites))


def _recent(target: SuitesTarget, observation: SuitesObservation) -> Answer:
    suites = _suites(target, observation)
    if isinstance(suites, Answer):
        return suites
    hours = target.spec.max_age / timedelta(hours=1)
    old = [suite for suite in suites if suite.is_old(observation.slot, target.spec.max_age)]
    if old:
        summary = f"Results older than {hours:g} h: {_named(old)}."
        return _failed("test_suites.results_old", summary, old=len(old), suites=len(suites))
    return passed(f"All {len(suites)} suites have results of the last {hours:g} h.", suites=len(suites))


def _pass(target: SuitesTarget, observation: SuitesObservation) -> Answer:
    suites = _suites(target, observation)
    if isinstance(suites, Answer):
        return suites
    fresh = [suite for suite in suites if not suite.is_old(observation.slot, target.spec.max_age)]
    if not fresh:
        return skipped("All results are old; what they said then is not said of now.", old=len(suites))
    counts: dict[str, Scalar] = {
        "tests": sum(suite.total for suite in fresh),
        "passed": sum(suite.passed for suite in fresh),
        "failed": sum(suite.failed for suite in fresh),
        "errors": sum(suite.errors for suite in fresh),
        "skipped": sum(suite.skipped for suite in fresh),
    }
    bad = [suite for suite in fresh if suite.failed or suite.errors]
    if bad:
        summary = f"{counts['failed']} of {counts['tests']} tests failed and {counts['errors']} could not be run: "
        return _failed("test_suites.tests_failed", f"{summary}{_named(bad)}.", **counts)
    idle = [suite for suite in fresh if not suite.passed]
    if idle:
        return _failed("test_suites.nothing_ran", f"Not one test ran in {_named(idle)}.", **counts)
    return passed(f"{counts['passed']} tests of {len(fresh)} suites passed.", **counts)


def _totals(target: SuitesTarget, observation: SuitesObservation) -> Answer:
    suites = _suites(target, observation)
    if isinstance(suites, Answer):
        return suites
    other = [suite for suite in suites if suite.declared is not None and suite.declared != suite.total]
    if other:
        told = "; ".join(f"{s.name} says {s.declared} and holds {s.total}" for s in other[:_MAX_LISTED])
        return _failed("test_suites.totals_differ", f"Totals that do not add up: {told}.", suites=len(other))
    return passed("Every file holds as many tests as it says.", suites=len(suites))


def _suites(target: SuitesTarget, observation: SuitesObservation) -> tuple[SuiteFacts, ...] | Answer:
    """The suites, at least one; or the answer that there is without them."""
    earlier = _unless_present(target, observation)
    if earlier is not None:
        return earlier
    facts = _facts(observation)
    if facts.suites:
        return facts.suites
    if "file" in facts.unread or facts.suites is None:
        return _not_read("file", facts)
    return skipped("Not asked, because no file could be taken for results.")


def _unless_present(target: SuitesTarget, observation: SuitesObservation) -> Answer | None:
    answer = _present(target, observation)
    if answer.status is Status.FAIL:
        return skipped("Not asked, because test_suites.results_present failed.")
    return None if answer.status is Status.PASS else answer


def _named(suites: list[SuiteFacts]) -> str:
    listed = ", ".join(suite.name for suite in suites[:_MAX_LISTED])
    return f"{listed}, …" if len(suites) > _MAX_LISTED else listed


def _failed(cause: str, summary: str, **evidence: Scalar) -> Answer:
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def _not_read(part: str, facts: SuitesFacts) -> Answer:
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def _facts(observation: SuitesObservation) -> SuitesFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


CHECKS: tuple[Check[SuitesSpec, SuitesFacts], ...] = (
    Check(
        id="test_suites.results_present",
        severity=Severity.ADVISORY,
        judge=_present,
        remediation="See whether CI still writes its results to this prefix.",
    ),
    Check(
        id="test_suites.results_readable",
        severity=Severity.ADVISORY,
        judge=_readable,
        remediation="Write JUnit XML without a document type; see what CI uploaded in its place.",
    ),
    Check(
        id="test_suites.results_recent",
        severity=Severity.ADVISORY,
        judge=_recent,
        remediation="See why CI did not run these suites; take the files of suites that are gone away.",
    ),
    Check(
        id="test_suites.suites_pass",
        severity=Severity.ADVISORY,
        judge=_pass,
        remediation="Read the failing tests in CI.",
    ),
    Check(
        id="test_suites.totals_agree",
        severity=Severity.ADVISORY,
        judge=_totals,
        remediation="See what writes the file: tests are counted that are not in it, or the other way round.",
    ),
)
