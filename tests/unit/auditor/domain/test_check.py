"""judge(): what was not seen is never a pass, and a check's bug is the auditor's limit."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.check import Check, judge
from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming
from auditor.domain.result import Answer, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from tests.fakes import T0, VANTAGE

TARGET: Target[Any] = Target(id="t", family="page", service="s", component="app.s", spec={})
FACTS: Observation[Any] = Observation(
    family="page",
    target="t",
    slot=T0,
    vantage=VANTAGE,
    facts={"status": 200},
    phases=(PhaseTiming(phase=Phase.TCP, start_ms=1.0, duration_ms=4.5, ok=True),),
)
REFUSED = Failure(phase=Phase.TCP, cause="tcp.refused", detail="nothing listens")


def check(id: str, judge: Any, severity: Severity = Severity.HIGH) -> Check[Any, Any]:
    return Check(id=id, severity=severity, judge=judge, remediation="Mend it.")


def raises(_target: Any, observation: Any) -> Answer:
    return passed(observation.facts["no such fact and a hunter2"])


ALL = (
    check("page.passes", lambda t, o: passed("fine", status=o.facts["status"])),
    check("page.fails", lambda t, o: failed(REFUSED)),
    check("page.skips", lambda t, o: skipped("no turn")),
    check("page.raises", raises),
    replace(check("page.not_asked", raises), asks=lambda target: False),
)


def test_a_check_that_raises_is_unknown_by_the_auditors_bug_and_the_others_still_answer() -> None:
    results = {r.check: r for r in judge(ALL, TARGET, FACTS)}
    assert {id: str(r.status) for id, r in results.items()} == {
        "page.passes": "PASS",
        "page.fails": "FAIL",
        "page.skips": "SKIPPED",
        "page.raises": "UNKNOWN",
    }
    bug = results["page.raises"]
    assert (bug.cause, bug.phase) == ("self.bug", Phase.PREPARE)
    assert "page.raises" in bug.summary
    assert "KeyError" in bug.summary
    assert "hunter2" not in str(bug)


def test_what_a_target_does_not_ask_has_no_result_even_when_nothing_could_be_told() -> None:
    nothing = replace(FACTS, facts=None, could_not_tell=REFUSED)
    assert "page.not_asked" not in {r.check for r in judge(ALL, TARGET, nothing)}


def test_a_result_is_complete_enough_to_be_read_alone() -> None:
    failure = next(r for r in judge(ALL, TARGET, FACTS) if r.check == "page.fails")
    assert (failure.cause, failure.phase, failure.summary) == ("tcp.refused", Phase.TCP, "nothing listens")
    assert failure.latency_ms == 5.5
    assert failure.remediation == "Mend it."
    assert failure.slot == T0
    assert failure.id == "page/t/page.fails@2026-11-23T16:00:00Z"


def test_the_remedy_of_an_answer_stands_before_the_checks_own() -> None:
    own = check("page.x", lambda t, o: replace(failed(REFUSED), remedy="Do exactly this."))
    assert judge((own,), TARGET, FACTS)[0].remediation == "Do exactly this."


@pytest.mark.parametrize("observation", [replace(FACTS, facts=None)], ids=["no facts and no reason"])
def test_without_facts_every_answer_is_unknown(observation: Observation[Any]) -> None:
    results = judge(ALL, TARGET, observation)
    assert len(results) == len(ALL) - 1, "one is not asked"
    assert {(r.status, r.cause) for r in results} == {(Status.UNKNOWN, "self.bug")}


@given(
    facts=st.none() | st.just({"status": 200}),
    cause=st.sampled_from(["self.deadline", "aws.denied", "self.bug"]),
    phase=st.sampled_from(Phase),
    chosen=st.lists(st.sampled_from(ALL), unique=True),
)
def test_who_could_not_tell_passes_and_fails_nothing(facts: Any, cause: str, phase: Phase, chosen: list[Any]) -> None:
    limit = Failure(phase=phase, cause=cause, detail="the auditor's limit")
    results = judge(chosen, TARGET, replace(FACTS, facts=facts, could_not_tell=limit))
    assert [r.check for r in results] == [each.id for each in chosen if each.asks(TARGET)]
    assert {r.status for r in results} <= {Status.UNKNOWN}
    assert {(r.cause, r.phase, r.summary) for r in results} <= {(cause, phase, "the auditor's limit")}


def test_ids_of_results_are_unique_in_an_observation() -> None:
    results = judge(ALL, TARGET, FACTS)
    assert len({r.id for r in results}) == len(results)


def test_an_answer_that_could_not_tell_may_bring_its_own_remedy() -> None:
    ask = check("page.x", lambda t, o: unknown(REFUSED, "words", remedy="Allow it.", seen=3))
    (only,) = judge((ask,), TARGET, FACTS)
    assert (only.status, only.summary, only.remediation, only.evidence) == (
        Status.UNKNOWN,
        "words",
        "Allow it.",
        {"seen": 3},
    )
