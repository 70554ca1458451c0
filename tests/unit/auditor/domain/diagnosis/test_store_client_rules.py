"""Clients of a store that is fine: TLS, a login of their own, a password in a URL, a bundle of authorities."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.domain.diagnosis.cache_claims import CredentialInjected
from auditor.domain.diagnosis.claims import Claim, ConnectsAs, HealthReports, SettingUnusable
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.role_claims import PasswordInPlain
from auditor.domain.diagnosis.store_claims import (
    DemandsEncryption,
    PasswordUnfitForUrl,
    StoreCertificate,
    StoreComplaint,
)
from auditor.domain.diagnosis.store_words import Encryption, StoreTrouble, Trust
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import RELATIONAL_STORE, LoginOutcome, StopReason
from auditor.domain.observation import Phase
from tests.unit.auditor.domain.diagnosis.test_database_rules import HOST, NOON, complains, login


def connects(shop: Any, encryption: Encryption = Encryption.UNSAID, *, of: str = "basket", **more: Any) -> Claim:
    values: dict[str, Any] = {
        "component": f"taskdef.{of}",
        "host": HOST,
        "database": "orders",
        "database_setting": "STORE_URI",
        "encryption": encryption,
        "encryption_setting": "STORE_URI",
        "proof": shop.seen("front-settings"),
    }
    return ConnectsAs(**(values | more))


def demands(shop: Any) -> Claim:
    return DemandsEncryption(component="rds", host=HOST, proof=shop.seen("orders-own"))


def reports(shop: Any, of: str = "basket") -> Claim:
    return HealthReports(
        component=f"app.{of}", dependency=RELATIONAL_STORE, healthy=False, word="db", proof=shop.seen(f"{of}-page")
    )


# ---- Encryption
def test_a_client_that_is_told_to_encrypt_and_does_not_is_at_fault(shop: Any) -> None:
    claims = [connects(shop), demands(shop), login(shop), complains(shop, StoreTrouble.ENCRYPTION_DEMANDED)]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "DB_TLS_REQUIRED")]
    assert "sslmode=require in STORE_URI" in diagnosis.roots[0].first_action
    assert "rds" in {out.subject for out in diagnosis.ruled_out}


def test_encryption_that_is_switched_off_against_a_demand_needs_no_further_words(shop: Any) -> None:
    claims = [connects(shop, Encryption.OFF), demands(shop), login(shop)]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-page")])) == [("taskdef.basket", "DB_TLS_REQUIRED")]


def test_the_demand_shows_in_a_refused_login_too(shop: Any) -> None:
    refused = login(shop, LoginOutcome.ENCRYPTION_DEMANDED)
    claims = [connects(shop, Encryption.OFF), refused, reports(shop)]
    readings = [shop.failing("basket-page"), shop.passing("orders-own")]
    assert shop.roots(shop.diagnose(claims, readings)) == [("taskdef.basket", "DB_TLS_REQUIRED")]


@pytest.mark.parametrize("encryption", [Encryption.UNSAID, Encryption.ON, Encryption.VERIFIED])
def test_settings_that_leave_it_to_the_driver_prove_nothing(shop: Any, encryption: Encryption) -> None:
    claims = [connects(shop, encryption), demands(shop), login(shop), reports(shop)]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


def test_encryption_switched_off_where_nobody_demands_it_is_no_fault(shop: Any) -> None:
    claims = [connects(shop, Encryption.OFF), login(shop), reports(shop)]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


def test_a_setting_that_encrypts_is_not_blamed_for_words_of_what_still_runs(shop: Any) -> None:
    claims = [connects(shop, Encryption.ON), login(shop), complains(shop, StoreTrouble.ENCRYPTION_DEMANDED)]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


def test_without_its_settings_the_clients_own_words_decide(shop: Any) -> None:
    claims = [login(shop), complains(shop, StoreTrouble.ENCRYPTION_DEMANDED)]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-page")])) == [("taskdef.basket", "DB_TLS_REQUIRED")]


def test_a_proxy_that_repeats_the_words_of_its_neighbour_is_not_blamed(shop: Any) -> None:
    claims = [
        connects(shop),
        connects(shop, of="front"),
        login(shop),
        complains(shop, StoreTrouble.ENCRYPTION_DEMANDED, of_itself=False),
        complains(shop, StoreTrouble.ENCRYPTION_DEMANDED, of="front", of_itself=False),
    ]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "DB_TLS_REQUIRED")]


# ---- A login of its own
def own(shop: Any, **more: Any) -> Claim:
    return connects(shop, Encryption.ON, login_setting="STORE_URI", **more)


def test_a_client_with_a_wrong_login_of_its_own_is_at_fault_where_the_secret_works(shop: Any) -> None:
    claims = [own(shop), login(shop), complains(shop, StoreTrouble.LOGIN_REFUSED)]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-page"), shop.passing("orders-login")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "DB_BAD_PASSWORD")]
    assert {"rds", "secret.orders"} <= {out.subject for out in diagnosis.ruled_out}


def test_where_the_secret_is_refused_too_the_client_is_not_blamed(shop: Any) -> None:
    refused = login(shop, LoginOutcome.CREDENTIALS_REFUSED)
    claims = [own(shop), refused, complains(shop, StoreTrouble.LOGIN_REFUSED)]
    readings = [shop.failing("basket-page"), shop.failing("orders-login", Phase.LOGIN)]
    assert shop.roots(shop.diagnose(claims, readings)) == [("secret.orders", "DB_PASSWORD_OUT_OF_SYNC")]


@pytest.mark.parametrize("missing", ["login", "words", "setting", "own login only"])
def test_a_wrong_login_of_its_own_needs_all_three(shop: Any, missing: str) -> None:
    claims = {
        "login": login(shop),
        "words": complains(shop, StoreTrouble.LOGIN_REFUSED),
        "setting": own(shop),
    }
    if missing == "own login only":
        claims["login"] = login(shop, of_platform=False)
    else:
        del claims[missing]
    assert shop.diagnose([*claims.values(), reports(shop)], [shop.failing("basket-page")]).roots == ()


# ---- A password of its own in place of the secret
def in_plain(shop: Any, of: str = "basket") -> Claim:
    return PasswordInPlain(component=f"taskdef.{of}", setting="DB_PASSWORD", proof=shop.seen("front-settings"))


def injects(secret: str, of: str = "basket") -> Claim:
    return CredentialInjected(
        component=f"taskdef.{of}", setting="X", secret=f"arn:aws:secretsmanager:x:1:secret:{secret}"
    )


def logged(shop: Any, saying: LogSaying = LogSaying.LOGIN_REFUSED, of: str = "basket") -> Claim:
    return LogSays(component=f"ecs.{of}", saying=saying, count=3, last_at=NOON, proof=shop.seen("basket-tasks"))


@pytest.mark.parametrize(
    "more",
    [
        lambda shop: [complains(shop, StoreTrouble.LOGIN_REFUSED)],
        lambda shop: [logged(shop)],
        lambda shop: [logged(shop), injects("shop/token-AbCdEf")],
        lambda shop: [logged(shop), injects("shop/orders-AbCdEf", of="front")],
    ],
    ids=["it says so", "its log says so", "it takes another secret", "another service takes the secret"],
)
def test_a_plain_password_that_is_refused_stands_where_the_secret_belongs(
    shop: Any, more: Callable[[Any], list[Claim]]
) -> None:
    diagnosis = shop.diagnose([in_plain(shop), login(shop), *more(shop)], [shop.failing("basket-page")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "DB_BAD_PASSWORD")]
    (root,) = diagnosis.roots
    assert f"DB_PASSWORD in taskdef.basket is a password of its own, which {HOST} refuses" in root.statement
    assert root.first_action.startswith("Reference secret.orders in DB_PASSWORD")
    assert (root.confidence, [out.subject for out in root.ruled_out]) == ("high", ["rds"])


@pytest.mark.parametrize(
    "claims",
    [
        lambda shop: [login(shop), logged(shop)],
        lambda shop: [in_plain(shop, of="front"), login(shop), logged(shop)],
        lambda shop: [in_plain(shop), logged(shop)],
        lambda shop: [in_plain(shop), login(shop)],
        lambda shop: [in_plain(shop), login(shop), logged(shop, LogSaying.CRASHED)],
        lambda shop: [in_plain(shop), login(shop), logged(shop, of="front")],
        lambda shop: [in_plain(shop), login(shop), complains(shop, StoreTrouble.SLOTS_FULL)],
        lambda shop: [in_plain(shop), login(shop, LoginOutcome.CREDENTIALS_REFUSED), logged(shop)],
        lambda shop: [in_plain(shop), login(shop, of_platform=False), logged(shop)],
        lambda shop: [in_plain(shop), login(shop), login(shop, host="other.db.example"), logged(shop)],
        lambda shop: [in_plain(shop), login(shop), logged(shop), injects("shop/orders-AbCdEf")],
    ],
    ids=[
        "no password in plain",
        "another service's password",
        "the secret was not tried",
        "nobody is refused",
        "its log says something else",
        "another's log",
        "it says something else",
        "the secret is refused too",
        "another login was tried",
        "of two stores nobody knows which",
        "it takes the secret as well",
    ],
)
def test_a_plain_password_is_not_blamed_unless_it_is_refused_and_the_secret_works(
    shop: Any, claims: Callable[[Any], list[Claim]]
) -> None:
    diagnosis = shop.diagnose(claims(shop), [shop.failing("basket-page"), shop.failing("front-page")])
    assert "DB_BAD_PASSWORD" not in {fault for _, fault in shop.roots(diagnosis)}


# ---- A password in a URL
def unfit(shop: Any, **more: Any) -> Claim:
    values = {"component": "secret.orders", "host": HOST, "secret": "shop/orders", "proof": shop.seen("orders-login")}
    return PasswordUnfitForUrl(**(values | more))


def unusable(shop: Any, *, holds_login: bool = True) -> Claim:
    return SettingUnusable(
        component="taskdef.basket",
        setting="STORE_URI",
        problem="has two @",
        holds_login=holds_login,
        proof=shop.seen("front-settings"),
    )


def test_a_url_that_the_password_breaks_is_told_where_it_stands(shop: Any) -> None:
    claims = [unfit(shop), login(shop), unusable(shop), reports(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-page"), shop.passing("orders-login")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "SECRET_BREAKS_URL")]
    assert "where STORE_URI puts it into a URL" in diagnosis.roots[0].first_action


@pytest.mark.parametrize(("running", "cut"), [(0, True), (1, False)])
def test_tasks_that_end_at_a_broken_url_are_its_victims_and_cut_off_where_none_runs(
    shop: Any, running: int, cut: bool
) -> None:
    ends = [
        TaskStopped(component="ecs.basket", reason=StopReason.CRASHED, proof=shop.seen("basket-tasks")),
        RunningCounts(component="ecs.basket", desired=2, running=running, proof=shop.seen("basket-tasks")),
    ]
    readings = [shop.failing("basket-tasks"), shop.failing("basket-page", Phase.TCP), shop.failing("front-page")]
    diagnosis = shop.diagnose([unfit(shop), login(shop), unusable(shop), *ends], readings)
    assert shop.roots(diagnosis) == [("taskdef.basket", "SECRET_BREAKS_URL")]
    assert {"ecs.basket", "app.front"} <= {victim.component for victim in diagnosis.victims}
    assert diagnosis.undecided is not cut


def test_code_that_builds_the_url_is_told_by_the_clients_own_words(shop: Any) -> None:
    claims = [unfit(shop), login(shop), complains(shop, StoreTrouble.ADDRESS_UNUSABLE)]
    readings = [shop.failing("basket-page"), shop.passing("orders-login")]
    assert shop.roots(shop.diagnose(claims, readings)) == [("taskdef.basket", "SECRET_BREAKS_URL")]


@pytest.mark.parametrize("missing", ["unfit", "login"])
def test_a_setting_that_is_unusable_for_another_reason_is_only_that(shop: Any, missing: str) -> None:
    claims = {"unfit": unfit(shop), "login": login(shop)}
    del claims[missing]
    diagnosis = shop.diagnose([*claims.values(), unusable(shop), reports(shop)], [shop.failing("basket-page")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "CONFIG_VALUE_MALFORMED")]


def test_a_url_that_is_no_login_is_not_broken_by_a_password(shop: Any) -> None:
    claims = [unfit(shop), login(shop), unusable(shop, holds_login=False), reports(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-page")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "CONFIG_VALUE_MALFORMED")]


@pytest.mark.parametrize("more", [{"secret": "another/secret"}, {"host": "other.db.example"}])
def test_the_password_of_another_login_breaks_nothing_here(shop: Any, more: dict[str, str]) -> None:
    claims = [unfit(shop, **more), login(shop), complains(shop, StoreTrouble.ADDRESS_UNUSABLE)]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


def test_a_password_of_marks_and_a_client_that_complains_of_nothing_like_it_are_no_case(shop: Any) -> None:
    claims = [unfit(shop), login(shop), reports(shop)]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


# ---- Authorities
def certificate(shop: Any, trust: Trust) -> Claim:
    return StoreCertificate(component="rds", host=HOST, trust=trust, proof=shop.seen("orders-own"))


@pytest.mark.parametrize("trust", [Trust.TRUSTED, Trust.UNKNOWN_AUTHORITY])
def test_a_client_that_does_not_know_the_authority_has_an_old_bundle(shop: Any, trust: Trust) -> None:
    claims = [certificate(shop, trust), login(shop), complains(shop, StoreTrouble.CERTIFICATE_REFUSED)]
    (root,) = shop.diagnose(claims, [shop.failing("basket-page")]).roots
    assert (root.component, str(root.fault), root.confidence) == ("image.basket", "DB_CA_BUNDLE_OUTDATED", "high")


def test_where_nobody_verified_it_the_certificate_may_be_wrong_otherwise(shop: Any) -> None:
    claims = [login(shop), complains(shop, StoreTrouble.CERTIFICATE_REFUSED)]
    (root,) = shop.diagnose(claims, [shop.failing("basket-page")]).roots
    assert root.confidence == "medium"


def test_a_certificate_that_is_wrong_otherwise_is_not_the_bundles_fault(shop: Any) -> None:
    wrong = certificate(shop, Trust.WRONG_OTHERWISE)
    claims = [wrong, login(shop), complains(shop, StoreTrouble.CERTIFICATE_REFUSED)]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


@pytest.mark.parametrize(
    ("trust", "fault"), [(Trust.EXPIRED, "TLS_CERT_EXPIRED"), (Trust.OTHER_NAME, "TLS_NAME_MISMATCH")]
)
def test_a_certificate_that_nobody_can_believe_is_the_stores(shop: Any, trust: Trust, fault: str) -> None:
    seen_by_login = StoreCertificate(component="secret.orders", host=HOST, trust=trust, proof=shop.seen("orders-login"))
    claims = [certificate(shop, trust), seen_by_login, complains(shop, StoreTrouble.CERTIFICATE_REFUSED)]
    readings = [
        shop.failing("basket-page"),
        shop.failing("orders-own", Phase.TLS),
        shop.failing("orders-login", Phase.TLS),
    ]
    diagnosis = shop.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("rds", fault)]
    assert not diagnosis.undecided


def test_who_does_not_verify_is_no_victim_of_an_expired_certificate(shop: Any) -> None:
    readings = [shop.failing("orders-own", Phase.TLS), shop.failing("basket-page")]
    diagnosis = shop.diagnose([certificate(shop, Trust.EXPIRED), login(shop)], readings)
    assert shop.roots(diagnosis) == [("rds", "TLS_CERT_EXPIRED")]
    assert diagnosis.undecided


def test_where_the_auditor_too_lacks_the_authority_its_own_failure_is_explained(shop: Any) -> None:
    claims = [certificate(shop, Trust.UNKNOWN_AUTHORITY), complains(shop, StoreTrouble.CERTIFICATE_REFUSED)]
    readings = [shop.failing("basket-page"), shop.failing("orders-own", Phase.TLS)]
    diagnosis = shop.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("image.basket", "DB_CA_BUNDLE_OUTDATED")]
    assert not diagnosis.undecided


@pytest.mark.parametrize("trust", [Trust.TRUSTED, Trust.UNKNOWN_AUTHORITY, Trust.WRONG_OTHERWISE])
def test_without_a_client_that_complains_nobody_has_an_old_bundle(shop: Any, trust: Trust) -> None:
    claims = [certificate(shop, trust), login(shop)]
    assert shop.diagnose(claims, [shop.failing("basket-page")]).roots == ()


def test_no_word_alone_makes_a_root(shop: Any) -> None:
    for trouble in StoreTrouble:
        claim = StoreComplaint(component="app.basket", trouble=trouble, of_itself=True, proof=shop.seen("basket-page"))
        found = shop.roots(shop.diagnose([claim], [shop.failing("basket-page")]))
        assert found in ([], [("taskdef.basket", "DB_TLS_REQUIRED")]), trouble
