"""Names: who fails to answer for them, what hides or forgets them, records of no use; and who is not blamed for it."""

from collections.abc import Sequence
from typing import Any

import pytest

from auditor.domain.attribution import Reading
from auditor.domain.diagnosis.claims import (
    AnswerSays,
    Claim,
    NameResolves,
    NamespaceExists,
    RegisteredAs,
    RunsAt,
)
from auditor.domain.diagnosis.dns_claims import AnsweredOutside, NameDenied, RecordExists, ResolverInvents, ZoneExists
from auditor.domain.diagnosis.engine import diagnose
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.network_claims import StoreIs
from auditor.domain.diagnosis.network_words import StoreState
from auditor.domain.diagnosis.words import Emitter, NameOutcome
from auditor.domain.instants import parse_instant
from auditor.domain.observation import Phase
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from auditor.domain.topology import Component, Dependency, Platform, Service, Thresholds

NOW, EARLIER = "2026-03-01T12:00:00Z", "2026-03-01T11:57:00Z"
BASKET, WWW, STORE = "basket.prod.internal", "www.shop.example", "orders.db.example"
TASK, OLD, PUBLIC = "10.1.0.5", "10.1.0.9", "203.0.113.7"
TARGETS = {
    "front-page": ("storefront", "app.front", False),
    "front-proxy": ("storefront", "app.front", False),
    "basket-page": ("basket", "app.basket", True),
    "basket-tasks": ("basket", "ecs.basket", True),
    "basket-registered": ("basket", "cloudmap.basket", True),
    "orders-login": ("orders", "rds", True),
    "name-basket": ("ground", "dns.private", True),
    "name-www": ("ground", "dns.public", False),
    "name-orders": ("ground", "vpc.dns", True),
}
COMPONENTS = {
    "app.front": "",
    "app.basket": "",
    "ecs.basket": "",
    "cloudmap.basket": "prod.internal/basket",
    "rds": "",
    "dns.private": "prod.internal",
    "dns.public": "shop.example",
    "vpc.dns": "vpc-1",
}
SERVICES = {"app.front": "storefront", "rds": "orders"}
SHOP = Platform(
    schema_version=1,
    name="shop",
    title="A shop",
    region="eu-west-1",
    services=tuple(Service(id=id, title=id, owner=f"{id} team") for id in ("storefront", "basket", "orders", "ground")),
    components=tuple(
        Component(id=id, aws_name=name, service=SERVICES.get(id, "basket" if "basket" in id else "ground"))
        for id, name in COMPONENTS.items()
    ),
    targets=tuple(
        Target(id=id, family="probe", service=service, component=component, spec={}, private=private)
        for id, (service, component, private) in TARGETS.items()
    ),
    dependencies=(
        Dependency(service="storefront", needs="basket"),
        Dependency(service="storefront", needs="ground"),
        Dependency(service="basket", needs="ground"),
    ),
    thresholds=Thresholds(),
    maintenance=(),
    shards=(),
)


def seen(target: str, at: str = NOW) -> tuple[str, ...]:
    return (f"probe/{target}@{at}",)


def failing(target: str, phase: Phase = Phase.NAME) -> Reading:
    result = Result(
        family="probe",
        target=target,
        check="probe.works",
        slot=parse_instant(NOW),
        status=Status.FAIL,
        severity=Severity.HIGH,
        summary="-",
        cause="x.y",
        phase=phase,
    )
    return Reading(result=result)


def diagnosed(claims: Sequence[Claim], *readings: Reading) -> Diagnosis:
    return diagnose(claims, SHOP, readings)


def roots(diagnosis: Diagnosis) -> list[tuple[str, str, str]]:
    return [(root.component, str(root.fault), str(root.confidence)) for root in diagnosis.roots]


def looked_up(name: str, outcome: NameOutcome, target: str, *addresses: str, at: str = NOW) -> Claim:
    return NameResolves(name=name, outcome=outcome, addresses=addresses, proof=seen(target, at))


# ---- the resolver ---------------------------------------------------------------------------------------------------
def silent(*of: tuple[str, str], outcome: NameOutcome = NameOutcome.TIMEOUT) -> list[Claim]:
    return [looked_up(name, outcome, target) for name, target in of]


THREE = ((BASKET, "basket-page"), (WWW, "front-page"), (STORE, "orders-login"))


