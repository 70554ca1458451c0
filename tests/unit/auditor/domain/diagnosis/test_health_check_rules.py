"""What balancers check, how patiently, against what the service really answers."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim, HealthReports
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.routing_words import TargetTrouble
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import RELATIONAL_STORE, Emitter, StopReason
from auditor.domain.observation import Phase
from auditor.domain.topology import Component
from tests.unit.auditor.domain.diagnosis.entrance import Entrance

CODE, TIMEOUT = TargetTrouble.STATUS_NOT_ACCEPTED, TargetTrouble.NO_ANSWER_IN_TIME


@pytest.fixture
def entrance(shop: Any) -> Entrance:
    return Entrance(shop)


def asked(entrance: Entrance, *claims: Claim, failing: Sequence[str] = ("basket-group",)) -> Diagnosis:
    readings = [entrance.shop.failing(target) for target in failing]
    return entrance.diagnose([entrance.checked(), entrance.stand(), *claims], readings)


@pytest.mark.parametrize(
    ("statuses", "fault"),
    [
        ((308,), "HEALTHCHECK_MATCHER_MISMATCH"),
        ((204,), "HEALTHCHECK_MATCHER_MISMATCH"),
        ((301, 302), "HEALTHCHECK_MATCHER_MISMATCH"),
        ((404,), "HEALTHCHECK_PATH_WRONG"),
        ((405,), "HEALTHCHECK_PATH_WRONG"),
        ((401,), "HEALTHCHECK_REQUIRES_AUTH"),
        ((401, 403), "HEALTHCHECK_REQUIRES_AUTH"),
    ],
)
def test_the_status_tells_what_is_wrong_with_the_check(
    shop: Any, entrance: Entrance, statuses: tuple[int, ...], fault: str
) -> None:
    diagnosis = asked(entrance, entrance.refused(CODE, *statuses), entrance.direct("/basket"))
    assert shop.roots(diagnosis) == [("tg.basket", fault)]
    assert not diagnosis.undecided


@pytest.mark.parametrize("statuses", [(), (200, 404), (404, 502), (308, 401), (500,), (503,)])
def test_other_and_mixed_statuses_do_not_decide(shop: Any, entrance: Entrance, statuses: tuple[int, ...]) -> None:
    assert asked(entrance, entrance.refused(CODE, *statuses)).roots == ()


def test_a_check_that_some_targets_pass_is_not_what_is_wrong(shop: Any, entrance: Entrance) -> None:
    claims = [entrance.checked(), entrance.stand(healthy=1, registered=2), entrance.refused(CODE, 404)]
    assert entrance.diagnose(claims, [shop.failing("basket-group")]).roots == ()


def test_a_path_is_surely_wrong_only_where_the_service_has_others(shop: Any, entrance: Entrance) -> None:
    (root,) = asked(entrance, entrance.refused(CODE, 404), entrance.page("/live")).roots
    assert (str(root.confidence), "/live answers 200" in root.statement) == ("high", True)
    (root,) = asked(entrance, entrance.refused(CODE, 404), entrance.page("/live", 404)).roots
    assert str(root.confidence) == "medium"


def test_a_refused_name_is_no_want_of_credentials(shop: Any, entrance: Entrance) -> None:
    refused = entrance.direct("/version", 403, as_declared=False, host_refused=True)
    assert asked(entrance, entrance.refused(CODE, 403), refused).roots == ()


def test_tasks_that_are_killed_for_the_check_are_its_victims(shop: Any, entrance: Entrance) -> None:
    killed = [
        TaskStopped(component="ecs.basket", reason=StopReason.HEALTH_CHECK_FAILED, proof=shop.seen("basket-tasks")),
        RunningCounts(component="ecs.basket", desired=1, running=0, proof=shop.seen("basket-tasks")),
    ]
    readings = [shop.failing("basket-group"), shop.failing("basket-tasks"), shop.failing("basket-page", Phase.TCP)]
    claims = [entrance.checked(), entrance.stand(), entrance.refused(CODE, 308), *killed]
    diagnosis = entrance.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("tg.basket", "HEALTHCHECK_MATCHER_MISMATCH")]
    assert {"ecs.basket", "app.basket"} <= {victim.component for victim in diagnosis.victims}
    # Without a word about the group it stays that nothing runs, and less sure.
    (root,) = entrance.diagnose(killed, readings).roots
    assert (root.component, str(root.fault), str(root.confidence)) == ("ecs.basket", "NO_RUNNING_TASKS", "medium")


def test_a_balancer_that_fails_open_harms_nobody(shop: Any, entrance: Entrance) -> None:
    diagnosis = asked(entrance, entrance.refused(CODE, 404), failing=("basket-group", "orders-page"))
    assert len(diagnosis.unexplained) == 1, "the group's check explains itself, not another failure of the service"


def test_a_slow_page_that_answers_well_needs_a_more_patient_check(shop: Any, entrance: Entrance) -> None:
    slow = entrance.direct("/health", 200, 7.5)
    diagnosis = asked(entrance, entrance.refused(TIMEOUT), slow, entrance.direct("/live"))
    assert shop.roots(diagnosis) == [("tg.basket", "HEALTHCHECK_TIMEOUT_TOO_LOW")]
    assert "7.5 s" in diagnosis.roots[0].statement
    (unsure,) = asked(entrance, entrance.refused(TIMEOUT), slow).roots
    assert (str(diagnosis.roots[0].confidence), str(unsure.confidence)) == ("high", "medium")
    everywhere = entrance.page("/basket", 200, 6.5)
    assert asked(entrance, entrance.refused(TIMEOUT), slow, everywhere).roots == ()


def deep(entrance: Entrance, *more: Claim) -> list[Claim]:
    return [entrance.refused(TIMEOUT), entrance.direct("/health", None, 12.0), entrance.routed(), *more]


def test_a_page_that_waits_while_others_get_through_is_too_deep(shop: Any, entrance: Entrance) -> None:
    diagnosis = asked(entrance, *deep(entrance, entrance.page("/basket", 401, as_declared=True)))
    assert shop.roots(diagnosis) == [("tg.basket", "HEALTHCHECK_DEEP_TIMEOUT")]
    assert "security groups" in diagnosis.roots[0].ruled_out[0].subject


def test_the_health_pages_own_code_is_named_where_the_catalogue_has_it(shop: Any, entrance: Entrance) -> None:
    entrance.components = (*entrance.components, Component(id="code.health", service="basket"))
    unwell = HealthReports(
        component="app.basket", dependency=RELATIONAL_STORE, healthy=False, word="db", proof=shop.seen("basket-page")
    )
    slow = entrance.direct("/health", 200, 8.0)
    killed = TaskStopped(component="ecs.basket", reason=StopReason.HEALTH_CHECK_FAILED, proof=("stopped",))
    claims = [entrance.refused(TIMEOUT), slow, entrance.routed(), unwell, entrance.page()]
    diagnosis = asked(entrance, *claims, killed)
    assert shop.roots(diagnosis) == [("code.health", "HEALTHCHECK_DEEP_TIMEOUT")]
    assert "(db)" in diagnosis.roots[0].statement
    # The balancer fails open: without a task that was killed for it, what is unwell is to be mended, not the check.
    assert asked(entrance, *claims).roots == ()


@pytest.mark.parametrize(
    "case",
    [
        "nothing gets through",
        "all pages are slow",
        "only past the balancer",
        "only a health page is quick",
        "half of the pages are slow",
        "nothing runs",
        "it answers",
    ],
)
def test_a_check_that_times_out_for_another_reason_is_left_open(shop: Any, entrance: Entrance, case: str) -> None:
    claims = {
        # An entrance that lets nothing pass: its own 504, while the task itself answers at once.
        "nothing gets through": deep(
            entrance,
            entrance.page("/basket", 504, emitter=Emitter.LOAD_BALANCER, as_declared=False),
            entrance.direct("/live"),
        ),
        "all pages are slow": deep(entrance, entrance.page("/basket", None, 10.0), entrance.direct("/live", 200, 6.0)),
        "only past the balancer": deep(entrance, entrance.direct("/live")),
        "only a health page is quick": deep(entrance, entrance.page("/health/db", of_health=True)),
        "half of the pages are slow": deep(entrance, entrance.page("/find"), entrance.page("/basket", None, 10.0)),
        "nothing runs": deep(
            entrance,
            entrance.page("/find"),
            RunningCounts(component="ecs.basket", desired=0, running=0, proof=shop.seen("basket-tasks")),
        ),
        "it answers": [entrance.refused(TIMEOUT), entrance.direct("/health"), entrance.routed(), entrance.page()],
    }[case]
    why = [("ecs.basket", "NO_RUNNING_TASKS")] if case == "nothing runs" else []
    assert shop.roots(asked(entrance, *claims)) == why


def test_a_health_page_that_alone_is_red_is_itself_at_fault(shop: Any, entrance: Entrance) -> None:
    well = [entrance.page("/basket"), entrance.direct("/live")]
    (root,) = asked(entrance, entrance.refused(CODE, 503), *well).roots
    assert (root.component, str(root.fault), str(root.confidence)) == ("tg.basket", "HEALTH_ENDPOINT_DEFECT", "medium")
    ill = entrance.page("/orders", 500, as_declared=False)
    assert asked(entrance, entrance.refused(CODE, 503), *well, ill).roots == ()


@pytest.mark.parametrize(
    ("others", "found"),
    [
        (lambda e: [e.page("/basket"), redirect(e)], True),
        (lambda e: [e.page("/basket"), redirect(e, as_declared=False)], False),
        (lambda e: [e.page("/basket"), e.page("/", 502, emitter=Emitter.LOAD_BALANCER)], False),
        (lambda e: [redirect(e)], False),
    ],
    ids=["declared", "not declared", "an error of the balancer", "nothing else was asked"],
)
def test_a_balancers_own_redirect_as_declared_says_nothing_of_the_service(
    shop: Any, entrance: Entrance, others: Callable[[Entrance], list[Claim]], found: bool
) -> None:
    diagnosis = asked(entrance, entrance.refused(CODE, 503), *others(entrance))
    assert shop.roots(diagnosis) == ([("tg.basket", "HEALTH_ENDPOINT_DEFECT")] if found else [])


def redirect(entrance: Entrance, *, as_declared: bool = True) -> Claim:
    return entrance.page("/", 301, port=80, emitter=Emitter.LOAD_BALANCER, as_declared=as_declared)


@pytest.mark.parametrize(
    ("codes", "component"),
    [
        (("code.cart",), "code.cart"),
        (("code.cart", "code.mails"), "tg.basket"),
        (("code.cart", "code.health"), "code.health"),
    ],
    ids=["the only one", "one of two", "the health page's own"],
)
def test_a_defect_of_a_health_page_is_the_codes_where_it_is_clear_which(
    shop: Any, entrance: Entrance, codes: tuple[str, ...], component: str
) -> None:
    entrance.components = (*entrance.components, *(Component(id=id, service="basket") for id in codes))
    diagnosis = asked(entrance, entrance.refused(CODE, 500), entrance.page("/basket"))
    assert shop.roots(diagnosis) == [(component, "HEALTH_ENDPOINT_DEFECT")]
