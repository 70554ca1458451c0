"""What changed since the last report that was kept."""

from datetime import timedelta

from auditor.domain.change import Change, ReportDigest, ServiceChange, change
from auditor.domain.verdict import Verdict
from tests.fakes import T0

BEFORE = ReportDigest(
    as_of=T0,
    score=80.0,
    services={"web": Verdict.HEALTHY, "db": Verdict.HEALTHY, "gone": Verdict.HEALTHY},
    problems=("home page.slow",),
    findings=("cert tls.expires",),
    availability_percent={"web": 99.0, "db": None, "gone": 1.0},
)
NOW = ReportDigest(
    as_of=T0 + timedelta(hours=1),
    score=60.0,
    services={"web": Verdict.HEALTHY, "db": Verdict.DOWN, "new": Verdict.DOWN},
    problems=("db store.answers", "db store.reachable"),
    findings=("cert tls.expires", "name dns.ttl"),
    availability_percent={"web": 98.5, "db": 50.0, "new": 0.0},
)


def test_what_turned_bad_what_is_new_and_what_is_gone() -> None:
    found = change(BEFORE, NOW)
    assert found.since == T0
    assert found.score_points == -20.0
    assert found.services == (ServiceChange(service="db", before=Verdict.HEALTHY, after=Verdict.DOWN),)
    assert found.new_problems == ("db store.answers", "db store.reachable")
    assert found.gone_problems == ("home page.slow",)
    assert found.new_findings == ("name dns.ttl",)
    assert found.gone_findings == ()
    assert found.availability_points == {"web": -0.5}


def test_the_same_report_is_no_change() -> None:
    assert change(BEFORE, BEFORE) == Change(
        since=T0,
        score_points=0.0,
        services=(),
        new_problems=(),
        gone_problems=(),
        new_findings=(),
        gone_findings=(),
        availability_points={},
    )


def test_no_number_is_no_difference() -> None:
    blind = ReportDigest(
        as_of=T0, score=None, services={}, problems=(), findings=(), availability_percent={"web": None}
    )
    assert change(blind, NOW).score_points is None
    assert change(BEFORE, blind).score_points is None
    assert change(BEFORE, blind).availability_points == {}