@pytest.mark.parametrize("outcome", [NameOutcome.TIMEOUT, NameOutcome.SERVFAIL, NameOutcome.REFUSED])
def test_a_resolver_that_answers_for_nobody_is_one_root_of_all(outcome: NameOutcome) -> None:
    readings = [failing(target) for _, target in THREE]
    diagnosis = diagnosed(silent(*THREE, outcome=outcome), *readings)
    assert roots(diagnosis) == [("vpc.dns", "RESOLVER_FAILURE", "high")]
    assert not diagnosis.undecided
    assert {victim.component for victim in diagnosis.victims} == {"app.front", "app.basket", "rds"}


def test_two_names_are_less_sure_than_three() -> None:
    diagnosis = diagnosed(silent(*THREE[:2]), failing("basket-page"), failing("front-page"))
    assert roots(diagnosis) == [("vpc.dns", "RESOLVER_FAILURE", "medium")]


@pytest.mark.parametrize(
    "other",
    [
        looked_up(STORE, NameOutcome.RESOLVED, "orders-login", "10.1.2.9"),
        looked_up("old.shop.example", NameOutcome.NXDOMAIN, "name-www"),
        looked_up(STORE, NameOutcome.NODATA, "name-orders"),
    ],
)
def test_a_name_that_is_answered_at_the_same_time_rules_the_resolver_out(other: Claim) -> None:
    diagnosis = diagnosed([*silent(*THREE[:2]), other], failing("basket-page"), failing("front-page"))
    assert roots(diagnosis) == []
    assert diagnosis.undecided


def test_an_answer_from_before_the_silence_rules_nothing_out() -> None:
    before = looked_up("pay.example", NameOutcome.RESOLVED, "basket-tasks", "10.1.3.3", at=EARLIER)
    assert roots(diagnosed([*silent(*THREE), before], *(failing(t) for _, t in THREE))) == [
        ("vpc.dns", "RESOLVER_FAILURE", "high")
    ]


def test_names_of_one_zone_share_more_than_a_resolver() -> None:
    of_one = ((BASKET, "basket-page"), ("front.prod.internal", "front-page"), ("x.prod.internal", "orders-login"))
    assert roots(diagnosed(silent(*of_one), *(failing(target) for _, target in of_one))) == []


def test_who_invents_addresses_is_the_root_of_what_it_says() -> None:
    lie = ResolverInvents(resolver="10.1.0.2:53", proof=seen("name-basket"))
    assert roots(diagnosed([lie], failing("name-basket", Phase.ANSWER))) == [("vpc.dns", "RESOLVER_FAILURE", "high")]


# ---- a private zone before the public one ---------------------------------------------------------------------------
def outside(own: NameOutcome = NameOutcome.NXDOMAIN, **more: Any) -> Claim:
    values = {
        "component": "dns.public",
        "name": WWW,
        "outcome": NameOutcome.RESOLVED,
        "addresses": (PUBLIC,),
        "aliases": (),
        "own_outcome": own,
        "own_addresses": (),
        "own_aliases": (),
        "proof": seen("name-www"),
    }
    return AnsweredOutside(**(values | more))


def zone(name: str = "shop.example", *, private: bool) -> Claim:
    return ZoneExists(zone=name, private=private, proof=seen("basket-registered"))


HIDDEN = [looked_up(WWW, NameOutcome.NXDOMAIN, "front-page"), looked_up(WWW, NameOutcome.NXDOMAIN, "name-www")]
READINGS = (failing("front-page"), failing("name-www"))


def test_a_private_zone_that_denies_a_public_name_is_the_root() -> None:
    claims = [*HIDDEN, outside(), zone(private=False), zone(private=True)]
    diagnosis = diagnosed(claims, *READINGS)
    assert roots(diagnosis) == [("dns.private", "PRIVATE_ZONE_SHADOWS", "high")]
    assert not diagnosis.undecided
    assert "private zone shop.example" in diagnosis.roots[0].statement


def test_a_private_zone_above_the_name_hides_it_too() -> None:
    claims = [*HIDDEN, outside(), zone("example", private=True)]
    assert roots(diagnosed(claims, *READINGS)) == [("dns.private", "PRIVATE_ZONE_SHADOWS", "high")]


