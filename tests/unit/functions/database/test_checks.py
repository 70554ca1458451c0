"""What no probe against a real server shows: gaps in an observation, slowness, and every cause in every phase."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.cause import KERNEL_CAUSES
from auditor.domain.check import judge
from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming, Vantage
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from functions.database.checks import CHECKS
from functions.database.facts import CAUSES, ActivityFacts, DatabaseFacts, ServerFacts
from functions.database.family import DatabaseSpec

SERVER = ServerFacts(
    version="15.18",
    user="health_auditor",
    database="shop",
    in_recovery=False,
    connections_used=10,
    connections_max=97,
    connections_of_own_role=1,
    role_is_monitor=True,
    activity=ActivityFacts(),
)
FACTS = DatabaseFacts(addresses=("10.0.1.5",), encrypted=True, login="own", server=SERVER)
DONE = (Phase.NAME, Phase.TCP, Phase.TLS, Phase.LOGIN, Phase.QUERY)


def target(**changes: Any) -> Target[DatabaseSpec]:
    values: dict[str, Any] = {"host": "db.test", "database": "shop", "user": "health_auditor", "secret": "s"}
    spec = DatabaseSpec(**(values | changes))
    return Target(id="db", family="database", service="shop", component="rds.shop", spec=spec)


def observed(
    facts: DatabaseFacts | None = FACTS,
    *,
    done: Sequence[Phase] = DONE,
    failures: tuple[Failure, ...] = (),
    each_ms: float = 2.0,
) -> Observation[DatabaseFacts]:
    return Observation(
        family="database",
        target="db",
        slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
        vantage=Vantage(kind="function", name="database"),
        facts=facts,
        phases=tuple(
            PhaseTiming(phase=phase, start_ms=number * each_ms, duration_ms=each_ms, ok=True)
            for number, phase in enumerate(done)
        ),
        failures=failures,
    )


def results(observation: Observation[DatabaseFacts], **changes: Any) -> dict[str, Result]:
    return {result.check: result for result in judge(CHECKS, target(**changes), observation)}


def test_ids_are_healthy_claims_of_this_family_and_each_has_a_remedy() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS) == 11
    assert all(check.id.startswith("database.") and check.remediation for check in CHECKS)
    critical = {check.id for check in CHECKS if check.severity is Severity.CRITICAL}
    assert critical == {"database.reachable", "database.login_accepted", "database.answers_query"}


@pytest.mark.parametrize("missing", [Phase.TCP, Phase.TLS])
def test_a_phase_that_was_not_seen_to_succeed_is_no_pass(missing: Phase) -> None:
    result = results(observed(done=[phase for phase in DONE if phase is not missing]))["database.reachable"]
    assert (result.status, result.cause) == (Status.UNKNOWN, "self.bug")


def test_a_login_that_was_not_seen_and_facts_that_are_missing_are_no_pass() -> None:
    asked = results(observed(replace(FACTS, server=None), done=DONE[:3]))
    assert asked["database.reachable"].status is Status.PASS
    later = [result for name, result in asked.items() if name != "database.reachable"]
    assert {(result.status, result.cause) for result in later} == {(Status.UNKNOWN, "self.bug")}


def test_without_facts_nothing_passes() -> None:
    assert {result.status for result in results(observed(None)).values()} == {Status.UNKNOWN}


@pytest.mark.parametrize("login", ["own", "application"])
@pytest.mark.parametrize("phase", [Phase.PREPARE, *DONE])
def test_whatever_fails_in_whatever_phase_nothing_after_it_passes(login: str, phase: Phase) -> None:
    order = [
        "database.reachable",
        "database.login_accepted",
        "database.answers_query",
        *(check.id for check in CHECKS[3:] if check.asks(target(login=login))),
    ]
    for cause in (*KERNEL_CAUSES, *CAUSES):
        failure = Failure(phase=phase, cause=cause.id, detail="it went wrong")
        asked = results(observed(replace(FACTS, server=None), failures=(failure,)), login=login)
        statuses = [asked[name].status for name in order]
        first = next(number for number, status in enumerate(statuses) if status is not Status.PASS)
        after = {Status.SKIPPED} if statuses[first] is Status.FAIL else {Status.UNKNOWN}
        assert statuses[first] in (Status.FAIL, Status.UNKNOWN), (cause.id, statuses)
        assert set(statuses[first + 1 :]) <= after, (cause.id, statuses)
        assert asked[order[first]].remediation
        if cause.id.startswith(("self.", "aws.")) or phase is Phase.PREPARE:
            assert statuses[first] is Status.UNKNOWN, (cause.id, statuses)


def test_only_refusals_of_the_auditors_own_role_are_laid_to_the_auditor() -> None:
    laid = set()
    for cause in CAUSES:
        failure = Failure(phase=Phase.LOGIN, cause=cause.id, detail="refused")
        result = results(observed(replace(FACTS, server=None), failures=(failure,)))["database.login_accepted"]
        if result.cause == "self.credentials":
            laid.add(cause.id)
            assert result.evidence["refused_with"] == cause.id
    assert laid == {
        "pg.auth_failed",
        "pg.not_permitted",
        "pg.no_hba",
        "pg.no_hba_no_tls",
        "pg.certificate_demanded",
        "pg.role_limit",
        "pg.no_privilege",
    }


@pytest.mark.parametrize("phase", [Phase.REQUEST, Phase.TRANSFER, Phase.ANSWER])
def test_a_failure_in_a_phase_that_no_step_has_stops_the_last(phase: Phase) -> None:
    failure = Failure(phase=phase, cause="tcp.reset", detail="db.test:5432 reset the connection")
    last = results(observed(failures=(failure,)))["database.answers_query"]
    assert (last.status, last.cause, last.phase) == (Status.FAIL, "tcp.reset", phase)


def test_every_cause_that_can_fail_a_target_has_a_remedy_of_its_own() -> None:
    generic = {check.remediation for check in CHECKS}
    findings = {
        "pg.connections_high",
        "pg.slow",
        "pg.sessions_blocked",
        "pg.transaction_long",
        "pg.replica_behind",
        "pg.schema_differs",
        "pg.schema_absent",
    }
    for cause in CAUSES:
        failure = Failure(phase=Phase.LOGIN, cause=cause.id, detail="refused")
        asked = results(observed(replace(FACTS, server=None), failures=(failure,)), login="application")
        own = next(result for result in asked.values() if result.status in (Status.FAIL, Status.UNKNOWN))
        assert (own.remediation in generic) == (cause.id in findings), cause.id


def test_slowness_warns_with_the_phase_that_took_the_time_and_leaves_the_preparation_out() -> None:
    slow = observed(done=[Phase.PREPARE, *DONE], each_ms=401)
    result = results(slow)["database.responds_in_time"]
    assert (result.status, result.cause, result.evidence["total_ms"]) == (Status.WARN, "pg.slow", 2005)
    assert (
        results(observed(done=[Phase.PREPARE, *DONE], each_ms=400))["database.responds_in_time"].status is Status.PASS
    )


@pytest.mark.parametrize(("used", "status"), [(80, Status.PASS), (81, Status.WARN), (100, Status.WARN)])
def test_connections_are_measured_against_the_catalogues_threshold(used: int, status: Status) -> None:
    server = replace(SERVER, connections_used=used, connections_max=100)
    assert results(observed(replace(FACTS, server=server)))["database.connections_below_limit"].status is status


def test_a_server_that_allows_no_connections_at_all_cannot_be_judged() -> None:
    server = replace(SERVER, connections_max=0)
    result = results(observed(replace(FACTS, server=server)))["database.connections_below_limit"]
    assert result.status is Status.UNKNOWN
