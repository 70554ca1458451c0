"""Where settings lead: each rule fires on its situation and is silent on the one that looks like it."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import (
    AnswerSays,
    Claim,
    NameResolves,
    NamespaceExists,
    PortAnswers,
    RegisteredAs,
    RunsAt,
    SettingMissing,
    SettingPointsTo,
)
from auditor.domain.diagnosis.words import NameOutcome, PortOutcome, Role, Saying
from auditor.domain.observation import Phase
from auditor.domain.result import Severity

WRONG = "basket.shop.internal"
RIGHT = "basket.prod.internal"


def setting(shop: Any, host: str = WRONG) -> Claim:
    return SettingPointsTo(
        component="taskdef.front", setting="BASKET_URL", host=host, port=80, proof=shop.seen("front-settings")
    )


def answer(shop: Any, host: str = WRONG, saying: Saying = Saying.CANNOT_CONNECT_UPSTREAM) -> Claim:
    return AnswerSays(
        component="app.front",
        status=502,
        saying=saying,
        upstream_host=host,
        upstream_port=80,
        proof=shop.seen("front-page"),
    )


def registered(shop: Any, *addresses: str) -> Claim:
    return RegisteredAs(component="cloudmap.basket", name=RIGHT, addresses=addresses, proof=shop.seen("basket-name"))


def namespace(shop: Any) -> Claim:
    return NamespaceExists(namespace="prod.internal", proof=shop.seen("basket-name"))


def absent(shop: Any, name: str = WRONG) -> Claim:
    return NameResolves(name=name, outcome=NameOutcome.NXDOMAIN, proof=shop.seen("front-page"))


def wrong_namespace(shop: Any) -> list[Claim]:
    return [setting(shop), answer(shop), registered(shop, "10.1.0.5"), namespace(shop), absent(shop)]


def test_a_name_in_no_namespace_is_told_with_the_registered_one(shop: Any) -> None:
    diagnosis = shop.diagnose(wrong_namespace(shop), [shop.failing("front-page"), shop.passing("basket-page")])
    assert shop.roots(diagnosis) == [("taskdef.front", "DNS_NAMESPACE_MISMATCH")]
    root = diagnosis.roots[0]
    assert root.confidence == "high"
    assert RIGHT in root.first_action
    assert {*shop.seen("front-settings"), *shop.seen("basket-name"), *shop.seen("front-page")} <= set(root.proof)
    assert "cloudmap.basket" in {out.subject for out in diagnosis.ruled_out}
    assert [victim.component for victim in diagnosis.victims] == ["app.front"]
    assert not diagnosis.undecided


def test_without_the_lookup_the_answer_alone_gives_medium_confidence(shop: Any) -> None:
    claims = [setting(shop), answer(shop), registered(shop, "10.1.0.5"), namespace(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")])
    assert [(r.fault, str(r.confidence)) for r in diagnosis.roots] == [("DNS_NAMESPACE_MISMATCH", "medium")]


def test_a_private_name_in_no_namespace_is_wrong_also_where_nobody_knows_what_is_meant(shop: Any) -> None:
    claims = wrong_namespace(shop)
    del claims[2]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")])
    assert [(r.fault, str(r.confidence)) for r in diagnosis.roots] == [("DNS_NAMESPACE_MISMATCH", "medium")]
    assert RIGHT not in diagnosis.roots[0].first_action


def test_a_name_that_may_be_a_public_one_is_no_matter_of_namespaces(shop: Any) -> None:
    claims = [setting(shop, "api.partner.example"), namespace(shop), absent(shop, "api.partner.example")]
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-page")])) == []


@pytest.mark.parametrize("missing", [0, 3])
def test_no_namespace_is_blamed_without_setting_or_namespace(shop: Any, missing: int) -> None:
    claims = wrong_namespace(shop)
    del claims[missing]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")])
    assert shop.roots(diagnosis) == []
    assert diagnosis.undecided
    assert diagnosis.next_observation


def test_a_name_that_resolves_is_no_mismatch(shop: Any) -> None:
    resolved = NameResolves(name=WRONG, outcome=NameOutcome.RESOLVED, addresses=("10.9.9.9",), proof=("p",))
    claims = [*wrong_namespace(shop)[:4], resolved]
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-page")])) == []


def test_a_name_in_an_existing_namespace_is_no_mismatch(shop: Any) -> None:
    claims = [
        setting(shop, RIGHT),
        answer(shop, RIGHT),
        registered(shop, "10.1.0.5"),
        namespace(shop),
        absent(shop, RIGHT),
    ]
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-page")])) == []


def asked_of_setting(shop: Any, name: str, outcome: NameOutcome, *addresses: str) -> Claim:
    return NameResolves(name=name, outcome=outcome, addresses=addresses, proof=shop.seen("front-settings"))


def test_the_look_up_of_the_settings_own_host_is_proof_enough_without_any_answer(shop: Any) -> None:
    claims = [
        setting(shop),
        asked_of_setting(shop, WRONG, NameOutcome.NXDOMAIN),
        registered(shop, "10.1.0.5"),
        namespace(shop),
    ]
    diagnosis = shop.diagnose(claims, [shop.failing("front-settings"), shop.failing("front-page")])
    assert [(r.fault, str(r.confidence)) for r in diagnosis.roots] == [("DNS_NAMESPACE_MISMATCH", "high")]
    assert set(shop.seen("front-settings")) <= set(diagnosis.roots[0].proof)
    assert f"names {WRONG}, which does not exist (NXDOMAIN)" in diagnosis.roots[0].statement
    assert not diagnosis.undecided
    # Silence of the resolver proves nothing.
    claims[1] = asked_of_setting(shop, WRONG, NameOutcome.TIMEOUT)
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-page")])) == []


def test_a_name_that_nobody_registered_in_an_existing_namespace_is_no_mismatch(shop: Any) -> None:
    unregistered = "baskets.prod.internal"
    claims = [
        setting(shop, unregistered),
        answer(shop, unregistered),
        asked_of_setting(shop, unregistered, NameOutcome.NXDOMAIN),
        registered(shop, "10.1.0.5"),
        namespace(shop),
    ]
    diagnosis = shop.diagnose(claims, [shop.failing("front-settings"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == []
    assert diagnosis.undecided


def test_a_name_that_the_catalogue_declares_is_no_mismatch(shop: Any) -> None:
    named = replace(shop.platform.targets[0], spec={"url": f"http://{WRONG}:80/health"})
    diagnosis = shop.diagnose(
        wrong_namespace(shop), [shop.failing("front-page")], targets=(named, *shop.platform.targets[1:])
    )
    assert shop.roots(diagnosis) == []


def test_a_name_that_is_declared_absent_is_a_mismatch(shop: Any) -> None:
    named = replace(shop.platform.targets[0], spec={"name": WRONG, "expect_absent": True})
    asked = replace(absent(shop), meant_absent=True)  # type: ignore[type-var]
    diagnosis = shop.diagnose(
        [*wrong_namespace(shop)[:4], asked],
        [shop.failing("front-page")],
        targets=(named, *shop.platform.targets[1:]),
    )
    assert [(r.fault, str(r.confidence)) for r in diagnosis.roots] == [("DNS_NAMESPACE_MISMATCH", "high")]


def test_where_the_catalogue_says_what_is_meant_no_lookup_is_needed(shop: Any) -> None:
    meant = replace(setting(shop), declared_host=RIGHT)  # type: ignore[type-var]
    claims = [meant, answer(shop), registered(shop, "10.1.0.5"), namespace(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")])
    assert [(r.fault, str(r.confidence)) for r in diagnosis.roots] == [("DNS_NAMESPACE_MISMATCH", "high")]


def missing(shop: Any, name: str = "BASKET_URL", role: Role = Role.ENDPOINT) -> Claim:
    return SettingMissing(component="taskdef.front", setting=name, role=role, proof=shop.seen("front-settings"))


def test_a_missing_setting_shows_in_an_answer_that_names_the_own_host(shop: Any) -> None:
    diagnosis = shop.diagnose(
        [missing(shop), answer(shop, "localhost")], [shop.failing("front-page"), shop.passing("basket-page")]
    )
    assert shop.roots(diagnosis) == [("taskdef.front", "ENV_MISSING")]
    assert diagnosis.roots[0].confidence == "high"
    assert "BASKET_URL is not set" in diagnosis.roots[0].statement


def test_a_missing_setting_without_a_trace_in_an_answer_is_of_medium_confidence(shop: Any) -> None:
    diagnosis = shop.diagnose([missing(shop)], [shop.failing("front-page")])
    assert [(r.fault, str(r.confidence)) for r in diagnosis.roots] == [("ENV_MISSING", "medium")]


def test_a_missing_setting_that_harms_nobody_is_a_finding(shop: Any) -> None:
    for readings in ([shop.passing("front-page")], [shop.failing("front-page", severity=Severity.ADVISORY)]):
        diagnosis = shop.diagnose([missing(shop)], readings)
        assert diagnosis.roots == ()
        assert [f.fault for f in diagnosis.findings] == ["ENV_MISSING"]
        assert not diagnosis.undecided


def test_a_named_root_leaves_a_missing_setting_a_finding(shop: Any) -> None:
    diagnosis = shop.diagnose([*wrong_namespace(shop), missing(shop, "THEME")], [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.front", "DNS_NAMESPACE_MISMATCH")]
    assert [f.fault for f in diagnosis.findings] == ["ENV_MISSING"]


def test_a_missing_setting_does_not_explain_a_service_that_is_not_reached(shop: Any) -> None:
    diagnosis = shop.diagnose([missing(shop)], [shop.failing("front-page", Phase.TCP)])
    assert diagnosis.roots == ()
    assert diagnosis.undecided


def moved(shop: Any, *extra: Claim) -> list[Claim]:
    return [
        setting(shop, "10.1.0.99"),
        answer(shop, "10.1.0.99", Saying.UPSTREAM_TIMEOUT),
        RunsAt(component="ecs.basket", addresses=("10.1.0.5",), proof=shop.seen("basket-tasks")),
        *extra,
    ]


def test_an_address_that_moved_away_is_told(shop: Any) -> None:
    diagnosis = shop.diagnose(moved(shop), [shop.failing("front-page"), shop.passing("basket-page")])
    assert shop.roots(diagnosis) == [("taskdef.front", "STALE_HARDCODED_ADDRESS")]
    assert "security groups and network ACLs" in {out.subject for out in diagnosis.ruled_out}


def test_an_address_that_runs_is_not_stale_however_silent(shop: Any) -> None:
    runs = RunsAt(component="ecs.basket", addresses=("10.1.0.99",), proof=shop.seen("basket-tasks"))
    diagnosis = shop.diagnose([*moved(shop)[:2], runs], [shop.failing("front-page")])
    assert diagnosis.roots == ()
    assert diagnosis.undecided


def test_an_address_is_not_stale_while_it_is_unknown_where_anything_runs(shop: Any) -> None:
    assert shop.diagnose(moved(shop)[:2], [shop.failing("front-page")]).roots == ()


def test_an_address_that_answers_is_not_stale(shop: Any) -> None:
    opens = PortAnswers(host="10.1.0.99", address="10.1.0.99", port=80, outcome=PortOutcome.OPEN, proof=("p",))
    assert shop.diagnose(moved(shop, opens), [shop.failing("front-page")]).roots == ()


def test_an_address_that_belongs_to_somebody_else_now_is_stale(shop: Any) -> None:
    """The address answers and even runs; what the setting means is registered elsewhere."""
    somebody = RunsAt(component="ecs.front", addresses=("10.1.0.99",), proof=shop.seen("front-tasks"))
    opens = PortAnswers(host="x", address="10.1.0.99", port=80, outcome=PortOutcome.OPEN, proof=("p",))
    meant = replace(setting(shop, "10.1.0.99"), declared_host=RIGHT)  # type: ignore[type-var]
    claims = [meant, registered(shop, "10.1.0.5"), somebody, opens]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.front", "STALE_HARDCODED_ADDRESS")]
    assert "the address belongs to ecs.front now" in diagnosis.roots[0].statement


@pytest.mark.parametrize("saying", [Saying.UPSTREAM_TIMEOUT, Saying.NEIGHBOUR_FAILED])
def test_an_answer_that_names_no_place_is_enough_beside_a_literal_address(shop: Any, saying: Saying) -> None:
    vague = AnswerSays(component="app.front", status=504, saying=saying, proof=shop.seen("front-page"))
    claims = [moved(shop)[0], moved(shop)[2], vague]
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-page")])) == [
        ("taskdef.front", "STALE_HARDCODED_ADDRESS")
    ]


def test_an_address_that_the_page_calls_well_is_not_stale(shop: Any) -> None:
    claims = [answer(shop, "10.1.0.99", Saying.USES_UPSTREAM), moved(shop)[2], missing(shop)]
    assert "STALE_HARDCODED_ADDRESS" not in str(shop.diagnose(claims, [shop.failing("front-page")]).roots)


def test_an_address_that_stands_in_no_setting_stands_in_the_code(shop: Any) -> None:
    claims = [
        *moved(shop)[1:],
        SettingPointsTo(component="taskdef.front", setting="OTHER", host="x.example", proof=("p",)),
    ]
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-page")])) == [
        ("code.front", "STALE_HARDCODED_ADDRESS")
    ]


def test_without_the_settings_an_address_is_blamed_on_nobody(shop: Any) -> None:
    diagnosis = shop.diagnose(moved(shop)[1:], [shop.failing("front-page")])
    assert diagnosis.roots == ()
    assert "running revision of storefront" in diagnosis.next_observation
