"""Stores of data: who is refused with what, and who is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import (
    Claim,
    ConnectsAs,
    HealthReports,
    LoginAnswered,
    SecretChanged,
    SettingMissing,
    SlotsUsed,
)
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.store_claims import StoreComplaint
from auditor.domain.diagnosis.store_words import StoreTrouble
from auditor.domain.diagnosis.task_claims import RunningCounts, TasksStarted
from auditor.domain.diagnosis.words import KEY_VALUE_STORE, RELATIONAL_STORE, LoginOutcome, Role
from auditor.domain.observation import Phase
from auditor.domain.topology import Dependency

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = "orders.db.example"


def login(shop: Any, outcome: LoginOutcome, *, own: bool = False, **more: Any) -> Claim:
    values: dict[str, Any] = {
        "component": "rds" if own else "secret.orders",
        "host": HOST,
        "user": "watcher" if own else "shop",
        "database": "orders",
        "secret": "auditor/watcher" if own else "shop/orders",
        "outcome": outcome,
        "of_platform": not own,
        "proof": shop.seen("orders-own" if own else "orders-login"),
    }
    return LoginAnswered(**(values | more))


def complains(shop: Any, dependency: str = RELATIONAL_STORE, *, healthy: bool = False) -> Claim:
    return HealthReports(
        component="app.front", dependency=dependency, healthy=healthy, word="db", proof=shop.seen("front-health")
    )


def test_full_slots_are_the_servers_own_word(shop: Any) -> None:
    claims = [
        login(shop, LoginOutcome.SLOTS_FULL),
        login(shop, LoginOutcome.SLOTS_FULL, own=True),
        SlotsUsed(component="rds", used=80, allowed=80, proof=shop.seen("orders-own")),
    ]
    readings = [
        shop.failing("orders-login", Phase.LOGIN),
        shop.failing("orders-own", Phase.LOGIN),
        shop.failing("basket-page"),
        shop.failing("front-page"),
    ]
    diagnosis = shop.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("rds", "DB_CONNECTIONS_EXHAUSTED")]
    assert {victim.component for victim in diagnosis.victims} == {"secret.orders", "app.basket", "app.front"}
    assert not diagnosis.undecided


@pytest.mark.parametrize("outcome", [LoginOutcome.ACCEPTED, LoginOutcome.REFUSED_OTHERWISE])
def test_no_slots_are_blamed_for_another_answer(shop: Any, outcome: LoginOutcome) -> None:
    claims = [login(shop, outcome), SlotsUsed(component="rds", used=80, allowed=80)]
    assert shop.diagnose(claims, [shop.failing("orders-login", Phase.LOGIN)]).roots == ()


def test_a_restart_is_the_servers_own_word(shop: Any) -> None:
    diagnosis = shop.diagnose([login(shop, LoginOutcome.STARTING)], [shop.failing("orders-login", Phase.LOGIN)])
    assert shop.roots(diagnosis) == [("rds", "DB_RESTARTING")]


def test_a_password_out_of_sync_is_the_secrets_fault(shop: Any) -> None:
    claims = [login(shop, LoginOutcome.CREDENTIALS_REFUSED), login(shop, LoginOutcome.ACCEPTED, own=True)]
    readings = [shop.failing("orders-login", Phase.LOGIN), shop.passing("orders-own"), shop.failing("basket-page")]
    diagnosis = shop.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("secret.orders", "DB_PASSWORD_OUT_OF_SYNC")]
    assert diagnosis.roots[0].confidence == "high"
    assert "rds" in {out.subject for out in diagnosis.ruled_out}
    assert [victim.component for victim in diagnosis.victims] == ["app.basket"]


def test_a_change_of_the_secret_gives_the_time(shop: Any) -> None:
    changed = SecretChanged(component="secret.orders", at=NOON, proof=("changed",))
    claims = [login(shop, LoginOutcome.CREDENTIALS_REFUSED), changed]
    root = shop.diagnose(claims, [shop.failing("orders-login", Phase.LOGIN)]).roots[0]
    assert "2026-03-01T12:00:00Z" in root.statement
    assert root.confidence == "high"


def test_without_another_login_or_a_change_it_is_of_medium_confidence(shop: Any) -> None:
    diagnosis = shop.diagnose(
        [login(shop, LoginOutcome.CREDENTIALS_REFUSED)], [shop.failing("orders-login", Phase.LOGIN)]
    )
    assert [str(root.confidence) for root in diagnosis.roots] == ["medium"]


def test_the_auditors_own_refused_login_blames_nobody(shop: Any) -> None:
    claims = [login(shop, LoginOutcome.CREDENTIALS_REFUSED, own=True), login(shop, LoginOutcome.ACCEPTED)]
    assert shop.diagnose(claims, [shop.failing("front-page")]).roots == ()


@pytest.mark.parametrize(
    "more", [{"secret_names_user": False}, {"secret": "somebody/elses"}], ids=["another user", "an unknown secret"]
)
def test_a_secret_of_another_user_or_catalogue_decides_nothing(shop: Any, more: dict[str, Any]) -> None:
    diagnosis = shop.diagnose(
        [login(shop, LoginOutcome.CREDENTIALS_REFUSED, **more)], [shop.failing("orders-login", Phase.LOGIN)]
    )
    assert diagnosis.roots == ()
    assert diagnosis.undecided


def connects(shop: Any, user: str = "admin", **more: Any) -> Claim:
    values: dict[str, Any] = {
        "component": "taskdef.front",
        "host": HOST,
        "user": user,
        "user_setting": "DB_USER",
        "database_setting": "DB_NAME",
        "proof": shop.seen("front-settings"),
    }
    return ConnectsAs(**(values | more))


def test_a_wrong_user_is_the_clients_fault(shop: Any) -> None:
    claims = [connects(shop), login(shop, LoginOutcome.ACCEPTED), complains(shop)]
    readings = [shop.failing("front-health"), shop.passing("orders-login"), shop.passing("orders-own")]
    diagnosis = shop.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("taskdef.front", "DB_WRONG_USER")]
    assert "as shop" in diagnosis.roots[0].statement
    assert {"rds", "secret.orders"} <= {out.subject for out in diagnosis.ruled_out}


def test_an_absent_user_beside_one_of_another_name_is_a_wrong_user_and_no_missing_setting(shop: Any) -> None:
    absent = SettingMissing(
        component="taskdef.front", setting="DB_USER", role=Role.LOGIN_USER, proof=shop.seen("front-settings")
    )
    claims = [connects(shop, user_setting="DATABASE_USER"), absent, login(shop, LoginOutcome.ACCEPTED), complains(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("front-health")])
    assert shop.roots(diagnosis) == [("taskdef.front", "DB_WRONG_USER")]
    assert "Set DB_USER to shop" in diagnosis.roots[0].first_action


@pytest.mark.parametrize("case", ["right user", "another host", "no complaint", "another store", "login refused"])
def test_no_user_is_wrong_when(shop: Any, case: str) -> None:
    claims = {
        "right user": [connects(shop, "shop"), login(shop, LoginOutcome.ACCEPTED), complains(shop)],
        "another host": [connects(shop, host="other.db"), login(shop, LoginOutcome.ACCEPTED), complains(shop)],
        "no complaint": [connects(shop), login(shop, LoginOutcome.ACCEPTED), complains(shop, healthy=True)],
        "another store": [connects(shop), login(shop, LoginOutcome.ACCEPTED), complains(shop, KEY_VALUE_STORE)],
        "login refused": [connects(shop), login(shop, LoginOutcome.CREDENTIALS_REFUSED), complains(shop)],
    }[case]
    diagnosis = shop.diagnose(claims, [shop.failing("front-health")])
    assert ("taskdef.front", "DB_WRONG_USER") not in shop.roots(diagnosis)


def test_what_a_client_is_set_to_at_another_store_is_not_held_against_it(shop: Any) -> None:
    of_other = connects(shop, "audit", host="audit.db", database="trail")
    claims = [connects(shop, "", database="orders"), of_other, login(shop, LoginOutcome.ACCEPTED), complains(shop)]
    assert shop.diagnose(claims, [shop.failing("front-health")]).roots == ()


def test_a_wrong_database_is_the_clients_fault(shop: Any) -> None:
    claims = [connects(shop, "shop", database="oders"), login(shop, LoginOutcome.ACCEPTED), complains(shop)]
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-health")])) == [("taskdef.front", "DB_NAME_WRONG")]
    right = [connects(shop, "shop", database="orders"), *claims[1:]]
    assert shop.diagnose(right, [shop.failing("front-health")]).roots == ()


def test_a_client_that_was_told_so_makes_a_wrong_database_certain(shop: Any) -> None:
    told = StoreComplaint(
        component="app.front",
        trouble=StoreTrouble.NO_SUCH_DATABASE,
        of_itself=True,
        proof=shop.seen("front-health"),
    )
    claims = [connects(shop, "shop", database="oders"), login(shop, LoginOutcome.ACCEPTED)]
    (root,) = shop.diagnose([*claims, told], [shop.failing("front-health")]).roots
    assert (str(root.fault), root.confidence) == ("DB_NAME_WRONG", "high")
    (root,) = shop.diagnose([*claims, complains(shop)], [shop.failing("front-health")]).roots
    assert root.confidence == "medium"


def test_no_restart_is_advised_where_the_login_stands_in_a_setting(shop: Any) -> None:
    claims = [
        SecretChanged(component="secret.orders", at=NOON, proof=("changed",)),
        TasksStarted(component="ecs.front", at=NOON - timedelta(days=3), proof=shop.seen("front-tasks")),
        login(shop, LoginOutcome.ACCEPTED),
        connects(shop, "", login_setting="STORE_URI"),
        complains(shop),
    ]
    assert shop.diagnose(claims, [shop.failing("front-health")]).roots == ()


@pytest.mark.parametrize(("started", "blamed"), [(-timedelta(days=3), True), (timedelta(minutes=1), False)])
def test_only_tasks_older_than_the_secret_hold_its_old_value(shop: Any, started: timedelta, blamed: bool) -> None:
    claims = [
        SecretChanged(component="secret.orders", at=NOON, proof=("changed",)),
        TasksStarted(component="ecs.front", at=NOON + started, proof=shop.seen("front-tasks")),
        login(shop, LoginOutcome.ACCEPTED),
        complains(shop),
    ]
    found = shop.roots(shop.diagnose(claims, [shop.failing("front-health")]))
    assert found == ([("ecs.front", "SECRET_STALE_IN_TASK")] if blamed else [])


def writes(component: str = "ecs.front", saying: LogSaying = LogSaying.LOGIN_REFUSED) -> Claim:
    return LogSays(component=component, saying=saying, count=3, last_at=NOON, proof=("log",))


def rotated(shop: Any) -> list[Claim]:
    """The secret is newer than the storefront's tasks, and its value works."""
    return [
        SecretChanged(component="secret.orders", at=NOON, proof=("changed",)),
        TasksStarted(component="ecs.front", at=NOON - timedelta(days=1), proof=shop.seen("front-tasks")),
        login(shop, LoginOutcome.ACCEPTED),
    ]


