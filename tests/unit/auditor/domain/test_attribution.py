"""Whom a FAIL speaks of: the three rules, and what proves the path in spite of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from auditor.domain.attribution import Reading, attribute
from auditor.domain.cause import KERNEL_CAUSES
from auditor.domain.observation import Phase
from auditor.domain.result import Result, Severity, Status
from auditor.domain.topology import Platform
from tests.fakes import (
    BLIND,
    FINE,
    KNOWLEDGE,
    MINUTE,
    REFUSED,
    SHOP,
    T0,
    TIMEOUT,
    Says,
    fails,
    platform,
    result,
    run,
    target,
)

EDGE = platform(
    [
        target("inside-1", "store", "a"),
        target("inside-2", "store", "b"),
        target("outside", "page", "c", private=False),
    ]
)
ONE_INSIDE = platform([target("inside-1", "store", "a"), target("outside", "page", "c", private=False)])
ONLY_INSIDE = platform([target("inside-1", "store", "a"), target("inside-2", "store", "b")])


def read(
    where: Platform,
    said: Mapping[str, Sequence[Says]],
    not_admitted: Mapping[str, str] | None = None,
    ages: Mapping[str, int] | None = None,
    periods: Mapping[str, timedelta] = KNOWLEDGE.periods,
    contacting: frozenset[str] = KNOWLEDGE.contacting,
) -> dict[str, Reading]:
    """The reading of every target's first check; ``ages`` are minutes by target."""
    results: list[Result] = []
    for shard in where.shards:
        for seen in run(where, shard.family, T0, said).results:
            results.append(replace(seen, slot=T0 - (ages or {}).get(seen.target, 0) * MINUTE))
    readings = attribute(
        where,
        results,
        as_of=T0,
        periods=periods,
        causes=KNOWLEDGE.causes,
        contacting=contacting,
        not_admitted=not_admitted or {},
    )
    assert [reading.result for reading in readings] == results, "the stored results stay as they were, in their order"
    return {r.result.target: r for r in readings if r.result.check.endswith(".reachable")}


WARNING = (Says("reachable"), Says("answers", Status.WARN, "page.status", Phase.ANSWER))
UNKNOWN_PART = (Says("reachable"), Says("answers", Status.UNKNOWN, "self.bug", Phase.PREPARE))
FAILED_LATER = fails("page.status", Phase.ANSWER, "answers")
ADVISORY_FAIL = (*FINE, Says("days", Status.FAIL, "page.status", Phase.ANSWER, Severity.ADVISORY))


@pytest.mark.parametrize(
    ("orders", "ages", "laid_to_vantage", "why"),
    [
        (FINE, {}, True, "the page passed in this slot and cannot pass without the database"),
        (FINE, {"orders": 2}, True, "two periods old is still fresh"),
        (FINE, {"orders": 3}, False, "an old pass proves nothing about now"),
        (WARNING, {}, True, "a slow page is still a right page"),
        (FAILED_LATER, {}, False, "the page failed"),
        (TIMEOUT, {}, False, "the page was not reached"),
        (UNKNOWN_PART, {}, False, "what was not judged proves nothing"),
        (BLIND, {}, False, "what was not judged proves nothing"),
        (ADVISORY_FAIL, {}, False, "only a page without a failure proves"),
    ],
)
def test_rule_b_a_dependants_fresh_pass_proves_that_the_target_serves(
    orders: Sequence[Says], ages: Mapping[str, int], laid_to_vantage: bool, why: str
) -> None:
    reading = read(SHOP, {"db": TIMEOUT, "orders": orders}, ages=ages)["db"]
    assert bool(reading.why_not) is laid_to_vantage, why
    assert reading.speaks is not laid_to_vantage
    if laid_to_vantage:
        assert "orders passed" in reading.why_not
        assert reading.remedy


@pytest.mark.parametrize(("minutes", "laid_to_vantage"), [(0, True), (2, True), (3, False), (14, False)])
def test_rule_b_the_pass_of_a_family_that_runs_seldom_proves_nothing_of_minutes_later(
    minutes: int, laid_to_vantage: bool
) -> None:
    periods = {**KNOWLEDGE.periods, "page": 15 * MINUTE}
    reading = read(SHOP, {"db": TIMEOUT, "orders": FINE}, ages={"orders": minutes}, periods=periods)["db"]
    assert bool(reading.why_not) is laid_to_vantage


def test_rule_b_needs_the_declaration() -> None:
    undeclared = replace(SHOP, targets=tuple(replace(t, proves=()) for t in SHOP.targets))
    assert read(undeclared, {"db": TIMEOUT})["db"].speaks


def test_rule_b_names_every_dependant_that_passed() -> None:
    two = platform(
        [
            target("b", "page", "web", proves=("db",)),
            target("a", "page", "web", proves=("db",)),
            target("db", "store", "database"),
        ]
    )
    assert read(two, {"db": TIMEOUT})["db"].why_not.startswith("a and b passed")


