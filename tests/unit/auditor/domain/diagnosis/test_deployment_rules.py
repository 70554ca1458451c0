"""What was deployed against what runs: tasks that are entered in a group to which nobody sends."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.deployment_claims import ServesGroups
from auditor.domain.diagnosis.task_claims import RunningCounts
from auditor.domain.diagnosis.words import Emitter
from tests.unit.auditor.domain.diagnosis.entrance import Entrance

NOT_ATTACHED = ("ecs.basket", "TARGET_GROUP_NOT_ATTACHED")


@pytest.fixture
def entrance(shop: Any) -> Entrance:
    return Entrance(shop)


def serves(entrance: Entrance, *groups: str) -> Claim:
    return ServesGroups(component="ecs.basket", groups=groups, proof=entrance.shop.seen("basket-tasks"))


def runs(entrance: Entrance, running: int = 1, of: str = "basket") -> Claim:
    proof = entrance.shop.seen(f"{of}-tasks")
    return RunningCounts(component=f"ecs.{of}", desired=1, running=running, proof=proof)


def found(entrance: Entrance, *claims: Claim) -> list[tuple[str, str]]:
    readings = [entrance.shop.failing(target) for target in ("basket-group", "orders-page", "front-page")]
    named: list[tuple[str, str]] = entrance.shop.roots(entrance.diagnose(claims, readings))
    return named


def test_tasks_in_a_group_to_which_nobody_sends_leave_the_one_that_is_sent_to_empty(
    shop: Any, entrance: Entrance
) -> None:
    claims = [serves(entrance, "basket-blue", "basket-new"), runs(entrance), entrance.stand(registered=0)]
    readings = [shop.failing(target) for target in ("basket-group", "orders-page", "front-page")]
    diagnosis = entrance.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [NOT_ATTACHED]
    (root,) = diagnosis.roots
    assert "enters its tasks in basket-blue and basket-new, to which no known listener sends" in root.statement
    assert "basket-group, where the requests go, has no target" in root.statement
    assert root.confidence == "high"
    assert [victim.component for victim in diagnosis.victims] == ["app.basket", "app.front", "tg.basket"]
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ({"status": 503, "emitter": Emitter.LOAD_BALANCER}, True),
        ({"status": 502, "emitter": Emitter.LOAD_BALANCER}, False),
        ({"status": 503, "emitter": Emitter.SERVICE}, False),
        ({"status": 503, "emitter": Emitter.LOAD_BALANCER, "component": "app.front"}, False),
    ],
    ids=["it has nobody to send to", "another error", "the service's own", "another service's page"],
)
def test_the_balancer_that_has_nobody_to_send_to_is_a_proof_of_it(
    shop: Any, entrance: Entrance, page: dict[str, Any], shown: bool
) -> None:
    claims = [serves(entrance, "basket-new"), runs(entrance), entrance.stand(registered=0), entrance.page(**page)]
    (root,) = entrance.diagnose(claims, [shop.failing("basket-group")]).roots
    assert (root.component, str(root.fault)) == NOT_ATTACHED
    assert (shop.seen("orders-page")[0] in root.proof) is shown


@pytest.mark.parametrize(
    "claims",
    [
        lambda e: [runs(e), e.stand(registered=0)],
        lambda e: [serves(e), runs(e), e.stand(registered=0)],
        lambda e: [serves(e, "basket-group"), runs(e), e.stand(registered=0)],
        lambda e: [serves(e, "basket-new", "basket-group"), runs(e), e.stand(registered=0)],
        lambda e: [serves(e, "basket-new"), runs(e), e.stand(registered=1)],
        lambda e: [serves(e, "basket-new"), runs(e)],
        lambda e: [serves(e, "basket-new"), e.stand(registered=0)],
        lambda e: [serves(e, "basket-new"), runs(e, 0), e.stand(registered=0)],
        lambda e: [serves(e, "basket-new"), runs(e, of="front"), e.stand(registered=0)],
        lambda e: [serves(e, "basket-new"), runs(e), e.stand(registered=0, component="tg.front", group="front-group")],
        lambda e: [
            serves(e, "basket-new"),
            runs(e),
            e.stand(registered=0),
            e.stand(1, component="tg.new", group="basket-new"),
        ],
    ],
    ids=[
        "where its tasks are entered was not read",
        "in none",
        "in the empty one",
        "in the empty one too",
        "it has a target",
        "no group was read",
        "what runs was not read",
        "nothing runs",
        "another runs",
        "another's is empty",
        "theirs is known",
    ],
)
def test_a_group_is_empty_for_another_reason_unless_tasks_run_and_are_entered_elsewhere(
    entrance: Entrance, claims: Callable[[Entrance], list[Claim]]
) -> None:
    assert NOT_ATTACHED not in found(entrance, *claims(entrance))


def test_an_empty_group_is_found_by_its_name_whoever_read_it(entrance: Entrance) -> None:
    read_elsewhere = entrance.stand(registered=0, component="alb.web")
    assert found(entrance, serves(entrance, "basket-new"), runs(entrance), read_elsewhere) == [NOT_ATTACHED]
