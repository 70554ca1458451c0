"""Certificates that clients cannot accept, and two sides that do not speak the same: what has to be changed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.diagnosis.candidate import Confidence
from auditor.domain.diagnosis.claims import AnswerSays, Claim, SettingPointsTo
from auditor.domain.diagnosis.routing_claims import CertificateStands, RequestRouted
from auditor.domain.diagnosis.routing_words import RouteFate
from auditor.domain.diagnosis.task_claims import TaskStopped
from auditor.domain.diagnosis.tls_claims import CertificateShown, ClientCertificateDemanded, PortSpeaks
from auditor.domain.diagnosis.tls_words import CertificateOutcome, Speech
from auditor.domain.diagnosis.words import Saying, StopReason
from auditor.domain.observation import Phase
from auditor.domain.topology import Component

WEB, BASKET = "www.shop.example", "basket.prod.internal"
EXPIRED = ("TLS_CERT_EXPIRED",)
ENDS = datetime(2026, 2, 27, tzinfo=UTC)
ACM = Component(id="acm", service="ground", aws_name="*.shop.example")
TLS_WEB = Component(id="tls.web", service="storefront", aws_name=WEB)
TLS_BASKET = Component(id="tls.basket", service="basket", aws_name=BASKET)
LISTENER = Component(id="listener.web_443", service="storefront", aws_name="shop-web/443")
TG_BASKET = Component(id="tg.basket", service="basket", aws_name="basket")


def with_components(shop: Any, *components: Component) -> dict[str, Any]:
    return {"components": (*shop.platform.components, *components)}


def shown(shop: Any, outcome: CertificateOutcome, target: str = "front-page", **changes: Any) -> CertificateShown:
    """At the entrance of the storefront, by a target that watches its certificate."""
    claim = CertificateShown(
        component="app.front",
        host=WEB,
        port=443,
        address="203.0.113.7",
        outcome=outcome,
        of_place=True,
        private=False,
        issuer="Some CA",
        ends=ENDS,
        proof=shop.seen(target),
    )
    return replace(claim, **changes)


def in_passing(shop: Any, outcome: CertificateOutcome, target: str, component: str) -> CertificateShown:
    """What a target of something else met on its way."""
    return shown(shop, outcome, target, component=component, of_place=False, issuer="", ends=None)


@pytest.mark.parametrize(
    ("components", "root"),
    [
        ((ACM, TLS_WEB), "acm"),
        ((TLS_WEB,), "tls.web"),
        ((Component(id="acm.other", service="ground", aws_name="*.other.example"), TLS_WEB), "tls.web"),
        ((Component(id="acm.www", service="ground", aws_name=WEB),), "acm.www"),
        ((), "app.front"),
    ],
    ids=["managed", "own", "another one is managed", "managed by its very name", "nothing stands for it"],
)
def test_an_expired_certificate_is_laid_to_who_issues_it(
    shop: Any, components: tuple[Component, ...], root: str
) -> None:
    readings = [shop.failing("front-page", Phase.TLS, cause="tls.expired")]
    diagnosis = shop.diagnose([shown(shop, CertificateOutcome.EXPIRED)], readings, **with_components(shop, *components))
    assert shop.roots(diagnosis) == [(root, "TLS_CERT_EXPIRED")]
    assert diagnosis.roots[0].confidence is Confidence.HIGH
    assert "2026-02-27" in diagnosis.roots[0].statement
    assert not diagnosis.undecided


@pytest.mark.parametrize(("domain", "root"), [(WEB, "tls.web"), ("*.shop.example", "acm"), ("*.other.example", "acm")])
def test_an_expired_certificate_is_the_one_that_is_attached_there(shop: Any, domain: str, root: str) -> None:
    over = replace(attached(shop, domain), expired=True)
    shows = [shown(shop, CertificateOutcome.EXPIRED), comes_in(shop), over]
    readings = [shop.failing("front-page", Phase.TLS)]
    diagnosis = shop.diagnose(shows, readings, **with_components(shop, ACM, TLS_WEB))
    assert shop.roots(diagnosis)[0] == (root, "TLS_CERT_EXPIRED")
    alone = shop.diagnose([over], readings, **with_components(shop, ACM, TLS_WEB))
    assert shop.roots(alone) == [(root, "TLS_CERT_EXPIRED")]


@pytest.mark.parametrize("aws_name", ["", "arn:aws:acm:eu-west-1:123456789012:certificate/1.2"])
def test_the_only_certificate_that_is_managed_is_meant_at_a_public_place_where_its_name_does_not_tell(
    shop: Any, aws_name: str
) -> None:
    opaque = Component(id="acm", service="ground", aws_name=aws_name)
    readings = [shop.failing("front-page", Phase.TLS)]
    public = shown(shop, CertificateOutcome.EXPIRED)
    for claim, root in ((public, "acm"), (replace(public, private=True), "tls.web")):
        diagnosis = shop.diagnose([claim], readings, **with_components(shop, opaque, TLS_WEB))
        assert shop.roots(diagnosis) == [(root, "TLS_CERT_EXPIRED")]
    two = with_components(shop, opaque, replace(opaque, id="acm.second"), TLS_WEB)
    assert shop.roots(shop.diagnose([public], readings, **two)) == [("tls.web", "TLS_CERT_EXPIRED")]


def test_one_certificate_at_many_places_is_one_root_and_who_needs_them_is_a_victim(shop: Any) -> None:
    claims = [
        shown(shop, CertificateOutcome.EXPIRED),
        in_passing(shop, CertificateOutcome.EXPIRED, "front-health", "app.front"),
        shown(shop, CertificateOutcome.EXPIRED, "basket-page", component="app.basket", host="basket.shop.example"),
    ]
    readings = [
        shop.failing("front-page", Phase.TLS),
        shop.failing("front-health", Phase.TLS),
        shop.failing("basket-page", Phase.TLS),
        shop.failing("front-settings", Phase.ANSWER),
    ]
    diagnosis = shop.diagnose(claims, readings, **with_components(shop, ACM))
    assert shop.roots(diagnosis) == [("acm", "TLS_CERT_EXPIRED")]
    assert not diagnosis.undecided
    assert f"basket.shop.example:443 and {WEB}:443" in diagnosis.roots[0].statement
    assert {victim.component for victim in diagnosis.victims} == {"app.front", "app.basket", "taskdef.front"}


def test_what_fails_before_tls_is_not_laid_to_a_certificate(shop: Any) -> None:
    readings = [shop.failing("front-page", Phase.TLS), shop.failing("front-health", Phase.TCP, cause="tcp.refused")]
    diagnosis = shop.diagnose([shown(shop, CertificateOutcome.EXPIRED)], readings, **with_components(shop, ACM))
    assert shop.roots(diagnosis) == [("acm", "TLS_CERT_EXPIRED")]
    assert diagnosis.undecided
    assert diagnosis.unexplained == ("probe/front-health/probe.works@2026-03-01T12:00:00Z",)


def test_where_another_address_serves_well_nobody_is_cut_off(shop: Any) -> None:
    well = shown(shop, CertificateOutcome.VALID, address="203.0.113.8")
    readings = [shop.failing("front-page", Phase.TLS), shop.failing("front-health")]
    claims = [shown(shop, CertificateOutcome.EXPIRED), well]
    diagnosis = shop.diagnose(claims, readings, **with_components(shop, ACM))
    assert diagnosis.undecided
    alone = shop.diagnose(claims[:1], readings, **with_components(shop, ACM))
    assert not alone.undecided


def test_a_certificate_that_ends_soon_is_told_as_what_it_is(shop: Any) -> None:
    diagnosis = shop.diagnose(
        [shown(shop, CertificateOutcome.EXPIRES_SOON)],
        [shop.failing("front-page", Phase.TLS), shop.failing("front-health")],
        **with_components(shop, ACM),
    )
    assert shop.roots(diagnosis) == [("acm", "TLS_CERT_EXPIRED")]
    assert "ends on 2026-02-27" in diagnosis.roots[0].statement
    assert diagnosis.undecided, "it harms nobody yet"


@pytest.mark.parametrize("outcome", [CertificateOutcome.NOT_YET_VALID, CertificateOutcome.INCOMPLETE])
def test_what_has_no_fault_of_its_own_stays_undecided(shop: Any, outcome: CertificateOutcome) -> None:
    diagnosis = shop.diagnose([shown(shop, outcome)], [shop.failing("front-page", Phase.TLS)])
    assert diagnosis.roots == ()
    assert diagnosis.undecided
    assert "certificate" in diagnosis.next_observation


def test_who_looks_at_the_certificate_itself_knows_better_than_who_only_meets_it(shop: Any) -> None:
    """A page calls a chain without its intermediate untrusted, which is another fault."""
    claims = [
        shown(shop, CertificateOutcome.INCOMPLETE),
        in_passing(shop, CertificateOutcome.UNTRUSTED, "front-health", "app.front"),
    ]
    readings = [shop.failing("front-page", Phase.TLS), shop.failing("front-health", Phase.TLS)]
    assert shop.diagnose(claims, readings, **with_components(shop, TLS_WEB)).roots == ()
    alone = shop.diagnose(claims[1:], readings[1:], **with_components(shop, TLS_WEB))
    assert shop.roots(alone) == [("tls.web", "TLS_UNTRUSTED_INTERNAL_CA")]


@pytest.mark.parametrize(("components", "root"), [((ACM, TLS_WEB), "tls.web"), ((ACM,), "acm"), ((), "app.front")])
def test_another_name_is_laid_to_the_place_that_shows_it(
    shop: Any, components: tuple[Component, ...], root: str
) -> None:
    readings = [shop.failing("front-page", Phase.TLS)]
    diagnosis = shop.diagnose(
        [shown(shop, CertificateOutcome.OTHER_NAME)], readings, **with_components(shop, *components)
    )
    assert shop.roots(diagnosis) == [(root, "TLS_NAME_MISMATCH")]
    assert diagnosis.roots[0].confidence is Confidence.MEDIUM


def comes_in(shop: Any, balancer: str = "shop-web", **changes: Any) -> Claim:
    """A declared request of the storefront's host, which comes in by a balancer."""
    base: dict[str, Any] = {"component": "app.front", "port": 443, "host": WEB, "path": "/", "wanted": "front"}
    proof = shop.seen("front-health")
    return RequestRouted(balancer=balancer, fate=RouteFate.AS_DECLARED, proof=proof, **(base | changes))


