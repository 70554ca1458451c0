"""Results of test suites in a bucket in memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.test_suites.family import SuitesSpec
from tests.aws_account import CANARY, SLOT, Aws, account_in_memory
from tests.fault_lab.situation import Situation

BUCKET, PREFIX = "shop-builds", "junit/"
DAY = timedelta(days=1)


def suite(name: str = "unit", *, passed: int = 0, declared: int | None = None, **bad: int) -> str:
    """A file with so many tests; ``bad``: how many failure, error, skipped."""
    cases = [f'<testcase name="{CANARY} {number}"/>' for number in range(passed)]
    for tag, count in bad.items():
        told = f'<{tag} message="{CANARY}">{CANARY}</{tag}>'
        cases += [f'<testcase name="{CANARY}">{told}<system-out>{CANARY}</system-out></testcase>'] * count
    says = "" if declared is None else f' tests="{declared}"'
    return f'<testsuites><testsuite name="{name}"{says}>{"".join(cases)}</testsuite></testsuites>'


def dropped(aws: Aws, files: Mapping[str, tuple[str, timedelta]]) -> None:
    """Files that were written so long before the slot."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for key, (text, _) in files.items():
        s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}{key}", Body=text.encode())
    listed = [
        {"Key": f"{PREFIX}{key}", "LastModified": SLOT - age, "Size": len(text.encode())}
        for key, (text, age) in files.items()
    ]
    aws.answers("s3", "ListObjectsV2", lambda _: {"Contents": listed, "KeyCount": len(listed)})


def _files(aws: Aws, **texts: str) -> None:
    dropped(aws, {f"{name}.xml": (text, timedelta(hours=1)) for name, text in texts.items()})


def _refused(aws: Aws, operation: str, code: str) -> None:
    _files(aws, unit=suite(passed=3))
    aws.refuses("s3", operation, code)


_HOUR = timedelta(hours=1)
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><testsuites><testsuite name="&c;"/></testsuites>'
)
_EXTERNAL = (
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><testsuite name="x"><testcase name="&f;"/></testsuite>'
)
_DEEP = "<testsuite>" * 10_000 + "</testsuite>" * 10_000
_GOOD = {"unit": suite(passed=23), "integration": suite("api", passed=11)}

_ARRANGED: Mapping[str, Callable[[Aws], None]] = {
    "test_suites-green": lambda aws: _files(aws, **_GOOD),
    "test_suites-skips": lambda aws: _files(aws, unit=suite(passed=20, skipped=3)),
    "test_suites-newest-counts": lambda aws: dropped(
        aws,
        {"run-1/unit.xml": (suite(passed=1, failure=9), _HOUR * 25), "run-2/unit.xml": (suite(passed=10), _HOUR)},
    ),
    "test_suites-other-files": lambda aws: dropped(
        aws, {"notes.txt": ("hello", _HOUR), "a.png": ("\x89PNG", _HOUR), "unit.xml": (suite(passed=2), _HOUR)}
    ),
    "test_suites-failures": lambda aws: _files(aws, unit=suite(passed=17, failure=6)),
    "test_suites-errors": lambda aws: _files(aws, **_GOOD, e2e=suite(passed=5, error=1)),
    "test_suites-nothing-ran": lambda aws: _files(aws, **_GOOD, e2e=suite()),
    "test_suites-all-skipped": lambda aws: _files(aws, unit=suite(skipped=12)),
    "test_suites-stale": lambda aws: dropped(aws, {"unit.xml": (suite(passed=23), DAY * 3)}),
    "test_suites-stale-not-green": lambda aws: dropped(aws, {"unit.xml": (suite(passed=23), DAY * 3)}),
    "test_suites-one-stale": lambda aws: dropped(
        aws, {"unit.xml": (suite(passed=23), _HOUR), "e2e.xml": (suite(passed=2), DAY * 3)}
    ),
    "test_suites-none": lambda aws: dropped(aws, {}),
    "test_suites-no-bucket": lambda _: None,
    "test_suites-denied": partial(_refused, operation="ListObjectsV2", code="AccessDenied"),
    "test_suites-object-denied": partial(_refused, operation="GetObject", code="AccessDenied"),
    "test_suites-throttled": partial(_refused, operation="ListObjectsV2", code="SlowDown"),
    "test_suites-not-xml": lambda aws: _files(aws, **_GOOD, e2e="23 passed, 0 failed"),
    "test_suites-cut": lambda aws: _files(aws, **_GOOD, e2e=suite(passed=5)[:-20]),
    "test_suites-not-junit": lambda aws: _files(aws, **_GOOD, e2e="<html><body>404</body></html>"),
    "test_suites-entity-bomb": lambda aws: _files(aws, **_GOOD, e2e=_BOMB),
    "test_suites-external-entity": lambda aws: _files(aws, **_GOOD, e2e=_EXTERNAL),
    "test_suites-deep": lambda aws: _files(aws, **_GOOD, e2e=_DEEP),
    "test_suites-huge": lambda aws: _files(aws, **_GOOD, e2e=" " * (4 * 1024 * 1024 + 1)),
    "test_suites-counts-differ": lambda aws: _files(aws, unit=suite(passed=58, declared=82)),
}


@contextmanager
def _situation(arrange: Callable[[Aws], None]) -> Iterator[Situation]:
    with pytest.MonkeyPatch.context() as patch, account_in_memory(patch, "test_suites") as aws:
        arrange(aws)
        spec: Any = SuitesSpec(bucket=BUCKET, prefix=PREFIX)
        target = Target(id="t", family="test_suites", service="shop", component="ci.deploy", spec=spec)
        yield Situation(target=target, network=Network(resolver=("127.0.0.1", 9)), slot=SLOT)


SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    id: partial(_situation, arranged) for id, arranged in _ARRANGED.items()
}
