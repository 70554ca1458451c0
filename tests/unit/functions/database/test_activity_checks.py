"""Who waits for whom: thresholds, whom the words name, what to do with it, and what is never a pass."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.result import Result, Severity, Status
from functions.database.activity_checks import CHECKS
from functions.database.facts import ActivityFacts, OpenTransaction, WaitingSession
from tests.unit.functions.database.test_checks import FACTS, SERVER, observed, results

IDLE = OpenTransaction(pid=4711, role="shop", state="idle_in_transaction", seconds=310.2, blocks=2)


def asked(check: str, activity: ActivityFacts | None, **spec: Any) -> Result:
    server = replace(SERVER, activity=activity, role_is_monitor=activity is not None)
    return results(observed(replace(FACTS, server=server)), **spec)[f"database.{check}"]


def waiting(*seconds: float, blocker: OpenTransaction | None = IDLE) -> ActivityFacts:
    return ActivityFacts(
        waiting=tuple(WaitingSession(role="shop", seconds=each) for each in seconds),
        blockers=(blocker,) if blocker else (),
    )


@pytest.mark.parametrize(
    ("seconds", "limits", "status"),
    [
        ((), {}, Status.PASS),
        ((10.0,), {}, Status.PASS),
        ((10.1,), {}, Status.FAIL),
        ((40.0, 20.0, 3.0), {"max_blocked": 2}, Status.PASS),
        ((40.0, 20.0, 13.0), {"max_blocked": 2}, Status.FAIL),
        ((40.0,), {"max_lock_wait": timedelta(minutes=1)}, Status.PASS),
    ],
)
def test_sessions_may_wait_for_so_long(seconds: tuple[float, ...], limits: dict[str, Any], status: Status) -> None:
    assert asked("no_session_blocked", waiting(*seconds), **limits).status is status


def test_the_words_name_the_process_at_the_head_of_the_queue_and_how_to_end_it() -> None:
    result = asked("no_session_blocked", waiting(42.0, 12.0))
    assert "process 4711 of role shop, which is idle in its transaction and is open for 0:05:10" in result.summary
    assert "pg_terminate_backend(4711)" in result.remediation
    assert (result.evidence["blocked"], result.evidence["longest_wait_s"], result.evidence["blocks"]) == (2, 42.0, 2)


def test_who_still_works_is_not_called_forgotten() -> None:
    busy = replace(IDLE, state="active")
    result = asked("no_session_blocked", waiting(42.0, blocker=busy))
    assert "runs a statement" in result.summary
    assert "pg_cancel_backend" in result.remediation


def test_a_prepared_transaction_has_no_process_to_end() -> None:
    result = asked(
        "no_session_blocked", waiting(42.0, blocker=replace(IDLE, pid=0, role="", state="prepared", seconds=None))
    )
    assert "a transaction without a process, which was prepared and never ended." in result.summary
    assert "ROLLBACK PREPARED" in result.remediation
    assert "pg_terminate_backend" not in result.remediation


def test_a_blocker_that_is_gone_meanwhile_leaves_the_checks_own_remedy() -> None:
    result = asked("no_session_blocked", waiting(42.0, blocker=None))
    assert result.status is Status.FAIL
    assert result.remediation == next(c.remediation for c in CHECKS if c.id == "database.no_session_blocked")


@pytest.mark.parametrize(("seconds", "status"), [(1800.0, Status.PASS), (1800.1, Status.WARN)])
def test_a_transaction_may_be_open_for_so_long_and_a_longer_one_is_a_finding(seconds: float, status: Status) -> None:
    activity = ActivityFacts(oldest=(replace(IDLE, seconds=seconds), IDLE))
    result = asked("transactions_short", activity)
    assert (result.status, result.severity) == (status, Severity.ADVISORY)
    assert (result.evidence["pid"], result.evidence["state"]) == (4711, "idle_in_transaction")


def test_a_transaction_of_unknown_age_is_no_pass() -> None:
    result = asked("transactions_short", ActivityFacts(oldest=(replace(IDLE, seconds=None),)))
    assert (result.status, result.cause) == (Status.UNKNOWN, "self.bug")


def test_without_a_transaction_all_is_well() -> None:
    assert asked("transactions_short", ActivityFacts()).status is Status.PASS


@pytest.mark.parametrize("check", ["no_session_blocked", "transactions_short"])
def test_what_the_own_role_may_not_see_is_its_own_limit_and_never_a_pass(check: str) -> None:
    result = asked(check, None)
    assert (result.status, result.cause) == (Status.UNKNOWN, "self.credentials")
    assert "GRANT pg_monitor TO health_auditor" in result.remediation


def test_the_applications_login_is_not_asked_what_it_may_not_see() -> None:
    assert not {check.id for check in CHECKS} & set(results(observed(), login="application"))