def test_without_a_look_at_the_zones_the_denial_itself_says_whose_it_is_and_is_less_sure() -> None:
    told = diagnosed([*HIDDEN, outside(own_zone="shop.example")], *READINGS)
    assert roots(told) == [("dns.private", "PRIVATE_ZONE_SHADOWS", "medium")]
    for other in (".", "example", ""):
        assert roots(diagnosed([*HIDDEN, outside(own_zone=other)], *READINGS)) == []


def test_where_no_private_zone_covers_the_name_none_hides_it() -> None:
    claims = [*HIDDEN, outside(own_zone="shop.example"), zone(private=False), zone("prod.internal", private=True)]
    assert roots(diagnosed(claims, *READINGS)) == []


def test_another_address_inside_is_a_shadow_where_a_private_zone_stands_or_it_is_private() -> None:
    claims = [
        looked_up(WWW, NameOutcome.RESOLVED, "front-page", TASK),
        outside(NameOutcome.RESOLVED, own_addresses=(TASK,)),
    ]
    readings = (failing("front-page", Phase.TCP), failing("name-www", Phase.ANSWER))
    assert roots(diagnosed(claims, *readings)) == [("dns.private", "PRIVATE_ZONE_SHADOWS", "medium")]
    sure = diagnosed([*claims, zone(private=True)], *readings)
    assert roots(sure) == [("dns.private", "PRIVATE_ZONE_SHADOWS", "high")]
    public = outside(NameOutcome.RESOLVED, own_addresses=("8.8.4.4",))
    assert roots(diagnosed([public], failing("name-www", Phase.ANSWER))) == []


def test_other_addresses_of_the_same_alias_hide_nothing() -> None:
    same = outside(NameOutcome.RESOLVED, own_addresses=(TASK,), aliases=("lb.x",), own_aliases=("lb.x",))
    assert roots(diagnosed([same, zone(private=True)], failing("front-page", Phase.TCP))) == []


def denied(name: str = WWW, target: str = "name-www", **more: Any) -> Claim:
    values = {
        "component": TARGETS[target][1],
        "name": name,
        "outcome": NameOutcome.NXDOMAIN,
        "wanted": "A",
        "zone": "shop.example" if name == WWW else "prod.internal",
        "seconds": 60,
        "proof": seen(target),
    }
    return NameDenied(**(values | more))


def held(*, private: bool, name: str = WWW, at: str = NOW) -> Claim:
    return RecordExists(
        component="dns.public",
        name=name,
        type="A",
        values=(PUBLIC,),
        private=private,
        proof=seen("basket-registered", at),
    )


def test_the_zones_alone_show_a_shadow_too() -> None:
    claims = [*HIDDEN, denied(), held(private=False), zone(private=False), zone(private=True)]
    assert roots(diagnosed(claims, *READINGS)) == [("dns.private", "PRIVATE_ZONE_SHADOWS", "high")]


# ---- a private zone before the name that the cloud gave a store ------------------------------------------------------
def store(state: StoreState = StoreState.SERVES, host: str = STORE) -> Claim:
    return StoreIs(component="rds", host=host, state=state, word="-", proof=seen("orders-login"))


def unreached(host: str = STORE, **more: Any) -> list[Claim]:
    """Who needs the store does not find it, and the resolver denies the name."""
    lookup = looked_up(host, NameOutcome.NXDOMAIN, "basket-page")
    return [lookup, denied(host, "name-orders", **({"zone": "db.example"} | more))]


STORELESS = (failing("basket-page"), failing("name-orders"), failing("front-page", Phase.ANSWER))