NEEDS_ORDERS = (Dependency(service="storefront", needs="orders"),)


def test_an_old_value_is_told_by_the_log_of_who_holds_it(shop: Any) -> None:
    claims = [*rotated(shop), writes()]
    found = shop.roots(shop.diagnose(claims, [shop.failing("front-page")], dependencies=NEEDS_ORDERS))
    assert found == [("ecs.front", "SECRET_STALE_IN_TASK")]


@pytest.mark.parametrize(
    ("component", "saying"),
    [("ecs.basket", LogSaying.LOGIN_REFUSED), ("ecs.front", LogSaying.CRASHED)],
    ids=["another's log", "something else"],
)
def test_only_its_own_log_and_only_of_a_login_tells_an_old_value(shop: Any, component: str, saying: LogSaying) -> None:
    claims = [*rotated(shop), writes(component, saying)]
    assert shop.diagnose(claims, [shop.failing("front-page")], dependencies=NEEDS_ORDERS).roots == ()


def test_a_new_secret_of_a_store_that_the_service_does_not_use_is_no_root(shop: Any) -> None:
    other = ConnectsAs(component="taskdef.front", host="stock.db.example", user="stock", proof=("settings",))
    claims = [*rotated(shop), complains(shop), other]
    assert shop.diagnose(claims, [shop.failing("front-health")], dependencies=NEEDS_ORDERS).roots == ()


