"""What people can do, by cause: text only."""

from auditor.domain.remedy import AWS_CALLS

_BY_CAUSE = {
    **AWS_CALLS,
    "test_suites.no_results": "See whether CI still writes its results to this prefix, or correct the prefix in the "
    "catalogue.",
    "test_suites.file_refused": "Write JUnit XML without a document type; see what was uploaded in its place.",
    "test_suites.results_old": "See why CI did not run these suites; delete the files of suites that are gone.",
    "test_suites.tests_failed": "Read the failing tests in CI; whether users feel them the platform's own targets say.",
    "test_suites.nothing_ran": "See why CI collected or ran no test: an empty suite proves nothing.",
    "test_suites.totals_differ": "See what writes the file; its own numbers are not used here.",
    "aws.not_found": "Correct the bucket in the catalogue; nothing is said about the platform.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
