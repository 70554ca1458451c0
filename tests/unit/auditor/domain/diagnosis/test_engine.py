"""The engine as a whole: indifferent to order and names, honest about what it cannot decide."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.domain.codec import from_json, to_json
from auditor.domain.diagnosis import claims as vocabulary
from auditor.domain.diagnosis.claims import (
    AnswerSays,
    Claim,
    HealthReports,
    LoginAnswered,
    NameResolves,
    NamespaceExists,
    PortAnswers,
    RegisteredAs,
    RunsAt,
    SettingMissing,
    SettingPointsTo,
)
from auditor.domain.diagnosis.engine import diagnose
from auditor.domain.diagnosis.faults import MEANINGS, Fault
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import (
    RELATIONAL_STORE,
    LoginOutcome,
    NameOutcome,
    PortOutcome,
    Saying,
    StopReason,
)
from auditor.domain.observation import Phase
from auditor.domain.topology import Platform


def login(shop: Any, outcome: LoginOutcome, *, own: bool = False) -> Claim:
    return LoginAnswered(
        component="rds" if own else "secret.orders",
        host="orders.db.example",
        user="watcher" if own else "shop",
        database="orders",
        secret="auditor/watcher" if own else "shop/orders",
        outcome=outcome,
        of_platform=not own,
        proof=shop.seen("orders-own" if own else "orders-login"),
    )


def everything(shop: Any) -> list[Claim]:
    """A bad day: a wrong namespace, a stale address, a missing setting, a refused login, a crash, a dead instance."""
    see = shop.seen
    return [
        SettingPointsTo(
            component="taskdef.front", setting="URL", host="basket.shop.internal", port=80, proof=see("front-settings")
        ),
        SettingPointsTo(
            component="taskdef.front", setting="IP", host="10.1.0.99", port=80, proof=see("front-settings")
        ),
        SettingMissing(component="taskdef.front", setting="THEME", proof=see("front-settings")),
        AnswerSays(
            component="app.front",
            status=502,
            saying=Saying.CANNOT_CONNECT_UPSTREAM,
            upstream_host="basket.shop.internal",
            upstream_port=80,
            proof=see("front-page"),
        ),
        NameResolves(name="basket.shop.internal", outcome=NameOutcome.NXDOMAIN, proof=see("front-page")),
        NamespaceExists(namespace="prod.internal", proof=see("basket-name")),
        RegisteredAs(
            component="cloudmap.basket",
            name="basket.prod.internal",
            addresses=("10.1.0.5", "10.1.0.9"),
            proof=see("basket-name"),
        ),
        RunsAt(component="ecs.basket", addresses=("10.1.0.5",), proof=see("basket-tasks")),
        PortAnswers(
            host="basket.prod.internal",
            address="10.1.0.9",
            port=80,
            outcome=PortOutcome.TIMEOUT,
            proof=see("basket-page"),
        ),
        RunningCounts(component="ecs.front", desired=2, running=1, proof=see("front-tasks")),
        TaskStopped(component="ecs.front", reason=StopReason.OUT_OF_MEMORY, proof=see("front-tasks")),
        login(shop, LoginOutcome.CREDENTIALS_REFUSED),
        login(shop, LoginOutcome.ACCEPTED, own=True),
        HealthReports(
            component="app.front", dependency=RELATIONAL_STORE, healthy=False, word="db", proof=see("front-health")
        ),
    ]


def bad_readings(shop: Any) -> list[Any]:
    return [
        shop.failing("front-page"),
        shop.failing("front-health"),
        shop.failing("front-tasks"),
        shop.failing("basket-page", Phase.TCP, cause="tcp.timeout"),
        shop.failing("orders-login", Phase.LOGIN),
        shop.passing("orders-own"),
        shop.passing("basket-name"),
    ]


def test_a_bad_day_has_a_root_for_every_chain(shop: Any) -> None:
    diagnosis = shop.diagnose(everything(shop), bad_readings(shop))
    assert shop.roots(diagnosis) == [
        ("cloudmap.basket", "STALE_INSTANCE"),
        ("ecs.front", "OOM_KILLED"),
        ("secret.orders", "DB_PASSWORD_OUT_OF_SYNC"),
        ("taskdef.front", "DNS_NAMESPACE_MISMATCH"),
    ]
    assert not diagnosis.undecided


def test_the_root_that_critical_targets_show_is_told_first(shop: Any) -> None:
    aside = tuple(replace(t, critical=t.id != "orders-login") for t in shop.platform.targets)
    assert shop.roots(shop.diagnose(everything(shop), bad_readings(shop), targets=aside))[-1] == (
        "secret.orders",
        "DB_PASSWORD_OUT_OF_SYNC",
    )


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_claims_readings_and_catalogue_means_nothing(shop: Any, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(everything(shop)), unique=True))
    readings = data.draw(st.lists(st.sampled_from(bad_readings(shop)), unique_by=lambda r: r.result.id))
    once = shop.diagnose(chosen, readings)
    platform = shop.platform
    again = shop.diagnose(
        data.draw(st.permutations([*chosen, *chosen[:2]])),
        data.draw(st.permutations(readings)),
        targets=tuple(data.draw(st.permutations(platform.targets))),
        components=tuple(data.draw(st.permutations(platform.components))),
        services=tuple(data.draw(st.permutations(platform.services))),
        dependencies=tuple(data.draw(st.permutations(platform.dependencies))),
    )
    assert again == once


@given(data=st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_diagnosis_is_honest(shop: Any, data: st.DataObject) -> None:
    readings = data.draw(st.lists(st.sampled_from(bad_readings(shop)), unique_by=lambda r: r.result.id))
    diagnosis = shop.diagnose(data.draw(st.lists(st.sampled_from(everything(shop)), unique=True)), readings)
    failing = {r.result.id for r in readings if r.result.status == "FAIL"}
    explained = {id for root in diagnosis.roots for id in root.explains}
    assert explained | set(diagnosis.unexplained) == failing
    assert not explained & set(diagnosis.unexplained)
    assert all(root.explains and root.proof and root.first_action for root in diagnosis.roots)
    assert {root.component for root in diagnosis.roots} <= {c.id for c in shop.platform.components}
    assert not {v.component for v in diagnosis.victims} & {r.component for r in diagnosis.roots}
    assert bool(diagnosis.next_observation) == diagnosis.undecided == bool(diagnosis.unexplained)


RENAMED = {
    "storefront": "ledger",
    "basket": "archive",
    "front": "lead",
    "orders": "books",
    "shop": "bank",
    "prod": "live",
    "watcher": "guard",
    "10.1.0.": "172.20.3.",
}


def transposed(document: Any) -> Any:
    """The same situation on a platform that shares no name, no address and no id with the first."""
    text = json.dumps(to_json(document))
    for old, new in RENAMED.items():
        text = text.replace(old, new)
    return json.loads(text)


def as_bank(claim: Claim) -> Claim:
    return from_json(type(claim), transposed(claim))


@pytest.mark.parametrize("leave_out", [None, *range(14)])
def test_a_renamed_platform_gives_the_renamed_diagnosis(shop: Any, leave_out: int | None) -> None:
    claims = [claim for number, claim in enumerate(everything(shop)) if number != leave_out]
    readings = bad_readings(shop)
    there = diagnose(
        [as_bank(claim) for claim in claims],
        from_json(Platform, transposed(shop.platform)),
        [from_json(type(reading), transposed(reading)) for reading in readings],
    )
    here = transposed(shop.diagnose(claims, readings))
    # What is sorted by name stands in another order under other names.
    assert _unordered(to_json(there)) == _unordered(here)
    assert "shop" not in json.dumps(to_json(there))


def _unordered(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: _words(value) if key in _SENTENCES else _unordered(value) for key, value in document.items()}
    if isinstance(document, list):
        return sorted((_unordered(item) for item in document), key=lambda item: json.dumps(item, sort_keys=True))
    return document


_SENTENCES = ("statement", "why", "first_action")


def _words(sentence: str) -> list[str]:
    return sorted(re.findall(r"[\w.-]+", sentence))


def test_nothing_failing_gives_no_root_however_strange_the_claims(shop: Any) -> None:
    diagnosis = shop.diagnose(everything(shop), [shop.passing("front-page"), shop.passing("orders-login")])
    assert diagnosis.roots == ()
    assert diagnosis.victims == ()
    assert not diagnosis.undecided
    assert len(diagnosis.findings) >= 4


def test_no_evidence_gives_undecided_with_the_next_observation(shop: Any) -> None:
    diagnosis = shop.diagnose([], [shop.failing("front-page")])
    assert diagnosis == Diagnosis(
        unexplained=("probe/front-page/probe.works@2026-03-01T12:00:00Z",),
        next_observation="Compare the settings of the running revision of storefront with what it needs "
        "(decides probe.works of front-page).",
    )


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.NAME, "registry of names"),
        (Phase.TCP, "what of storefront runs"),
        (Phase.TLS, "certificate that app.front presents"),
        (Phase.LOGIN, "secret of the login"),
        (Phase.ANSWER, "settings of the running revision"),
    ],
)
def test_the_next_observation_follows_the_phase(shop: Any, phase: Phase, words: str) -> None:
    assert words in shop.diagnose([], [shop.failing("front-page", phase)]).next_observation


def test_what_was_laid_to_the_vantage_gives_no_root_and_no_claim(shop: Any) -> None:
    claims = [login(shop, LoginOutcome.CREDENTIALS_REFUSED), login(shop, LoginOutcome.ACCEPTED, own=True)]
    laid = shop.failing("orders-login", Phase.LOGIN, why_not="the rules do not admit the auditor")
    diagnosis = shop.diagnose(claims, [laid, shop.failing("basket-page")])
    assert diagnosis.roots == ()
    assert diagnosis.findings == ()
    assert diagnosis.undecided


def test_evidence_that_only_supports_a_root_does_not_explain_its_own_failure(shop: Any) -> None:
    """The page that is meant serves as proof that its name resolves; that it fails has another reason."""
    alive = NameResolves(
        name="basket.prod.internal",
        outcome=NameOutcome.RESOLVED,
        addresses=("10.1.0.5",),
        proof=shop.seen("basket-page"),
    )
    diagnosis = shop.diagnose([*everything(shop)[:7], alive], [shop.failing("front-page"), shop.failing("basket-page")])
    assert ("taskdef.front", "DNS_NAMESPACE_MISMATCH") in shop.roots(diagnosis)
    assert diagnosis.unexplained == ("probe/basket-page/probe.works@2026-03-01T12:00:00Z",)


def test_what_is_not_deployed_fails_nobody(shop: Any) -> None:
    targets = tuple(replace(t, deployed=t.id != "front-page") for t in shop.platform.targets)
    diagnosis = shop.diagnose(everything(shop), [shop.failing("front-page")], targets=targets)
    assert diagnosis.roots == ()
    assert not diagnosis.undecided


def test_two_independent_chains_give_two_roots(shop: Any) -> None:
    claims = [c for c in everything(shop) if not isinstance(c, TaskStopped | RunningCounts | PortAnswers)]
    readings = [shop.failing("front-page"), shop.failing("orders-login", Phase.LOGIN), shop.passing("orders-own")]
    found = shop.roots(shop.diagnose(claims, readings))
    assert ("secret.orders", "DB_PASSWORD_OUT_OF_SYNC") in found
    assert ("taskdef.front", "DNS_NAMESPACE_MISMATCH") in found


def test_a_component_that_the_catalogue_lacks_is_never_a_root(shop: Any) -> None:
    components = tuple(c for c in shop.platform.components if c.id != "secret.orders")
    diagnosis = shop.diagnose(everything(shop), bad_readings(shop), components=components)
    assert "secret.orders" not in {root.component for root in diagnosis.roots}


def test_every_fault_has_a_meaning_and_no_coverage_gap_is_one() -> None:
    assert set(MEANINGS) == set(Fault)
    assert not [fault for fault in Fault if fault.startswith("AUDITOR_")]


def test_the_vocabulary_is_closed_frozen_and_proven() -> None:
    kinds: tuple[Callable[..., Any], ...] = vocabulary.Claim.__args__
    assert all("proof" in kind.__dataclass_fields__ for kind in kinds)  # type: ignore[attr-defined]
    assert all(kind.__dataclass_params__.frozen for kind in kinds)  # type: ignore[attr-defined]


def half_dead(shop: Any, *, tried: bool = True) -> list[Claim]:
    """One of two registered addresses is nobody's."""
    name = "basket.prod.internal"
    see = shop.seen
    claims: list[Claim] = [
        RunsAt(component="ecs.basket", addresses=("10.1.0.5",), proof=see("basket-tasks")),
        RegisteredAs(
            component="cloudmap.basket", name=name, addresses=("10.1.0.5", "10.1.0.9"), proof=see("basket-name")
        ),
    ]
    outcomes = {"10.1.0.5": PortOutcome.OPEN, "10.1.0.9": PortOutcome.TIMEOUT} if tried else {}
    return claims + [
        PortAnswers(host=name, address=address, port=80, outcome=outcome, proof=see("basket-page"))
        for address, outcome in outcomes.items()
    ]