def attached(shop: Any, domain: str, balancer: str = "shop-web") -> Claim:
    return CertificateStands(
        component="app.front", balancer=balancer, domain=domain, expired=False, proof=shop.seen("front-health")
    )


def other_name(shop: Any, *claims: Claim, components: tuple[Component, ...] = (ACM, LISTENER)) -> Any:
    """The only root of a certificate for another name at the storefront's entrance."""
    diagnosis = shop.diagnose(
        [shown(shop, CertificateOutcome.OTHER_NAME), *claims],
        [shop.failing("front-page", Phase.TLS)],
        **with_components(shop, *components),
    )
    (root,) = diagnosis.roots
    assert root.fault == "TLS_NAME_MISMATCH"
    return root


@pytest.mark.parametrize(
    ("components", "component"),
    [((ACM, LISTENER), "listener.web_443"), ((ACM, LISTENER, TLS_WEB), "tls.web"), ((ACM,), "acm")],
    ids=["reached by a listener", "the place has a component of its own", "the catalogue has no listener"],
)
def test_another_name_at_a_place_behind_a_balancer_is_laid_to_the_listener(
    shop: Any, components: tuple[Component, ...], component: str
) -> None:
    assert other_name(shop, comes_in(shop, host=WEB.upper()), components=components).component == component