@pytest.mark.parametrize(
    ("host", "zone", "component", "named"),
    [
        (STORE, "db.example", "vpc.dns", "by the zone db.example:"),
        (STORE.upper(), "DB.example.", "vpc.dns", "by the zone DB.example.:"),
        ("orders.prod.internal", "prod.internal.", "dns.private", "by the zone prod.internal.:"),
        (STORE, "shop.example", "vpc.dns", "denies the name:"),
        (STORE, "example", "vpc.dns", "denies the name:"),
        (STORE, ".", "vpc.dns", "denies the name:"),
        (STORE, "", "vpc.dns", "denies the name:"),
    ],
    ids=["of nobody", "in other letters", "of the catalogue", "beside the name", "above all", "the root", "not told"],
)
def test_a_store_that_serves_under_a_name_that_is_denied_is_hidden_by_a_zone(
    host: str, zone: str, component: str, named: str
) -> None:
    diagnosis = diagnosed([store(host=host.lower()), *unreached(host, zone=zone)], *STORELESS)
    confidence = "high" if named.startswith("by the zone") else "medium"
    assert roots(diagnosis) == [(component, "PRIVATE_ZONE_SHADOWS", confidence)]
    (root,) = diagnosis.roots
    assert named in root.statement
    assert [out.subject for out in root.ruled_out] == ["rds"]
    assert {"app.basket", "app.front"} <= {victim.component for victim in diagnosis.victims}
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    "claims",
    [
        unreached(),
        [store()],
        [store(), unreached()[0]],
        [store(StoreState.STOPPED), *unreached()],
        [store(StoreState.GONE), *unreached()],
        [store(StoreState.RESTARTING), *unreached()],
        [store(), *unreached("other.db.example")],
        [store(), *unreached(alias="orders.aws.example")],
        [store(host=""), *unreached(".")],
    ],
    ids=[
        "the cloud was not asked",
        "nobody denies it",
        "who denies it was not seen",
        "it is stopped",
        "it is gone",
        "it restarts",
        "another name is denied",
        "an alias of it leads nowhere",
        "it has no name yet",
    ],
)
def test_a_store_that_need_not_be_found_there_is_hidden_by_nobody(claims: list[Claim]) -> None:
    assert "PRIVATE_ZONE_SHADOWS" not in {fault for _, fault, _ in roots(diagnosed(claims, *STORELESS))}


# ---- records of no use ----------------------------------------------------------------------------------------------
NODATA = [looked_up(BASKET, NameOutcome.NODATA, "basket-page"), looked_up(BASKET, NameOutcome.NODATA, "name-basket")]
UNNAMED = (failing("basket-page"), failing("name-basket"), failing("front-proxy", Phase.ANSWER))


def registered(*addresses: str, at: str = NOW) -> Claim:
    return RegisteredAs(
        component="cloudmap.basket", name=BASKET, addresses=addresses, proof=seen("basket-registered", at)
    )


RUNS = RunsAt(component="ecs.basket", addresses=(TASK,), proof=seen("basket-tasks"))
NAMESPACE = NamespaceExists(namespace="prod.internal", proof=seen("basket-registered"))


def empty(**more: Any) -> Claim:
    return denied(BASKET, "name-basket", outcome=NameOutcome.NODATA, **more)


@pytest.mark.parametrize("types", [("AAAA",), ("SRV",), ("AAAA", "SRV")])
def test_records_of_another_type_serve_nobody(types: tuple[str, ...]) -> None:
    diagnosis = diagnosed([*NODATA, empty(types=types)], *UNNAMED)
    assert roots(diagnosis) == [("dns.private", "RECORD_TYPE_WRONG", "high")]
    assert {"app.basket", "app.front"} <= {victim.component for victim in diagnosis.victims}
    assert not diagnosis.undecided


def test_the_registry_that_publishes_the_type_is_the_one_to_change() -> None:
    claims = [*NODATA, empty(types=("SRV",)), registered(TASK), NAMESPACE]
    assert roots(diagnosed(claims, *UNNAMED)) == [("cloudmap.basket", "RECORD_TYPE_WRONG", "high")]


def test_an_alias_to_nowhere_is_mended_where_it_stands() -> None:
    claims = [looked_up(WWW, NameOutcome.NXDOMAIN, "front-page"), denied(alias="lb-gone.aws.example")]
    diagnosis = diagnosed(claims, *READINGS)
    assert roots(diagnosis) == [("dns.public", "RECORD_TYPE_WRONG", "high")]
    assert "alias for lb-gone.aws.example" in diagnosis.roots[0].statement


def test_an_alias_of_a_registered_name_without_an_instance_is_not_at_fault() -> None:
    claims = [
        denied(alias=BASKET),
        registered(),
        RunsAt(component="ecs.basket", addresses=(TASK,), proof=seen("basket-tasks")),
    ]
    assert "dns.public" not in {component for component, *_ in roots(diagnosed(claims, *READINGS))}


