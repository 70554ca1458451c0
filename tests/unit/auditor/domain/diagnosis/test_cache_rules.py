"""Key-value stores: full, demoted, locked, speaking otherwise; and clients of one that is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.diagnosis.cache_claims import (
    CountGrows,
    CredentialInjected,
    EncryptionSwitched,
    MemoryUsed,
    QueueHolds,
    StoreAdmits,
    StoreServes,
    StoreSpeaks,
    WritesRefused,
)
from auditor.domain.diagnosis.cache_words import Admission, Counted, NodeRole, WriteRefusal
from auditor.domain.diagnosis.claims import (
    Claim,
    HealthReports,
    NameResolves,
    ReferenceLeadsNowhere,
    SecretChanged,
    SettingMissing,
    SettingPointsTo,
)
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.task_claims import TasksStarted, TaskStopped
from auditor.domain.diagnosis.words import KEY_VALUE_STORE, NameOutcome, Role, StopReason
from auditor.domain.observation import Phase
from auditor.domain.target import Target
from auditor.domain.topology import Component, Dependency, Service

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = "sessions.cache.example"
SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/sessions-AbC123:token::"


@pytest.fixture
def shop(shop: Any) -> Any:
    """The shop with a store of sessions, which the storefront needs."""
    platform = shop.platform
    components = (
        Component(id="redis.sessions", service="sessions"),
        Component(id="secret.sessions", service="sessions", aws_name="shop/sessions"),
        Component(id="ssm.sessions", service="sessions", aws_name="/shop/sessions"),
    )
    targets = tuple(
        Target(id=id, family="probe", service="sessions", component="redis.sessions", spec={"host": f"{id}.example"})
        for id in ("sessions-store", "sessions-replica")
    )
    shop.platform = replace(
        platform,
        services=(*platform.services, Service(id="sessions", title="Sessions", owner="data")),
        components=(*platform.components, *components),
        targets=(*platform.targets, *targets),
        dependencies=(*platform.dependencies, Dependency(service="storefront", needs="sessions")),
    )
    return shop


def store(shop: Any, target: str = "sessions-store") -> dict[str, Any]:
    return {"component": "redis.sessions", "proof": shop.seen(target)}


def serves(shop: Any, *, role: NodeRole | None = NodeRole.PRIMARY, host: str = HOST, **more: Any) -> StoreServes:
    declared = more.pop("declared_role", NodeRole.PRIMARY)
    encrypted = more.pop("encrypted", True)
    return StoreServes(
        host=host, port=6379, encrypted=encrypted, role=role, declared_role=declared, **(store(shop) | more)
    )


def admits(shop: Any, outcome: Admission = Admission.ACCEPTED, **more: Any) -> StoreAdmits:
    values = {"host": HOST, "secret": "shop/sessions", "of_platform": True, "asks_for_password": True}
    return StoreAdmits(outcome=outcome, **(store(shop) | values | more))


def complains(shop: Any, word: str = "redis", dependency: str = KEY_VALUE_STORE, *, healthy: bool = False) -> Claim:
    return HealthReports(
        component="app.front", dependency=dependency, healthy=healthy, word=word, proof=shop.seen("front-health")
    )


def led(shop: Any, scheme: str = "", setting: str = "CACHE_HOST", host: str = HOST) -> SettingPointsTo:
    proof = shop.seen("front-settings")
    return SettingPointsTo(component="taskdef.front", setting=setting, host=host, scheme=scheme, proof=proof)


def of_store(shop: Any, *claims: Claim) -> Diagnosis:
    """What comes of claims where the store's own target fails, and the storefront with it."""
    return shop.diagnose(claims, [shop.failing("sessions-store"), shop.failing("front-page")])  # type: ignore[no-any-return]


def of_client(shop: Any, *claims: Claim) -> Diagnosis:
    """What comes of claims where only the storefront's own page complains."""
    return shop.diagnose(claims, [shop.failing("front-health"), shop.passing("sessions-store")])  # type: ignore[no-any-return]


# ---- Memory ---------------------------------------------------------------------------------------------------------


def test_a_full_store_that_may_evict_nothing_is_the_root_and_its_queue_is_named(shop: Any) -> None:
    diagnosis = of_store(
        shop,
        serves(shop),
        MemoryUsed(percent=100.4, full=True, may_evict=False, **store(shop)),
        QueueHolds(queue="mail", waiting=4, **store(shop)),
        QueueHolds(queue="jobs", waiting=48000, **store(shop)),
        CountGrows(counted=Counted.QUEUED, queue="jobs", first=39000, last=48000, slots=9, **store(shop)),
    )
    assert shop.roots(diagnosis) == [("redis.sessions", "REDIS_MAXMEMORY")]
    (root,) = diagnosis.roots
    assert "jobs, holds 48000 messages, 9000 more than 8 slots before" in root.statement
    assert "jobs" in root.first_action
    assert {victim.component for victim in diagnosis.victims} == {"app.front"}
    assert not diagnosis.undecided


