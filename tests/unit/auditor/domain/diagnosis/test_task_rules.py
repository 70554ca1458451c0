"""Running tasks: why they stop, and whether names still lead to the ones that run."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import (
    Claim,
    LoginAnswered,
    NameResolves,
    PortAnswers,
    ReferenceLeadsNowhere,
    RegisteredAs,
    RunningCounts,
    RunsAt,
    SettingUnusable,
    TaskStopped,
)
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.words import LoginOutcome, NameOutcome, PortOutcome, StopReason
from auditor.domain.observation import Phase

SLOT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def stopped(shop: Any, reason: StopReason) -> Claim:
    return TaskStopped(component="ecs.basket", reason=reason, exit_code=1, proof=shop.seen("basket-tasks"))


def counts(shop: Any, running: int, desired: int = 1) -> Claim:
    return RunningCounts(component="ecs.basket", desired=desired, running=running, proof=shop.seen("basket-tasks"))


@pytest.mark.parametrize(
    ("reason", "root"),
    [
        (StopReason.OUT_OF_MEMORY, ("ecs.basket", "OOM_KILLED")),
        (StopReason.WRONG_ARCHITECTURE, ("image.basket", "IMAGE_ARCH_MISMATCH")),
        (StopReason.IMAGE_NOT_FOUND, ("image.basket", "IMAGE_NOT_FOUND")),
        (StopReason.SECRET_DENIED, ("iam.exec", "IAM_SECRET_ACCESS_DENIED")),
        (StopReason.SECRET_NOT_FOUND, ("taskdef.basket", "SECRET_ARN_INVALID")),
        (StopReason.PARAMETER_NOT_FOUND, ("ssm.params", "SSM_PARAMETER_MISSING")),
        (StopReason.CRASHED, ("image.basket", "APP_CRASH_ON_START")),
        (StopReason.EXITED, ("ecs.basket", "NO_RUNNING_TASKS")),
        (StopReason.OTHER, ("ecs.basket", "NO_RUNNING_TASKS")),
    ],
)
def test_a_stopped_task_says_why_nothing_runs(shop: Any, reason: StopReason, root: tuple[str, str]) -> None:
    readings = [shop.failing("basket-page", Phase.TCP), shop.failing("front-page"), shop.failing("basket-tasks")]
    diagnosis = shop.diagnose([stopped(shop, reason), counts(shop, 0)], readings)
    assert shop.roots(diagnosis) == [root]
    assert {"app.basket", "app.front"} <= {victim.component for victim in diagnosis.victims}
    assert not diagnosis.undecided


def says(shop: Any, saying: LogSaying, component: str = "ecs.basket") -> Claim:
    return LogSays(component=component, saying=saying, count=3, last_at=SLOT, proof=shop.seen("basket-log"))


def accepted(shop: Any, outcome: LoginOutcome = LoginOutcome.ACCEPTED) -> Claim:
    return LoginAnswered(
        component="secret.orders",
        host="db",
        user="shop",
        database="orders",
        secret="shop/orders",
        outcome=outcome,
        of_platform=True,
        proof=shop.seen("orders-login"),
    )


@pytest.mark.parametrize(
    ("saying", "root"),
    [
        (LogSaying.WRONG_ARCHITECTURE, ("image.basket", "IMAGE_ARCH_MISMATCH")),
        (LogSaying.FILE_MISSING, ("image.basket", "IMAGE_INCOMPLETE")),
        (LogSaying.SETTING_MISSING, ("taskdef.basket", "ENV_MISSING")),
        (LogSaying.LOGIN_REFUSED, ("taskdef.basket", "DB_BAD_PASSWORD")),
        (LogSaying.OUT_OF_MEMORY, ("ecs.basket", "OOM_KILLED")),
        (LogSaying.CRASHED, ("image.basket", "APP_CRASH_ON_START")),
        (LogSaying.BUCKET_DENIED, ("ecs.basket", "NO_RUNNING_TASKS")),
    ],
)
def test_the_log_says_why_a_task_ended_by_itself(shop: Any, saying: LogSaying, root: tuple[str, str]) -> None:
    readings = [shop.failing("basket-page", Phase.TCP), shop.failing("basket-tasks")]
    evidence = [stopped(shop, StopReason.EXITED), counts(shop, 0), accepted(shop), says(shop, saying)]
    assert shop.roots(shop.diagnose(evidence, readings)) == [root]
    also_crashed = [*evidence, says(shop, LogSaying.CRASHED)]
    if saying is not LogSaying.BUCKET_DENIED:
        assert shop.roots(shop.diagnose(also_crashed, readings)) == [root]


@pytest.mark.parametrize("component", ["ecs.front", "ecs.unknown"])
def test_the_log_of_another_service_says_nothing_about_this_one(shop: Any, component: str) -> None:
    evidence = [stopped(shop, StopReason.EXITED), counts(shop, 0), says(shop, LogSaying.CRASHED, component)]
    diagnosis = shop.diagnose(evidence, [shop.failing("basket-tasks")])
    assert shop.roots(diagnosis) == [("ecs.basket", "NO_RUNNING_TASKS")]


def test_a_refused_login_in_the_log_blames_no_setting_while_no_login_is_accepted(shop: Any) -> None:
    refused = accepted(shop, LoginOutcome.CREDENTIALS_REFUSED)
    evidence = [stopped(shop, StopReason.EXITED), counts(shop, 0), refused, says(shop, LogSaying.LOGIN_REFUSED)]
    diagnosis = shop.diagnose(evidence, [shop.failing("basket-tasks")])
    assert ("taskdef.basket", "DB_BAD_PASSWORD") not in shop.roots(diagnosis)


def test_a_fatal_line_without_a_stopped_task_is_no_root(shop: Any) -> None:
    diagnosis = shop.diagnose([says(shop, LogSaying.CRASHED), counts(shop, 1)], [shop.failing("basket-page")])
    assert diagnosis.roots == ()


def test_a_running_service_is_not_blamed_for_what_is_not_reached(shop: Any) -> None:
    diagnosis = shop.diagnose([counts(shop, 1)], [shop.failing("basket-page", Phase.TCP, cause="tcp.timeout")])
    assert diagnosis.roots == ()
    assert "security groups" in diagnosis.next_observation


def test_a_service_that_should_not_run_is_no_root(shop: Any) -> None:
    diagnosis = shop.diagnose([counts(shop, 0, desired=0)], [shop.failing("basket-page", Phase.TCP)])
    assert diagnosis.roots == ()


def test_a_task_that_stopped_while_enough_run_does_not_take_the_place_of_a_named_root(shop: Any) -> None:
    dead = [stopped(shop, StopReason.OUT_OF_MEMORY), counts(shop, 1)]
    diagnosis = shop.diagnose([*dead, *unregistered(shop)], [shop.failing("basket-page", Phase.NAME)])
    assert shop.roots(diagnosis) == [("ecs.basket", "NOT_REGISTERED_IN_CLOUDMAP")]


def test_where_nobody_may_see_what_runs_the_log_says_why_nothing_is_registered(shop: Any) -> None:
    failing = [shop.failing("basket-page", Phase.NAME), shop.failing("front-page")]
    diagnosis = shop.diagnose([registered(shop), says(shop, LogSaying.CRASHED)], failing)
    (root,) = diagnosis.roots
    assert (root.component, root.fault, root.confidence) == ("image.basket", "APP_CRASH_ON_START", "medium")
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    "claims",
    [
        lambda shop: [registered(shop, "10.1.0.5"), says(shop, LogSaying.CRASHED)],
        lambda shop: [registered(shop), counts(shop, 1), says(shop, LogSaying.CRASHED)],
        lambda shop: [registered(shop), says(shop, LogSaying.LOGIN_REFUSED)],
        lambda shop: [registered(shop), says(shop, LogSaying.CRASHED, component="ecs.front")],
        lambda shop: [says(shop, LogSaying.CRASHED)],
    ],
    ids=[
        "something is registered",
        "a task runs",
        "no login is accepted",
        "another's log",
        "nothing is known of names",
    ],
)
def test_a_log_says_nothing_of_what_may_run_well(shop: Any, claims: Callable[[Any], list[Claim]]) -> None:
    found = shop.roots(shop.diagnose(claims(shop), [shop.failing("basket-page", Phase.NAME)]))
    assert [root for root in found if root[0].startswith(("image.", "taskdef."))] == []


def test_a_reason_that_the_catalogue_has_no_component_for_is_told_all_the_same(shop: Any) -> None:
    without = tuple(c for c in shop.platform.components if c.id != "image.basket")
    claims = [stopped(shop, StopReason.IMAGE_NOT_FOUND), counts(shop, 0)]
    (root,) = shop.diagnose(claims, [shop.failing("basket-page", Phase.TCP)], components=without).roots
    assert (root.component, root.fault) == ("ecs.basket", "NO_RUNNING_TASKS")
    assert "its image is not in the registry" in root.statement


def runs(shop: Any, *addresses: str) -> Claim:
    return RunsAt(component="ecs.basket", addresses=addresses, proof=shop.seen("basket-tasks"))


def registered(shop: Any, *addresses: str) -> Claim:
    return RegisteredAs(
        component="cloudmap.basket", name="basket.prod.internal", addresses=addresses, proof=shop.seen("basket-name")
    )


def unregistered(shop: Any) -> list[Claim]:
    return [runs(shop, "10.1.0.5"), registered(shop)]


def test_tasks_that_run_and_are_not_registered_are_told(shop: Any) -> None:
    diagnosis = shop.diagnose(unregistered(shop), [shop.failing("basket-page", Phase.NAME), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("ecs.basket", "NOT_REGISTERED_IN_CLOUDMAP")]
    assert {victim.component for victim in diagnosis.victims} == {"app.basket", "app.front"}


@pytest.mark.parametrize("running", [[], ["10.1.0.5"]], ids=["nothing runs", "not registered"])
def test_a_name_that_somebody_else_owns_is_a_victim_of_what_empties_it(shop: Any, running: list[str]) -> None:
    """The target that asks for the name belongs to another service, and its failure is explained all the same."""
    gone = NameResolves(name="basket.prod.internal", outcome=NameOutcome.NODATA, proof=shop.seen("orders-own"))
    claims = [runs(shop, *running), registered(shop), counts(shop, len(running)), gone]
    diagnosis = shop.diagnose(claims, [shop.failing("orders-own", Phase.NAME), shop.failing("basket-page", Phase.NAME)])
    assert [root.component for root in diagnosis.roots] == ["ecs.basket"]
    assert not diagnosis.undecided
    assert {victim.component for victim in diagnosis.victims} == {"rds", "app.basket"}


@pytest.mark.parametrize("addresses", [(), ("10.1.0.5",)])
def test_nothing_that_runs_or_all_that_runs_registered_is_no_missing_registration(
    shop: Any, addresses: tuple[str, ...]
) -> None:
    diagnosis = shop.diagnose(
        [runs(shop, *addresses), registered(shop, *addresses)], [shop.failing("basket-page", Phase.NAME)]
    )
    assert diagnosis.roots == ()


def tried(outcome: PortOutcome) -> Claim:
    return PortAnswers(host="basket.prod.internal", address="10.1.0.9", port=80, outcome=outcome, proof=("tried",))


def test_a_dead_instance_is_told_apart_from_the_living(shop: Any) -> None:
    both = [runs(shop, "10.1.0.5"), registered(shop, "10.1.0.5", "10.1.0.9")]
    diagnosis = shop.diagnose([*both, tried(PortOutcome.TIMEOUT)], [shop.failing("basket-page", Phase.TCP)])
    assert shop.roots(diagnosis) == [("cloudmap.basket", "STALE_INSTANCE")]
    assert "10.1.0.9" in diagnosis.roots[0].first_action
    answering = shop.diagnose([*both, tried(PortOutcome.OPEN)], [shop.failing("basket-page", Phase.TCP)])
    assert answering.roots == ()


def at(address: str, outcome: PortOutcome) -> Claim:
    return PortAnswers(host="basket.prod.internal", address=address, port=80, outcome=outcome, proof=("tried",))


BOTH_TRIED = [at("10.1.0.5", PortOutcome.OPEN), at("10.1.0.9", PortOutcome.TIMEOUT)]


def test_one_dead_address_of_two_explains_who_met_it_and_no_failure_behind_the_other(shop: Any) -> None:
    claims = [runs(shop, "10.1.0.5"), registered(shop, "10.1.0.5", "10.1.0.9"), *BOTH_TRIED]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page"), shop.failing("basket-page", Phase.TLS)])
    (root,) = diagnosis.roots
    assert (root.component, root.fault, root.confidence) == ("cloudmap.basket", "STALE_INSTANCE", "high")
    assert len(root.explains) == 1
    assert "front-page" in root.explains[0]
    assert [out.why for out in root.ruled_out if "security groups" in out.subject] == [
        "10.1.0.5 of the same name answers on the same port"
    ]


@pytest.mark.parametrize(("running", "named"), [(1, True), (2, False), (0, False)])
def test_where_tasks_have_no_known_addresses_their_number_tells_who_is_dead(
    shop: Any, running: int, named: bool
) -> None:
    claims = [counts(shop, running, desired=running), registered(shop, "10.1.0.5", "10.1.0.9"), *BOTH_TRIED]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")])
    assert (("cloudmap.basket", "STALE_INSTANCE") in shop.roots(diagnosis)) is named


def test_an_address_that_another_service_got_is_stale_although_it_answers(shop: Any) -> None:
    other = RunsAt(component="ecs.front", addresses=("10.1.0.9",), proof=shop.seen("front-tasks"))
    claims = [runs(shop, "10.1.0.5"), other, registered(shop, "10.1.0.5", "10.1.0.9"), at("10.1.0.9", PortOutcome.OPEN)]
    (root,) = shop.diagnose(claims, [shop.failing("front-page")]).roots
    assert (root.component, root.fault, root.confidence) == ("cloudmap.basket", "STALE_INSTANCE", "high")
    assert "which ecs.front has now" in root.statement


def test_while_tasks_are_replaced_a_dead_instance_is_less_sure(shop: Any) -> None:
    rolling = RunningCounts(
        component="ecs.basket", desired=1, running=1, rolling_out=True, proof=shop.seen("basket-tasks")
    )
    claims = [runs(shop, "10.1.0.5"), rolling, registered(shop, "10.1.0.5", "10.1.0.9"), *BOTH_TRIED]
    assert [str(root.confidence) for root in shop.diagnose(claims, [shop.failing("front-page")]).roots] == ["medium"]


def test_a_value_that_no_client_can_use_is_told(shop: Any) -> None:
    unusable = SettingUnusable(component="taskdef.front", setting="URL", problem="it has no scheme", proof=("p",))
    diagnosis = shop.diagnose([unusable], [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.front", "CONFIG_VALUE_MALFORMED")]
    assert shop.diagnose([unusable], [shop.failing("basket-page")]).roots == ()


@pytest.mark.parametrize(
    ("to_parameter", "root"),
    [(True, ("ssm.params", "SSM_PARAMETER_MISSING")), (False, ("taskdef.basket", "SECRET_ARN_INVALID"))],
)
def test_a_reference_to_nothing_is_told(shop: Any, to_parameter: bool, root: tuple[str, str]) -> None:
    reference = ReferenceLeadsNowhere(
        component="taskdef.basket", setting="X", reference="/shop/prod/x", to_parameter=to_parameter, proof=("p",)
    )
    assert shop.roots(shop.diagnose([reference], [shop.failing("basket-page")])) == [root]
