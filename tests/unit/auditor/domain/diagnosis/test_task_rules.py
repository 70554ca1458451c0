"""Running tasks: why they stop, and whether names still lead to the ones that run."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.diagnosis.cache_claims import CredentialInjected
from auditor.domain.diagnosis.claims import (
    Claim,
    LoginAnswered,
    NameResolves,
    PortAnswers,
    ReferenceLeadsNowhere,
    RegisteredAs,
    RunsAt,
    SecretGone,
    SettingPointsTo,
    SettingUnusable,
)
from auditor.domain.diagnosis.deployment_claims import DeploymentStands
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import Emitter, LoginOutcome, NameOutcome, PortOutcome, StopReason
from auditor.domain.observation import Phase
from auditor.domain.topology import Component
from tests.unit.auditor.domain.diagnosis.entrance import Entrance

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


# ---- A secret that waits for its deletion
TO_RESTORE, TO_CORRECT = ("secret.orders", "SECRET_ARN_INVALID"), ("taskdef.basket", "SECRET_ARN_INVALID")
TOKEN = Component(id="secret.token", service="ground", aws_name="shop/token")


def gone(shop: Any, secret: str = "orders") -> Claim:
    return SecretGone(component=f"secret.{secret}", proof=shop.seen("orders-login"))


def read(of: str = "basket") -> Claim:
    return SettingPointsTo(component=f"taskdef.{of}", setting="X", host="other.example")


def injects(secret: str, of: str = "basket") -> Claim:
    arn = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{secret}-AbCdEf"
    return CredentialInjected(component=f"taskdef.{of}", setting="X", secret=arn)


def test_a_secret_that_waits_for_its_deletion_is_what_a_task_cannot_start_without(shop: Any) -> None:
    claims = [stopped(shop, StopReason.SECRET_NOT_FOUND), counts(shop, 0), gone(shop)]
    readings = [shop.failing(target) for target in ("orders-login", "basket-tasks", "front-page")]
    diagnosis = shop.diagnose(claims, [*readings, shop.failing("basket-page", Phase.TCP)])
    assert shop.roots(diagnosis) == [TO_RESTORE]
    (root,) = diagnosis.roots
    assert "the deletion of a secret that its task definition references is scheduled" in root.statement
    assert root.first_action.startswith("Restore the secret")
    assert root.confidence == "high"
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    ("more", "root"),
    [
        (lambda shop: [gone(shop)], TO_RESTORE),
        (lambda shop: [gone(shop), read("front")], TO_RESTORE),
        (lambda shop: [gone(shop), read(), injects("shop/orders")], TO_RESTORE),
        (lambda shop: [gone(shop), gone(shop, "token"), read(), injects("shop/orders")], TO_RESTORE),
        (lambda shop: [read(), injects("shop/orders")], TO_CORRECT),
        (lambda shop: [gone(shop), gone(shop, "token")], TO_RESTORE),
        (lambda shop: [gone(shop, "token")], TO_CORRECT),
        (lambda shop: [gone(shop), gone(shop, "own")], TO_CORRECT),
        (lambda shop: [gone(shop), injects("shop/token")], TO_CORRECT),
        (lambda shop: [gone(shop), read()], TO_CORRECT),
        (lambda shop: [gone(shop), read(), injects("shop/token")], TO_CORRECT),
        (lambda shop: [gone(shop), read(), injects("shop/orders", of="front")], TO_CORRECT),
        (
            lambda shop: [gone(shop), gone(shop, "token"), read(), injects("shop/orders"), injects("shop/token")],
            TO_CORRECT,
        ),
    ],
    ids=[
        "the only one that is gone",
        "another's settings were read",
        "the one that it takes",
        "of two the one that it takes",
        "none is gone",
        "of two the one of what it needs",
        "of nobody that it needs",
        "of two nobody knows which",
        "it is known to take another",
        "it takes none",
        "it takes another",
        "another service takes it",
        "it takes both",
    ],
)
def test_whether_a_secret_is_to_be_restored_or_its_reference_corrected(
    shop: Any, more: Callable[[Any], list[Claim]], root: tuple[str, str]
) -> None:
    claims = [stopped(shop, StopReason.SECRET_NOT_FOUND), counts(shop, 0), *more(shop)]
    own = Component(id="secret.own", service="basket", aws_name="shop/own")
    components = (*shop.platform.components, TOKEN, own)
    diagnosis = shop.diagnose(claims, [shop.failing("basket-tasks")], components=components)
    assert shop.roots(diagnosis) == [root]


@pytest.mark.parametrize(
    ("reason", "root"),
    [
        (StopReason.SECRET_DENIED, ("iam.exec", "IAM_SECRET_ACCESS_DENIED")),
        (StopReason.PARAMETER_NOT_FOUND, ("ssm.params", "SSM_PARAMETER_MISSING")),
        (StopReason.OTHER, ("ecs.basket", "NO_RUNNING_TASKS")),
    ],
)
def test_a_task_that_stops_for_another_reason_lacks_no_secret(
    shop: Any, reason: StopReason, root: tuple[str, str]
) -> None:
    claims = [stopped(shop, reason), counts(shop, 0), gone(shop)]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-tasks")])) == [root]


def test_a_secret_that_waits_for_its_deletion_while_no_task_stops_is_no_root(shop: Any) -> None:
    readings = [shop.failing("orders-login"), shop.failing("basket-page")]
    assert shop.diagnose([gone(shop), counts(shop, 1)], readings).roots == ()


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


@pytest.mark.parametrize("may_rest", [True, False])
def test_a_service_scaled_to_nothing_is_a_root_unless_it_may_rest(shop: Any, may_rest: bool) -> None:
    scaled = RunningCounts(
        component="ecs.basket", desired=0, running=0, may_rest=may_rest, proof=shop.seen("basket-tasks")
    )
    diagnosis = shop.diagnose([scaled], [shop.failing("basket-page", Phase.TCP)])
    assert shop.roots(diagnosis) == ([] if may_rest else [("ecs.basket", "NO_RUNNING_TASKS")])


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


def asked(shop: Any, name: str, outcome: NameOutcome = NameOutcome.NXDOMAIN) -> Claim:
    """A target of the store's looks a name up."""
    return NameResolves(name=name, outcome=outcome, proof=shop.seen("orders-own"))