def test_a_write_that_was_refused_for_memory_needs_no_info(shop: Any) -> None:
    diagnosis = of_store(shop, WritesRefused(why=WriteRefusal.MEMORY_FULL, **store(shop)))
    assert shop.roots(diagnosis) == [("redis.sessions", "REDIS_MAXMEMORY")]


@pytest.mark.parametrize(("full", "may_evict"), [(True, True), (True, None), (False, False), (False, True)], ids=str)
def test_a_store_that_helps_itself_or_is_not_full_is_no_root(shop: Any, full: bool, may_evict: bool | None) -> None:
    memory = MemoryUsed(percent=98.0, full=full, may_evict=may_evict, **store(shop))
    assert of_store(shop, serves(shop), memory).roots == ()


@pytest.mark.parametrize("why", [WriteRefusal.CANNOT_PERSIST, WriteRefusal.REPLICAS_MISSING])
def test_another_refusal_is_not_for_memory(shop: Any, why: WriteRefusal) -> None:
    assert of_store(shop, WritesRefused(why=why, **store(shop))).roots == ()


# ---- Role -----------------------------------------------------------------------------------------------------------


def test_a_replica_in_the_primarys_place_is_a_stale_primary(shop: Any) -> None:
    diagnosis = of_store(shop, serves(shop, role=NodeRole.REPLICA), led(shop))
    assert shop.roots(diagnosis) == [("redis.sessions", "REDIS_STALE_PRIMARY")]


def test_where_the_primary_is_known_the_client_that_names_the_other_node_is_to_change(shop: Any) -> None:
    primary = serves(shop, host="primary.cache.example", proof=shop.seen("sessions-replica"))
    diagnosis = of_store(shop, serves(shop, role=NodeRole.REPLICA), primary, led(shop))
    assert shop.roots(diagnosis) == [("taskdef.front", "REDIS_STALE_PRIMARY")]
    assert "primary.cache.example" in diagnosis.roots[0].first_action


@pytest.mark.parametrize(
    ("role", "declared"),
    [(NodeRole.REPLICA, NodeRole.REPLICA), (NodeRole.PRIMARY, NodeRole.PRIMARY), (None, NodeRole.PRIMARY)],
)
def test_a_node_in_its_own_role_is_not_stale(shop: Any, role: NodeRole | None, declared: NodeRole) -> None:
    assert of_store(shop, serves(shop, role=role, declared_role=declared)).roots == ()


# ---- Password -------------------------------------------------------------------------------------------------------


def test_the_platforms_login_that_is_refused_lays_it_to_the_secret(shop: Any) -> None:
    refused = admits(shop, Admission.REFUSED)
    diagnosis = shop.diagnose([refused], [shop.failing("sessions-store", Phase.LOGIN)])
    assert shop.roots(diagnosis) == [("secret.sessions", "REDIS_AUTH_MISSING")]
    assert str(diagnosis.roots[0].confidence) == "medium"
    changed = SecretChanged(component="secret.sessions", at=NOON, proof=("x",))
    sure = shop.diagnose([refused, changed], [shop.failing("sessions-store", Phase.LOGIN)])
    assert str(sure.roots[0].confidence) == "high"
    assert "2026-03-01T12:00:00Z" in sure.roots[0].statement


def test_a_store_that_lost_its_password_is_itself_to_change(shop: Any) -> None:
    lost = admits(shop, Admission.NO_PASSWORD_THERE, asks_for_password=False)
    diagnosis = shop.diagnose([lost], [shop.failing("sessions-store", Phase.LOGIN)])
    assert shop.roots(diagnosis) == [("redis.sessions", "REDIS_AUTH_MISSING")]


def test_a_secret_that_the_catalogue_does_not_know_leaves_the_store(shop: Any) -> None:
    refused = admits(shop, Admission.REFUSED, secret="elsewhere/token")
    diagnosis = shop.diagnose([refused], [shop.failing("sessions-store", Phase.LOGIN)])
    assert shop.roots(diagnosis) == [("redis.sessions", "REDIS_AUTH_MISSING")]


def test_the_auditors_own_user_that_is_refused_blames_nobody(shop: Any) -> None:
    refused = admits(shop, Admission.REFUSED, of_platform=False)
    assert shop.diagnose([refused], [shop.failing("sessions-store", Phase.LOGIN)]).roots == ()


