"""Which incidents a report shows, in which order, and that nothing of them is lost."""

from dataclasses import fields, replace
from datetime import timedelta

from auditor.domain.bundle import State
from auditor.domain.incident import Acknowledgement, Incident, Incidents
from auditor.domain.incident_lines import ENDED_SHOWN, incident_lines
from auditor.domain.muting import Silence
from auditor.domain.report import IncidentLine
from tests.fakes import MINUTE, REFUSED, SHOP, T0, WRONG, bundle, judge_moment, play, runs

HOUR = timedelta(hours=1)


def incident(service: str, since: int, closed: int | None = None) -> Incident:
    """One that began and ended so many minutes after T0."""
    return Incident(
        id=f"test/{service}",
        service=service,
        opened=T0 + (since + 1) * MINUTE,
        since=T0 + since * MINUTE,
        targets=(service,),
        closed=None if closed is None else T0 + closed * MINUTE,
    )


def test_the_oldest_open_one_leads_and_then_the_newest_that_ended() -> None:
    remembered = Incidents(
        open={"a": incident("a", 9), "b": incident("b", 3)},
        closed={"c": incident("c", 0, 5), "d": incident("d", 0, 8), "e": incident("e", 0, 8)},
    )
    assert [line.service for line in incident_lines(remembered, {}, T0 + HOUR)] == ["b", "a", "d", "e", "c"]


def test_what_ended_more_than_a_day_ago_is_left_out() -> None:
    remembered = Incidents(closed={"a": incident("a", 0, 1), "b": incident("b", 0, 2)})
    lines = incident_lines(remembered, {}, T0 + ENDED_SHOWN + 2 * MINUTE)
    assert [line.service for line in lines] == ["b"]


def test_only_an_open_one_is_mute_now() -> None:
    remembered = Incidents(open={"a": incident("a", 1)}, closed={"b": incident("b", 0, 1)})
    lines = incident_lines(remembered, {"a": "silenced by ada: r", "b": "m"}, T0 + HOUR)
    assert [line.muted_because for line in lines] == ["silenced by ada: r", ""]


def test_every_field_of_the_line_follows_from_the_incident() -> None:
    whole = replace(
        incident("a", 1),
        roots=("app.a CRASH",),
        paging=True,
        turns=3,
        well_since=T0,
        acknowledged=Acknowledgement(by="ada", at=T0),
        recurrences=2,
        earlier="test/a/before",
        merged=("test/b",),
    )
    (line,) = incident_lines(Incidents(open={"a": whole}), {}, T0 + HOUR)
    assert (line.acknowledged_by, line.acknowledged_at, line.flapping) == ("ada", T0, True)
    assert line.ends == T0 + whole.settling == T0 + 15 * MINUTE
    own = {"acknowledged_by", "acknowledged_at", "muted_because", "ends"}
    for name in {field.name for field in fields(IncidentLine)} - own:
        assert getattr(line, name) == getattr(whole, name), name


def test_a_report_shows_the_incidents_of_its_own_moment_and_who_is_mute() -> None:
    opened = play(SHOP, [{}, {"db": REFUSED, "orders": WRONG}])[-1].report
    (line,) = opened.incidents
    assert (line.id, line.service, line.closed) == ("test/database/2026-11-23T16:01:00Z", "database", None)
    assert [entry.text for entry in line.timeline] == ["opened"]
    silence = Silence(id="1", service="web", by="ada", reason="r", since=T0, until=T0 + HOUR)
    quiet = judge_moment(bundle(SHOP, T0, runs(SHOP, T0, {}), State(silences=(silence,)))).report
    assert (quiet.incidents, quiet.muted) == ((), {"web": "silenced by ada: r"})