OWN_NAME = "basket-page.shop.example"
"""Where a target of the basket asks."""


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        (OWN_NAME, NameOutcome.NXDOMAIN),
        (OWN_NAME, NameOutcome.NODATA),
        (f"{OWN_NAME.upper()}.", NameOutcome.NODATA),
    ],
)
@pytest.mark.parametrize(
    "ended",
    [[], [StopReason.OUT_OF_MEMORY], [StopReason.SECRET_NOT_FOUND]],
    ids=["nobody knows why", "for its memory", "for want of a secret"],
)
def test_a_name_that_its_own_targets_ask_at_is_gone_with_the_tasks_although_no_registration_was_read(
    shop: Any, name: str, outcome: NameOutcome, ended: list[StopReason]
) -> None:
    claims = [counts(shop, 0), asked(shop, name, outcome), *(stopped(shop, reason) for reason in ended)]
    diagnosis = shop.diagnose(claims, [shop.failing("orders-own", Phase.NAME), shop.failing("basket-page", Phase.NAME)])
    assert len(diagnosis.roots) == 1
    assert not diagnosis.undecided
    assert {victim.component for victim in diagnosis.victims} == {"rds", "app.basket"}


@pytest.mark.parametrize(
    "claims",
    [
        lambda shop: [asked(shop, OWN_NAME, NameOutcome.TIMEOUT)],
        lambda shop: [asked(shop, OWN_NAME, NameOutcome.SERVFAIL)],
        lambda shop: [asked(shop, "front-page.shop.example")],
        lambda shop: [asked(shop, "elsewhere.example")],
        lambda shop: [asked(shop, "page.shop.example")],
        lambda shop: [asked(shop, "basket-page.shop")],
        lambda shop: [asked(shop, f"{OWN_NAME}.prod.internal")],
        lambda shop: [
            asked(shop, OWN_NAME.capitalize()),
            RegisteredAs(component="cloudmap.basket", name=OWN_NAME.upper(), addresses=("10.1.0.5",)),
        ],
    ],
    ids=[
        "the resolver is silent",
        "the resolver fails",
        "another service's name",
        "nobody's name",
        "a name that its own ends with",
        "a name that its own begins with",
        "a name that begins with its own",
        "it is registered all the same",
    ],
)
def test_a_name_that_is_not_surely_gone_with_the_tasks_is_left_open(
    shop: Any, claims: Callable[[Any], list[Claim]]
) -> None:
    readings = [shop.failing("orders-own", Phase.NAME), shop.failing("basket-page", Phase.NAME)]
    diagnosis = shop.diagnose([counts(shop, 0), *claims(shop)], readings)
    assert shop.roots(diagnosis) == [("ecs.basket", "NO_RUNNING_TASKS")]
    assert diagnosis.unexplained == ("probe/orders-own/probe.works@2026-03-01T12:00:00Z",)