def injected(shop: Any, secret: str = SECRET_ARN) -> CredentialInjected:
    proof = shop.seen("front-settings")
    return CredentialInjected(component="taskdef.front", setting="CACHE_TOKEN", secret=secret, proof=proof)


def test_a_client_that_is_given_no_password_is_named(shop: Any) -> None:
    diagnosis = of_client(shop, admits(shop), led(shop), complains(shop))
    assert shop.roots(diagnosis) == [("taskdef.front", "REDIS_AUTH_MISSING")]
    assert {out.subject for out in diagnosis.ruled_out} >= {"redis.sessions"}


@pytest.mark.parametrize("word", ["sessions", "Sessions"])
def test_a_page_may_call_the_store_by_its_own_name(shop: Any, word: str) -> None:
    diagnosis = of_client(shop, admits(shop), led(shop), complains(shop, word, dependency=word.lower()))
    assert shop.roots(diagnosis) == [("taskdef.front", "REDIS_AUTH_MISSING")]


def test_of_two_stores_the_cache_may_be_either(shop: Any) -> None:
    other = serves(shop, component="redis.other")
    assert of_client(shop, admits(shop), other, led(shop), complains(shop)).roots == ()


@pytest.mark.parametrize("what", ["injected", "a url", "asks nobody", "no complaint", "well", "led elsewhere"])
def test_a_client_is_not_blamed_for_a_password_that_it_may_have_or_not_need(shop: Any, what: str) -> None:
    claims = {
        "injected": [admits(shop), led(shop), complains(shop), injected(shop)],
        "a url": [admits(shop), led(shop, scheme="rediss"), complains(shop)],
        "asks nobody": [admits(shop, asks_for_password=False), led(shop), complains(shop)],
        "no complaint": [admits(shop), led(shop)],
        "well": [admits(shop), led(shop), complains(shop, healthy=True)],
        "led elsewhere": [admits(shop), led(shop, host="other.example"), complains(shop)],
    }[what]
    assert of_client(shop, *claims).roots == ()


def test_a_required_credential_that_is_absent_is_told_as_such_and_not_twice(shop: Any) -> None:
    proof = shop.seen("front-settings")
    missing = SettingMissing(component="taskdef.front", setting="CACHE_TOKEN", role=Role.CREDENTIAL, proof=proof)
    diagnosis = of_client(shop, admits(shop), led(shop), complains(shop), missing)
    assert shop.roots(diagnosis) == [("taskdef.front", "ENV_MISSING")]


def test_tasks_older_than_the_secret_hold_the_old_value(shop: Any) -> None:
    started = TasksStarted(component="ecs.front", at=NOON - timedelta(hours=1), proof=shop.seen("front-tasks"))
    changed = SecretChanged(component="secret.sessions", at=NOON, proof=("x",))
    claims = [admits(shop), led(shop), injected(shop), complains(shop), started]
    assert shop.roots(of_client(shop, *claims, changed)) == [("ecs.front", "SECRET_STALE_IN_TASK")]
    assert of_client(shop, *claims, replace(changed, at=NOON - timedelta(hours=2))).roots == ()


@pytest.mark.parametrize(
    ("setting", "outcome", "stale"),
    [
        ({"store": KEY_VALUE_STORE}, NameOutcome.NXDOMAIN, False),
        ({"declared_host": HOST}, NameOutcome.RESOLVED, False),
        ({"store": KEY_VALUE_STORE}, NameOutcome.RESOLVED, True),
        ({}, NameOutcome.NXDOMAIN, True),
        ({"store": KEY_VALUE_STORE, "component": "taskdef.basket"}, NameOutcome.NXDOMAIN, True),
        ({"store": KEY_VALUE_STORE, "host": HOST}, NameOutcome.NXDOMAIN, True),
    ],
    ids=[
        "to a cache that does not exist",
        "to another place than the declared one",
        "to a cache that exists",
        "to no cache",
        "of another service",
        "to the store itself",
    ],
)
def test_who_is_led_elsewhere_tries_no_old_value_at_this_store(
    shop: Any, setting: dict[str, Any], outcome: NameOutcome, stale: bool
) -> None:
    leads = replace(led(shop, host="sessions.gone.example"), **setting)
    claims = [
        admits(shop),
        injected(shop),
        complains(shop),
        leads,
        NameResolves(name="sessions.gone.example", outcome=outcome, proof=shop.seen("front-name")),
        TasksStarted(component="ecs.front", at=NOON - timedelta(hours=1), proof=shop.seen("front-tasks")),
        SecretChanged(component="secret.sessions", at=NOON, proof=("x",)),
    ]
    assert (("ecs.front", "SECRET_STALE_IN_TASK") in shop.roots(of_client(shop, *claims))) is stale


