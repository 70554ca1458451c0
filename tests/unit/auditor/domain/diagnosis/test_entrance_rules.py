"""The platform's own public entrance: a port of it that its security group lets nobody come to."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim, PortAnswers
from auditor.domain.diagnosis.network_claims import EntranceAdmits
from auditor.domain.diagnosis.routing_claims import RequestRouted
from auditor.domain.diagnosis.words import PortOutcome
from auditor.domain.topology import Component
from tests.unit.auditor.domain.diagnosis.entrance import HOST, Entrance

CLOSED = ("sg.web", "SG_MISSING_INGRESS")
ADDRESS = "203.0.113.9"
OPEN, TIMEOUT = PortOutcome.OPEN, PortOutcome.TIMEOUT


@pytest.fixture
def entrance(shop: Any) -> Entrance:
    entrance = Entrance(shop)
    groups = (("sg.web", "web-group"), ("sg.old", "old-group"))
    components = (Component(id=id, service="storefront", aws_name=name) for id, name in groups)
    entrance.components = (*entrance.components, *components)
    return entrance


def admits(entrance: Entrance, *ports: tuple[int, int], groups: tuple[str, ...] = ("sg-1", "web-group")) -> Claim:
    proof = entrance.shop.seen("entrance")
    return EntranceAdmits(balancer="shop-web", groups=groups, ports=ports or ((80, 80),), proof=proof)


def tried(
    entrance: Entrance, outcome: PortOutcome = TIMEOUT, port: int = 443, *, host: str = HOST, address: str = ADDRESS
) -> Claim:
    proof = entrance.shop.seen("orders-page")
    return PortAnswers(host=host, address=address, port=port, outcome=outcome, proof=proof)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        (lambda e: [admits(e), tried(e), e.routed()], "(it does to 80)"),
        (lambda e: [admits(e, (80, 90), (8443, 8443)), tried(e), e.routed()], "(it does to 80-90, 8443)"),
        (lambda e: [admits(e), tried(e, host=f"{HOST.upper()}."), e.routed()], "(it does to 80)"),
        (lambda e: [admits(e), tried(e), e.routed(host=f"{HOST.upper()}.")], "(it does to 80)"),
        (lambda e: [admits(e), tried(e, host="a.example"), tried(e, OPEN, 80, host="b.example")], "(it does to 80)"),
    ],
    ids=["at a routed host", "beside a range", "as it was asked", "as it is routed", "beside a port that is open"],
)
def test_a_port_that_nobody_is_admitted_to_is_why_nobody_gets_an_answer_there(
    shop: Any, entrance: Entrance, claims: Callable[[Entrance], list[Claim]], said: str
) -> None:
    diagnosis = entrance.diagnose(claims(entrance), [shop.failing("orders-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [CLOSED]
    (root,) = diagnosis.roots
    assert f"sg.web does not admit everybody to port 443 of shop-web {said}" in root.statement
    assert "ingress rule for tcp 443" in root.first_action
    assert root.confidence == ("high" if any(isinstance(c, RequestRouted) for c in claims(entrance)) else "medium")
    assert set(shop.seen("orders-page")) < set(root.proof)
    assert [victim.component for victim in diagnosis.victims] == ["app.basket", "app.front"]
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    "claims",
    [
        lambda e: [tried(e), e.routed()],
        lambda e: [admits(e), e.routed()],
        lambda e: [admits(e, (80, 80), (443, 443)), tried(e), e.routed()],
        lambda e: [admits(e, (0, 65535)), tried(e), e.routed()],
        lambda e: [admits(e), tried(e, PortOutcome.REFUSED), e.routed()],
        lambda e: [admits(e), tried(e, OPEN), e.routed()],
        lambda e: [admits(e), tried(e), tried(e, OPEN, host="b.example"), e.routed()],
        lambda e: [admits(e), tried(e)],
        lambda e: [admits(e), tried(e), e.routed(host="b.example")],
        lambda e: [admits(e), tried(e), e.routed(balancer="other-web")],
        lambda e: [admits(e), tried(e), tried(e, OPEN, 8443)],
        lambda e: [admits(e), tried(e, TIMEOUT, 9443, host="a.example"), tried(e, OPEN, 80, host="a.example")],
        lambda e: [
            admits(e),
            e.routed(host="c.example"),
            tried(e, host="a.example"),
            tried(e, OPEN, 80, host="a.example"),
        ],
        lambda e: [
            admits(e),
            EntranceAdmits(balancer="other-web", groups=("old-group",), ports=((80, 80),)),
            tried(e, host="a.example"),
            tried(e, OPEN, 80, host="a.example"),
        ],
        lambda e: [admits(e), tried(e), tried(e, OPEN, 80, address="203.0.113.10")],
        lambda e: [admits(e), tried(e), tried(e, TIMEOUT, 80)],
        lambda e: [admits(e), tried(e, address="10.1.0.9"), e.routed()],
        lambda e: [admits(e), tried(e, address="2001:db8::9"), e.routed()],
        lambda e: [admits(e, groups=("sg-2",)), tried(e), e.routed()],
        lambda e: [admits(e, groups=("web-group", "old-group")), tried(e), e.routed()],
    ],
    ids=[
        "its rules were not read",
        "nobody tried",
        "everybody is admitted",
        "everybody is admitted everywhere",
        "it is refused",
        "it is open",
        "it is open to another",
        "it may be another's host",
        "another host is routed",
        "another balancer routes it",
        "only what is not admitted is open",
        "a port of somebody else's",
        "the balancer's hosts are known",
        "of two balancers nobody knows which",
        "another address is open",
        "nothing is open",
        "from inside",
        "over IPv6",
        "its group is unknown",
        "of two groups nobody knows which",
    ],
)
def test_a_silent_port_is_not_that_of_an_entrance_whose_group_surely_keeps_it_closed(
    entrance: Entrance, claims: Callable[[Entrance], list[Claim]]
) -> None:
    readings = [entrance.shop.failing("orders-page")]
    roots = entrance.shop.roots(entrance.diagnose(claims(entrance), readings))
    assert CLOSED[1] not in {fault for _, fault in roots}


def test_a_balancer_that_admits_nobody_at_all_is_no_public_entrance(shop: Any, entrance: Entrance) -> None:
    inside = EntranceAdmits(balancer="shop-web", groups=("web-group",), ports=(), proof=shop.seen("entrance"))
    claims = [inside, tried(entrance), entrance.routed()]
    assert entrance.diagnose(claims, [shop.failing("orders-page")]).roots == ()
