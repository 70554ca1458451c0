"""What a real PostgreSQL answers to logins and the query, by cause and by whose login it is."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from auditor.domain.observation import Phase
from auditor.domain.result import Status
from functions.database.facts import SecretAgreement
from sandbox.postgres import Postgres, Role
from tests.functional.functions.database.conftest import (
    APPLICATION,
    MONITOR,
    RETIRED,
    SINGLE,
    HeldSecrets,
    ask,
    ask_all,
    spec_of,
)

PASSED = ("PASS", None, None)
SKIPPED = ("SKIPPED", None, None)
LATER = ("answers_query", "role_as_declared", "connections_below_limit", "responds_in_time")
OWN = ("no_session_blocked", "transactions_short")
APPLICATIONS = ("writes_allowed",)


@contextmanager
def altered(postgres: Postgres, change: str, undo: str) -> Iterator[None]:
    postgres.execute(change, database="postgres")
    try:
        yield
    finally:
        postgres.execute(undo, database="postgres")


def assert_targets_fault(asked_brief: dict[str, tuple[str, str | None, str | None]], cause: str) -> None:
    assert asked_brief == {
        "reachable": PASSED,
        "login_accepted": ("FAIL", "login", cause),
        **dict.fromkeys(LATER, SKIPPED),
        **dict.fromkeys(set(OWN + APPLICATIONS) & asked_brief.keys(), SKIPPED),
    }


def assert_auditors_limit(asked_brief: dict[str, tuple[str, str | None, str | None]], phase: str, cause: str) -> None:
    assert asked_brief == {
        "reachable": PASSED,
        "login_accepted": ("UNKNOWN", phase, cause),
        **dict.fromkeys(LATER, ("UNKNOWN", phase, cause)),
        **dict.fromkeys(set(OWN + APPLICATIONS) & asked_brief.keys(), ("UNKNOWN", phase, cause)),
    }


def test_a_healthy_server_passes_every_check_and_its_facts_are_true(postgres: Postgres) -> None:
    with closing(postgres.session(APPLICATION)):
        asked = ask(spec_of(postgres.port))
    assert set(asked.brief().values()) == {PASSED}
    assert asked.brief().keys() == {"reachable", "login_accepted", *LATER, *OWN}
    server = asked.facts.server
    assert server is not None
    assert (server.user, server.database, server.in_recovery) == ("health_auditor", "shop", False)
    assert (server.connections_used, server.connections_max, server.connections_of_own_role) == (2, 7, 1)
    assert server.role_is_monitor
    assert asked.facts.encrypted is False
    assert [timing.phase for timing in asked.observation.phases] == [
        Phase.PREPARE,
        Phase.TCP,
        Phase.LOGIN,
        Phase.QUERY,
    ]
    assert all(timing.ok for timing in asked.observation.phases)


def test_a_role_without_pg_monitor_counts_the_sessions_of_others_too(postgres: Postgres) -> None:
    with closing(postgres.session(MONITOR)), closing(postgres.session(SINGLE)):
        asked = ask(spec_of(postgres.port, APPLICATION, login="application"), APPLICATION.password)
    assert asked.facts.server is not None
    assert not asked.facts.server.role_is_monitor
    assert asked.facts.server.connections_used == 3


def test_the_session_is_named_and_gone_afterwards(postgres: Postgres) -> None:
    ask(spec_of(postgres.port))
    # The server's process ends a moment after the connection.
    until = time.monotonic() + 5
    while postgres.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'health_auditor'") != [[0]]:
        assert time.monotonic() < until, "the session is still there"
        time.sleep(0.05)


@pytest.mark.parametrize(
    "role", [APPLICATION, Role(name="nobody_known", password="canary-x")], ids=["wrong", "unknown"]
)
def test_a_refused_password_is_the_targets_fault_for_the_application_and_ours_for_our_own(
    postgres: Postgres, role: Role
) -> None:
    spec = spec_of(postgres.port, role, login="application")
    asked = ask(spec, "canary-wrong")
    assert_targets_fault(asked.brief(), "pg.auth_failed")
    assert asked.results["database.login_accepted"].evidence["sqlstate"] == "28P01"
    own = ask(spec_of(postgres.port, role), "canary-wrong")
    assert_auditors_limit(own.brief(), "login", "self.credentials")
    result = own.results["database.login_accepted"]
    assert result.evidence["refused_with"] == "pg.auth_failed"
    assert "docs/families/database.md" in result.remediation
    assert role.name in result.remediation


def test_a_missing_database_is_the_targets_fault_whoever_logs_in(postgres: Postgres) -> None:
    assert_targets_fault(ask(spec_of(postgres.port, database="mlflow")).brief(), "pg.no_database")
    asked = ask(spec_of(postgres.port, APPLICATION, login="application", database="x"), APPLICATION.password)
    assert_targets_fault(asked.brief(), "pg.no_database")


def test_a_role_that_may_not_log_in(postgres: Postgres) -> None:
    asked = ask(spec_of(postgres.port, RETIRED, login="application"), RETIRED.password)
    assert_targets_fault(asked.brief(), "pg.not_permitted")
    own = ask(spec_of(postgres.port, RETIRED), RETIRED.password)
    assert_auditors_limit(own.brief(), "login", "self.credentials")


def test_a_server_without_free_slots_fails_whoever_logs_in(postgres: Postgres) -> None:
    with ExitStack() as held:
        for _ in range(7):
            held.enter_context(closing(postgres.session(APPLICATION)))
        assert_targets_fault(ask(spec_of(postgres.port)).brief(), "pg.slots_full")
        for _ in range(3):
            held.enter_context(closing(postgres.session()))
        assert_targets_fault(ask(spec_of(postgres.port)).brief(), "pg.slots_full")


def test_a_role_at_its_own_limit(postgres: Postgres) -> None:
    with closing(postgres.session(SINGLE)):
        asked = ask(spec_of(postgres.port, SINGLE, login="application"), SINGLE.password)
        assert_targets_fault(asked.brief(), "pg.role_limit")
        own = ask(spec_of(postgres.port, SINGLE), SINGLE.password)
        assert_auditors_limit(own.brief(), "login", "self.credentials")


def test_a_database_at_its_limit_and_a_closed_one(postgres: Postgres) -> None:
    with altered(postgres, "ALTER DATABASE shop CONNECTION LIMIT 0", "ALTER DATABASE shop CONNECTION LIMIT -1"):
        assert_targets_fault(ask(spec_of(postgres.port)).brief(), "pg.database_limit")
    with altered(postgres, "ALTER DATABASE shop ALLOW_CONNECTIONS false", "ALTER DATABASE shop ALLOW_CONNECTIONS true"):
        assert_targets_fault(ask(spec_of(postgres.port)).brief(), "pg.database_closed")


def test_a_role_without_the_privilege_to_connect(postgres: Postgres) -> None:
    undo = "GRANT CONNECT ON DATABASE shop TO PUBLIC"
    with altered(postgres, "REVOKE CONNECT ON DATABASE shop FROM PUBLIC", undo):
        asked = ask(spec_of(postgres.port, SINGLE, login="application"), SINGLE.password)
        assert_targets_fault(asked.brief(), "pg.no_privilege")
        undo = "GRANT CONNECT ON DATABASE shop TO health_auditor"
        with altered(postgres, "REVOKE CONNECT ON DATABASE shop FROM health_auditor", undo):
            assert_auditors_limit(ask(spec_of(postgres.port)).brief(), "login", "self.credentials")


def test_a_server_that_admits_no_such_client(postgres: Postgres) -> None:
    postgres.admit(["host shop health_auditor 127.0.0.1/32 scram-sha-256"])
    try:
        asked = ask(spec_of(postgres.port, APPLICATION, login="application"), APPLICATION.password)
        assert_targets_fault(asked.brief(), "pg.no_hba_no_tls")
        postgres.admit(["host shop health_auditor 127.0.0.1/32 reject"])
        assert_auditors_limit(ask(spec_of(postgres.port)).brief(), "login", "self.credentials")
    finally:
        postgres.admit(["host all all 127.0.0.1/32 scram-sha-256"])


def test_a_standby_answers_and_is_not_the_primary(postgres: Postgres) -> None:
    signal = postgres._data / "standby.signal"
    postgres.stop()
    signal.touch()
    try:
        postgres.start()
        brief = ask(spec_of(postgres.port)).brief()
        assert brief["answers_query"] == PASSED
        assert brief["role_as_declared"] == ("FAIL", "answer", "pg.read_only")
    finally:
        postgres.stop()
        signal.unlink()
        postgres.start()


def test_more_connections_than_the_threshold_allows_warn(postgres: Postgres) -> None:
    with closing(postgres.session(APPLICATION)), closing(postgres.session(APPLICATION)):
        below = ask(spec_of(postgres.port, max_connections_percent=43))
        above = ask(spec_of(postgres.port, max_connections_percent=42))
    assert below.brief()["connections_below_limit"] == PASSED
    assert above.brief()["connections_below_limit"] == ("WARN", "answer", "pg.connections_high")
    assert above.results["database.connections_below_limit"].evidence["connections_percent"] == 42.9


def test_a_secret_in_json_agrees_or_disagrees_and_shows_no_value(postgres: Postgres) -> None:
    password = MONITOR.password
    agreeing = ask(
        spec_of(postgres.port),
        f'{{"password": "{password}", "username": "health_auditor", "host": "127.0.0.1", "port": {postgres.port}, '
        '"dbname": "shop"}',
    )
    assert agreeing.facts.secret_agrees == SecretAgreement(user=True, host=True, port=True, database=True)
    odd = ask(
        spec_of(postgres.port, password_key="database_password"),
        f'{{"database_password": "{password}", "username": "canary-user", "host": "canary-host", "port": "1"}}',
    )
    assert odd.facts.secret_agrees == SecretAgreement(user=False, host=False, port=False, database=None)
    assert odd.brief()["login_accepted"] == PASSED
    assert odd.results["database.login_accepted"].evidence["secret_user_agrees"] is False


def test_a_secret_that_was_rotated_since_it_was_read_is_no_outage(postgres: Postgres) -> None:
    spec = spec_of(postgres.port, APPLICATION, login="application")
    secrets = HeldSecrets({spec.secret: APPLICATION.password}, cached={spec.secret: "canary-before-rotation"})
    (asked,) = ask_all([spec], secrets)
    assert_auditors_limit(asked.brief(), "login", "self.credentials")
    (asked,) = ask_all([spec], secrets)
    assert set(asked.brief().values()) == {PASSED}


def test_a_server_whose_password_was_changed_alone_is_the_targets_fault(postgres: Postgres) -> None:
    postgres.set_password("shop", "canary-other")
    try:
        spec = spec_of(postgres.port, APPLICATION, login="application")
        secrets = HeldSecrets({spec.secret: APPLICATION.password}, cached={spec.secret: APPLICATION.password})
        (asked,) = ask_all([spec], secrets)
        assert_targets_fault(asked.brief(), "pg.auth_failed")
    finally:
        postgres.set_password("shop", APPLICATION.password)


def test_probes_in_one_run_do_not_disturb_each_other(postgres: Postgres) -> None:
    good = [spec_of(postgres.port) for _ in range(2)]
    bad = spec_of(postgres.port, APPLICATION, login="application")
    asked = ask_all([*good, bad], HeldSecrets({bad.secret: MONITOR.password}))
    assert [a.results["database.login_accepted"].status for a in asked] == [Status.PASS, Status.PASS, Status.FAIL]