def test_rule_a_the_rules_that_were_read_do_not_admit_the_auditor() -> None:
    rule = "sg-1 has no ingress for 5432"
    readings = read(SHOP, {"db": TIMEOUT, "orders": TIMEOUT}, not_admitted={"db": rule})
    assert rule in readings["db"].why_not
    assert readings["db"].remedy
    assert readings["orders"].speaks, "the rule spoke of the database only"
    assert read(SHOP, {"db": REFUSED}, not_admitted={"db": rule})["db"].speaks


@pytest.mark.parametrize(
    ("where", "said", "laid", "why"),
    [
        (EDGE, {"inside-1": TIMEOUT, "inside-2": TIMEOUT}, {"inside-1", "inside-2"}, "all private, no public"),
        (EDGE, {"inside-1": TIMEOUT}, set(), "another private target was reached"),
        (EDGE, {"inside-1": TIMEOUT, "inside-2": REFUSED}, set(), "a refusal proves that the inside is reached"),
        (EDGE, {"inside-1": TIMEOUT, "inside-2": TIMEOUT, "outside": TIMEOUT}, set(), "public fails too"),
        (EDGE, {"inside-1": TIMEOUT, "inside-2": TIMEOUT, "outside": FAILED_LATER}, set(), "public fails too"),
        (EDGE, {"inside-1": TIMEOUT, "inside-2": TIMEOUT, "outside": BLIND}, set(), "public was not judged"),
        (EDGE, {"inside-1": TIMEOUT, "inside-2": BLIND}, set(), "one private alone is no pattern"),
        (ONE_INSIDE, {"inside-1": TIMEOUT}, set(), "one private target alone is no pattern"),
        (ONLY_INSIDE, {"inside-1": TIMEOUT, "inside-2": TIMEOUT}, set(), "no public target says otherwise"),
    ],
)
def test_rule_c_all_private_targets_are_silent_while_all_public_ones_pass(
    where: Platform, said: Mapping[str, Sequence[Says]], laid: set[str], why: str
) -> None:
    readings = read(where, said)
    assert {id for id, reading in readings.items() if reading.why_not} == laid, why


def test_rule_c_hears_only_families_that_contact_the_platform() -> None:
    asked = target("task", "slowly", "web", private=True)
    with_aws = platform([*EDGE.targets, asked])
    readings = read(with_aws, {"inside-1": TIMEOUT, "inside-2": TIMEOUT})
    assert {id for id, reading in readings.items() if reading.why_not} == {"inside-1", "inside-2"}


def test_rule_c_counts_fresh_answers_only() -> None:
    said = {"inside-1": TIMEOUT, "inside-2": TIMEOUT}
    readings = read(EDGE, said, ages={"outside": 3})
    assert readings["inside-1"].speaks
    assert readings["inside-2"].speaks


@pytest.mark.parametrize(("minutes", "hidden"), [(2, True), (3, False), (14, False)])
def test_rule_c_the_pass_of_a_family_that_runs_seldom_hides_no_pattern_of_minutes_later(
    minutes: int, hidden: bool
) -> None:
    with_seldom = platform([*EDGE.targets, target("written", "seldom", "a")])
    readings = read(
        with_seldom,
        {"inside-1": TIMEOUT, "inside-2": TIMEOUT},
        ages={"written": minutes},
        periods={**KNOWLEDGE.periods, "seldom": 15 * MINUTE},
        contacting=KNOWLEDGE.contacting | {"seldom"},
    )
    assert readings["inside-1"].speaks is hidden
    assert readings["written"].speaks


@pytest.mark.parametrize("cause", [c for c in KERNEL_CAUSES if c.proves_path], ids=lambda c: c.id)
def test_what_came_back_from_the_peer_always_stays_with_the_target(cause: object) -> None:
    answer = fails(cause.id, Phase.TCP)  # type: ignore[attr-defined]
    readings = read(SHOP, {"db": answer}, not_admitted={"db": "closed"})
    assert readings["db"].speaks


def test_a_protocol_answer_and_a_cause_nobody_declared_stay_with_the_target() -> None:
    assert read(SHOP, {"db": fails("store.login", Phase.LOGIN)})["db"].speaks
    assert read(SHOP, {"db": fails("never.declared", Phase.TCP)})["db"].speaks


@pytest.mark.parametrize("cause", ["tcp.timeout", "tcp.unreachable", "dns.timeout", "dns.nxdomain"])
def test_silence_without_a_rule_stays_with_the_target(cause: str) -> None:
    readings = read(SHOP, {"db": fails(cause, Phase.TCP), "orders": TIMEOUT, "home": TIMEOUT})
    assert all(reading.speaks for reading in readings.values())


@pytest.mark.parametrize(("age", "speaks"), [(0, True), (2, True), (3, False)])
def test_a_run_older_than_two_periods_speaks_of_the_past(age: int, speaks: bool) -> None:
    for said in (FINE, REFUSED):
        reading = read(SHOP, {"db": said}, ages={"db": age})["db"]
        assert reading.speaks is speaks
        assert ("older than two periods" in reading.why_not) is not speaks


def test_unknown_and_skipped_never_speak() -> None:
    for status in (Status.UNKNOWN, Status.SKIPPED):
        assert not Reading(result=result(SHOP.targets[0], Says("reachable", status), T0)).speaks