def test_a_login_of_its_own_is_told_by_its_log(shop: Any) -> None:
    own = ConnectsAs(
        component="taskdef.front", host=HOST, user="shop", login_setting="DSN", proof=shop.seen("front-settings")
    )
    claims = [own, login(shop, LoginOutcome.ACCEPTED), writes()]
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-page")])) == [("taskdef.front", "DB_BAD_PASSWORD")]


@pytest.mark.parametrize("outcome", [LoginOutcome.CREDENTIALS_REFUSED, LoginOutcome.ACCEPTED])
def test_who_ends_at_a_login_that_is_refused_to_all_is_the_victim_of_its_secret(
    shop: Any, outcome: LoginOutcome
) -> None:
    claims = [
        login(shop, outcome),
        login(shop, LoginOutcome.ACCEPTED, own=True),
        writes("ecs.basket"),
        RunningCounts(component="ecs.basket", desired=1, running=0, rolling_out=False, proof=shop.seen("basket-tasks")),
    ]
    failing = [shop.failing("basket-page", Phase.TCP), shop.failing("basket-tasks")]
    refused = outcome is LoginOutcome.CREDENTIALS_REFUSED
    readings = [*failing, *([shop.failing("orders-login", Phase.LOGIN)] if refused else [])]
    diagnosis = shop.diagnose(claims, readings)
    wanted = ("secret.orders", "DB_PASSWORD_OUT_OF_SYNC") if refused else ("ecs.basket", "NO_RUNNING_TASKS")
    assert shop.roots(diagnosis) == [wanted]
    assert not diagnosis.undecided
