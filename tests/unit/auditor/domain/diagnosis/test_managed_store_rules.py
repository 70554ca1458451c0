"""What a cloud says of a store: that it went down, that it is full, and which of its nodes clients should not name."""

from typing import Any

import pytest

from auditor.domain.diagnosis.cache_words import NodeRole
from auditor.domain.diagnosis.claims import Claim, LoginAnswered, PortAnswers, SettingPointsTo
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.network_claims import FailedOver, NodeStands, StoreIs, WentDown
from auditor.domain.diagnosis.network_words import StoreState
from auditor.domain.diagnosis.words import (
    KEY_VALUE_STORE,
    MESSAGE_QUEUE,
    RELATIONAL_STORE,
    LoginOutcome,
    PortOutcome,
)
from auditor.domain.observation import Phase
from tests.unit.auditor.domain.diagnosis.conftest import SLOT, seen
from tests.unit.auditor.domain.diagnosis.test_network_rules import CACHE, STORE, diagnose, edge, says

HOST = "orders.db.example"
AWAY = ("rds", "DB_RESTARTING")
ADMITTED = edge(stopped_by=None, stopped_at=(), line="")
WENT_DOWN = WentDown(component="rds", at=SLOT, proof=seen("orders-own"))


def store(word: str = "modifying", state: StoreState = StoreState.SERVES) -> Claim:
    return StoreIs(component="rds", host=HOST, state=state, word=word, proof=seen("orders-own"))


def tried(outcome: PortOutcome = PortOutcome.TIMEOUT, address: str = STORE, host: str = STORE) -> Claim:
    return PortAnswers(host=host, address=address, port=5432, outcome=outcome, proof=seen("orders-login"))


def away(shop: Any, *claims: Claim) -> Diagnosis:
    readings = [shop.failing("orders-login", Phase.TCP, cause="tcp.timeout"), shop.failing("basket-page")]
    return diagnose(shop, [WENT_DOWN, *claims], readings)


@pytest.mark.parametrize("outcome", [PortOutcome.TIMEOUT, PortOutcome.REFUSED])
@pytest.mark.parametrize(("ways", "host"), [([ADMITTED], STORE), ([], HOST.upper())], ids=["its address", "its name"])
def test_a_store_that_went_down_and_is_silent_since_is_away(
    shop: Any, ways: list[Claim], host: str, outcome: PortOutcome
) -> None:
    diagnosis = away(shop, store(), *ways, tried(outcome, host=host))
    assert shop.roots(diagnosis) == [AWAY]
    (root,) = diagnosis.roots
    assert "went down at 2026-03-01T12:00:00Z (AWS calls it modifying)" in root.statement
    assert root.confidence == "high"
    assert not diagnosis.undecided


def test_a_store_that_is_called_available_may_be_kept_from_everybody_by_something_else(shop: Any) -> None:
    (root,) = away(shop, store("available"), ADMITTED, tried()).roots
    assert ((root.component, str(root.fault)), str(root.confidence)) == (AWAY, "medium")


@pytest.mark.parametrize(
    "claims",
    [
        [ADMITTED, tried(PortOutcome.OPEN)],
        [ADMITTED, tried(), tried(PortOutcome.OPEN, "10.7.2.10", HOST)],
        [edge(), tried()],
        [ADMITTED, edge(source="shop/front"), tried()],
        [ADMITTED],
        [ADMITTED, tried(address=CACHE)],
        [edge(stopped_by=None, destination="stock"), tried()],
        [edge(stopped_by=None, destination_kind="redis"), tried()],
    ],
    ids=[
        "it answers",
        "one address answers",
        "a line stops the way",
        "a line stops one of the ways",
        "nobody tried",
        "another address is silent",
        "the way to another database",
        "the way to a cache",
    ],
)
def test_a_store_that_went_down_is_not_away_where_it_is_not_surely_silent(shop: Any, claims: list[Claim]) -> None:
    assert AWAY not in shop.roots(away(shop, store(), *claims))


