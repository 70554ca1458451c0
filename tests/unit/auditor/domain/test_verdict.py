"""What checks, and targets, add up to: the entry "verdict" of the vocabulary as tables."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.observation import Phase
from auditor.domain.result import Result, Severity, Status
from auditor.domain.verdict import (
    Judging,
    Majority,
    TargetState,
    Verdict,
    is_stale,
    next_target_state,
    service_verdict,
    slot_verdict,
)
from tests.fakes import MINUTE, T0, Says, result, target

PAGE = target("home", "page", "web")
HIGH, CRITICAL, MEDIUM, LOW, ADVISORY = (
    Severity.HIGH,
    Severity.CRITICAL,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.ADVISORY,
)
P, W, F, U, S = Status.PASS, Status.WARN, Status.FAIL, Status.UNKNOWN, Status.SKIPPED


def answers(*entries: tuple[Status, Severity], slot: datetime = T0) -> list[Result]:
    return [result(PAGE, Says(f"c{n}", s, severity=v), slot) for n, (s, v) in enumerate(entries)]


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
        ([(P, ADVISORY)], {"x": HIGH}, "UNKNOWN", "an advisory check says nothing about health"),
        ([(P, ADVISORY)], {"x": LOW}, "UNKNOWN", "an advisory check says nothing about health"),
        ([(F, ADVISORY)], {"x": ADVISORY}, "HEALTHY", "nothing but advice is asked, so it can never turn bad"),
        ([(P, HIGH)], {"x": HIGH}, "UNKNOWN", "a high check was not seen"),
        ([(P, HIGH)], {"x": CRITICAL}, "UNKNOWN", "a critical check was not seen"),
        ([(P, HIGH)], {"x": MEDIUM}, "HEALTHY", "a medium check that was not seen hides no outage"),
        ([(F, MEDIUM)], {"x": HIGH}, "DEGRADED", "bad that was seen stands before unseen"),
        ([(F, HIGH)], {"x": HIGH}, "DOWN", "bad that was seen stands before unseen"),
    ],
)
def test_a_slot_of_a_target(
    seen: list[tuple[Status, Severity]], also_asked: dict[str, Severity], verdict: str, why: str
) -> None:
    judged = answers(*seen)
    asked = {each.check: each.severity for each in judged} | also_asked
    assert slot_verdict(judged, asked) == verdict, why


SAID = {"H": (P, HIGH), "D": (F, HIGH), "d": (F, LOW), "-": (U, HIGH)}
"""One slot: seen HEALTHY, DOWN, DEGRADED, or not judged."""


def verdicts(slots: str, judging: Judging = Judging(), period: timedelta = MINUTE) -> str:  # noqa: B008 - frozen
    """The verdict after each slot of a target whose only check said this; a space is a slot without a run."""
    state: TargetState | None = None
    told = ""
    judged: list[Result] = []
    for number, said in enumerate(slots):
        as_of = T0 + number * period
        if said != " ":
            judged = answers(SAID[said], slot=as_of)
        fresh = [r for r in judged if r.status.judged and not is_stale(r.slot, as_of, period)]
        asked = {r.check: r.severity for r in judged}
        state = next_target_state(state, fresh, asked, judging, as_of=as_of, period=period)
        told += {"HEALTHY": "H", "DOWN": "D", "DEGRADED": "d", "UNKNOWN": "-"}[state.verdict]
    return told


ONE_OF_ONE = Judging(bad=Majority(n=1, of=1), well=Majority(n=1, of=1))
SLOW_BACK = Judging(bad=Majority(n=2, of=3), well=Majority(n=3, of=3))


@pytest.mark.parametrize(
    ("slots", "told", "why"),
    [
        ("HHH", "HHH", ""),
        ("DDD", "DDD", "the first look decides at once"),
        ("HDH", "HHH", "one bad slot of three is nothing"),
        ("HDDD", "HHDD", "two of three"),
        ("HDHD", "HHHD", "two of three, not in a row"),
        ("HDHHD", "HHHHH", "one of the last three"),
        ("HDDH", "HHDD", "one good slot is no recovery"),
        ("HDDHH", "HHDDH", "two of three, each way"),
        ("HDDHDH", "HHDDDH", "a recovery needs a good slot at its end, and two of the last three"),
        ("HddH", "HHdd", "degraded alike"),
        ("HdD", "HHd", "two bad, one of them down: degraded"),
        ("HdDD", "HHdD", ""),
        ("HDDd", "HHDD", "one milder slot does not end an outage"),
        ("HDDdd", "HHDDd", "two milder ones do"),
        ("HDDdH", "HHDDd", "milder than down, not yet healthy"),
        ("HD-D", "HHHD", "a slot that was not judged counts neither way"),
        ("H--H", "HHHH", ""),
        ("H---H", "HHH-H", "none judged for two periods"),
        ("HDD---D", "HHDDD-D", "what was seen before the gap still counts"),
        ("H         D", "HHH--------", "after a long gap one bad slot is not enough"),
        ("H         DD", "HHH--------D", ""),
        ("H         HD", "HHH-------HH", "health seen once is health"),
        ("D         H", "DDD-------H", ""),
        ("-D", "-D", "the first judged slot decides at once"),
    ],
)
def test_n_of_the_last_m_judged_slots_decide(slots: str, told: str, why: str) -> None:
    assert verdicts(slots) == told, why


def test_the_catalogue_says_how_many_of_how_many_each_way() -> None:
    assert verdicts("HDHD", ONE_OF_ONE) == "HDHD"
    assert verdicts("HDDHHH", SLOW_BACK) == "HHDDDH"


def test_the_same_run_judged_again_is_one_slot_and_can_be_taken_back() -> None:
    """Within a period of five minutes the same run is judged every minute; attribution can change meanwhile."""
    period = 5 * MINUTE
    down = answers((F, HIGH), slot=T0 + period)
    asked = {"page.c0": HIGH}
    state = next_target_state(None, answers((P, HIGH)), asked, Judging(), as_of=T0, period=period)
    for minute in range(5, 10):
        state = next_target_state(state, down, asked, Judging(), as_of=T0 + minute * MINUTE, period=period)
    assert [seen.verdict for seen in state.recent] == [Verdict.HEALTHY, Verdict.DOWN]
    assert state.verdict is Verdict.HEALTHY
    again = next_target_state(
        state, answers((P, HIGH), slot=T0 + period), asked, Judging(), as_of=T0 + 2 * period, period=period
    )
    assert [seen.verdict for seen in again.recent] == [Verdict.HEALTHY, Verdict.HEALTHY]


def test_bad_since_is_the_first_slot_of_the_majority() -> None:
    state: TargetState | None = None
    for number, said in enumerate("HDD"):
        as_of = T0 + number * MINUTE
        judged = answers(SAID[said], slot=as_of)
        state = next_target_state(state, judged, {"page.c0": HIGH}, Judging(), as_of=as_of, period=MINUTE)
    assert state is not None
    assert (state.verdict, state.since, state.bad_since) == (Verdict.DOWN, T0 + 2 * MINUTE, T0 + MINUTE)
    assert state.judged_at == T0 + 2 * MINUTE


def test_the_failing_phase_is_that_of_the_worst_failure_that_moves_a_verdict() -> None:
    said = [
        Says("a", F, "page.status", Phase.ANSWER, LOW),
        Says("b", F, "tcp.refused", Phase.TCP, HIGH),
        Says("c", F, "page.status", Phase.TLS, ADVISORY),
    ]
    judged = [result(PAGE, each, T0) for each in said]
    asked = {each.check: each.severity for each in judged}
    assert next_target_state(None, judged, asked, Judging(), as_of=T0, period=MINUTE).failing_phase is Phase.TCP


@given(st.text("HDd- ", min_size=1, max_size=30))
def test_a_verdict_turns_only_towards_what_was_seen_last_and_is_healthy_only_when_health_was_seen(slots: str) -> None:
    told = "?" + verdicts(slots)
    for before, after, said in zip(told, told[1:], slots, strict=False):
        if after != before and after != "-":
            assert said != " ", "without a run nothing turns, except to UNKNOWN"
            assert (after == "H") <= (said == "H")
            assert (after == "D") <= (said == "D")
    assert len(told) == len(slots) + 1


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


STATUSES = st.sampled_from([P, W, F])
ENTRIES = st.lists(st.tuples(STATUSES, st.sampled_from(Severity)), min_size=1, max_size=5)
ORDER = [Verdict.HEALTHY, Verdict.UNKNOWN, Verdict.DEGRADED, Verdict.DOWN]


@given(ENTRIES, st.data())
def test_a_worse_or_missing_answer_never_makes_a_slot_look_better(
    entries: list[tuple[Status, Severity]], data: st.DataObject
) -> None:
    judged = answers(*entries)
    asked = {each.check: each.severity for each in judged}
    before = slot_verdict(judged, asked)
    passing = [number for number, each in enumerate(judged) if each.status is P]
    if not passing:
        return
    chosen = data.draw(st.sampled_from(passing))
    failing = [replace(each, status=F) if number == chosen else each for number, each in enumerate(judged)]
    unseen = [each for number, each in enumerate(judged) if number != chosen]
    assert ORDER.index(slot_verdict(failing, asked)) >= ORDER.index(before)
    assert ORDER.index(slot_verdict(unseen, asked)) >= ORDER.index(before)


@given(ENTRIES, st.dictionaries(st.sampled_from("xyz"), st.sampled_from(Severity), max_size=3))
def test_healthy_means_that_every_high_and_critical_check_was_seen_to_pass(
    entries: list[tuple[Status, Severity]], unseen: dict[str, Severity]
) -> None:
    judged = answers(*entries)
    asked = {each.check: each.severity for each in judged} | unseen
    if slot_verdict(judged, asked) is Verdict.HEALTHY:
        passed = {each.check for each in judged if each.status is P}
        assert {check for check, severity in asked.items() if severity.takes_down} <= passed


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
