"""Who is at fault by the roots of a diagnosis: one story and one alarm a root, in the service that owns it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from auditor.domain.attribution import Reading
from auditor.domain.diagnosis.candidate import Confidence
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.model import Diagnosis, Root
from auditor.domain.observation import Phase
from auditor.domain.result import Severity, Status
from auditor.domain.story import tell
from auditor.domain.topology import Platform
from auditor.domain.verdict import Judging
from tests.fakes import BAD_LOGIN, BLIND, REFUSED, SHOP, WRONG, Moment, Says, play

OK: Mapping[str, Sequence[Says]] = {}
WEB_DOWN = {"home": WRONG, "orders": WRONG}
EVERYTHING = {"home": WRONG, "orders": WRONG, "db": REFUSED}
LINK = "https://report"


@dataclass(frozen=True)
class Named:
    """A root in a service from a slot on; it explains what fails of the targets."""

    service: str
    targets: tuple[str, ...]
    since: int = 0
    confidence: Confidence = Confidence.HIGH


def moments(
    slots: Sequence[Mapping[str, Sequence[Says]]], *named: Named, of: Status = Status.FAIL, where: Platform = SHOP
) -> list[Moment]:
    """What came of the slots. ``of``: the roots explain what has this status."""

    def diagnose(number: int, readings: Sequence[Reading]) -> Diagnosis:
        failing = [r.result for r in readings if r.speaks and r.result.status is of]
        roots = [
            Root(
                component=f"app.{each.service}",
                fault=Fault.CONFIG_VALUE_MALFORMED,
                statement=f"A setting of app.{each.service} cannot be used.",
                proof=(),
                ruled_out=(),
                confidence=each.confidence,
                first_action="Correct it.",
                explains=tuple(r.id for r in failing if r.target in each.targets),
            )
            for each in named
            if number >= each.since
        ]
        roots = [root for root in roots if root.explains]
        explained = {id for root in roots for id in root.explains}
        left = tuple(r.id for r in failing if r.id not in explained)
        return Diagnosis(roots=tuple(roots), unexplained=left, next_observation="Look." if left else "")

    return play(where, slots, diagnose=diagnose)


def changes(played: Sequence[Moment]) -> list[list[tuple[str, str]]]:
    return [moment.changes for moment in played]


def paging(played: Sequence[Moment]) -> list[set[str]]:
    return [moment.paging for moment in played]


def test_only_the_owner_of_the_root_alarms_though_all_that_is_asked_of_it_passes() -> None:
    played = moments([OK, WEB_DOWN, WEB_DOWN, WEB_DOWN, OK, OK], Named("database", ("home", "orders")))
    assert changes(played) == [[], [("opened", "database")], [], [], [], [("resolved", "database")]]
    assert paging(played) == [set(), *[{"database"}] * 4, set()]
    assert played[1].verdicts == {"web": "DOWN", "database": "HEALTHY"}
    assert not played[1].assessment.services["web"].at_fault
    told = played[3].assessment.incidents.open["database"].targets
    assert told == ("home", "orders"), "orders waited for its proof"


PARTLY = (Says("reachable", Status.WARN, "tcp.timeout", Phase.TCP), Says("answers"))


def test_what_works_in_part_is_charged_to_the_owner_of_its_root() -> None:
    half = {"home": PARTLY}
    known = moments([OK, half, half, OK, OK], Named("database", ("home",)), of=Status.WARN)
    assert changes(known)[1:3] == [[("opened", "database")], []]
    assert known[1].assessment.incidents.open["database"].roots == ("app.database CONFIG_VALUE_MALFORMED",)
    assert changes(moments([OK, half, half, OK, OK]))[1:3] == [[("opened", "web")], []]


def test_beside_a_failure_that_a_root_explains_a_warning_leaves_nothing_open() -> None:
    both = (Says("reachable", Status.WARN, "tcp.timeout", Phase.TCP), Says("answers", Status.FAIL, "page.status"))
    assert paging(moments([OK, {"home": both}], Named("database", ("home",))))[1] == {"database"}


def test_a_root_that_is_found_later_keeps_the_story_and_the_page_that_were_opened() -> None:
    played = moments([OK, *[WEB_DOWN] * 4, OK, OK], Named("database", ("home", "orders"), since=3))
    assert changes(played) == [[], [("opened", "web")], [], [("new_root", "web")], [], [], [("resolved", "web")]]
    assert paging(played) == [set(), *[{"web"}] * 5, set()]
    assert not played[3].assessment.transitions[0].wakes, "it is the same incident, whose root is known now"


def test_independent_roots_in_two_services_are_two_stories_though_one_needs_the_other() -> None:
    played = moments([OK, EVERYTHING, EVERYTHING, OK, OK], Named("web", ("home",)), Named("database", ("db",)))
    assert set(changes(played)[1]) == {("opened", "web"), ("opened", "database")}
    assert paging(played)[2] == {"web", "database"}
    assert set(changes(played)[4]) == {("resolved", "web"), ("resolved", "database")}


def test_an_own_root_pages_a_service_that_the_catalogue_calls_a_victim() -> None:
    broken = {"orders": WRONG, "db": REFUSED}
    played = moments([OK, broken, broken, OK, OK], Named("web", ("orders",), since=2), Named("database", ("db",)))
    assert played[1].assessment.explained == {"orders": ("db",)}
    assert paging(played) == [set(), {"database"}, *[{"database", "web"}] * 2, set()]


def test_a_second_root_in_another_service_is_told_while_the_first_one_stands() -> None:
    first, second = Named("web", ("home",)), Named("database", ("home",), since=2)
    played = moments([OK, *[{"home": WRONG}] * 3, OK], first, second)
    # Both services are told of it: the one that is woken has the root, the other one learns of it.
    assert changes(played)[1:4] == [[("opened", "web")], [("new_root", "web"), ("opened", "database")], []]
    assert paging(played)[3] == {"web", "database"}


@pytest.mark.parametrize("confidence", [Confidence.MEDIUM, Confidence.LOW])
def test_a_root_that_is_not_sure_moves_no_page(confidence: Confidence) -> None:
    played = moments([OK, {"home": WRONG}], Named("database", ("home",), confidence=confidence))
    assert changes(played)[1] == [("opened", "web")]
    assert paging(played)[1] == {"web"}


def test_a_second_root_in_a_service_that_is_paged_already_wakes() -> None:
    broken = {"home": WRONG, "orders": WRONG}
    played = moments([OK, *[broken] * 3], Named("web", ("home",)), Named("web", ("orders",), since=3))
    assert changes(played) == [[], [("opened", "web")], [], []], "the same component and fault is the same root"


def test_what_was_well_when_it_was_last_seen_begins_nothing() -> None:
    """Its first look was bad and waited for the proof of what it needs; when that is there, it is well again."""
    half, known = {"orders": WRONG}, Named("database", ("orders",))
    played = moments([half, OK, half, half], known, where=replace(SHOP, judging=Judging()))
    assert played[1].verdicts["web"] == "DOWN", "one good look is no recovery"
    assert changes(played) == [[], [], [("opened", "database")], []]


def test_what_is_explained_in_part_stays_with_its_own_service_too() -> None:
    both = (Says("reachable", Status.FAIL, "page.status"), Says("answers", Status.FAIL, "page.status"))

    def first_only(number: int, readings: Sequence[Reading]) -> Diagnosis:
        failing = [r.result.id for r in readings if r.result.status is Status.FAIL]
        if not failing:
            return Diagnosis()
        root = Root(
            component="app.database",
            fault=Fault.CONFIG_VALUE_MALFORMED,
            statement="",
            proof=(),
            ruled_out=(),
            confidence=Confidence.HIGH,
            first_action="",
            explains=(failing[0],),
        )
        return Diagnosis(roots=(root,), unexplained=tuple(failing[1:]), next_observation="Look.")

    played = play(SHOP, [OK, {"home": both}], diagnose=first_only)
    assert paging(played)[1] == {"web", "database"}


def test_an_advisory_failure_is_nobodys_fault_and_needs_no_root() -> None:
    advisory = (Says("reachable", Status.FAIL, "page.status", severity=Severity.ADVISORY), Says("answers"))
    assert changes(moments([OK, {"home": advisory}], Named("database", ("home",)))) == [[], []]


@pytest.mark.parametrize("blind", [BLIND, BAD_LOGIN], ids=["own bug", "own credentials"])
def test_what_an_owner_broke_elsewhere_is_no_recovery_while_it_is_not_seen(blind: Any) -> None:
    unseen = {"home": blind}
    played = moments([OK, {"home": WRONG}, *[unseen] * 4, OK, OK], Named("database", ("home",)))
    assert paging(played)[1:7] == [{"database"}] * 6
    assert changes(played)[2:] == [[], [], [], [], [], [("resolved", "database")]]


def test_a_story_of_a_root_elsewhere_says_who_is_down_because_of_whom() -> None:
    played = moments([OK, WEB_DOWN, WEB_DOWN, OK, OK], Named("database", ("home", "orders")))
    opened = tell(played[1].assessment.transitions[0], played[1].report, LINK)
    assert opened.text.splitlines()[0] == "[test] Web is DOWN because of Database: app.database CONFIG_VALUE_MALFORMED"
    assert "Root: app.database CONFIG_VALUE_MALFORMED (high confidence)." in opened.text
    assert "home answers FAIL." in opened.text
    assert "Mend answers." not in opened.text, "the remedy of a symptom misleads where the root is known"
    assert "Also failing because of this: orders." in opened.text
    assert "Owner: team-database" in opened.text
    closed = tell(played[-1].assessment.transitions[0], played[-1].report, LINK)
    assert closed.subject == "[test] Web is HEALTHY again"


def test_without_a_root_the_story_says_undecided_and_what_to_look_at() -> None:
    played = moments([OK, {"home": WRONG}])
    story = tell(played[1].assessment.transitions[0], played[1].report, LINK)
    assert "Root: UNDECIDED. Next: Look." in story.text
    assert "Mend answers." in story.text


def test_the_headline_names_the_root_and_calls_who_only_suffers_a_victim() -> None:
    played = moments([OK, EVERYTHING], Named("database", ("home", "orders", "db")))
    assert played[1].report.headline == (
        "Database is DOWN. A setting of app.database cannot be used. Failing because of it: Web."
    )