def test_a_silent_store_that_did_not_go_down_lately_is_not_called_away(shop: Any) -> None:
    other = WentDown(component="redis", at=SLOT, proof=seen("cache-ping"))
    readings = [shop.failing("orders-login", Phase.TCP, cause="tcp.timeout")]
    assert diagnose(shop, [other, store(), ADMITTED, tried()], readings).roots == ()


@pytest.mark.parametrize(
    ("state", "fault"), [(StoreState.STORAGE_FULL, "DB_STORAGE_FULL"), (StoreState.SERVES, "DB_RESTARTING")]
)
def test_a_server_that_does_not_get_up_for_want_of_space_is_full_and_does_not_restart(
    shop: Any, state: StoreState, fault: str
) -> None:
    starting = LoginAnswered(
        component="secret.orders",
        host=HOST,
        user="shop",
        database="orders",
        secret="shop/orders",
        outcome=LoginOutcome.STARTING,
        of_platform=True,
        proof=seen("orders-login"),
    )
    diagnosis = diagnose(shop, [store(state=state), starting], [shop.failing("orders-login", Phase.LOGIN)])
    assert shop.roots(diagnosis) == [("rds", fault)]
    assert set(seen("orders-login")) <= set(diagnosis.roots[0].proof)


# ---- A node in place of the primary's name
NODE, PRIMARY = "sessions-002.abc.cache.example", "primary.sessions.cache.example"
STALE = ("taskdef.basket", "REDIS_STALE_PRIMARY")


def names(host: str = NODE, declared: str = PRIMARY) -> Claim:
    return SettingPointsTo(
        component="taskdef.basket", setting="CACHE_HOST", host=host, declared_host=declared, proof=seen("rules")
    )


def node(role: NodeRole = NodeRole.REPLICA) -> Claim:
    return NodeStands(component="redis", node="sessions-002", role=role, proof=seen("cache-ping"))


@pytest.mark.parametrize("dependency", [KEY_VALUE_STORE, MESSAGE_QUEUE])
def test_a_client_that_names_a_node_which_is_a_replica_now_is_to_change(shop: Any, dependency: str) -> None:
    moved = FailedOver(component="redis", at=SLOT, proof=seen("cache-ping"))
    claims = [names(), node(), moved, says(healthy=False, dependency=dependency)]
    diagnosis = diagnose(shop, claims, [shop.failing("basket-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [STALE]
    (root,) = diagnosis.roots
    assert root.confidence == "high"
    assert "a node of redis that is a replica since 2026-03-01T12:00:00Z" in root.statement
    assert f"Set CACHE_HOST to {PRIMARY}" in root.first_action
    assert {victim.component for victim in diagnosis.victims} == {"app.basket", "app.front"}


@pytest.mark.parametrize(
    "claims",
    [[], [says(healthy=True, dependency=KEY_VALUE_STORE)], [says(healthy=False, dependency=RELATIONAL_STORE)]],
    ids=["no word", "it is well", "of another store"],
)
def test_without_a_complaint_of_the_cache_it_is_less_sure_that_a_replica_is_felt(
    shop: Any, claims: list[Claim]
) -> None:
    (root,) = diagnose(shop, [names(), node(), *claims], [shop.failing("basket-page")]).roots
    assert ((root.component, str(root.fault)), str(root.confidence)) == (STALE, "medium")


@pytest.mark.parametrize(
    "claims",
    [[names(), node(NodeRole.PRIMARY)], [names(PRIMARY), node()], [names("sessions-0021.abc.cache.example"), node()]],
    ids=["it names the primary node", "it names what follows the primary", "it names another node"],
)
def test_who_names_no_replica_is_not_to_change(shop: Any, claims: list[Claim]) -> None:
    complaint = says(healthy=False, dependency=KEY_VALUE_STORE)
    assert diagnose(shop, [*claims, complaint], [shop.failing("basket-page")]).roots == ()
