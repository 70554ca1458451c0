"""What is said of what a server says about itself, with its numbers, and what is never a pass."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.result import Result, Status
from functions.database.facts import DatabaseFacts, RoleUse, SchemaFacts, ServerFacts
from functions.database.family import SchemaVersion
from tests.unit.functions.database.test_checks import FACTS, SERVER, observed, results


def asked(check: str, server: ServerFacts = SERVER, facts: DatabaseFacts = FACTS, **spec: Any) -> Result:
    return results(observed(replace(facts, server=server)), **spec)[f"database.{check}"]


def brief(result: Result) -> tuple[Status, str | None]:
    return result.status, result.cause


@pytest.mark.parametrize(
    ("role", "in_recovery", "expected"),
    [
        ("primary", False, (Status.PASS, None)),
        ("replica", True, (Status.PASS, None)),
        ("primary", True, (Status.FAIL, "pg.read_only")),
        ("replica", False, (Status.FAIL, "pg.not_replica")),
    ],
)
def test_a_server_has_the_role_that_is_declared(role: str, in_recovery: bool, expected: Any) -> None:
    result = asked("role_as_declared", replace(SERVER, in_recovery=in_recovery), role=role)
    assert brief(result) == expected


@pytest.mark.parametrize(
    ("by_default", "of_role", "expected"),
    [
        (False, False, (Status.PASS, None)),
        (True, True, (Status.PASS, None)),
        (True, False, (Status.FAIL, "pg.read_only_default")),
    ],
)
def test_a_read_only_default_fails_where_it_is_not_the_logins_own(
    by_default: bool, of_role: bool, expected: Any
) -> None:
    server = replace(SERVER, read_only_by_default=by_default, read_only_is_of_role=of_role)
    assert brief(asked("writes_allowed", server, login="application")) == expected


def test_whether_writes_are_allowed_is_not_asked_with_the_own_role_nor_of_a_replica() -> None:
    assert "database.writes_allowed" not in results(observed())
    assert "database.writes_allowed" not in results(observed(), login="application", role="replica")


def test_who_holds_the_connections_is_said() -> None:
    roles = (
        RoleUse(role="shop", connections=70, idle_in_transaction=12),
        RoleUse(role="mlflow", connections=9, idle_in_transaction=1),
    )
    result = asked("connections_below_limit", replace(SERVER, connections_used=90, roles=roles))
    assert result.status is Status.WARN
    assert "The role shop holds 70" in result.summary
    assert result.evidence["connections_by_role"] == "shop 70, mlflow 9"
    assert result.evidence["idle_in_transaction"] == 13


def test_without_pg_monitor_nobody_knows_who_is_idle() -> None:
    roles = (RoleUse(role="shop", connections=70, idle_in_transaction=None),)
    result = asked("connections_below_limit", replace(SERVER, role_is_monitor=False, roles=roles), login="application")
    assert result.evidence["idle_in_transaction"] is None


@pytest.mark.parametrize(
    ("lag", "expected"),
    [
        (0.0, (Status.PASS, None)),
        (30.0, (Status.PASS, None)),
        (30.1, (Status.WARN, "pg.replica_behind")),
        (None, (Status.UNKNOWN, "pg.lag_not_told")),
    ],
)
def test_a_replica_may_be_so_far_behind(lag: float | None, expected: Any) -> None:
    server = replace(SERVER, in_recovery=True, replay_lag_seconds=lag)
    limits = {"role": "replica", "max_replica_lag": timedelta(seconds=30)}
    assert brief(asked("replicas_in_time", server, **limits)) == expected
    assert "database.replicas_in_time" not in results(observed(), role="replica")


def test_of_a_replica_that_is_none_no_lag_is_known() -> None:
    server = replace(SERVER, in_recovery=False, replay_lag_seconds=0.0)
    result = asked("replicas_in_time", server, role="replica", max_replica_lag=timedelta(seconds=30))
    assert brief(result) == (Status.UNKNOWN, "pg.lag_not_told")


DECLARED = {"schema_versions": (SchemaVersion(table="app.alembic_version", expected=("a1", "b2")),)}


def schema(outcome: Any, *revisions: str, **spec: Any) -> Result:
    found = (SchemaFacts(table="app.alembic_version", outcome=outcome, revisions=revisions),)
    return asked("schema_as_declared", facts=replace(FACTS, schema=found), **(DECLARED | spec))


def test_a_schema_has_exactly_the_declared_revisions_in_any_order() -> None:
    assert schema("read", "b2", "a1").status is Status.PASS
    for held in (("a1",), ("a1", "b2", "c3"), ()):
        result = schema("read", *held)
        assert brief(result) == (Status.WARN, "pg.schema_differs")
        assert "a1, b2 is declared" in result.summary


def test_a_table_that_is_absent_is_a_finding_and_one_that_is_not_read_is_none() -> None:
    assert brief(schema("absent")) == (Status.WARN, "pg.schema_absent")
    for outcome in ("failed", "unfit"):
        assert brief(schema(outcome)) == (Status.UNKNOWN, "pg.schema_unread")
    denied = schema("denied")
    assert (*brief(denied), denied.evidence["refused_with"]) == (Status.UNKNOWN, "self.credentials", "pg.no_privilege")
    assert brief(schema("denied", login="application")) == (Status.UNKNOWN, "pg.schema_unread")


def test_a_declared_table_that_the_probe_does_not_speak_of_is_no_pass() -> None:
    assert brief(asked("schema_as_declared", **DECLARED)) == (Status.UNKNOWN, "self.bug")
    assert "database.schema_as_declared" not in results(observed())
