"""The questions asked of a journey: the first stage that fails fails, the later ones have no turn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from auditor.domain.check import judge
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Severity
from auditor.domain.target import Target
from functions.journey import remedies
from functions.journey.checks import CHECKS
from functions.journey.credential import Credential
from functions.journey.facts import CAUSES, STAGES, CallFacts, JourneyFacts, RemainsFacts, Says, StageFacts
from functions.journey.family import JourneySpec

SPEC = JourneySpec(url="http://mlflow.example:5000", enabled=True, slow_after=timedelta(seconds=2))
DONE = tuple(StageFacts(name=name, outcome="done", requests=3, duration_ms=100.0) for name in STAGES)
CLEAN = RemainsFacts(looked=True, removed=2, requests=9, duration_ms=50.0)
FACTS = JourneyFacts(
    enabled=True,
    scheme="http",
    host="mlflow.example",
    port=5000,
    prefix="",
    resolved=("10.0.0.5",),
    stages=DONE,
    remains=CLEAN,
)
OF_STAGES = ("experiment_created", "run_recorded", "artifact_kept", "model_version_registered")


def judged(
    facts: JourneyFacts | None = FACTS, *failures: Failure, could_not_tell: Failure | None = None, **spec: Any
) -> dict[str, Result]:
    target = Target(
        id="t", family="journey", service="s", component="app.s", spec=replace(SPEC, **spec) if spec else SPEC
    )
    observation = Observation(
        family="journey",
        target="t",
        slot=datetime(2026, 11, 23, 16, 45, tzinfo=UTC),
        vantage=Vantage(kind="function", name="f"),
        facts=facts,
        failures=failures,
        could_not_tell=could_not_tell,
    )
    return {result.check.partition(".")[2]: result for result in judge(CHECKS, target, observation)}


def stopped(number: int, call: CallFacts) -> JourneyFacts:
    """At this stage; the later ones had no turn."""
    stages = tuple(
        replace(stage, outcome="failed" if n == number else "done" if n < number else "not_asked")
        for n, stage in enumerate(DONE)
    )
    failing = replace(stages[number], stopped_at=call)
    return replace(FACTS, stages=(*stages[:number], failing, *stages[number + 1 :]))


def says(word: Any, status: int = 500) -> CallFacts:
    return CallFacts(call="runs/create", status=status, says=word)


def test_all_is_well() -> None:
    assert {result.status for result in judged().values()} == {"PASS"}


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("word", [word for word in get_args(Says) if word != "not_permitted"])
def test_what_an_answer_says_is_the_cause_of_its_stage(number: int, word: str) -> None:
    results = judged(stopped(number, says(word)))
    assert [results[check].status for check in OF_STAGES] == ["PASS"] * number + ["FAIL"] + ["SKIPPED"] * (3 - number)
    failing = results[OF_STAGES[number]]
    assert (failing.cause, failing.phase) == (f"journey.{word}", Phase.ANSWER)
    assert results["completes_in_time"].status == "SKIPPED"


@pytest.mark.parametrize("number", range(4))
def test_why_no_answer_came_is_the_failure_of_its_stage(number: int) -> None:
    silence = Failure(phase=Phase.FIRST_BYTE, cause="journey.no_answer", detail="it sent none")
    results = judged(stopped(number, CallFacts(call="runs/create")), silence)
    assert [results[check].status for check in OF_STAGES] == ["PASS"] * number + ["FAIL"] + ["SKIPPED"] * (3 - number)
    assert (results[OF_STAGES[number]].cause, results[OF_STAGES[number]].phase) == (silence.cause, silence.phase)


def test_a_failure_before_any_stage_is_that_of_the_first() -> None:
    unknown = Failure(phase=Phase.NAME, cause="dns.nxdomain", detail="it does not exist")
    results = judged(replace(FACTS, stages=(), remains=None), unknown)
    assert [results[check].status for check in OF_STAGES] == ["FAIL", "SKIPPED", "SKIPPED", "SKIPPED"]
    assert results["leaves_nothing"].status == "SKIPPED"


@pytest.mark.parametrize("cause", ["self.secret_malformed", "aws.denied", "self.credentials"])
def test_the_auditors_own_limit_is_no_failure_of_the_target(cause: str) -> None:
    own = Failure(phase=Phase.PREPARE, cause=cause, detail="its own")
    assert {r.status for r in judged(replace(FACTS, stages=(), remains=None), own).values()} == {"UNKNOWN"}
    assert {r.status for r in judged(None, could_not_tell=own).values()} == {"UNKNOWN"}


def test_a_valid_key_that_may_not_do_this_is_the_auditors_own_limit_where_one_was_declared() -> None:
    denied = stopped(0, says("not_permitted", 403))
    with_key = judged(denied, credential=Credential(secret="s"))
    assert [with_key[check].status for check in OF_STAGES] == ["UNKNOWN"] * 4
    assert judged(denied)["experiment_created"].status == "FAIL"


@pytest.mark.parametrize("missing", STAGES)
def test_what_is_not_said_is_never_a_pass(missing: str) -> None:
    facts = replace(FACTS, stages=tuple(stage for stage in DONE if stage.name != missing))
    assert judged(facts)[OF_STAGES[STAGES.index(missing)]].status == "UNKNOWN"  # type: ignore[arg-type]
    no_word = replace(FACTS, stages=(replace(DONE[0], outcome="failed"), *DONE[1:]))
    assert judged(no_word)["experiment_created"].status == "UNKNOWN"
    assert judged(no_word)["completes_in_time"].status == "UNKNOWN"


def test_what_the_owner_has_not_enabled_is_skipped_and_not_green() -> None:
    stages = tuple(StageFacts(name=name, outcome="not_asked", reason="not_enabled") for name in STAGES)
    results = judged(replace(FACTS, enabled=False, stages=stages, remains=None), enabled=False)
    assert {result.status for result in results.values()} == {"SKIPPED"}


def test_artifacts_that_lie_elsewhere_have_no_turn_and_the_rest_has() -> None:
    elsewhere = StageFacts(name="artifact", outcome="not_asked", reason="artifacts_elsewhere")
    results = judged(replace(FACTS, stages=(*DONE[:2], elsewhere, DONE[3])))
    assert [results[check].status for check in OF_STAGES] == ["PASS", "PASS", "SKIPPED", "PASS"]
    assert results["completes_in_time"].status == "PASS"


@pytest.mark.parametrize(
    ("remains", "status"),
    [
        (CLEAN, "PASS"),
        (replace(CLEAN, orphans=3, orphans_removed=3), "PASS"),
        (replace(CLEAN, left=("model x",), left_count=1), "FAIL"),
        (replace(CLEAN, looked=False), "FAIL"),
        (None, "SKIPPED"),
    ],
)
def test_what_is_left_is_told_and_takes_nobody_down(remains: RemainsFacts | None, status: str) -> None:
    result = judged(replace(FACTS, remains=remains))["leaves_nothing"]
    assert (result.status, result.severity) == (status, Severity.ADVISORY)
    assert result.cause == ("journey.cleanup_failed" if status == "FAIL" else None)


@pytest.mark.parametrize(("ms", "status"), [(500.0, "PASS"), (500.1, "WARN")])
def test_slow_is_what_takes_longer_than_declared_the_cleanup_left_out(ms: float, status: str) -> None:
    stages = tuple(replace(stage, duration_ms=ms) for stage in DONE)
    remains = replace(CLEAN, duration_ms=9000.0)
    assert judged(replace(FACTS, stages=stages, remains=remains))["completes_in_time"].status == status


def test_every_cause_of_the_family_and_every_way_to_stop_has_a_meaning_and_what_matters_has_a_remedy() -> None:
    known = {cause.id for cause in CAUSES}
    assert {f"journey.{word}" for word in get_args(Says)} <= known
    generic = {
        "journey.unexpected_status",
        "journey.answer_truncated",
        "journey.answer_too_large",
        "journey.not_http",
    }
    assert {cause for cause in known if remedies.for_cause(cause) is None} == generic
