"""What balancers and targets speak to each other: plain or encrypted, with or without a certificate of the client."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.routing_words import TargetTrouble
from auditor.domain.diagnosis.tls_claims import ClientCertificateDemanded, PortSpeaks
from auditor.domain.diagnosis.tls_words import Speech
from auditor.domain.diagnosis.words import Emitter
from tests.unit.auditor.domain.diagnosis.entrance import HOST, Entrance

CODE, TIMEOUT, NO_CONNECTION = (
    TargetTrouble.STATUS_NOT_ACCEPTED,
    TargetTrouble.NO_ANSWER_IN_TIME,
    TargetTrouble.NO_CONNECTION,
)
TLS, PLAIN = Speech.TLS, Speech.PLAIN_HTTP


@pytest.fixture
def entrance(shop: Any) -> Entrance:
    return Entrance(shop)


def diagnosed(entrance: Entrance, protocol: str, *claims: Claim, failing: tuple[str, ...] = ()) -> Diagnosis:
    readings = [entrance.shop.failing(target) for target in ("basket-group", *failing)]
    return entrance.diagnose([entrance.checked(protocol=protocol), *claims], readings)


# ---- Plain or encrypted
def speaks(entrance: Entrance, speech: Speech = PLAIN, **more: Any) -> Claim:
    """What was heard at the task itself, past the balancer."""
    base: dict[str, Any] = {"component": "app.basket", "host": "basket.prod.internal", "port": 7000, "meant": speech}
    return PortSpeaks(**(base | {"proof": entrance.shop.seen("basket-direct")} | more), speech=speech)


@pytest.mark.parametrize(
    ("protocol", "trouble", "statuses", "speech", "does", "right"),
    [
        ("HTTPS", NO_CONNECTION, (), PLAIN, "plain HTTP", "HTTP"),
        ("HTTP", NO_CONNECTION, (), TLS, "TLS", "HTTPS"),
        ("HTTP", CODE, (400,), TLS, "TLS", "HTTPS"),
    ],
    ids=["encrypts", "does not encrypt", "is told so in plain HTTP"],
)
def test_a_group_that_speaks_otherwise_than_its_targets_reaches_none(
    shop: Any,
    entrance: Entrance,
    protocol: str,
    trouble: TargetTrouble,
    statuses: tuple[int, ...],
    speech: Speech,
    does: str,
    right: str,
) -> None:
    claims = [entrance.stand(), entrance.refused(trouble, *statuses), speaks(entrance, speech)]
    diagnosis = diagnosed(entrance, protocol, *claims)
    assert shop.roots(diagnosis) == [("tg.basket", "SCHEME_MISMATCH")]
    (root,) = diagnosis.roots
    assert f"speaks {protocol} to targets that speak {does}:" in root.statement
    assert f"Set the protocol of basket-group and of its check to {right} (" in root.first_action
    assert [out.subject for out in root.ruled_out] == ["app.basket"]
    assert root.confidence == "high"


@pytest.mark.parametrize(
    ("page", "felt"),
    [
        ({"status": 502, "emitter": Emitter.LOAD_BALANCER}, True),
        ({"status": 502, "emitter": Emitter.SERVICE}, False),
        ({"status": 503, "emitter": Emitter.LOAD_BALANCER}, False),
    ],
    ids=["by the balancer", "of the service's own", "another error of the balancer"],
)
def test_users_feel_it_where_the_balancer_answers_that_it_got_through_to_nobody(
    entrance: Entrance, page: dict[str, Any], felt: bool
) -> None:
    claims = [entrance.stand(), entrance.refused(NO_CONNECTION), speaks(entrance), entrance.page(**page)]
    diagnosis = diagnosed(entrance, "HTTPS", *claims, failing=("orders-page", "front-page"))
    assert ("tg.basket", "SCHEME_MISMATCH") in entrance.shop.roots(diagnosis)
    assert ([victim.component for victim in diagnosis.victims] == ["app.basket", "app.front"]) is felt


@pytest.mark.parametrize(
    "claims",
    [
        lambda e: [e.stand(), e.refused(NO_CONNECTION)],
        lambda e: [e.stand(), e.refused(NO_CONNECTION), speaks(e, TLS)],
        lambda e: [e.stand(), e.refused(NO_CONNECTION), speaks(e), speaks(e, TLS)],
        lambda e: [e.stand(), e.refused(NO_CONNECTION), speaks(e, port=7001)],
        lambda e: [e.stand(), e.refused(NO_CONNECTION), speaks(e, component="app.front")],
        lambda e: [e.stand(), e.refused(NO_CONNECTION), speaks(e, meant=TLS)],
        lambda e: [e.stand(), e.refused(CODE, 404), speaks(e)],
        lambda e: [e.stand(), e.refused(CODE, 400, 404), speaks(e)],
        lambda e: [e.stand(), e.refused(CODE), speaks(e)],
        lambda e: [e.stand(), e.refused(TIMEOUT), speaks(e)],
        lambda e: [e.stand(healthy=1, registered=2), e.refused(NO_CONNECTION), speaks(e)],
        lambda e: [e.stand(), speaks(e)],
    ],
    ids=[
        "nothing was heard",
        "they speak as it does",
        "some speak as it does",
        "heard at another port",
        "heard at another service",
        "it is the target that does not as declared",
        "another status",
        "another status as well",
        "no status",
        "no answer in time",
        "one passes",
        "none is refused",
    ],
)
def test_a_group_is_not_blamed_for_its_protocol_without_targets_that_surely_speak_otherwise(
    entrance: Entrance, claims: Callable[[Entrance], list[Claim]]
) -> None:
    diagnosis = diagnosed(entrance, "HTTPS", *claims(entrance))
    assert ("tg.basket", "SCHEME_MISMATCH") not in entrance.shop.roots(diagnosis)


def test_a_page_that_is_refused_with_400_is_no_sign_of_tls_where_targets_speak_plainly(entrance: Entrance) -> None:
    claims = [entrance.stand(), entrance.refused(CODE, 400), speaks(entrance)]
    assert diagnosed(entrance, "HTTP", *claims).roots == ()


# ---- A certificate of the client
def demands(entrance: Entrance, **more: Any) -> Claim:
    base: dict[str, Any] = {"component": "app.basket", "host": "basket.prod.internal", "port": 7000}
    return ClientCertificateDemanded(**(base | {"proof": entrance.shop.seen("basket-direct")} | more))


@pytest.mark.parametrize(
    ("trouble", "statuses"),
    [(NO_CONNECTION, ()), (CODE, (400,)), (CODE, (403,)), (CODE, (400, 403))],
    ids=["in the handshake", "after it", "as some proxies do", "both"],
)
def test_a_demanded_client_certificate_is_what_the_check_lacks(
    shop: Any, entrance: Entrance, trouble: TargetTrouble, statuses: tuple[int, ...]
) -> None:
    claims = [entrance.stand(), entrance.refused(trouble, *statuses), demands(entrance)]
    diagnosis = diagnosed(entrance, "HTTPS", *claims, failing=("basket-direct",))
    assert shop.roots(diagnosis)[0] == ("tg.basket", "MTLS_REQUIRED_FOR_HEALTHCHECK")
    assert diagnosis.roots[0].confidence == "high"
    assert not diagnosis.undecided, "what was asked directly is told by the same demand"


def test_a_demand_at_the_host_that_is_routed_to_the_group_is_that_of_its_targets(shop: Any, entrance: Entrance) -> None:
    demanded = demands(entrance, host=HOST, port=443)
    claims = [entrance.stand(), entrance.refused(NO_CONNECTION), demanded]
    diagnosis = diagnosed(entrance, "HTTPS", *claims, entrance.routed(host=HOST.upper()))
    assert shop.roots(diagnosis) == [("tg.basket", "MTLS_REQUIRED_FOR_HEALTHCHECK")]


@pytest.mark.parametrize(
    "claims",
    [
        lambda e: [e.stand(), e.refused(NO_CONNECTION)],
        lambda e: [e.stand(), e.refused(NO_CONNECTION), demands(e, port=443)],
        lambda e: [e.stand(), e.refused(NO_CONNECTION), demands(e, host="other.example", port=443), e.routed()],
        lambda e: [
            e.stand(),
            e.refused(NO_CONNECTION),
            demands(e, host=HOST, port=443),
            e.routed(wanted="front-group"),
        ],
        lambda e: [e.stand(), e.refused(NO_CONNECTION), demands(e, component="app.front")],
        lambda e: [e.stand(), e.refused(CODE, 401), demands(e)],
        lambda e: [e.stand(), e.refused(CODE, 400, 404), demands(e)],
        lambda e: [e.stand(), e.refused(CODE, 503), demands(e)],
        lambda e: [e.stand(), e.refused(TIMEOUT), demands(e)],
        lambda e: [e.stand(healthy=1, registered=2), e.refused(NO_CONNECTION), demands(e)],
    ],
    ids=[
        "nobody demands one",
        "at another port",
        "at a host that is not routed",
        "at a host of another group",
        "at another service",
        "it wants a key",
        "one has no such page",
        "it is ill",
        "no answer in time",
        "one passes",
    ],
)
def test_a_check_fails_for_another_reason_than_a_certificate_where_its_targets_do_not_refuse_it_for_that(
    entrance: Entrance, claims: Callable[[Entrance], list[Claim]]
) -> None:
    assert "MTLS_REQUIRED_FOR_HEALTHCHECK" not in faults(diagnosed(entrance, "HTTPS", *claims(entrance)))


def test_a_check_that_does_not_encrypt_gets_as_far_as_no_certificate(entrance: Entrance) -> None:
    claims = [entrance.stand(), entrance.refused(CODE, 400), demands(entrance)]
    assert "MTLS_REQUIRED_FOR_HEALTHCHECK" not in faults(diagnosed(entrance, "HTTP", *claims))


def faults(diagnosis: Diagnosis) -> set[str]:
    return {str(root.fault) for root in diagnosis.roots}
