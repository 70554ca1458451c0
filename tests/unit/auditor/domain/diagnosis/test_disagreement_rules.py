"""What AWS says against what works: findings that are never a root; deployments, registries and own entrances."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import (
    AnswerSays,
    Claim,
    HealthReports,
    PortAnswers,
    RegisteredAs,
    RunsAt,
    SettingPointsTo,
)
from auditor.domain.diagnosis.deployment_claims import DeploymentStands, RegistersWith, RegistryIs
from auditor.domain.diagnosis.routing_claims import PathAnswers, RequestRouted, TargetsStand
from auditor.domain.diagnosis.routing_words import RouteFate
from auditor.domain.diagnosis.task_claims import RunningCounts
from auditor.domain.diagnosis.words import Emitter, PortOutcome, Saying

ADDRESS = "10.0.1.7"


def counts(running: int = 1, *, rolling: bool = False) -> Claim:
    return RunningCounts(component="ecs.basket", desired=1, running=running, rolling_out=rolling)


def runs(*addresses: str) -> Claim:
    return RunsAt(component="ecs.basket", addresses=addresses or (ADDRESS,))


def registered(*addresses: str) -> Claim:
    return RegisteredAs(component="cloudmap.basket", name="basket.shop.local", addresses=addresses)


def port(outcome: PortOutcome, address: str = ADDRESS) -> Claim:
    return PortAnswers(host=address, address=address, port=8080, outcome=outcome)


def page(status: int | None, path: str = "/basket", *, well: bool = False, health: bool = False) -> Claim:
    return PathAnswers(
        component="app.basket",
        host="basket.shop.example",
        address="203.0.113.7",
        port=443,
        path=path,
        status=status,
        seconds=0.1,
        emitter=Emitter.SERVICE,
        as_declared=well,
        of_health=health,
    )


def stand(healthy: int, starting: int = 0) -> Claim:
    return TargetsStand(component="app.basket", group="basket", registered=2, healthy=healthy, starting=starting)


ROUTED = RequestRouted(
    component="app.basket",
    balancer="web",
    port=443,
    host="basket.shop.example",
    path="/basket",
    wanted="basket",
    fate=next(iter(RouteFate)),
)
REFUSED, OPEN = PortOutcome.REFUSED, PortOutcome.OPEN


def found(shop: Any, *claims: Claim) -> set[tuple[str, str]]:
    """Findings, while everything that is asked of the basket fails; none of them may become a root of that."""
    failing = [shop.failing(name) for name in ("basket-page", "basket-tasks", "basket-name", "front-page")]
    diagnosis = shop.diagnose(claims, failing)
    assert "PLANES_DISAGREE" not in {str(root.fault) for root in diagnosis.roots}
    return {(f.component, f.statement) for f in diagnosis.findings if str(f.fault) == "PLANES_DISAGREE"}


@pytest.mark.parametrize(
    ("claims", "component", "words"),
    [
        ((counts(), runs(), port(REFUSED)), "ecs.basket", "nobody gets a connection"),
        ((stand(2), page(502)), "app.basket", "502 for /basket"),
        ((stand(0), ROUTED, page(200, well=True)), "app.basket", "fail-open"),
        ((page(503, "/health", health=True), page(200, well=True)), "app.basket", "health page"),
        (
            (
                page(200, "/health", well=True, health=True),
                HealthReports(component="app.basket", dependency="x", healthy=False),
                page(200, well=True),
            ),
            "app.basket",
            "health page",
        ),
        ((registered(ADDRESS), port(PortOutcome.TIMEOUT)), "cloudmap.basket", "nothing there takes a connection"),
        ((registered("10.0.9.9"), runs(), port(OPEN)), "ecs.basket", "no name of its service leads there"),
    ],
)
def test_two_witnesses_that_contradict_each_other_are_a_finding(
    shop: Any, claims: tuple[Claim, ...], component: str, words: str
) -> None:
    assert any(where == component and words in said for where, said in found(shop, *claims))


@pytest.mark.parametrize(
    "claims",
    [
        (counts(), runs(), port(OPEN)),
        (counts(), runs()),
        (counts(0), runs(), port(REFUSED)),
        (counts(rolling=True), runs(), port(REFUSED)),
        (counts(), runs(ADDRESS, "10.0.1.8"), port(REFUSED), port(OPEN, "10.0.1.8")),
        (stand(1), page(502)),
        (stand(2), page(502), page(200, "/other", well=True)),
        (stand(2), page(503, "/health", health=True)),
        (stand(0, starting=2), ROUTED, page(200, well=True)),
        (stand(0), page(200, well=True)),
        (page(503, "/health", health=True), page(500)),
        (registered(ADDRESS, "10.0.1.8"), port(REFUSED)),
        (registered(ADDRESS), runs(), port(OPEN)),
        (registered(), runs(), port(OPEN)),
    ],
)
def test_what_agrees_or_was_not_seen_whole_is_none(shop: Any, claims: tuple[Claim, ...]) -> None:
    assert found(shop, *claims) == set()


def stands(shop: Any, *running: str, done: bool = True) -> Claim:
    return DeploymentStands(
        component="ecs.basket", wanted="basket:3", done=done, running=running, proof=shop.seen("basket-tasks")
    )


def test_a_deployment_that_is_done_and_does_not_run_is_the_root_of_what_shows_it_and_of_nothing_else(shop: Any) -> None:
    diagnosis = shop.diagnose([stands(shop, "basket:2")], [shop.failing("basket-tasks"), shop.failing("basket-page")])
    assert shop.roots(diagnosis) == [("ecs.basket", "DEPLOY_NOT_APPLIED")]
    assert all("basket-page" in result for result in diagnosis.unexplained)
    assert len(diagnosis.unexplained) == 1
    for other in (stands(shop, "basket:2", "basket:3"), stands(shop, "basket:2", done=False), stands(shop)):
        assert shop.roots(shop.diagnose([other], [shop.failing("basket-tasks")])) == []


def test_a_registry_that_is_not_the_names_explains_why_nobody_finds_the_tasks(shop: Any) -> None:
    empty = RegisteredAs(
        component="cloudmap.basket", name="basket.shop.local", addresses=(), proof=shop.seen("basket-name")
    )
    registry = RegistryIs(component="cloudmap.basket", name="basket.shop.local", arn="srv-new")
    entered = RegistersWith(component="ecs.basket", registries=("srv-old",))
    claims = [empty, registry, entered, runs(), counts()]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-name")])
    assert shop.roots(diagnosis) == [("ecs.basket", "NOT_REGISTERED_IN_CLOUDMAP")]
    assert "srv-old" in str(diagnosis.roots[0].statement)


def hairpin(shop: Any, *more: Claim) -> Any:
    setting = SettingPointsTo(component="taskdef.front", setting="BASKET_URL", host="basket.shop.example", port=443)
    return shop.diagnose([setting, page(200, well=True), *more], [shop.failing("front-page")])


def test_the_own_public_entrance_is_a_finding_until_the_service_complains_of_it(shop: Any) -> None:
    quiet = hairpin(shop)
    assert shop.roots(quiet) == []
    assert ("taskdef.front", "HAIRPIN_URL") in {(f.component, str(f.fault)) for f in quiet.findings}
    complaint = AnswerSays(
        component="app.front",
        status=504,
        saying=Saying.UPSTREAM_TIMEOUT,
        upstream_host="basket.shop.example",
        upstream_port=443,
        proof=shop.seen("front-page"),
    )
    assert shop.roots(hairpin(shop, complaint)) == [("taskdef.front", "HAIRPIN_URL")]
