"""What no real server shows: gaps in an observation, every cause in every phase, thresholds to the number."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from auditor.domain.cause import KERNEL_CAUSES
from auditor.domain.check import judge
from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming, Vantage
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from functions.cache.checks import CHECKS
from functions.cache.facts import CAUSES, CacheFacts, QueueFacts, Refusal, ServerFacts
from functions.cache.family import CacheSpec, QueueSpec

SLOT = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
SERVER = ServerFacts(
    engine="valkey",
    version="8.1.0",
    role="primary",
    used_memory_bytes=40,
    max_memory_bytes=100,
    eviction="none",
    expiring_keys=0,
    replicas=0,
    replicas_online=0,
)
QUEUE = QueueSpec(name="jobs", processing="jobs:taken", dead_letters="jobs:dead", max_age=timedelta(minutes=10))
HELD = QueueFacts(
    name="jobs", depth=30, processing=2, dead_letters=1, oldest="read", oldest_at=SLOT - timedelta(minutes=2)
)
FACTS = CacheFacts(
    addresses=("10.0.1.5",),
    encrypted=True,
    open_to_all=False,
    pinged=True,
    server=SERVER,
    write="accepted",
    queues=(HELD,),
)
DONE = (Phase.NAME, Phase.TCP, Phase.TLS, Phase.LOGIN, Phase.QUERY)
CRITICAL = {"cache.reachable", "cache.authenticated", "cache.answers_ping"}


def observed(
    facts: CacheFacts | None = FACTS,
    *,
    done: Sequence[Phase] = DONE,
    failures: tuple[Failure, ...] = (),
    each_ms: float = 2.0,
) -> Observation[CacheFacts]:
    return Observation(
        family="cache",
        target="cache",
        slot=SLOT,
        vantage=Vantage(kind="function", name="cache"),
        facts=facts,
        phases=tuple(
            PhaseTiming(phase=phase, start_ms=number * each_ms, duration_ms=each_ms, ok=True)
            for number, phase in enumerate(done)
        ),
        failures=failures,
    )


def results(observation: Observation[CacheFacts], **changes: Any) -> dict[str, Result]:
    values = {"host": "cache.test", "secret": "s", "write_check": True, "queues": (QUEUE,)} | changes
    target = Target(id="cache", family="cache", service="shop", component="redis", spec=CacheSpec(**values))
    return {result.check.removeprefix("cache."): result for result in judge(CHECKS, target, observation)}


def said(result: Result) -> tuple[str, str | None]:
    return result.status, result.cause


def test_a_healthy_cache_is_asked_everything_and_passes() -> None:
    asked = results(observed())
    assert {f"cache.{name}" for name in asked} == {check.id for check in CHECKS}
    assert {result.status for result in asked.values()} == {Status.PASS}
    assert {check.id for check in CHECKS if check.severity is Severity.CRITICAL} == CRITICAL


def test_what_is_not_declared_is_not_asked() -> None:
    asked = results(observed(), secret=None, queues=(), role="replica", write_check=False)
    assert not {"password_demanded", "accepts_writes", "queues_below_limit", "queues_move"} & set(asked)


@pytest.mark.parametrize("missing", [Phase.TCP, Phase.TLS])
def test_a_phase_that_was_not_seen_to_succeed_is_no_pass(missing: Phase) -> None:
    result = results(observed(done=[phase for phase in DONE if phase is not missing]))["reachable"]
    assert said(result) == (Status.UNKNOWN, "self.bug")


def test_facts_without_answers_pass_nothing() -> None:
    asked = results(observed(CacheFacts(), done=(Phase.NAME, Phase.TCP, Phase.TLS)))
    assert {name for name, result in asked.items() if result.status is Status.PASS} == {"reachable"}


def test_without_facts_nothing_passes() -> None:
    assert {result.status for result in results(observed(None)).values()} == {Status.UNKNOWN}


@pytest.mark.parametrize("login", ["own", "application"])
@pytest.mark.parametrize("phase", [Phase.PREPARE, *DONE])
def test_whatever_fails_in_whatever_phase_nothing_after_it_passes(login: str, phase: Phase) -> None:
    earlier = {
        Phase.PREPARE: {"reachable"},
        Phase.LOGIN: {"reachable"},
        Phase.QUERY: {"reachable", "authenticated"},
    }.get(phase, set())
    done = DONE if phase is Phase.PREPARE else DONE[: DONE.index(phase)]
    for cause in (*KERNEL_CAUSES, *CAUSES):
        failure = Failure(phase=phase, cause=cause.id, detail="-")
        nothing = CacheFacts(addresses=("10.0.1.5",))
        asked = results(observed(nothing, done=done, failures=(failure,)), login=login)
        passes = {name for name, result in asked.items() if result.status is Status.PASS}
        # A file that the auditor lacks keeps it from TLS, in whatever phase that was noticed.
        assert passes <= (set() if cause.id == "redis.ca_file_unusable" else earlier), cause.id
        assert any(result.status in (Status.FAIL, Status.UNKNOWN) for result in asked.values()), cause.id


QUESTIONS = ("answers_ping", "role_as_declared", "accepts_writes", "queues_below_limit")


@pytest.mark.parametrize("came", range(4))
def test_a_server_that_falls_silent_fails_the_question_that_it_left_open(came: int) -> None:
    steps = [{"pinged": True}, {"server": SERVER}, {"write": "accepted"}]
    facts = CacheFacts(addresses=("10.0.1.5",), encrypted=True, open_to_all=False)
    for step in steps[:came]:
        facts = replace(facts, **step)
    failure = Failure(phase=Phase.QUERY, cause="redis.query_timeout", detail="-")
    asked = results(observed(facts, done=DONE[:4], failures=(failure,)))
    assert [asked[name].status for name in QUESTIONS] == [Status.PASS] * came + [Status.FAIL] + [Status.SKIPPED] * (
        3 - came
    )
    assert said(asked[QUESTIONS[came]]) == (Status.FAIL, "redis.query_timeout")


@pytest.mark.parametrize("why", get_args(Refusal))
def test_a_server_that_keeps_info_to_itself_leaves_its_state_unknown_and_nothing_else(why: Refusal) -> None:
    asked = results(observed(replace(FACTS, server=None, info_refused=why)))
    cause = "redis.not_permitted" if why == "not_permitted" else "redis.not_told"
    unknown = {"role_as_declared", "memory_suffices", "replication_healthy"}
    assert {said(asked[name]) for name in unknown} == {(Status.UNKNOWN, cause)}
    assert {result.status for name, result in asked.items() if name not in unknown} == {Status.PASS}
    by_info_only = results(observed(replace(FACTS, server=None, info_refused=why, write=None)), write_check=False)
    assert said(by_info_only["accepts_writes"]) == (Status.UNKNOWN, cause)


@pytest.mark.parametrize("why", get_args(Refusal))
def test_no_refused_write_and_no_refused_count_is_a_pass(why: Refusal) -> None:
    asked = results(observed(replace(FACTS, write=why, queues=(QueueFacts(name="jobs", refused=why),))))
    unknown = why in ("not_permitted", "moved")
    assert asked["accepts_writes"].status is (Status.UNKNOWN if unknown else Status.FAIL)
    assert asked["queues_below_limit"].status is (Status.UNKNOWN if unknown else Status.FAIL)
    assert asked["dead_letters_below_limit"].status is not Status.PASS
    assert asked["queues_move"].status is not Status.PASS


@pytest.mark.parametrize("cause", ["redis.wrongpass", "redis.no_password"])
def test_the_auditors_own_login_that_is_refused_is_its_own_limit(cause: str) -> None:
    failure = Failure(phase=Phase.LOGIN, cause=cause, detail="-")
    seen = observed(CacheFacts(addresses=("10.0.1.5",)), done=DONE[:3], failures=(failure,))
    assert said(results(seen)["authenticated"]) == (Status.FAIL, cause)
    own = results(seen, login="own")["authenticated"]
    assert said(own) == (Status.UNKNOWN, "self.credentials")
    assert own.evidence["refused_with"] == cause
    assert "own login" in own.remediation


def by_info(check: str, server: ServerFacts, **changes: Any) -> Result:
    return results(observed(replace(FACTS, server=server, write=None)), write_check=False, **changes)[check]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Status.PASS, None)),
        ({"used_memory_bytes": 98}, (Status.PASS, None)),
        ({"used_memory_bytes": 99}, (Status.FAIL, "redis.oom")),
        ({"used_memory_bytes": 120}, (Status.FAIL, "redis.oom")),
        ({"used_memory_bytes": 120, "max_memory_bytes": 0}, (Status.PASS, None)),
        ({"used_memory_bytes": 99, "eviction": "all_keys"}, (Status.PASS, None)),
        ({"used_memory_bytes": 99, "eviction": "expiring_keys", "expiring_keys": 4}, (Status.PASS, None)),
        ({"used_memory_bytes": 99, "eviction": "expiring_keys"}, (Status.FAIL, "redis.oom")),
        (
            {"used_memory_bytes": 99, "eviction": "expiring_keys", "expiring_keys": None},
            (Status.UNKNOWN, "redis.not_told"),
        ),
        ({"used_memory_bytes": 99, "eviction": None}, (Status.UNKNOWN, "redis.not_told")),
        ({"role": "replica"}, (Status.FAIL, "redis.read_only")),
        ({"role": None}, (Status.UNKNOWN, "redis.not_told")),
        ({"used_memory_bytes": None}, (Status.UNKNOWN, "redis.not_told")),
        ({"max_memory_bytes": None}, (Status.UNKNOWN, "redis.not_told")),
    ],
)
def test_info_tells_whether_writes_are_taken(changes: dict[str, Any], expected: tuple[str, str | None]) -> None:
    assert said(by_info("accepts_writes", replace(SERVER, **changes))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"used_memory_bytes": 80}, (Status.PASS, None)),
        ({"used_memory_bytes": 81}, (Status.WARN, "redis.memory_high")),
        ({"used_memory_bytes": 100, "eviction": "all_keys"}, (Status.PASS, None)),
        (
            {"used_memory_bytes": 81, "eviction": "expiring_keys", "expiring_keys": 9},
            (Status.WARN, "redis.memory_high"),
        ),
        ({"used_memory_bytes": 81, "eviction": None}, (Status.UNKNOWN, "redis.not_told")),
        ({"max_memory_bytes": 0}, (Status.PASS, None)),
        ({"max_memory_bytes": None}, (Status.UNKNOWN, "redis.not_told")),
    ],
)
def test_memory_is_high_where_it_may_not_be_evicted(changes: dict[str, Any], expected: tuple[str, str | None]) -> None:
    assert said(by_info("memory_suffices", replace(SERVER, **changes))) == expected


@pytest.mark.parametrize(
    ("changes", "declared", "expected"),
    [
        ({}, 0, (Status.PASS, None)),
        ({"replicas_online": 1}, 1, (Status.PASS, None)),
        ({"replicas": 1, "replicas_online": 0}, 1, (Status.FAIL, "redis.replicas_missing")),
        ({"replicas_online": None}, 1, (Status.UNKNOWN, "redis.not_told")),
        ({"replicas_online": None}, 0, (Status.PASS, None)),
        ({"role": None}, 0, (Status.UNKNOWN, "redis.not_told")),
        ({"role": "replica", "primary_link_up": True}, 0, (Status.PASS, None)),
        ({"role": "replica", "primary_link_up": False}, 0, (Status.FAIL, "redis.replica_link_down")),
        ({"role": "replica"}, 0, (Status.UNKNOWN, "redis.not_told")),
    ],
)
def test_replication_is_judged_from_its_own_side(
    changes: dict[str, Any], declared: int, expected: tuple[str, str | None]
) -> None:
    assert said(by_info("replication_healthy", replace(SERVER, **changes), replicas=declared)) == expected


def test_a_role_that_info_does_not_say_is_none() -> None:
    assert said(by_info("role_as_declared", replace(SERVER, role=None))) == (Status.UNKNOWN, "redis.not_told")


def test_a_server_that_is_open_to_all_is_a_finding_and_harms_nobody() -> None:
    asked = results(observed(replace(FACTS, open_to_all=True)))
    assert said(asked["password_demanded"]) == (Status.FAIL, "redis.open_to_all")
    assert asked["password_demanded"].severity is Severity.ADVISORY
    assert asked["authenticated"].status is Status.PASS
    assert said(results(observed(replace(FACTS, open_to_all=None)))["password_demanded"])[0] is Status.UNKNOWN


def test_slowness_is_that_of_the_peer_and_not_of_the_secret_store() -> None:
    done = (Phase.PREPARE, *DONE)
    assert results(observed(done=done, each_ms=200.0))["responds_in_time"].status is Status.PASS
    assert said(results(observed(done=done, each_ms=201.0))["responds_in_time"]) == (Status.WARN, "redis.slow")


def held(check: str, spec: QueueSpec = QUEUE, **changes: Any) -> Result:
    return results(observed(replace(FACTS, queues=(replace(HELD, **changes),))), queues=(spec,))[check]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"depth": 1000, "processing": 100}, (Status.PASS, None)),
        ({"depth": 1001}, (Status.FAIL, "redis.queue_deep")),
        ({"processing": 101}, (Status.FAIL, "redis.processing_high")),
        ({"depth": None}, (Status.UNKNOWN, "self.bug")),
        ({"processing": None}, (Status.UNKNOWN, "self.bug")),
    ],
)
def test_a_queue_holds_no_more_than_it_may(changes: dict[str, Any], expected: tuple[str, str | None]) -> None:
    assert said(held("queues_below_limit", **changes)) == expected


@pytest.mark.parametrize(
    ("letters", "newest", "expected"),
    [
        (10, None, (Status.PASS, None)),
        (11, timedelta(minutes=60), (Status.FAIL, "redis.dead_letters_growing")),
        (11, timedelta(minutes=-1), (Status.FAIL, "redis.dead_letters_growing")),
        (11, timedelta(minutes=61), (Status.FAIL, "redis.dead_letters_high")),
        (11, None, (Status.FAIL, "redis.dead_letters_high")),
        (None, None, (Status.UNKNOWN, "self.bug")),
    ],
)
def test_dead_letters_grow_where_the_newest_is_new(
    letters: int | None, newest: timedelta | None, expected: tuple[str, str | None]
) -> None:
    at = None if newest is None else SLOT - newest
    assert said(held("dead_letters_below_limit", dead_letters=letters, newest_dead_letter_at=at)) == expected


@pytest.mark.parametrize(
    ("depth", "waits", "expected"),
    [
        (500, timedelta(minutes=10), (Status.PASS, None)),
        (11, timedelta(minutes=11), (Status.FAIL, "redis.queue_stalled")),
        (10, timedelta(days=30), (Status.PASS, None)),
        (500, timedelta(minutes=-5), (Status.PASS, None)),
        (500, timedelta(minutes=-6), (Status.UNKNOWN, "redis.timestamp_unreadable")),
    ],
)
def test_a_backlog_that_waits_is_stalled_and_a_small_one_information(
    depth: int, waits: timedelta, expected: tuple[str, str | None]
) -> None:
    assert said(held("queues_move", depth=depth, oldest_at=SLOT - waits)) == expected


@pytest.mark.parametrize("oldest", ["too_large", "unreadable", "not_read"])
def test_a_time_that_was_not_read_is_no_pass(oldest: Any) -> None:
    result = held("queues_move", oldest=oldest, oldest_at=None)
    assert said(result) == (Status.UNKNOWN, "redis.timestamp_unreadable")


def test_a_stalled_queue_is_told_though_another_ones_time_is_not_known() -> None:
    other = QueueSpec(name="other", max_age=timedelta(minutes=1))
    facts = replace(
        FACTS,
        queues=(
            QueueFacts(name="other", depth=4, oldest="unreadable"),
            replace(HELD, oldest_at=SLOT - timedelta(hours=3)),
        ),
    )
    assert said(results(observed(facts), queues=(other, QUEUE))["queues_move"]) == (Status.FAIL, "redis.queue_stalled")


def test_a_queue_that_the_probe_forgot_is_no_pass() -> None:
    asked = results(observed(replace(FACTS, queues=())))
    for name in ("queues_below_limit", "dead_letters_below_limit", "queues_move"):
        assert said(asked[name]) == (Status.UNKNOWN, "self.bug")


def test_every_cause_has_a_remedy_of_its_own_or_of_its_check() -> None:
    for cause in CAUSES:
        failure = Failure(phase=Phase.LOGIN, cause=cause.id, detail="-")
        asked = results(observed(CacheFacts(addresses=("10.0.1.5",)), done=DONE[:3], failures=(failure,)))
        assert all(len(result.remediation) > 20 for result in asked.values()), cause.id
