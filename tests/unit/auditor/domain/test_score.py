"""The score: monotone, bounded, order-free, duplicate-proof, and never high where nothing was seen."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.attribution import Reading
from auditor.domain.result import Severity, Status
from auditor.domain.score import score_of
from tests.fakes import MINUTE, SHOP, T0, Says, platform, result, target

WHERE = platform(
    [
        target("home", "page", "web"),
        target("side", "page", "web", critical=False),
        target("db", "store", "database"),
        target("cache", "store", "cache", deployed=False),
    ]
)


def read(id: str, check: str, status: Status, severity: Severity = Severity.HIGH, why_not: str = "") -> Reading:
    found = next(t for t in WHERE.targets if t.id == id)
    return Reading(result=result(found, Says(check, status, severity=severity), T0), why_not=why_not)


@st.composite
def readings(draw: Any) -> list[Reading]:
    answers = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(["home", "side", "db"]), st.sampled_from(["a", "b", "c", "d"])),
            st.tuples(st.sampled_from(Status), st.sampled_from(Severity), st.sampled_from(["", "", "stale"])),
            max_size=12,
        )
    )
    return [read(id, check, *said) for (id, check), said in answers.items()]


@given(readings())
def test_it_is_bounded_and_adds_up(said: list[Reading]) -> None:
    score = score_of(WHERE, said)
    assert score.value is None or 0 <= score.value <= score.cap <= 100
    assert score.earned == sum(share.earned for share in score.services)
    assert score.possible == sum(share.possible for share in score.services)
    assert (score.value is None) == (score.possible == 0)


@given(readings(), st.data())
def test_fixing_never_lowers_it(said: list[Reading], data: Any) -> None:
    bad = [n for n, r in enumerate(said) if r.result.status is not Status.PASS]
    if not bad:
        return
    mended = list(said)
    for n in data.draw(st.sets(st.sampled_from(bad), min_size=1)):
        if said[n].speaks or said[n].result.status is Status.UNKNOWN:
            mended[n] = Reading(result=replace(said[n].result, status=Status.PASS))
    before, after = score_of(WHERE, said).value, score_of(WHERE, mended).value
    assert before is None or (after is not None and after >= before - 1e-9)


@given(readings(), st.randoms())
def test_order_and_repetition_change_nothing(said: list[Reading], random: Any) -> None:
    score = score_of(WHERE, said)
    again = said + said[::2]
    random.shuffle(again)
    assert score_of(WHERE, again) == score


@given(readings())
def test_every_gain_is_what_mending_its_results_gives(said: list[Reading]) -> None:
    score = score_of(WHERE, said)
    for gain in score.gains:
        mended = [
            Reading(result=replace(r.result, status=Status.PASS)) if r.result.id in gain.result_ids else r for r in said
        ]
        after = score_of(WHERE, mended).value
        assert after is not None
        assert score.value is not None
        assert gain.points == pytest.approx(after - score.value)
        assert gain.points >= 0


def test_an_auditor_that_sees_half_of_what_is_critical_gives_fifty_at_most() -> None:
    said = [read("home", "a", Status.PASS), read("db", "a", Status.UNKNOWN)]
    score = score_of(WHERE, said)
    assert (score.value, score.cap) == (50.0, 50.0)


def test_a_blind_auditor_gives_no_score() -> None:
    assert score_of(WHERE, [read(id, "a", Status.UNKNOWN) for id in ("home", "side", "db")]).value is None
    only_side = score_of(WHERE, [read("side", "a", Status.PASS)])
    assert only_side.value == 0.0, "of what is critical nothing was seen"


def test_the_weights() -> None:
    said = [
        read("home", "a", Status.PASS, Severity.CRITICAL),
        read("home", "b", Status.FAIL, Severity.LOW),
        read("home", "c", Status.FAIL, Severity.ADVISORY),
        read("side", "a", Status.WARN, Severity.MEDIUM),
        read("db", "a", Status.PASS, Severity.HIGH),
    ]
    score = score_of(WHERE, said)
    assert (score.earned, score.possible) == (2 * 8 + 0.5 * 2 + 2 * 4, 2 * 8 + 2 * 1 + 2 + 2 * 4)
    assert [(s.service, s.earned, s.possible) for s in score.services] == [("web", 17.0, 20), ("database", 8.0, 8)]


def test_what_has_no_turn_behind_a_failure_earns_nothing() -> None:
    alone = [read("db", "a", Status.FAIL), read("home", "a", Status.PASS)]
    behind = [*alone, read("db", "b", Status.SKIPPED)]
    assert score_of(WHERE, alone).value == 50.0
    assert score_of(WHERE, behind).value == pytest.approx(100 / 3)
    not_deployed = [read("db", "b", Status.SKIPPED), read("db", "a", Status.PASS), read("home", "a", Status.PASS)]
    assert score_of(WHERE, not_deployed).value == 100.0


def test_the_newer_of_two_results_of_a_check_speaks() -> None:
    old = read("db", "a", Status.FAIL)
    new = Reading(result=replace(old.result, slot=T0 + MINUTE, status=Status.PASS))
    both = [old, new, read("home", "a", Status.PASS)]
    assert score_of(WHERE, both).value == score_of(WHERE, both[::-1]).value == 100.0


def test_a_root_gathers_what_it_explains_and_the_rest_is_told_by_target() -> None:
    said = [
        read("home", "a", Status.FAIL),
        read("db", "a", Status.FAIL),
        read("db", "b", Status.PASS),
        read("side", "a", Status.WARN),
        read("side", "b", Status.PASS),
    ]
    explained = [said[0].result.id, said[1].result.id]
    score = score_of(WHERE, said, [("app.database", explained), ("app.nothing", ["no/such/result"])])
    assert [(g.fix, g.root) for g in score.gains] == [("app.database", True), ("side", False)]
    assert score.gains[0].result_ids == tuple(sorted(explained))


def test_a_root_named_like_a_target_is_not_mixed_with_it() -> None:
    said = [read("home", "a", Status.FAIL), read("db", "a", Status.FAIL)]
    score = score_of(WHERE, said, [("db", [said[0].result.id])])
    assert {(g.fix, g.root): g.result_ids for g in score.gains} == {
        ("db", True): (said[0].result.id,),
        ("db", False): (said[1].result.id,),
    }


def test_without_critical_targets_nothing_caps() -> None:
    where = platform([target("side", "page", "web", critical=False)])
    assert score_of(where, [read("side", "a", Status.PASS)]).value == 100.0
    assert score_of(SHOP, []).value is None