def test_while_tasks_run_a_name_that_is_denied_is_not_gone_with_one_that_stopped(shop: Any) -> None:
    claims = [stopped(shop, StopReason.OUT_OF_MEMORY), counts(shop, 1, desired=2), asked(shop, OWN_NAME)]
    diagnosis = shop.diagnose(claims, [shop.failing("orders-own", Phase.NAME), shop.failing("basket-tasks")])
    assert shop.roots(diagnosis) == [("ecs.basket", "OOM_KILLED")]
    assert diagnosis.unexplained == ("probe/orders-own/probe.works@2026-03-01T12:00:00Z",)


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


MALFORMED = ("taskdef.basket", "CONFIG_VALUE_MALFORMED")
CRASHED = ("image.basket", "APP_CRASH_ON_START")


def cannot_be_used(shop: Any, of: str = "basket") -> Claim:
    return SettingUnusable(
        component=f"taskdef.{of}", setting="STORE_URI", problem="has no scheme", proof=shop.seen("front-settings")
    )


@pytest.mark.parametrize(
    "ended",
    [
        lambda shop: [stopped(shop, StopReason.CRASHED)],
        lambda shop: [stopped(shop, StopReason.EXITED), says(shop, LogSaying.CRASHED)],
        lambda shop: [stopped(shop, StopReason.EXITED)],
    ],
    ids=["it crashed", "its log says so", "it ended by itself"],
)
def test_a_setting_that_cannot_be_used_is_why_tasks_end_and_nothing_runs(
    shop: Any, ended: Callable[[Any], list[Claim]]
) -> None:
    claims = [*ended(shop), counts(shop, 0), registered(shop), cannot_be_used(shop)]
    readings = [
        shop.failing("basket-tasks"),
        shop.failing("basket-page", Phase.TCP),
        shop.failing("basket-name", Phase.NAME),
        shop.failing("front-page"),
    ]
    diagnosis = shop.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [MALFORMED]
    assert diagnosis.roots[0].confidence == "high"
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    ("claims", "confidence", "explained"),
    [
        (lambda shop: [stopped(shop, StopReason.CRASHED), counts(shop, 1, desired=2)], "high", True),
        (lambda shop: [stopped(shop, StopReason.CRASHED), counts(shop, 1), stuck()], "high", True),
        (lambda shop: [stopped(shop, StopReason.CRASHED), counts(shop, 1)], "medium", False),
        (lambda shop: [stopped(shop, StopReason.SCALED_OR_DEPLOYED), counts(shop, 1, desired=2)], "medium", False),
        (lambda shop: [counts(shop, 1, desired=2)], "medium", False),
    ],
    ids=["too few run", "a deployment hangs", "as many run as should", "none ended by itself", "none ended"],
)
def test_an_unusable_setting_explains_ends_only_where_they_leave_too_few(
    shop: Any, claims: Callable[[Any], list[Claim]], confidence: str, explained: bool
) -> None:
    readings = [shop.failing("basket-page"), shop.failing("basket-tasks", Phase.TCP)]
    diagnosis = shop.diagnose([*claims(shop), cannot_be_used(shop)], readings)
    assert [str(root.confidence) for root in diagnosis.roots if root.fault == MALFORMED[1]] == [confidence]
    assert diagnosis.undecided is not explained


def stuck(*, done: bool = False) -> Claim:
    return DeploymentStands(component="ecs.basket", wanted="basket:8", done=done, running=("basket:7",))