@pytest.mark.parametrize(
    "routes",
    [
        [{"host": "basket.shop.example"}],
        [{"port": 8443}],
        [{"balancer": "other"}],
        [{}, {"balancer": "other"}],
    ],
    ids=["of another host", "at another port", "by another balancer", "by either of two"],
)
def test_a_listener_by_which_nobody_surely_comes_to_the_place_shows_nothing_there(
    shop: Any, routes: list[dict[str, Any]]
) -> None:
    other = replace(LISTENER, id="listener.other", aws_name="other/443")
    components = (ACM, LISTENER, *([other] if len(routes) > 1 else []))
    root = other_name(shop, *(comes_in(shop, **route) for route in routes), components=components)
    assert root.component == "acm"


@pytest.mark.parametrize(
    ("certificates", "confidence"),
    [
        ([("api.shop.example", "shop-web")], Confidence.HIGH),
        ([("*.eu.shop.example", "shop-web")], Confidence.HIGH),
        ([("*.Shop.example", "shop-web")], Confidence.MEDIUM),
        ([("api.shop.example", "shop-web"), (WEB, "shop-web")], Confidence.MEDIUM),
        ([("api.shop.example", "other")], Confidence.MEDIUM),
        ([], Confidence.MEDIUM),
    ],
)
def test_another_name_is_surely_the_listeners_where_no_certificate_on_its_balancer_is_for_the_host(
    shop: Any, certificates: list[tuple[str, str]], confidence: Confidence
) -> None:
    root = other_name(shop, comes_in(shop), *(attached(shop, *certificate) for certificate in certificates))
    assert (root.component, root.confidence) == ("listener.web_443", confidence)


