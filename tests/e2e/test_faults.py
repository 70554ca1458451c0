"""Every fault of the sandbox against the deployed stack: what the report names, who is woken, what is never green."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from auditor.domain.report import Report
from tests.e2e.conftest import Deployed


@dataclass(frozen=True)
class Expected:
    """What one fault must lead to. ``causes`` are those of problems of their own: target, phase, cause."""

    fault: str
    at_fault: str = ""
    causes: set[tuple[str, str, str]] = field(default_factory=set)
    victims: set[str] = field(default_factory=set)
    gaps: set[tuple[str, str]] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    """Services that must not be green once two periods have passed."""
    words: str = ""
    """What the gap must say, ready to act on."""


BOTH_LOGINS = ("orders-database", "orders-database-login")

FAULTS = [
    Expected(
        "database-black-holed",
        at_fault="database",
        causes={(target, "tcp", "tcp.timeout") for target in BOTH_LOGINS},
        victims={"web-orders"},
    ),
    Expected(
        "application-password",
        at_fault="database",
        causes={("orders-database-login", "login", "pg.auth_failed")},
        victims={"web-orders"},
    ),
    Expected(
        "auditor-password",
        gaps={("orders-database", "self.credentials")},
        unknown={"database"},
        words="ALTER ROLE auditor",
    ),
    Expected(
        "auditor-blocked",
        gaps={(target, "tcp.timeout") for target in BOTH_LOGINS},
        unknown={"database"},
        words="web-orders passed",
    ),
    Expected(
        "auditor-permission",
        gaps={("orders-database", "aws.denied"), ("orders-database-login", "aws.denied")},
        unknown={"database"},
        words="secretsmanager:GetSecretValue",
    ),
    Expected("auditor-secret", gaps={("orders-database", "self.secret_malformed")}, unknown={"database"}),
    Expected("http-schedule", gaps={("web-home", "self.late"), ("web-orders", "self.late")}, unknown={"web"}),
    Expected("table-throttled", gaps={("web-home", "self.late"), ("web-orders", "self.late")}, unknown={"web"}),
    Expected(
        "web-errors",
        at_fault="web",
        causes={("web-home", "answer", "http.status"), ("web-orders", "answer", "http.status")},
    ),
    Expected(
        "web-drips",
        at_fault="web",
        causes={("web-home", "transfer", "http.transfer_timeout"), ("web-orders", "transfer", "http.transfer_timeout")},
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("expected", FAULTS, ids=lambda expected: expected.fault)
def test_a_fault_is_named_and_nothing_unseen_is_green(fresh: Deployed, expected: Expected) -> None:
    fresh.healthy()
    fresh.forget_messages()
    fresh.break_(expected.fault)
    try:
        report = fresh.report(lambda r: _as_expected(r, expected))
        assert {p.target for p in report.problems if p.victim_of} == expected.victims
        if expected.words:
            assert any(expected.words in f"{gap.summary} {gap.reason} {gap.remedy}" for gap in report.coverage_gaps)
        pages = fresh.messages("pages", enough=_woken, seconds=40.0 if expected.at_fault else 15.0)
        assert _woken(pages) == ([f"sandbox-{expected.at_fault}-open-incident"] if expected.at_fault else [])
    finally:
        fresh.mend(expected.fault)
    fresh.healthy()


def _as_expected(report: Report, expected: Expected) -> bool:
    """Whether the report has come to say all of it; what it says too much is asserted afterwards."""
    services = {line.id: line for line in report.services}
    own = {(p.target, str(p.phase), p.cause) for p in report.problems if not p.victim_of and p.status == "FAIL"}
    gaps = {(gap.target, gap.cause) for gap in report.coverage_gaps}
    return (
        {id for id, line in services.items() if line.at_fault} == ({expected.at_fault} if expected.at_fault else set())
        and own == expected.causes
        and gaps == expected.gaps
        and all(services[id].verdict == "UNKNOWN" for id in expected.unknown)
    )


def _woken(pages: list[dict[str, Any]]) -> list[str]:
    return [page["AlarmName"] for page in map(_body, pages) if page.get("NewStateValue") == "ALARM"]


def _body(message: dict[str, str]) -> dict[str, str]:
    document: dict[str, str] = json.loads(message["Message"])
    return document


@pytest.mark.slow
def test_a_stopped_schedule_fires_its_silence_alarm_and_wakes_nobody(fresh: Deployed) -> None:
    fresh.healthy()
    fresh.forget_messages()
    fresh.break_("http-schedule")
    try:
        # Alarms that get their first data say OK, sooner or later after a deployment.
        told = _woken(fresh.messages("stories", enough=_woken, seconds=90.0))
        assert told == ["sandbox-http-silent"], fresh.failed_runs()
        assert _woken(fresh.messages("pages", enough=_woken, seconds=5.0)) == []
    finally:
        fresh.mend("http-schedule")
    fresh.healthy()