def test_the_one_client_that_complains_while_logins_are_refused_holds_another_password(shop: Any) -> None:
    refused = CountGrows(counted=Counted.REFUSED_LOGINS, first=3, last=90, slots=12, **store(shop))
    claims = [admits(shop), led(shop), injected(shop), complains(shop)]
    assert of_client(shop, *claims).roots == ()
    diagnosis = of_client(shop, *claims, refused)
    assert shop.roots(diagnosis) == [("taskdef.front", "REDIS_AUTH_MISSING")]
    assert "87 logins" in diagnosis.roots[0].statement


# ---- Language -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_store_that_speaks_otherwise_is_itself_to_change(shop: Any, encrypted: bool) -> None:
    speaks = StoreSpeaks(host=HOST, port=6379, encrypted=encrypted, **store(shop))
    phase = Phase.LOGIN if encrypted else Phase.TLS
    diagnosis = shop.diagnose([speaks], [shop.failing("sessions-store", phase), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("redis.sessions", "REDIS_TLS_MISMATCH")]
    assert not diagnosis.undecided


def switch(shop: Any, on: bool, setting: str = "CACHE_TLS_ENABLED") -> EncryptionSwitched:
    proof = shop.seen("front-settings")
    return EncryptionSwitched(component="taskdef.front", setting=setting, on=on, proof=proof)


@pytest.mark.parametrize(
    ("encrypted", "scheme", "switches", "blamed"),
    [
        (True, "redis", [], True),
        (True, "valkey", [], True),
        (True, "rediss", [], False),
        (False, "rediss", [], True),
        (False, "redis", [], False),
        (True, "", [("CACHE_TLS_ENABLED", False)], True),
        (True, "", [("CACHE_TLS_ENABLED", True)], False),
        (False, "", [("CACHE_SSL", True)], True),
        (True, "", [("MAIL_TLS_ENABLED", False)], False),
        (True, "", [], False),
        (True, "https", [("CACHE_TLS_ENABLED", False)], False),
    ],
)
def test_a_client_that_speaks_otherwise_is_named_by_its_setting(
    shop: Any, encrypted: bool, scheme: str, switches: list[tuple[str, bool]], blamed: bool
) -> None:
    claims = [
        serves(shop, encrypted=encrypted),
        led(shop, scheme),
        complains(shop),
        *(switch(shop, on, name) for name, on in switches),
    ]
    expected = [("taskdef.front", "REDIS_TLS_MISMATCH")] if blamed else []
    assert shop.roots(of_client(shop, *claims)) == expected
    assert of_client(shop, *(claim for claim in claims if not isinstance(claim, HealthReports))).roots == ()


# ---- Parameters -----------------------------------------------------------------------------------------------------


def reference(shop: Any, name: str = "/shop/sessions/endpoint") -> ReferenceLeadsNowhere:
    proof = shop.seen("front-settings")
    return ReferenceLeadsNowhere(
        component="taskdef.front", setting="CACHE_HOST", reference=name, to_parameter=True, proof=proof
    )


def test_a_missing_parameter_is_sure_where_its_store_is_well_and_the_client_says_it_is_not(shop: Any) -> None:
    diagnosis = of_client(shop, reference(shop), serves(shop), complains(shop))
    assert shop.roots(diagnosis) == [("ssm.sessions", "SSM_PARAMETER_MISSING")]
    assert str(diagnosis.roots[0].confidence) == "high"
    assert "redis.sessions" in {out.subject for out in diagnosis.ruled_out}


@pytest.mark.parametrize("lacking", ["the store", "the complaint", "its own parameter"])
def test_without_either_it_is_less_sure(shop: Any, lacking: str) -> None:
    name = "/shop/prod/other" if lacking == "its own parameter" else "/shop/sessions/endpoint"
    claims: list[Claim] = [reference(shop, name)]
    claims += [serves(shop)] if lacking != "the store" else []
    claims += [complains(shop)] if lacking != "the complaint" else []
    (root,) = of_client(shop, *claims).roots
    assert (root.fault, str(root.confidence)) == ("SSM_PARAMETER_MISSING", "medium")


def test_tasks_that_do_not_start_for_want_of_a_parameter_lead_to_the_store_that_is_looked_for(shop: Any) -> None:
    stopped = TaskStopped(component="ecs.front", reason=StopReason.PARAMETER_NOT_FOUND, proof=shop.seen("front-tasks"))
    diagnosis = of_client(shop, stopped, serves(shop), complains(shop))
    assert shop.roots(diagnosis) == [("ssm.sessions", "SSM_PARAMETER_MISSING")]
    # The shop has other parameters too.
    assert str(diagnosis.roots[0].confidence) == "medium"
    assert of_client(shop, replace(stopped, reason=StopReason.EXITED), serves(shop), complains(shop)).roots == ()
