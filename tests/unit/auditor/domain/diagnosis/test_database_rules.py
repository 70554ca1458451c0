"""What a store says of itself: locks, storage, slots, its schema; and what must not be blamed on it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim, LoginAnswered, SlotsUsed
from auditor.domain.diagnosis.deployment_claims import DeploymentStands
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.store_claims import LocksHeld, SchemaRevision, StoreComplaint
from auditor.domain.diagnosis.store_words import Holding, StoreTrouble
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import LoginOutcome, StopReason
from auditor.domain.observation import Phase

HOST = "orders.db.example"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def login(shop: Any, outcome: LoginOutcome = LoginOutcome.ACCEPTED, **more: Any) -> Claim:
    values: dict[str, Any] = {
        "component": "secret.orders",
        "host": HOST,
        "user": "shop",
        "database": "orders",
        "secret": "shop/orders",
        "outcome": outcome,
        "of_platform": True,
        "proof": shop.seen("orders-login"),
    }
    return LoginAnswered(**(values | more))


def complains(shop: Any, trouble: StoreTrouble, *, of: str = "basket", of_itself: bool = True) -> Claim:
    return StoreComplaint(component=f"app.{of}", trouble=trouble, of_itself=of_itself, proof=shop.seen(f"{of}-page"))


def locks(shop: Any, **more: Any) -> Claim:
    values: dict[str, Any] = {
        "component": "rds",
        "host": HOST,
        "waiting": 2,
        "longest_wait": 42.0,
        "holding": Holding.IDLE,
        "process": 4711,
        "role": "clerk",
        "held_for": 310.0,
        "proof": shop.seen("orders-own"),
    }
    return LocksHeld(**(values | more))


def test_sessions_that_wait_for_locks_are_the_stores_fault_and_explain_who_needs_it(shop: Any) -> None:
    readings = [shop.failing("orders-own"), shop.failing("basket-page"), shop.failing("front-page")]
    diagnosis = shop.diagnose([locks(shop), login(shop)], readings)
    assert shop.roots(diagnosis) == [("rds", "DB_LOCK_CONTENTION")]
    assert not diagnosis.undecided
    assert (
        "process 4711 of clerk, which is idle in its transaction and is open for 310 s" in diagnosis.roots[0].statement
    )
    assert diagnosis.roots[0].confidence == "high"
    assert {victim.component for victim in diagnosis.victims} == {"app.basket", "app.front"}


def test_who_is_in_the_way_and_gone_meanwhile_is_not_made_up(shop: Any) -> None:
    unknown = locks(shop, holding=Holding.UNKNOWN, process=0, role="", held_for=None)
    (root,) = shop.diagnose([unknown], [shop.failing("orders-own")]).roots
    assert root.confidence == "medium"
    assert root.statement.endswith("the longest for 42 s.")


def test_locks_explain_nothing_that_was_never_reached(shop: Any) -> None:
    diagnosis = shop.diagnose([locks(shop)], [shop.failing("orders-own"), shop.failing("basket-page", Phase.TCP)])
    assert diagnosis.undecided


def test_a_server_without_space_says_so_itself(shop: Any) -> None:
    full = login(shop, LoginOutcome.STORAGE_FULL)
    diagnosis = shop.diagnose([full], [shop.failing("orders-login", Phase.LOGIN), shop.failing("basket-page")])
    assert shop.roots(diagnosis) == [("rds", "DB_STORAGE_FULL")]


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        (StoreTrouble.STORAGE_FULL, "DB_STORAGE_FULL"),
        (StoreTrouble.SLOTS_FULL, "DB_CONNECTIONS_EXHAUSTED"),
    ],
)
def test_what_a_server_told_its_clients_counts_although_the_auditor_got_in(
    shop: Any, trouble: StoreTrouble, fault: str
) -> None:
    claims = [login(shop), complains(shop, trouble), SlotsUsed(component="rds", used=79, allowed=80)]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-page"), shop.passing("orders-login")])
    assert shop.roots(diagnosis) == [("rds", fault)]


@pytest.mark.parametrize("trouble", [StoreTrouble.STORAGE_FULL, StoreTrouble.SLOTS_FULL])
def test_of_two_stores_nobody_can_say_which_one_is_full(shop: Any, trouble: StoreTrouble) -> None:
    two = [login(shop), login(shop, host="other.db.example")]
    assert shop.diagnose([*two, complains(shop, trouble)], [shop.failing("basket-page")]).roots == ()


def test_full_slots_by_number_alone_are_nobodys_outage(shop: Any) -> None:
    claims = [login(shop), SlotsUsed(component="rds", used=80, allowed=80, proof=shop.seen("orders-own"))]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


def schema(shop: Any, **more: Any) -> Claim:
    values: dict[str, Any] = {
        "component": "rds",
        "host": HOST,
        "database": "orders",
        "table": "alembic_version",
        "expected": ("b2",),
        "found": ("a1",),
        "proof": shop.seen("orders-own"),
    }
    return SchemaRevision(**(values | more))


def test_a_schema_behind_the_code_needs_both_its_revision_and_a_client_that_misses_something(shop: Any) -> None:
    missing = complains(shop, StoreTrouble.SCHEMA_DIFFERS)
    readings = [shop.failing("basket-page"), shop.failing("front-page")]
    diagnosis = shop.diagnose([schema(shop), login(shop), missing], readings)
    assert shop.roots(diagnosis) == [("rds", "DB_SCHEMA_NOT_MIGRATED")]
    assert "holds a1, and the code needs b2" in diagnosis.roots[0].statement
    assert shop.diagnose([schema(shop), login(shop)], readings).roots == ()
    assert shop.diagnose([login(shop), missing], readings).roots == ()


def test_a_schema_of_another_database_is_not_the_one_that_is_missed(shop: Any) -> None:
    claims = [schema(shop, database="stock"), login(shop), complains(shop, StoreTrouble.SCHEMA_DIFFERS)]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


def misses(shop: Any, saying: LogSaying = LogSaying.SCHEMA_MISSING, of: str = "basket") -> Claim:
    return LogSays(component=f"ecs.{of}", saying=saying, count=6, last_at=NOON, proof=shop.seen("basket-log"))


def exits(shop: Any, reason: StopReason = StopReason.EXITED) -> Claim:
    return TaskStopped(component="ecs.basket", reason=reason, count=3, proof=shop.seen("basket-tasks"))


def deployed(shop: Any, *, done: bool) -> Claim:
    proof = shop.seen("basket-tasks")
    return DeploymentStands(component="ecs.basket", wanted="basket:8", done=done, running=("basket:7",), proof=proof)


def runs(shop: Any, running: int) -> Claim:
    return RunningCounts(component="ecs.basket", desired=1, running=running, proof=shop.seen("basket-tasks"))


@pytest.mark.parametrize(("aws_name", "component"), [("orders", "rds.schema"), ("stock", "rds")])
@pytest.mark.parametrize("reason", [StopReason.EXITED, StopReason.CRASHED])
def test_tasks_that_end_for_want_of_a_schema_hold_a_deployment_up(
    shop: Any, reason: StopReason, aws_name: str, component: str
) -> None:
    components = tuple(replace(c, aws_name=aws_name) if c.id == "rds.schema" else c for c in shop.platform.components)
    claims = [misses(shop), exits(shop, reason), deployed(shop, done=False), runs(shop, 1), login(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-tasks")], components=components)
    assert shop.roots(diagnosis) == [(component, "DB_SCHEMA_NOT_MIGRATED")]
    assert diagnosis.roots[0].confidence == "high"
    assert not diagnosis.undecided


def test_where_no_task_gets_past_a_missing_schema_nobody_reaches_the_service(shop: Any) -> None:
    claims = [misses(shop), exits(shop), runs(shop, 0), login(shop)]
    readings = [shop.failing("basket-tasks"), shop.failing("basket-page", Phase.TCP), shop.failing("front-page")]
    diagnosis = shop.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("rds", "DB_SCHEMA_NOT_MIGRATED")]
    assert {victim.component for victim in diagnosis.victims} == {"ecs.basket", "app.basket", "app.front"}
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    "claims",
    [
        lambda shop: [misses(shop), deployed(shop, done=False), login(shop)],
        lambda shop: [misses(shop), exits(shop), deployed(shop, done=True), runs(shop, 1), login(shop)],
        lambda shop: [misses(shop), exits(shop, StopReason.OUT_OF_MEMORY), deployed(shop, done=False), login(shop)],
        lambda shop: [misses(shop, of="front"), exits(shop), deployed(shop, done=False), login(shop)],
        lambda shop: [misses(shop, LogSaying.CRASHED), exits(shop), deployed(shop, done=False), login(shop)],
        lambda shop: [
            misses(shop),
            exits(shop),
            deployed(shop, done=False),
            login(shop),
            login(shop, host="other.db.example"),
        ],
    ],
    ids=[
        "no task ends",
        "as many run as should",
        "they end by something else",
        "another's log",
        "the log says something else",
        "of two stores nobody can say which",
    ],
)
def test_a_schema_that_a_log_misses_needs_tasks_that_end_at_it_and_one_store(
    shop: Any, claims: Callable[[Any], list[Claim]]
) -> None:
    diagnosis = shop.diagnose(claims(shop), [shop.failing("basket-tasks")])
    assert "DB_SCHEMA_NOT_MIGRATED" not in {fault for _, fault in shop.roots(diagnosis)}


def test_words_that_a_proxy_passed_on_are_not_its_own(shop: Any) -> None:
    """The storefront needs the basket, which uses the store: whose words its error repeats, nobody can say."""
    passed_on = complains(shop, StoreTrouble.SLOTS_FULL, of="front", of_itself=False)
    assert shop.diagnose([login(shop), passed_on], [shop.failing("front-page")]).roots == ()
    own = complains(shop, StoreTrouble.SLOTS_FULL, of_itself=False)
    diagnosis = shop.diagnose([login(shop), own], [shop.failing("basket-page")])
    assert shop.roots(diagnosis) == [("rds", "DB_CONNECTIONS_EXHAUSTED")]