# ---- gone ---------------------------------------------------------------------------------------------------------
def test_a_name_without_any_record_and_without_a_registry_is_empty() -> None:
    claims = [looked_up(STORE, NameOutcome.NODATA, "orders-login")]
    of_store = denied(STORE, "name-orders", outcome=NameOutcome.NODATA, types=(), zone="db.example")
    found = diagnosed([*claims, of_store, NAMESPACE], failing("orders-login"), failing("name-orders"))
    assert roots(found) == [("vpc.dns", "DNS_EMPTY_ANSWER", "high")]


@pytest.mark.parametrize(
    "more",
    [
        [empty(types=None), NAMESPACE],
        [empty(types=()), NAMESPACE],  # somebody should register there, and why he does not was not seen
        [empty(types=())],  # whether a namespace holds it is not known
        [empty(types=()), registered()],
    ],
)
def test_a_name_of_a_registry_is_never_just_empty(more: list[Claim]) -> None:
    assert roots(diagnosed([*NODATA, *more], *UNNAMED)) == []


def test_who_runs_unregistered_is_the_root_and_not_the_name() -> None:
    claims = [*NODATA, empty(types=()), registered(), NAMESPACE, RUNS]
    assert roots(diagnosed(claims, *UNNAMED)) == [("ecs.basket", "NOT_REGISTERED_IN_CLOUDMAP", "high")]


# ---- remembered to be absent ----------------------------------------------------------------------------------------
ABSENT = [looked_up(BASKET, NameOutcome.NXDOMAIN, "basket-page"), denied(BASKET, "name-basket")]


def test_what_is_registered_again_and_denied_by_its_own_zone_is_only_remembered() -> None:
    diagnosis = diagnosed([*ABSENT, registered(TASK), NAMESPACE, RUNS], *UNNAMED)
    assert roots(diagnosis) == [("dns.private", "NEGATIVE_CACHE", "high")]
    assert "for 60 s more" in diagnosis.roots[0].first_action
    assert not diagnosis.undecided


def test_a_registration_that_was_read_before_the_denial_needs_a_sign_of_life() -> None:
    before = [*ABSENT, registered(TASK, at=EARLIER), NAMESPACE, RUNS]
    assert roots(diagnosed(before, *UNNAMED)) == []
    for emitter, root in (
        (Emitter.SERVICE, [("dns.private", "NEGATIVE_CACHE", "medium")]),
        (Emitter.LOAD_BALANCER, []),
    ):
        alive = AnswerSays(component="app.basket", status=200, emitter=emitter, proof=seen("front-page"))
        assert roots(diagnosed([*before, alive], *UNNAMED)) == root


@pytest.mark.parametrize(
    "claims",
    [
        [
            *ABSENT,
            registered(TASK),
            NAMESPACE,
            RunsAt(component="ecs.basket", addresses=(OLD,), proof=seen("basket-tasks")),
        ],
        [ABSENT[0], denied(BASKET, "name-basket", zone="."), registered(TASK), NAMESPACE, RUNS],
        [ABSENT[0], denied(BASKET, "name-basket", zone="internal"), registered(TASK), NAMESPACE, RUNS],
        [*ABSENT, registered(TASK), RUNS],
    ],
    ids=["what is registered does not run", "denied by the root", "denied by a zone above", "in no known namespace"],
)
def test_what_waiting_does_not_mend_is_no_negative_cache(claims: list[Claim]) -> None:
    assert "NEGATIVE_CACHE" not in {fault for _, fault, _ in roots(diagnosed(claims, *UNNAMED))}


def test_a_record_of_a_zone_can_be_remembered_to_be_absent_too() -> None:
    claims = [*HIDDEN, denied(), held(private=False), zone(private=False)]
    assert roots(diagnosed(claims, *READINGS)) == [("dns.public", "NEGATIVE_CACHE", "high")]


@pytest.mark.parametrize("zone", ["rds.amazonaws.com", "eu-west-1.rds.amazonaws.com."])
def test_a_name_that_the_cloud_itself_denies_is_hidden_by_nobody(zone: str) -> None:
    host = "orders.abc123example.eu-west-1.rds.amazonaws.com"
    diagnosis = diagnosed([store(host=host), *unreached(host, zone=zone)], *STORELESS)
    assert "PRIVATE_ZONE_SHADOWS" not in {fault for _, fault, _ in roots(diagnosis)}