def internal(shop: Any, outcome: CertificateOutcome, **changes: Any) -> CertificateShown:
    changes = {"host": BASKET, "port": 8443, "private": True, "own_authority": True, **changes}
    return shown(shop, outcome, "basket-page", component="tls.basket", **changes)


def complains(shop: Any, saying: Saying = Saying.CANNOT_CONNECT_UPSTREAM, port: int = 8443) -> Claim:
    return AnswerSays(
        component="app.front",
        status=502,
        saying=saying,
        upstream_host=BASKET,
        upstream_port=port,
        proof=shop.seen("front-page"),
    )


def test_an_authority_that_nobody_trusts_is_laid_to_the_certificate_and_a_clients_word_makes_it_sure(shop: Any) -> None:
    claims: list[Claim] = [internal(shop, CertificateOutcome.UNTRUSTED)]
    readings = [shop.failing("basket-page", Phase.TLS), shop.failing("front-page")]
    diagnosis = shop.diagnose(claims, readings, **with_components(shop, TLS_BASKET))
    assert shop.roots(diagnosis) == [("tls.basket", "TLS_UNTRUSTED_INTERNAL_CA")]
    assert diagnosis.roots[0].confidence is Confidence.MEDIUM
    assert "Some CA" in diagnosis.roots[0].statement
    sure = shop.diagnose([*claims, complains(shop)], readings, **with_components(shop, TLS_BASKET))
    assert sure.roots[0].confidence is Confidence.HIGH


def leads(shop: Any, scheme: str = "https", port: int | None = 8443, host: str = BASKET) -> Claim:
    return SettingPointsTo(
        component="taskdef.front", setting="BASKET_URL", host=host, port=port, scheme=scheme,
        proof=shop.seen("front-settings"),
    )  # fmt: skip


