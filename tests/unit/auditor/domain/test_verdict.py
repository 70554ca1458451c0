"""What checks, and targets, add up to: the entry "verdict" of the vocabulary as tables."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.result import Severity, Status
from auditor.domain.verdict import CheckMemory, Verdict, is_stale, remember, service_verdict, target_verdict
from tests.fakes import MINUTE, T0, Says, result, target

PAGE = target("home", "page", "web")
HIGH, CRITICAL, MEDIUM, LOW, ADVISORY = (
    Severity.HIGH,
    Severity.CRITICAL,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.ADVISORY,
)
P, W, F = Status.PASS, Status.WARN, Status.FAIL


def memory(*entries: tuple[Status, Severity]) -> dict[str, CheckMemory]:
    return {f"c{n}": CheckMemory(status=s, severity=v, slot=T0) for n, (s, v) in enumerate(entries)}


@pytest.mark.parametrize(
    ("seen", "also_asked", "verdict", "why"),
    [
        ([(P, HIGH)], {}, "HEALTHY", "all that is asked passed"),
        ([(P, HIGH), (F, CRITICAL)], {}, "DOWN", "a critical check failed"),
        ([(P, HIGH), (F, HIGH)], {}, "DOWN", "a high check failed"),
        ([(P, HIGH), (F, MEDIUM)], {}, "DEGRADED", "only a medium check failed"),
        ([(P, HIGH), (F, LOW)], {}, "DEGRADED", "only a low check failed"),
        ([(P, HIGH), (W, CRITICAL)], {}, "DEGRADED", "a warning never takes down"),
        ([(F, HIGH), (W, LOW)], {}, "DOWN", "the worst counts"),
        ([(P, HIGH), (F, ADVISORY)], {}, "HEALTHY", "an advisory check moves no verdict"),
        ([(P, HIGH), (W, ADVISORY)], {}, "HEALTHY", "an advisory check moves no verdict"),
        ([], {}, "UNKNOWN", "nothing was seen"),
        ([(P, ADVISORY)], {}, "UNKNOWN", "an advisory check says nothing about health"),
        ([(P, HIGH)], {"x": HIGH}, "UNKNOWN", "a high check was not seen"),
        ([(P, HIGH)], {"x": CRITICAL}, "UNKNOWN", "a critical check was not seen"),
        ([(P, HIGH)], {"x": MEDIUM}, "HEALTHY", "a medium check that was not seen hides no outage"),
        ([(F, MEDIUM)], {"x": HIGH}, "DEGRADED", "bad that was seen stands before unseen"),
        ([(F, HIGH)], {"x": HIGH}, "DOWN", "bad that was seen stands before unseen"),
    ],
)
def test_a_target(seen: list[tuple[Status, Severity]], also_asked: dict[str, Severity], verdict: str, why: str) -> None:
    remembered = memory(*seen)
    asked = {check: entry.severity for check, entry in remembered.items()} | also_asked
    assert target_verdict(remembered, asked) == verdict, why


@pytest.mark.parametrize(
    ("critical", "others", "verdict", "why"),
    [
        (["HEALTHY"], [], "HEALTHY", ""),
        (["HEALTHY", "UNKNOWN"], [], "UNKNOWN", "UNKNOWN > HEALTHY"),
        (["UNKNOWN", "DEGRADED"], [], "DEGRADED", "DEGRADED > UNKNOWN"),
        (["DEGRADED", "DOWN", "UNKNOWN"], [], "DOWN", "DOWN > DEGRADED"),
        (["HEALTHY"], ["DOWN"], "DEGRADED", "a non-critical target degrades at most"),
        (["HEALTHY"], ["DEGRADED"], "DEGRADED", ""),
        (["HEALTHY"], ["UNKNOWN"], "HEALTHY", "a non-critical target that was not seen moves nothing"),
        (["UNKNOWN"], ["DOWN"], "DEGRADED", "DEGRADED > UNKNOWN"),
        (["UNKNOWN"], ["HEALTHY"], "UNKNOWN", "a non-critical target cannot vouch for a critical one"),
        (["DOWN"], ["HEALTHY"], "DOWN", ""),
        (["NOT_DEPLOYED", "HEALTHY"], [], "HEALTHY", "what is not deployed does not count"),
        (["NOT_DEPLOYED", "UNKNOWN"], [], "UNKNOWN", ""),
        (["NOT_DEPLOYED"], [], "NOT_DEPLOYED", ""),
        (["NOT_DEPLOYED"], ["NOT_DEPLOYED"], "NOT_DEPLOYED", ""),
        (["NOT_DEPLOYED"], ["DOWN"], "DEGRADED", "only non-critical targets are left"),
        ([], ["DOWN"], "DEGRADED", "only non-critical targets"),
        ([], ["UNKNOWN", "HEALTHY"], "UNKNOWN", "among equals the worst"),
        ([], [], "UNKNOWN", "nothing is probed"),
    ],
)
def test_a_service(critical: list[str], others: list[str], verdict: str, why: str) -> None:
    assert service_verdict(map(Verdict, critical), map(Verdict, others)) == verdict, why


@pytest.mark.parametrize(
    ("age", "stale"),
    [
        (timedelta(0), False),
        (2 * MINUTE, False),
        (2 * MINUTE + timedelta(microseconds=1), True),
        (3 * MINUTE, True),
        (-MINUTE, False),
    ],
)
def test_an_answer_stands_for_exactly_two_periods(age: timedelta, stale: bool) -> None:
    assert is_stale(T0, T0 + age, MINUTE) is stale
    answer = result(PAGE, Says("reachable"), T0)
    assert bool(remember({}, [answer], [answer.check], T0 + age, MINUTE)) is not stale


def test_what_was_seen_before_stands_until_it_is_stale() -> None:
    before = {"page.reachable": CheckMemory(status=P, severity=HIGH, slot=T0)}
    for age, kept in ((2, True), (3, False)):
        assert ("page.reachable" in remember(before, [], ["page.reachable"], T0 + age * MINUTE, MINUTE)) is kept


def test_a_newer_answer_replaces_and_an_older_one_does_not() -> None:
    check = "page.reachable"
    before = {check: CheckMemory(status=P, severity=HIGH, slot=T0 + MINUTE)}
    newer, older = (result(PAGE, Says("reachable", F), T0 + n * MINUTE) for n in (2, 0))
    assert remember(before, [newer], [check], T0 + 2 * MINUTE, MINUTE)[check].status is F
    assert remember(before, [older], [check], T0 + 2 * MINUTE, MINUTE)[check].status is P


def test_a_check_that_is_asked_no_more_is_forgotten() -> None:
    before = {"page.old": CheckMemory(status=F, severity=HIGH, slot=T0)}
    assert remember(before, [], ["page.reachable"], T0, MINUTE) == {}


STATUSES = st.sampled_from([P, W, F])
ENTRIES = st.lists(st.tuples(STATUSES, st.sampled_from(Severity)), min_size=1, max_size=5)
ORDER = [Verdict.HEALTHY, Verdict.UNKNOWN, Verdict.DEGRADED, Verdict.DOWN]


@given(ENTRIES, st.data())
def test_a_worse_or_missing_answer_never_makes_a_target_look_better(
    entries: list[tuple[Status, Severity]], data: st.DataObject
) -> None:
    remembered = memory(*entries)
    asked = {check: entry.severity for check, entry in remembered.items()}
    before = target_verdict(remembered, asked)
    passing = sorted(check for check, entry in remembered.items() if entry.status is P)
    if not passing:
        return
    chosen = data.draw(st.sampled_from(passing))
    failing = remembered | {chosen: CheckMemory(status=F, severity=asked[chosen], slot=T0)}
    unseen = {check: entry for check, entry in remembered.items() if check != chosen}
    assert ORDER.index(target_verdict(failing, asked)) >= ORDER.index(before)
    assert ORDER.index(target_verdict(unseen, asked)) >= ORDER.index(before)


@given(ENTRIES, st.dictionaries(st.sampled_from("xyz"), st.sampled_from(Severity), max_size=3))
def test_healthy_means_that_every_high_and_critical_check_was_seen_to_pass(
    entries: list[tuple[Status, Severity]], unseen: dict[str, Severity]
) -> None:
    remembered = memory(*entries)
    asked = {check: entry.severity for check, entry in remembered.items()} | unseen
    if target_verdict(remembered, asked) is Verdict.HEALTHY:
        grave = [check for check, severity in asked.items() if severity.takes_down]
        assert all(check in remembered and remembered[check].status is P for check in grave)


VERDICTS = st.lists(st.sampled_from(Verdict), max_size=4)


@given(VERDICTS, VERDICTS, st.data())
def test_a_worse_target_never_makes_a_service_look_better(
    critical: list[Verdict], others: list[Verdict], data: st.DataObject
) -> None:
    both = [(True, n) for n in range(len(critical))] + [(False, n) for n in range(len(others))]
    healthy = [(c, n) for c, n in both if (critical if c else others)[n] is Verdict.HEALTHY]
    if not healthy:
        return
    before = service_verdict(critical, others)
    is_critical, number = data.draw(st.sampled_from(healthy))
    worse = data.draw(st.sampled_from([Verdict.UNKNOWN, Verdict.DEGRADED, Verdict.DOWN]))
    (critical if is_critical else others)[number] = worse
    after = service_verdict(critical, others)
    assert ORDER.index(after) >= ORDER.index(before)
