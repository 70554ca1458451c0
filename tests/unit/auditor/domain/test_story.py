"""What a story tells whoever is woken: root, cause, first action, victims, where to read on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.domain.report import RootCause
from auditor.domain.result import Severity, Status
from auditor.domain.story import Story, tell
from auditor.domain.topology import Platform
from tests.fakes import BAD_LOGIN, BLIND, REFUSED, SHOP, WRONG, Says, platform, play, target

LINK = "https://console.example/report.html"


def stories(where: Platform, *slots: Mapping[str, Sequence[Says]]) -> list[Story]:
    last = play(where, [{}, *slots])[-1]
    return [tell(transition, last.report, LINK) for transition in last.assessment.transitions]


def test_the_story_of_a_database_that_is_down() -> None:
    (story,) = stories(SHOP, {"db": REFUSED, "orders": WRONG})
    assert (story.kind, story.service, story.severity) == ("opened", "database", Severity.HIGH)
    assert story.text.splitlines()[0] == "[test] Database is DOWN: tcp.refused (tcp)"
    assert story.subject == story.text.splitlines()[0]
    for part in (
        "db reachable FAIL.",
        "target db (app.database), phase tcp, cause tcp.refused (the host answered that nothing listens on the port)",
        "First action: Mend reachable.",
        "Also failing because of this: orders.",
        "Since 2026-11-23T16:01:00Z (UTC).",
        "Owner: team-database",
        "Runbook: https://r/database",
        "Acknowledge: audit ack database --stage test --by NAME",
        f"Report: {LINK}",
    ):
        assert part in story.text


def test_a_root_stands_before_the_problems_that_it_explains() -> None:
    moment = play(SHOP, [{}, {"db": REFUSED}])[-1]
    (transition,) = moment.assessment.transitions
    explained = next(p.result_id for p in moment.report.problems if p.target == "db")
    root = RootCause(
        component="ecs.database",
        service="elsewhere",
        fault="NO_RUNNING_TASKS",
        fault_meaning="nothing runs",
        statement="No task of the database runs.",
        confidence="high",
        first_action="Start it.",
        proof=("compute/db",),
        ruled_out=(),
        explains=(explained,),
    )
    other = replace(root, component="app.other", statement="Something else.", explains=("another result",))
    text = tell(transition, replace(moment.report, roots=(root, other)), LINK).text
    said = "Root: ecs.database NO_RUNNING_TASKS (high confidence). No task of the database runs.\n  First action: Start"
    assert said in text
    assert text.index(said) < text.index("db reachable FAIL.")
    assert "Something else" not in text


def test_a_victims_problem_is_never_told_as_the_services_own() -> None:
    slots = {"db": REFUSED, "orders": WRONG, "home": REFUSED}
    by_service = {story.service: story.text for story in stories(SHOP, slots)}
    assert "orders answers FAIL" not in by_service["database"]
    assert "orders answers FAIL" not in by_service["web"], "orders is a victim, though the web stands for itself too"
    assert "target home" in by_service["web"]


def test_what_was_not_seen_of_the_service_is_told() -> None:
    both = {"home": WRONG, "orders": BAD_LOGIN}
    (story,) = stories(SHOP, both)
    assert "Not seen: orders (self.credentials)." in story.text


def test_the_first_line_fits_a_text_message_and_the_subject_fits_sns() -> None:
    long = replace(SHOP, services=tuple(replace(s, title="Very long title " * 20) for s in SHOP.services))
    for story in [*stories(long, {"db": REFUSED}), *stories(long, {"db": REFUSED}, {})]:
        assert len(story.text.splitlines()[0]) <= 140
        assert len(story.subject) <= 100


def test_the_story_of_a_recovery() -> None:
    (story,) = stories(SHOP, {"db": REFUSED}, {}, {})
    assert (story.kind, story.severity) == ("resolved", Severity.LOW)
    assert story.subject == "[test] Database is HEALTHY again"
    assert LINK in story.text


def test_two_stories_of_a_service_have_two_ids() -> None:
    moments = play(SHOP, [{}, {"db": REFUSED}, {}, {}, {"db": REFUSED}, *[{}] * 7])
    ids = [tell(t, m.report, LINK).id for m in moments for t in m.assessment.transitions]
    assert len(ids) == len(set(ids)) == 4
    assert all(id.startswith("test/database/") for id in ids)


def test_the_severity_is_that_of_the_worst_own_problem() -> None:
    critical = (Says("reachable", Status.FAIL, "tcp.refused", severity=Severity.CRITICAL), *BLIND[1:])
    (story,) = stories(SHOP, {"db": critical})
    assert story.severity is Severity.CRITICAL


def test_a_story_of_very_many_problems_still_fits_a_message() -> None:
    # SNS takes 256 KiB for a message, in which the text travels once plain and three times inside JSON.
    many = platform([target(f"page-{n}-{'x' * 300}", "page", "web") for n in range(200)])
    (story,) = stories(many, {t.id: REFUSED for t in many.targets})
    assert len(story.text.encode()) < 20_000
    assert "180 more" in story.text
    assert LINK in story.text