def test_a_service_that_does_not_trust_a_good_certificate_of_the_own_authority(shop: Any) -> None:
    claims = [internal(shop, CertificateOutcome.VALID), leads(shop), complains(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")], **with_components(shop, TLS_BASKET))
    assert shop.roots(diagnosis) == [("taskdef.front", "TLS_UNTRUSTED_INTERNAL_CA")]
    assert diagnosis.roots[0].confidence is Confidence.MEDIUM


@pytest.mark.parametrize("missing", ["the authority is a public one", "it wants a client certificate", "no complaint"])
def test_that_a_service_lacks_the_authority_is_said_only_where_nothing_else_explains_it(
    shop: Any, missing: str
) -> None:
    own = missing != "the authority is a public one"
    claims = [internal(shop, CertificateOutcome.VALID, own_authority=own), leads(shop)]
    if missing != "no complaint":
        claims.append(complains(shop))
    if missing == "it wants a client certificate":
        claims.append(demand(shop, declared=True))
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")], **with_components(shop, TLS_BASKET))
    assert diagnosis.roots == ()


def speaks(shop: Any, speech: Speech, meant: Speech | None = None) -> Claim:
    return PortSpeaks(
        component="tls.basket", host=BASKET, port=8443, speech=speech, meant=meant or speech,
        proof=shop.seen("basket-page"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "speech", "remedy"), [("http", Speech.TLS, "https://"), ("https", Speech.PLAIN_HTTP, "http://")]
)
def test_a_setting_of_the_other_scheme(shop: Any, scheme: str, speech: Speech, remedy: str) -> None:
    claims = [leads(shop, scheme), speaks(shop, speech), complains(shop)]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")], **with_components(shop, TLS_BASKET))
    assert shop.roots(diagnosis) == [("taskdef.front", "SCHEME_MISMATCH")]
    assert remedy in diagnosis.roots[0].first_action


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_setting_of_the_spoken_scheme_or_to_another_port_or_what_speaks_both_is_right(shop: Any, scheme: str) -> None:
    same = Speech.TLS if scheme == "https" else Speech.PLAIN_HTTP
    other = Speech.PLAIN_HTTP if scheme == "https" else Speech.TLS
    readings = [shop.failing("front-page")]
    for claims in (
        [leads(shop, scheme), speaks(shop, same), complains(shop)],
        [leads(shop, scheme, port=None), speaks(shop, other), complains(shop)],
        [leads(shop, scheme, host="other.prod.internal"), speaks(shop, other)],
        [leads(shop, scheme), speaks(shop, same), speaks(shop, other), complains(shop)],
        [leads(shop, "rediss"), speaks(shop, other)],
    ):
        diagnosis = shop.diagnose(claims, readings, **with_components(shop, TLS_BASKET))
        assert diagnosis.roots == (), claims


def test_the_default_port_is_that_of_the_scheme(shop: Any) -> None:
    heard = PortSpeaks(
        component="app.basket", host=BASKET, port=443, speech=Speech.PLAIN_HTTP, meant=Speech.PLAIN_HTTP,
        proof=shop.seen("basket-page"),
    )  # fmt: skip
    claims = [leads(shop, "https", port=None), heard, complains(shop, port=443)]
    assert shop.roots(shop.diagnose(claims, [shop.failing("front-page")])) == [("taskdef.front", "SCHEME_MISMATCH")]


def test_a_place_that_lost_its_tls_is_at_fault_itself_and_not_who_calls_it_rightly(shop: Any) -> None:
    claims = [speaks(shop, Speech.PLAIN_HTTP, Speech.TLS), leads(shop), complains(shop)]
    readings = [shop.failing("basket-page", Phase.TLS), shop.failing("front-page")]
    diagnosis = shop.diagnose(claims, readings, **with_components(shop, TLS_BASKET))
    assert shop.roots(diagnosis) == [("tls.basket", "SCHEME_MISMATCH")]
    assert not diagnosis.undecided


def demand(shop: Any, *, declared: bool) -> Claim:
    return ClientCertificateDemanded(
        component="tls.basket", host=BASKET, port=8443, declared=declared, proof=shop.seen("basket-page")
    )


def stopped(shop: Any, reason: StopReason = StopReason.HEALTH_CHECK_FAILED, component: str = "ecs.basket") -> Claim:
    return TaskStopped(component=component, reason=reason, count=3, proof=shop.seen("basket-tasks"))


def test_a_health_check_that_cannot_show_a_certificate(shop: Any) -> None:
    readings = [shop.failing("basket-page", Phase.TLS), shop.failing("basket-tasks"), shop.failing("front-page")]
    components = with_components(shop, TLS_BASKET, TG_BASKET)
    diagnosis = shop.diagnose([demand(shop, declared=False), stopped(shop)], readings, **components)
    assert shop.roots(diagnosis) == [("tg.basket", "MTLS_REQUIRED_FOR_HEALTHCHECK")]
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    ("declared", "reason", "component"),
    [
        (True, StopReason.HEALTH_CHECK_FAILED, "ecs.basket"),
        (False, StopReason.EXITED, "ecs.basket"),
        (False, StopReason.HEALTH_CHECK_FAILED, "ecs.front"),
    ],
    ids=["declared and lived with", "ended by itself", "another service"],
)
def test_a_demand_explains_no_other_stop(shop: Any, declared: bool, reason: StopReason, component: str) -> None:
    claims = [demand(shop, declared=declared), stopped(shop, reason, component)]
    components = with_components(shop, TLS_BASKET, TG_BASKET)
    diagnosis = shop.diagnose(claims, [shop.failing("basket-tasks")], **components)
    assert diagnosis.roots == ()
