"""The script with which an owner makes the auditor's role, run by a real psql: what the role may, and may not."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from pg8000.exceptions import DatabaseError
from pg8000.native import identifier

from sandbox.postgres import MONITORING_SCRIPT, Postgres, PostgresError, Role

NAME = 'watch "dog'
"""Names are the owner's: this one must be quoted."""
PASSWORD = "canary-watch-4711"
WATCHER = Role(name=NAME, password=PASSWORD)


def make(postgres: Postgres, **more: str) -> None:
    postgres.run_script(MONITORING_SCRIPT, role=NAME, keep_password="yes", **more)
    postgres.set_password(NAME, PASSWORD)


@pytest.fixture(scope="module")
def watched(postgres: Postgres) -> Iterator[Postgres]:
    """The server with tables of a platform, and the role made twice: the second time changes nothing."""
    for statement in (
        "CREATE SCHEMA app",
        "CREATE TABLE app.versions (version_num text, note text)",
        "CREATE TABLE customers (name text)",
    ):
        postgres.execute(statement)
    for _ in range(2):
        make(postgres, versions="app.versions.version_num")
    yield postgres
    for statement in (
        "DROP SCHEMA app CASCADE",
        "DROP TABLE customers",
        f"DROP OWNED BY {identifier(NAME)}",
        f"DROP ROLE {identifier(NAME)}",
    ):
        postgres.execute(statement)


def sqlstate_of(postgres: Postgres, statement: str = "SELECT 1", *, first: str = "SELECT 1") -> str:
    """What the role is refused with: at the login, or for a statement."""
    with pytest.raises(DatabaseError) as refused, closing(postgres.session(WATCHER)) as session:  # noqa: PT012
        session.run(first)
        session.run(statement)
    return str(refused.value.args[0]["C"])


def test_it_sees_who_is_connected_and_reads_the_declared_column(watched: Postgres) -> None:
    with closing(watched.session(WATCHER)) as session:
        assert session.run("SELECT pg_has_role(current_user, 'pg_monitor', 'USAGE')") == [[True]]
        assert session.run("SELECT count(*) FROM app.versions WHERE version_num = 'a1'") == [[0]]


@pytest.mark.parametrize("statement", ["SELECT * FROM customers", "SELECT note FROM app.versions"])
def test_it_reads_nothing_else(watched: Postgres, statement: str) -> None:
    assert sqlstate_of(watched, statement) == "42501"


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("CREATE TABLE mine (id int)", "25006"),
        ("INSERT INTO customers VALUES ('x')", "25006"),
        ("CREATE ROLE another", "25006"),
        ("SELECT pg_reload_conf()", "42501"),
        ("COPY customers TO PROGRAM 'cat'", "42501"),
    ],
)
def test_it_changes_nothing(watched: Postgres, statement: str, sqlstate: str) -> None:
    assert sqlstate_of(watched, statement) == sqlstate


def test_who_lifts_its_read_only_default_has_no_right_to_write_all_the_same(watched: Postgres) -> None:
    lifted = "SET default_transaction_read_only = off"
    assert sqlstate_of(watched, "CREATE TABLE mine (id int)", first=lifted) == "42501"
    assert sqlstate_of(watched, "CREATE ROLE another", first=lifted) == "42501"


def test_it_ends_nobodys_session(watched: Postgres) -> None:
    with closing(watched.session()):
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'"
        assert sqlstate_of(watched, end) == "42501"


def test_a_fourth_connection_is_refused(watched: Postgres) -> None:
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(closing(watched.session(WATCHER)))
        assert sqlstate_of(watched) == "53300"


def test_it_is_no_member_of_anything_else(watched: Postgres) -> None:
    member_of = watched.execute(
        "SELECT roleid::regrole::text FROM pg_auth_members JOIN pg_roles r ON r.oid = member "
        "WHERE rolname = 'watch \"dog' ORDER BY 1"
    )
    assert member_of == [["pg_monitor"]]


def test_a_role_that_may_more_is_not_made_the_auditors(postgres: Postgres) -> None:
    postgres.execute("CREATE ROLE powerful CREATEROLE")
    try:
        with pytest.raises(PostgresError, match="this role may do more than watch"):
            postgres.run_script(MONITORING_SCRIPT, role="powerful", keep_password="yes")
        assert postgres.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'powerful'") == [[False]]
    finally:
        postgres.execute("DROP ROLE powerful")


def test_without_a_name_it_says_what_is_missing(postgres: Postgres) -> None:
    with pytest.raises(PostgresError, match="give the role: -v role=health_auditor"):
        postgres.run_script(MONITORING_SCRIPT, keep_password="yes")
