"""The registration of a model: who refuses whom on its way, and what only one of two ways meets."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim, LoginAnswered, RegisteredAs, RunsAt, SettingPointsTo
from auditor.domain.diagnosis.journey_claims import ArtifactStoreDenied, HostRejected, RegistrationTried, StoreRefuses
from auditor.domain.diagnosis.journey_words import StepAnswer, StoreComplaint
from auditor.domain.diagnosis.role_claims import HoldsPassword, RunsWithRoles
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import LoginOutcome, StopReason
from auditor.domain.topology import Component, Dependency

BASKET, PORT = "basket.prod.internal", 5000
STAGES = ("experiment", "run", "artifact", "model_version")


def rejected(shop: Any, target: str = "basket-page", host: str = BASKET, *, other: bool | None = None) -> Claim:
    component = "app.basket" if target.startswith("basket") else "app.front"
    return HostRejected(
        component=component, host=host, called=f"{host}:{PORT}", by_other_name=other, proof=shop.seen(target)
    )


def registered(shop: Any) -> Claim:
    return RegisteredAs(
        component="cloudmap.basket", name=BASKET, addresses=("10.1.0.5",), proof=shop.seen("basket-name")
    )


FAILING = ("basket-page", "front-page")


def failing(shop: Any) -> list[Any]:
    return [shop.failing(target) for target in FAILING]


@pytest.mark.parametrize(
    "evidence",
    [
        lambda shop: [rejected(shop), registered(shop)],
        lambda shop: [rejected(shop, host="10.1.0.5"), RunsAt(component="ecs.basket", addresses=("10.1.0.5",))],
        lambda shop: [rejected(shop, host="models.elsewhere.example", other=True)],
        lambda shop: [rejected(shop), registered(shop), rejected(shop, "front-page", "www.shop.example")],
    ],
    ids=["its registered name", "its tasks' address", "takes another Host", "and the proxy relays it"],
)
def test_a_server_that_refuses_the_name_it_is_called_by(shop: Any, evidence: Any) -> None:
    diagnosis = shop.diagnose(evidence(shop), failing(shop))
    assert shop.roots(diagnosis) == [("taskdef.basket", "HOST_HEADER_REJECTED")]
    (root,) = diagnosis.roots
    assert str(PORT) in root.first_action
    assert not diagnosis.undecided
    assert {victim.component for victim in diagnosis.victims} == {"app.basket", "app.front"}


@pytest.mark.parametrize(
    "evidence",
    [
        lambda shop: [rejected(shop, "front-page", "www.shop.example"), registered(shop)],
        lambda shop: [rejected(shop, host="www.shop.example"), registered(shop)],
        lambda shop: [rejected(shop, other=False)],
    ],
    ids=["relayed by who knows whom", "asked through an entrance", "refuses every Host"],
)
def test_a_rejection_that_may_be_somebody_elses_names_nobody(shop: Any, evidence: Any) -> None:
    diagnosis = shop.diagnose(evidence(shop), failing(shop))
    assert diagnosis.roots == ()
    assert diagnosis.undecided


ROLES = (
    Component(id="iam.exec", service="ground", aws_name="shop-exec"),
    Component(id="iam.task", service="ground", aws_name="shop-task"),
    Component(id="iam.other", service="ground", aws_name="shop-other"),
)


def with_roles(shop: Any) -> dict[str, Any]:
    own = tuple(c for c in shop.platform.components if c.kind != "iam")
    return {"components": (*own, *ROLES)}


def roles(shop: Any, component: str = "ecs.basket", task: str = "shop-task") -> Claim:
    arn = f"arn:aws:iam::123456789012:role/{task}"
    return RunsWithRoles(
        component=component, execution_role="shop-exec", task_role=arn, proof=shop.seen("basket-tasks")
    )


def test_a_store_of_artifacts_that_denies_is_a_matter_of_the_task_role(shop: Any) -> None:
    denied = ArtifactStoreDenied(component="app.basket", proof=shop.seen("basket-page"))
    diagnosis = shop.diagnose([denied, roles(shop)], failing(shop), **with_roles(shop))
    assert shop.roots(diagnosis) == [("iam.task", "IAM_S3_DENIED")]
    assert str(diagnosis.roots[0].confidence) == "medium", "a policy of the bucket would look the same"


@pytest.mark.parametrize("known", [None, ("ecs.front", "shop-task"), ("ecs.basket", "nobody-declared")])
def test_without_the_role_of_its_own_tasks_nobody_is_blamed_for_the_store(shop: Any, known: Any) -> None:
    denied = ArtifactStoreDenied(component="app.basket", proof=shop.seen("basket-page"))
    claims = [denied] if known is None else [denied, roles(shop, *known)]
    assert shop.diagnose(claims, failing(shop), **with_roles(shop)).roots == ()


def test_of_several_roles_the_one_that_fetches_the_secret_is_denied_it(shop: Any) -> None:
    stopped = TaskStopped(component="ecs.basket", reason=StopReason.SECRET_DENIED, proof=shop.seen("basket-tasks"))
    nothing = RunningCounts(component="ecs.basket", desired=1, running=0, proof=shop.seen("basket-tasks"))
    diagnosis = shop.diagnose([stopped, nothing, roles(shop)], failing(shop), **with_roles(shop))
    assert shop.roots(diagnosis) == [("iam.exec", "IAM_SECRET_ACCESS_DENIED")]


def front(shop: Any, answer: StepAnswer, done: int, *, by_registry: bool = False) -> Claim:
    return RegistrationTried(
        component="app.front",
        host="www.shop.example",
        port=443,
        key_sent=True,
        done=STAGES[:done],
        stopped_at=STAGES[done],
        answer=answer,
        by_registry=by_registry,
        proof=shop.seen("front-page"),
    )


def direct(shop: Any, done: int = 4, *, key_sent: bool = False) -> Claim:
    return RegistrationTried(
        component="app.basket",
        host=BASKET,
        port=PORT,
        key_sent=key_sent,
        done=STAGES[:done],
        stopped_at="" if done == 4 else STAGES[done],
        answer=None if done == 4 else StepAnswer.OTHER,
        proof=shop.seen("basket-page"),
    )


def leads(shop: Any, host: str = BASKET) -> Claim:
    return SettingPointsTo(
        component="taskdef.front", setting="BASKET_URL", host=host, port=PORT, proof=shop.seen("front-settings")
    )


@pytest.mark.parametrize(
    ("answer", "done", "by_registry", "key", "fault"),
    [
        (StepAnswer.NOT_SERVED, 2, False, False, "PROXY_PATH_NOT_TRANSLATED"),
        (StepAnswer.KEY_NOT_SEEN, 0, False, True, "PROXY_STRIPS_AUTH"),
        (StepAnswer.REQUEST_REFUSED, 1, True, False, "API_CONTRACT_MISMATCH"),
    ],
)
def test_what_fails_only_through_the_proxy_is_the_proxys(
    shop: Any, answer: StepAnswer, done: int, by_registry: bool, key: bool, fault: str
) -> None:
    claims = [front(shop, answer, done, by_registry=by_registry), direct(shop, key_sent=key), leads(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page"), shop.passing("basket-page")])
    assert shop.roots(diagnosis) == [("code.front", fault)]
    assert "app.basket" in {out.subject for out in diagnosis.ruled_out}
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    "claims",
    [
        lambda shop: [front(shop, StepAnswer.NOT_SERVED, 0), direct(shop), leads(shop)],
        lambda shop: [front(shop, StepAnswer.NOT_SERVED, 2), direct(shop, 2), leads(shop)],
        lambda shop: [front(shop, StepAnswer.NOT_SERVED, 2), direct(shop), leads(shop, "other.prod.internal")],
        lambda shop: [front(shop, StepAnswer.KEY_NOT_SEEN, 0), direct(shop), leads(shop)],
        lambda shop: [front(shop, StepAnswer.REQUEST_REFUSED, 1), direct(shop), leads(shop)],
        lambda shop: [front(shop, StepAnswer.OTHER, 1, by_registry=True), direct(shop), leads(shop)],
        lambda shop: [front(shop, StepAnswer.NOT_SERVED, 2), leads(shop)],
    ],
    ids=[
        "nothing of it is relayed",
        "the same stage fails directly",
        "it leads elsewhere",
        "directly no key is needed",
        "who refused the request is not known",
        "the server fails",
        "not asked directly",
    ],
)
def test_a_difference_that_shows_nothing_for_sure_names_nobody(shop: Any, claims: Any) -> None:
    assert shop.diagnose(claims(shop), [shop.failing("front-page")]).roots == ()


def refuses(shop: Any, complaint: StoreComplaint) -> Claim:
    return StoreRefuses(component="app.basket", complaint=complaint, proof=shop.seen("basket-page"))


def login(shop: Any, outcome: LoginOutcome = LoginOutcome.ACCEPTED) -> Claim:
    return LoginAnswered(
        component="secret.orders",
        host="orders.db",
        user="clerk",
        database="orders",
        secret="shop/orders",
        outcome=outcome,
        of_platform=True,
        proof=shop.seen("orders-login"),
    )


def inline(shop: Any, host: str = "orders.db") -> Claim:
    return HoldsPassword(component="taskdef.basket", setting="STORE_URI", host=host, proof=shop.seen("basket-tasks"))


@pytest.mark.parametrize(
    ("complaint", "fault"),
    [
        (StoreComplaint.CREDENTIALS_REFUSED, "DB_BAD_PASSWORD"),
        (StoreComplaint.ENCRYPTION_DEMANDED, "DB_TLS_REQUIRED"),
        (StoreComplaint.NO_SUCH_DATABASE, "DB_NAME_WRONG"),
    ],
)
def test_a_store_that_refuses_one_service_and_lets_the_platforms_login_in(
    shop: Any, complaint: StoreComplaint, fault: str
) -> None:
    diagnosis = shop.diagnose([refuses(shop, complaint), login(shop), inline(shop)], failing(shop))
    assert shop.roots(diagnosis) == [("taskdef.basket", fault)]
    assert "rds" in {out.subject for out in diagnosis.ruled_out}


@pytest.mark.parametrize(
    "claims",
    [
        lambda shop: [refuses(shop, StoreComplaint.CREDENTIALS_REFUSED), login(shop)],
        lambda shop: [refuses(shop, StoreComplaint.CREDENTIALS_REFUSED), login(shop), inline(shop, "other.db")],
        lambda shop: [refuses(shop, StoreComplaint.ENCRYPTION_DEMANDED)],
    ],
    ids=["it may hold an old value", "the password is another store's", "nobody gets in"],
)
def test_a_refusal_of_the_store_that_something_else_may_explain_names_nobody(shop: Any, claims: Any) -> None:
    assert shop.diagnose(claims(shop), failing(shop)).roots == ()


def test_a_secret_that_nobody_gets_in_with_is_the_root_and_no_password_of_a_services_own(shop: Any) -> None:
    refused = login(shop, LoginOutcome.CREDENTIALS_REFUSED)
    claims = [refuses(shop, StoreComplaint.CREDENTIALS_REFUSED), refused, inline(shop)]
    diagnosis = shop.diagnose(claims, [*failing(shop), shop.failing("orders-login")])
    assert shop.roots(diagnosis) == [("secret.orders", "DB_PASSWORD_OUT_OF_SYNC")]


def test_who_relays_a_neighbours_word_of_its_store_is_not_the_one_that_is_refused(shop: Any) -> None:
    relayed = StoreRefuses(
        component="app.front", complaint=StoreComplaint.ENCRYPTION_DEMANDED, proof=shop.seen("front-page")
    )
    needs = (
        Dependency(service="storefront", needs="basket"),
        Dependency(service="storefront", needs="orders"),
        Dependency(service="basket", needs="orders"),
    )
    failing = [shop.failing("front-page"), shop.failing("basket-page")]
    claims = [relayed, refuses(shop, StoreComplaint.ENCRYPTION_DEMANDED), login(shop)]
    assert shop.roots(shop.diagnose(claims, failing, dependencies=needs)) == [("taskdef.basket", "DB_TLS_REQUIRED")]
    assert shop.diagnose([relayed, login(shop)], failing, dependencies=needs).roots == ()
