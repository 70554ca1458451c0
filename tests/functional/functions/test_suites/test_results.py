"""The family against S3 in memory; the situations of the fault lab are run there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.test_suites.family import FAMILY, SuitesSpec
from tests.fault_lab.test_suites_lab import BUCKET, PREFIX, dropped, suite

Ask = Callable[[SuitesSpec], Any]
SPEC = SuitesSpec(bucket=BUCKET, prefix=PREFIX)
HOUR = timedelta(hours=1)


def test_numbers_are_counted_and_add_up_and_two_files_take_the_declared_calls(aws: Any, ask: Ask) -> None:
    mixed = suite(passed=13, failure=6, error=3, skipped=1, declared=23)
    dropped(aws, {"7/unit.xml": (mixed, HOUR), "7/api.xml": (suite(passed=2), HOUR)})
    aws.calls.clear()
    asked = ask(SPEC)
    assert len(aws.calls) == FAMILY.calls_per_target
    numbers = {s.name: (s.passed, s.failed, s.errors, s.skipped, s.total) for s in asked.facts.suites}
    assert numbers == {"unit": (13, 6, 3, 1, 23), "api": (2, 0, 0, 0, 2)}
    assert asked.brief()["suites_pass"] == ("FAIL", "test_suites.tests_failed")
    assert asked.results["suites_pass"].evidence["tests"] == 25


def test_several_suites_of_one_file_are_told_apart_and_inner_ones_belong_to_them(aws: Any, ask: Ask) -> None:
    inner = '<testsuite name="in"><testcase/><testcase><failure/><error/></testcase></testsuite>'
    two = f'<testsuites><testsuite name="api">{inner}</testsuite><testsuite><testcase/></testsuite></testsuites>'
    dropped(aws, {"all.xml": (two, HOUR)})
    assert [(s.name, s.passed, s.errors) for s in ask(SPEC).facts.suites] == [("all: api", 1, 1), ("all: 2", 1, 0)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("bucket", "Not A Bucket"), ("prefix", "/junit/"), ("prefix", "junit"), ("max_age", timedelta(0))],
)
def test_a_target_that_means_nothing_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        SuitesSpec(**({"bucket": BUCKET, "prefix": PREFIX} | {field: value}))