def test_what_runs_well_enough_is_not_cut_off_by_an_unusable_setting(shop: Any) -> None:
    claims = [stopped(shop, StopReason.CRASHED), counts(shop, 1, desired=2), cannot_be_used(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-tasks"), shop.failing("basket-page", Phase.TCP)])
    assert diagnosis.unexplained == ("probe/basket-page/probe.works@2026-03-01T12:00:00Z",)


def test_the_setting_of_another_service_excuses_no_image(shop: Any) -> None:
    claims = [stopped(shop, StopReason.CRASHED), counts(shop, 0), cannot_be_used(shop, "front")]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-tasks")])) == [CRASHED]


def test_a_task_that_says_another_reason_than_its_own_error_is_not_ended_by_a_setting(shop: Any) -> None:
    claims = [stopped(shop, StopReason.OUT_OF_MEMORY), counts(shop, 0), cannot_be_used(shop)]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-tasks")])) == [("ecs.basket", "OOM_KILLED")]


def test_that_nothing_runs_is_told_beside_an_unusable_setting_at_which_nobody_ended(shop: Any) -> None:
    diagnosis = shop.diagnose([counts(shop, 0), cannot_be_used(shop)], [shop.failing("basket-tasks")])
    assert ("ecs.basket", "NO_RUNNING_TASKS") in shop.roots(diagnosis)


def test_a_log_of_crashes_alone_does_not_blame_the_image_for_an_unusable_setting(shop: Any) -> None:
    claims = [registered(shop), says(shop, LogSaying.CRASHED)]
    readings = [shop.failing("basket-page", Phase.NAME), shop.failing("front-page")]
    assert shop.roots(shop.diagnose(claims, readings)) == [CRASHED]
    assert shop.roots(shop.diagnose([*claims, cannot_be_used(shop)], readings)) == [MALFORMED]


@pytest.mark.parametrize(
    ("reason", "read", "confidence"),
    [
        (StopReason.CRASHED, "", "medium"),
        (StopReason.CRASHED, "front", "medium"),
        (StopReason.CRASHED, "basket", "high"),
        (StopReason.OUT_OF_MEMORY, "", "high"),
    ],
)
def test_a_crash_is_surely_the_images_only_where_the_settings_were_read(
    shop: Any, reason: StopReason, read: str, confidence: str
) -> None:
    setting = SettingPointsTo(component=f"taskdef.{read}", setting="X", host="other.example")
    claims = [stopped(shop, reason), counts(shop, 0), *([setting] if read else [])]
    (root,) = shop.diagnose(claims, [shop.failing("basket-tasks")]).roots
    assert root.confidence == confidence


# ---- What running tasks lack
LOG_SAYS = [
    (LogSaying.FILE_MISSING, ("image.basket", "IMAGE_INCOMPLETE")),
    (LogSaying.SETTING_MISSING, ("taskdef.basket", "ENV_MISSING")),
]


@pytest.mark.parametrize(("saying", "root"), LOG_SAYS)
def test_an_error_of_a_running_task_is_what_its_log_says_that_it_lacks(
    shop: Any, saying: LogSaying, root: tuple[str, str]
) -> None:
    page = Entrance(shop).page(status=500, proof=shop.seen("basket-page"))
    readings = [shop.failing("basket-page"), shop.failing("front-page")]
    diagnosis = shop.diagnose([page, says(shop, saying), counts(shop, 1)], readings)
    assert shop.roots(diagnosis) == [root]
    assert "shop.example/basket answers 500, and the log of ecs.basket says 3 times" in diagnosis.roots[0].statement
    assert diagnosis.roots[0].confidence == "high"
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    "claims",
    [
        lambda shop, e: [says(shop, LogSaying.FILE_MISSING)],
        lambda shop, e: [says(shop, LogSaying.FILE_MISSING), e.page(status=503)],
        lambda shop, e: [says(shop, LogSaying.FILE_MISSING), e.page(status=500, emitter=Emitter.LOAD_BALANCER)],
        lambda shop, e: [says(shop, LogSaying.FILE_MISSING), e.page(status=500, component="app.front")],
        lambda shop, e: [says(shop, LogSaying.FILE_MISSING, "ecs.front"), e.page(status=500)],
        lambda shop, e: [says(shop, LogSaying.CRASHED), e.page(status=500)],
        lambda shop, e: [e.page(status=500)],
    ],
    ids=[
        "no page was asked",
        "unavailable",
        "the balancer's error",
        "another's page",
        "another's log",
        "the log says no more than that it crashed",
        "the log says nothing",
    ],
)
def test_a_log_explains_no_other_answer_of_tasks_that_run(
    shop: Any, claims: Callable[[Any, Entrance], list[Claim]]
) -> None:
    found = shop.diagnose([*claims(shop, Entrance(shop)), counts(shop, 1)], [shop.failing("basket-page")])
    assert found.roots == ()


def test_where_tasks_end_at_what_they_lack_their_stop_tells_it(shop: Any) -> None:
    ends = [stopped(shop, StopReason.EXITED), counts(shop, 0), says(shop, LogSaying.FILE_MISSING)]
    (root,) = shop.diagnose([*ends, Entrance(shop).page(status=500)], [shop.failing("basket-tasks")]).roots
    assert root.statement.startswith("A task of ecs.basket ends")