def test_what_works_in_part_has_a_root_where_that_shows_itself_beyond_doubt(shop: Any) -> None:
    readings = [shop.warning("basket-page", Phase.TCP), shop.warning("front-page"), shop.warning("orders-own")]
    diagnosis = shop.diagnose(half_dead(shop), readings)
    (root,) = diagnosis.roots
    assert (root.component, root.fault) == ("cloudmap.basket", "STALE_INSTANCE")
    # Whoever needs the basket suffers with it; the database has a warning of its own, and nothing is undecided by it.
    assert len(root.explains) == 2
    assert {victim.component for victim in diagnosis.victims} == {"app.basket", "app.front"}
    assert not diagnosis.undecided


def test_a_root_that_is_not_sure_or_shows_nowhere_explains_no_warning(shop: Any) -> None:
    warned = [shop.warning("basket-page", Phase.TCP), shop.warning("front-page")]
    assert shop.diagnose(half_dead(shop, tried=False), warned).roots == ()
    assert shop.diagnose(half_dead(shop), [shop.warning("front-page")]).roots == ()


def test_a_warning_alone_is_never_undecided(shop: Any) -> None:
    assert not shop.diagnose([], [shop.warning("front-page")]).undecided


def test_of_two_faults_at_once_the_quieter_one_stays_where_it_shows_itself(shop: Any) -> None:
    """The database takes no connection, and meanwhile a new revision of the storefront has no image."""
    claims: list[Claim] = [
        login(shop, LoginOutcome.SLOTS_FULL, own=True),
        RunningCounts(component="ecs.front", desired=1, running=1, rolling_out=False, proof=shop.seen("front-tasks")),
        TaskStopped(component="ecs.front", reason=StopReason.IMAGE_NOT_FOUND, count=5, proof=shop.seen("front-tasks")),
    ]
    failing = [shop.failing("orders-own", Phase.LOGIN), shop.failing("front-page")]
    slots, image = ("rds", "DB_CONNECTIONS_EXHAUSTED"), ("image.front", "IMAGE_NOT_FOUND")
    assert set(shop.roots(shop.diagnose(claims, [*failing, shop.failing("front-tasks")]))) == {slots, image}
    # Where the deployment itself does not fail, it is no root of what the database explains.
    assert shop.roots(shop.diagnose(claims, failing)) == [slots]


@pytest.mark.parametrize(
    ("needs_it", "reason", "blamed"),
    [(True, StopReason.EXITED, False), (False, StopReason.EXITED, True), (True, StopReason.OTHER, True)],
    ids=["it may want the database", "it needs no database", "it did not end by itself"],
)
def test_who_ends_while_what_it_needs_is_broken_is_not_called_a_root(
    shop: Any, needs_it: bool, reason: StopReason, blamed: bool
) -> None:
    claims: list[Claim] = [
        login(shop, LoginOutcome.SLOTS_FULL, own=True),
        RunningCounts(component="ecs.basket", desired=1, running=0, rolling_out=False, proof=shop.seen("basket-tasks")),
        TaskStopped(component="ecs.basket", reason=reason, exit_code=1, proof=shop.seen("basket-tasks")),
    ]
    failing = [shop.failing("orders-own", Phase.LOGIN), shop.failing("basket-tasks")]
    dependencies = shop.platform.dependencies if needs_it else ()
    found = shop.roots(shop.diagnose(claims, failing, dependencies=dependencies))
    assert ("rds", "DB_CONNECTIONS_EXHAUSTED") in found
    assert (("ecs.basket", "NO_RUNNING_TASKS") in found) is blamed
