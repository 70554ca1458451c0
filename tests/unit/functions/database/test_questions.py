"""A server's rows to facts: only what was asked for, in its order, and no name that holds a password."""

from typing import Any

import pytest

from functions.database.family import SchemaVersion
from functions.database.questions import questions, server_facts
from functions.database.schema_version import access, facts, problem_of, reading

SERVER = ["server", "15.8 (Debian)", "auditor", "shop", False, 7, 97, 1, True, True, True, False, False, None, 2, 1500]
ROLE = ["role", "shop", 5, 2]
WAITING = ["waiting", 17, "shop", None, 900, 0]
BLOCKER = ["blocker", 16, "clerk", "idle in transaction (aborted)", 61_000, 1]
OLD = ["transaction", 16, "clerk", "idle in transaction", 61_000]
PASSWORD = "canary-4711"


def read(*rows: list[Any], password: str = PASSWORD) -> Any:
    return server_facts(list(rows), password=password, asked=frozenset({"auditor", "shop"}))


def with_values(row: list[Any], **values: Any) -> list[Any]:
    changed = list(row)
    for index, value in values.items():
        changed[int(index[1:])] = value
    return changed


def test_all_rows_become_facts() -> None:
    server = read(SERVER, ROLE, WAITING, BLOCKER, OLD)
    assert (server.version, server.connections_used, server.connections_max) == ("15.8", 7, 97)
    assert (server.offers_tls, server.forces_tls, server.read_only_by_default) == (True, True, False)
    assert (server.replay_lag_seconds, server.replicas, server.replicas_lag_seconds) == (None, 2, 1.5)
    assert [(role.role, role.connections, role.idle_in_transaction) for role in server.roles] == [("shop", 5, 2)]
    activity = server.activity
    assert [(w.role, w.seconds) for w in activity.waiting] == [("shop", 0.9)]
    assert [(b.pid, b.role, b.state, b.seconds, b.blocks) for b in activity.blockers] == [
        (16, "clerk", "idle_in_transaction", 61.0, 1)
    ]
    assert [(t.pid, t.state, t.blocks) for t in activity.oldest] == [(16, "idle_in_transaction", 0)]


def test_the_longest_comes_first_and_what_has_no_age_before_it() -> None:
    server = read(SERVER, BLOCKER, with_values(BLOCKER, _4=90_000), with_values(BLOCKER, _4=None, _1=0))
    assert [blocker.seconds for blocker in server.activity.blockers] == [None, 90.0, 61.0]


def test_without_the_right_to_see_nothing_is_said_of_sessions() -> None:
    server = read(with_values(SERVER, _8=False), ROLE, OLD)
    assert server.activity is None
    assert [role.idle_in_transaction for role in server.roles] == [None]


def test_a_clock_that_went_back_gives_no_negative_age() -> None:
    assert read(SERVER, with_values(OLD, _4=-5)).activity.oldest[0].seconds == 0


@pytest.mark.parametrize(
    "name", [f"a-{PASSWORD}-b", "red\x1b[31m", "", "x" * 64], ids=["password", "colour", "empty", "long"]
)
def test_a_name_of_others_that_may_not_be_kept_is_withheld(name: str) -> None:
    server = read(SERVER, with_values(ROLE, _1=name), with_values(WAITING, _2=name))
    assert [role.role for role in server.roles] == ["<withheld>"]
    assert server.activity.waiting[0].role == "<withheld>"


def test_a_short_password_that_is_a_part_of_honest_names_fails_nobody() -> None:
    assert read(SERVER, ROLE, password="shop").roles[0].role == "<withheld>"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [ROLE],
        [SERVER, SERVER],
        [SERVER, ["?", 1]],
        [SERVER, [None]],
        [SERVER, []],
        [SERVER, *[ROLE] * 9],
        [SERVER, *[WAITING] * 21],
        [SERVER, ROLE[:-1]],
        [SERVER, [*ROLE, 1]],
        [with_values(SERVER, _2=PASSWORD)],
        [with_values(SERVER, _3="x\ny")],
        [with_values(SERVER, _1="fifteen")],
        [with_values(SERVER, _5=None)],
        [with_values(SERVER, _5=True)],
        [with_values(SERVER, _4=0)],
        [SERVER, with_values(OLD, _1="16")],
    ],
)
def test_other_rows_than_were_asked_for_are_no_answer(rows: list[list[Any]]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(*rows)


def test_every_question_is_read_only_and_ends_by_itself() -> None:
    text = questions(timeout_ms=1234)
    assert text.split(";")[0].strip() == "BEGIN READ ONLY"
    assert "statement_timeout = 1234" in text
    assert text.strip().endswith("COMMIT")


VERSION = SchemaVersion(table="app.versions", column="revision", expected=("a1",))


def test_only_the_declared_column_of_the_declared_table_is_asked_for() -> None:
    text = reading(VERSION, 200)
    assert 'SELECT left("revision"::text, 65) FROM "app"."versions" ORDER BY 1 LIMIT 11' in text
    assert "lock_timeout = 200" in text
    assert "READ ONLY" in text
    assert 'FROM "app"' not in access(VERSION, 200)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ([True, True, True], None),
        ([False, False, False], "absent"),
        ([True, False, False], "unfit"),
        ([True, True, False], "denied"),
    ],
)
def test_whether_a_table_can_be_read(row: list[bool], problem: str | None) -> None:
    assert problem_of([row]) == problem


@pytest.mark.parametrize(
    "rows", [[], [[True, True]], [[True, True, None]], [["t", "t", "t"]], [[True, True, True]] * 2]
)
def test_an_answer_about_a_table_of_other_shape_is_none(rows: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        problem_of(rows)


@pytest.mark.parametrize(
    "values",
    [
        ["not a revision"],
        ["x" * 65],
        [None],
        ["a\nb"],
        [PASSWORD],
        [f"r{n}" for n in range(11)],
        ["jane@example.com"],
    ],
)
def test_what_is_no_revision_is_not_kept(values: list[Any]) -> None:
    found = facts(VERSION, [[value] for value in values], password=PASSWORD)
    assert (found.outcome, found.revisions) == ("unfit", ())


def test_revisions_are_kept() -> None:
    found = facts(VERSION, [["b2c4"], ["v1.2-3"]], password=PASSWORD)
    assert (found.table, found.outcome, found.revisions) == ("app.versions", "read", ("b2c4", "v1.2-3"))
