"""What one probe of a cache lets one say of name, port, login, role, memory and queues; and what a course says."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.diagnosis.cache_claims import (
    CountGrows,
    MemoryUsed,
    QueueHolds,
    StoreAdmits,
    StoreServes,
    StoreSpeaks,
    WritesRefused,
)
from auditor.domain.diagnosis.cache_words import Admission, Counted, NodeRole, WriteRefusal
from auditor.domain.diagnosis.claims import NameResolves, PortAnswers
from auditor.domain.diagnosis.words import NameOutcome, PortOutcome
from auditor.domain.observation import Observation, Phase, Vantage
from auditor.domain.target import Target
from functions.cache.facts import CacheFacts, QueueFacts, ServerFacts, tracked
from functions.cache.family import CacheSpec, QueueSpec
from functions.cache.knowledge import trends
from tests.knowing import claims

HOST = "cache.shop.internal"
THERE = ("10.0.1.5", "10.0.2.5")
ALL = (Phase.NAME, Phase.TCP, Phase.TLS, Phase.LOGIN, Phase.QUERY)
SERVER = ServerFacts(role="primary", used_memory_bytes=40, max_memory_bytes=100, eviction="none")
WELL = CacheFacts(addresses=THERE, encrypted=True, open_to_all=False, pinged=True, server=SERVER)


def spec(**changes: Any) -> CacheSpec:
    return CacheSpec(**({"host": HOST, "secret": "shop/cache"} | changes))


def said(
    kind: type[Any],
    ok: tuple[Phase, ...] = ALL,
    failure: tuple[Phase, str] | None = None,
    *,
    of: CacheSpec | None = None,
    **facts: Any,
) -> list[Any]:
    found = claims("cache", of or spec(), replace(WELL, **facts), component="redis", ok=ok, failure=failure)
    return [claim for claim in found if isinstance(claim, kind)]


def test_a_healthy_cache_says_where_it_is_that_it_lets_in_and_what_it_is() -> None:
    found = claims("cache", spec(), WELL, component="redis", ok=ALL)
    assert {type(claim) for claim in found} == {NameResolves, PortAnswers, StoreAdmits, StoreServes, MemoryUsed}
    (port,) = said(PortAnswers)
    assert (port.host, port.address, port.port, port.outcome) == (HOST, THERE[0], 6379, PortOutcome.OPEN)
    (serves,) = said(StoreServes)
    assert (serves.encrypted, serves.role, serves.declared_role) == (True, NodeRole.PRIMARY, NodeRole.PRIMARY)
    (admits,) = said(StoreAdmits)
    assert (admits.outcome, admits.of_platform, admits.asks_for_password) == (Admission.ACCEPTED, True, True)


@pytest.mark.parametrize("word", ["nxdomain", "nodata", "servfail", "refused", "timeout"])
def test_a_name_that_did_not_resolve_is_quoted(word: str) -> None:
    facts = {"addresses": (), "pinged": False, "server": None}
    (claim,) = said(NameResolves, (), (Phase.NAME, f"dns.{word}"), **facts)
    assert claim.outcome is NameOutcome(word)
    assert said(object, (), (Phase.NAME, "dns.malformed"), **facts) == []


def test_a_literal_address_was_not_looked_up() -> None:
    assert said(NameResolves, of=spec(host="10.0.1.5")) == []


@pytest.mark.parametrize("word", ["timeout", "refused", "reset", "unreachable"])
def test_a_connection_that_failed_is_quoted_and_nobody_logged_in(word: str) -> None:
    facts = {"pinged": False, "server": None, "open_to_all": None}
    (claim,) = said(PortAnswers, (Phase.NAME,), (Phase.TCP, f"tcp.{word}"), **facts)
    assert claim.outcome is PortOutcome(word)
    assert said(StoreAdmits, (Phase.NAME,), (Phase.TCP, f"tcp.{word}"), **facts) == []


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("redis.wrongpass", Admission.REFUSED),
        ("redis.noauth", Admission.PASSWORD_DEMANDED),
        ("redis.no_password", Admission.NO_PASSWORD_THERE),
    ],
)
def test_a_login_that_was_refused_is_quoted(cause: str, outcome: Admission) -> None:
    (claim,) = said(StoreAdmits, ALL[:3], (Phase.LOGIN, cause), pinged=False, server=None, of=spec(login="own"))
    assert (claim.outcome, claim.of_platform, claim.secret) == (outcome, False, "shop/cache")


@pytest.mark.parametrize("cause", ["redis.max_clients", "redis.login_timeout", "redis.protocol", "self.credentials"])
def test_a_login_that_came_to_nothing_says_nothing_of_passwords(cause: str) -> None:
    assert said(StoreAdmits, ALL[:3], (Phase.LOGIN, cause), pinged=False, server=None) == []


def test_without_its_secret_the_auditor_has_logged_in_nowhere() -> None:
    assert said(StoreAdmits, ALL[:4], (Phase.PREPARE, "aws.denied"), pinged=False, server=None) == []


def test_the_other_language_is_quoted() -> None:
    facts = {"pinged": False, "server": None, "encrypted": None}
    (claim,) = said(StoreSpeaks, ALL[:2], (Phase.TLS, "redis.tls_missing"), speaks="plain_text", **facts)
    assert (claim.host, claim.port, claim.encrypted) == (HOST, 6379, False)
    assert said(StoreSpeaks) == []


@pytest.mark.parametrize(
    ("server", "percent", "full", "evicts"),
    [
        (SERVER, 40.0, False, False),
        (replace(SERVER, used_memory_bytes=99), 99.0, True, False),
        (replace(SERVER, used_memory_bytes=99, eviction="all_keys"), 99.0, True, True),
        (replace(SERVER, max_memory_bytes=0), 0.0, False, False),
        (replace(SERVER, used_memory_bytes=99, eviction=None), 99.0, True, None),
    ],
)
def test_memory_is_told_with_what_it_may_do_about_it(
    server: ServerFacts, percent: float, full: bool, evicts: bool | None
) -> None:
    (claim,) = said(MemoryUsed, server=server)
    assert (claim.percent, claim.full, claim.may_evict) == (percent, full, evicts)
    assert said(MemoryUsed, server=replace(server, used_memory_bytes=None)) == []


@pytest.mark.parametrize(
    ("write", "why"),
    [
        ("oom", WriteRefusal.MEMORY_FULL),
        ("read_only", WriteRefusal.READ_ONLY),
        ("not_persisted", WriteRefusal.CANNOT_PERSIST),
        ("no_replicas", WriteRefusal.REPLICAS_MISSING),
        ("accepted", None),
        ("not_permitted", None),
        ("other", None),
        (None, None),
    ],
)
def test_a_refused_write_is_quoted_where_it_says_something_of_the_server(write: Any, why: WriteRefusal | None) -> None:
    assert [claim.why for claim in said(WritesRefused, write=write)] == ([] if why is None else [why])


def test_queues_are_told_as_far_as_they_were_counted() -> None:
    queues = (QueueFacts(name="jobs", depth=3, dead_letters=1), QueueFacts(name="lost", refused="wrong_type"))
    (claim,) = said(QueueHolds, queues=queues)
    assert (claim.queue, claim.waiting, claim.processing, claim.dead_letters) == ("jobs", 3, None, 1)


def test_without_facts_nothing_is_said() -> None:
    assert claims("cache", spec(), None) == []


def courses(**tracked: list[float]) -> list[Any]:
    of = spec(queues=(QueueSpec(name="jobs", dead_letters="dead"),))
    target = Target(id="t", family="cache", service="web", component="redis", spec=of)
    observation = Observation(
        family="cache",
        target="t",
        slot=datetime(2026, 3, 1, tzinfo=UTC),
        vantage=Vantage(kind="function", name="auditor"),
        facts=WELL,
    )
    return list(trends(target, observation, {name.replace("__", " "): values for name, values in tracked.items()}))


def test_what_rises_is_told_from_where_it_began_to_rise() -> None:
    (grows,) = courses(jobs__depth=[9, 9, 2, 2, 5, 30])
    assert isinstance(grows, CountGrows)
    assert (grows.counted, grows.queue, grows.first, grows.last, grows.slots) == (Counted.QUEUED, "jobs", 2, 30, 4)
    assert grows.proof == ("cache/t@2026-03-01T00:00:00Z",)


@pytest.mark.parametrize("values", [[], [5], [1, 9], [5, 5, 5], [9, 8, 7], [1, 5, 9, 3], [1, 5, 9, 3, 4]])
def test_what_stands_falls_or_has_just_begun_does_not_grow(values: list[float]) -> None:
    assert courses(jobs__dead_letters=values, refused_logins=values) == []


def test_only_what_means_something_is_followed() -> None:
    rising = [1.0, 2.0, 3.0]
    found = courses(used_memory_bytes=rising, evicted_keys=rising, refused_logins=rising, gone__depth=rising)
    assert [claim.counted for claim in found] == [Counted.REFUSED_LOGINS]


def test_a_number_that_was_not_read_is_not_tracked() -> None:
    server = ServerFacts(used_memory_bytes=0, refused_logins=3)
    queues = (QueueFacts(name="jobs", depth=7),)
    assert tracked(CacheFacts(server=server, queues=queues)) == {
        "used_memory_bytes": 0,
        "refused_logins": 3,
        "jobs depth": 7,
    }
    assert tracked(CacheFacts()) == {}
