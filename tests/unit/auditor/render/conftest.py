"""Reports made by hand, each of one situation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auditor.domain.change import Change, ServiceChange
from auditor.domain.history import Percentiles, TrendPoint
from auditor.domain.observation import Phase, PhaseTiming
from auditor.domain.report import (
    REPORT_VERSION,
    Category,
    CoverageGap,
    Problem,
    Report,
    ResponseTime,
    RootCause,
    RunLine,
    ServiceLine,
    TargetLine,
)
from auditor.domain.result import Severity
from auditor.domain.rollup import Counts
from auditor.domain.score import Gain, Score, ServiceShare
from auditor.domain.slo import Availability, Burning, BurnRate, ErrorBudget, ServiceLevel
from auditor.domain.verdict import Verdict
from tests import reading_html
from tests.reading_html import Node

AS_OF = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
BROKE = AS_OF - timedelta(minutes=4)
LONG_AGO = AS_OF - timedelta(days=3, hours=2)


def line(id: str, family: str, verdict: Verdict = Verdict.HEALTHY, summary: str = "", **more: object) -> TargetLine:
    base = TargetLine(
        id=id,
        family=family,
        component=f"app.{id}",
        critical=True,
        verdict=verdict,
        since=BROKE if verdict.bad else LONG_AGO,
        judged_at=AS_OF,
        latency_ms=42.4,
        summary=summary or f"{id} answered as declared.",
        result_ids=(f"{family}/{id}/{family}.reachable@2026-11-23T16:47:00Z",),
    )
    return replace(base, **more)  # type: ignore[arg-type]


def service(id: str, title: str, verdict: Verdict, *targets: TargetLine, **more: object) -> ServiceLine:
    base = ServiceLine(
        id=id,
        title=title,
        owner=f"team-{id}",
        contact=f"{id}-oncall@example.org",
        runbook=f"https://runbooks.example.org/{id}?section=first#steps",
        verdict=verdict,
        since=BROKE if verdict.bad else LONG_AGO,
        at_fault=False,
        victim_of=(),
        targets=targets,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def problem(target: str, service: str, check: str, summary: str, **more: object) -> Problem:
    base = Problem(
        service=service,
        target=target,
        component="rds.main",
        check=check,
        severity=Severity.CRITICAL,
        status="FAIL",
        phase=Phase.TCP,
        cause="tcp.refused",
        cause_meaning="the host answered that nothing listens on the port",
        summary=summary,
        evidence={},
        remediation="",
        since=BROKE,
        victim_of=(),
        result_id=f"{check.partition('.')[0]}/{target}/{check}@2026-11-23T16:47:00Z",
    )
    return replace(base, **more)  # type: ignore[arg-type]


def phases(*parts: tuple[Phase, float], failed: Phase | None = None) -> tuple[PhaseTiming, ...]:
    start, timings = 0.0, []
    for phase, duration in parts:
        timings.append(PhaseTiming(phase=phase, start_ms=start, duration_ms=duration, ok=phase is not failed))
        start += duration
    return tuple(timings)


HEALTHY = Report(
    schema_version=REPORT_VERSION,
    title="Minimal platform",
    platform="minimal",
    stage="dev",
    region="eu-central-1",
    as_of=AS_OF,
    seconds_per_minute=10.0,
    vantages=("function auditor-dev-http in the VPC", "function auditor-dev-database in the VPC"),
    verdict=Verdict.HEALTHY,
    headline="All 3 critical targets are healthy.",
    coverage_percent=100.0,
    critical_targets=3,
    critical_targets_judged=3,
    services=(
        service("site", "Web site", Verdict.HEALTHY, line("site.home", "http"), line("site.orders", "http")),
        service("orders-db", "Orders database", Verdict.HEALTHY, line("orders-db.main", "database")),
    ),
    problems=(),
    coverage_gaps=(),
    response_times=(
        ResponseTime(
            service="site",
            target="site.home",
            address="203.0.113.10:443",
            total_ms=61.5,
            ok=True,
            phases=phases(
                (Phase.NAME, 2.1), (Phase.TCP, 0.9), (Phase.TLS, 14.5), (Phase.FIRST_BYTE, 42.0), (Phase.TRANSFER, 2)
            ),
        ),
        ResponseTime(
            service="site",
            target="site.orders",
            address="203.0.113.10:443",
            total_ms=130.2,
            ok=True,
            phases=phases((Phase.NAME, 1.9), (Phase.TCP, 1.1), (Phase.TLS, 15.0), (Phase.FIRST_BYTE, 112.2)),
        ),
        ResponseTime(
            service="orders-db",
            target="orders-db.main",
            address="10.0.3.7:5432",
            total_ms=23.4,
            ok=True,
            phases=phases(
                (Phase.NAME, 1.0), (Phase.TCP, 0.4), (Phase.TLS, 9.0), (Phase.LOGIN, 11.0), (Phase.QUERY, 2.0)
            ),
        ),
    ),
    categories=(
        Category(family="http", passed=11, warned=0, failed=0, unknown=0, skipped=1),
        Category(family="database", passed=6, warned=0, failed=0, unknown=0, skipped=0),
    ),
    runs=(
        RunLine(
            family="http",
            shard=0,
            slot=AS_OF,
            stale=False,
            object_key="observations/dev/2026-11-23/http/0-run-a.json.gz",
        ),
        RunLine(
            family="database",
            shard=0,
            slot=AS_OF,
            stale=False,
            object_key="observations/dev/2026-11-23/database/0-run-b.json.gz",
        ),
    ),
    reproduce=(
        "aws s3 cp s3://auditor-dev-reports/reports/dev/2026-11-23T16:47:00Z/bundle.json .",
        "audit report bundle.json --out out/replay",
    ),
)

ROOT = problem(
    "orders-db.main",
    "orders-db",
    "database.reachable",
    "The database at 10.0.3.7:5432 refused the connection after 0.6 ms.",
    evidence={"address": "10.0.3.7:5432", "name": "orders-db.internal", "attempts": 1, "tls": None, "login": "own"},
    remediation="Start the database: aws rds start-db-instance --db-instance-identifier orders\nThen watch its events.",
)
VICTIM = problem(
    "site.orders",
    "site",
    "http.status_expected",
    "GET /orders answered 503 where 200 is declared; the service itself emitted it.",
    component="app.site",
    phase=Phase.ANSWER,
    cause="http.status",
    cause_meaning="the status is not one of those declared",
    victim_of=("orders-db.main",),
)
WARNING = problem(
    "site.home",
    "site",
    "http.fast_enough",
    "GET / took 1.31 s; at most 1 s is declared.",
    component="app.site",
    severity=Severity.MEDIUM,
    status="WARN",
    phase=Phase.FIRST_BYTE,
    cause="http.slow",
    cause_meaning="the answer took longer than declared",
    evidence={"latency_ms": 1310.4, "limit_ms": 1000},
    remediation="Compare first byte with the database's query time.",
)
GAP = CoverageGap(
    service="cache",
    target="cache.sessions",
    critical=True,
    cause="tcp.timeout",
    cause_meaning="nothing answered the connection attempt in time",
    phase=Phase.TCP,
    summary="No answer from 10.0.4.9:6379 within 2 s.",
    reason="GET /login passed at 16:47 and cannot pass without this cache, so it serves; the auditor is not let in.",
    remedy="Admit sg-0auditor on port 6379 in sg-cache.",
    result_ids=("cache/cache.sessions/cache.reachable@2026-11-23T16:47:00Z",),
)


@pytest.fixture(scope="session")
def healthy() -> Report:
    return HEALTHY


@pytest.fixture(scope="session")
def empty() -> Report:
    return replace(
        HEALTHY,
        verdict=Verdict.UNKNOWN,
        headline="Nothing was judged.",
        seconds_per_minute=None,
        vantages=(),
        coverage_percent=0.0,
        critical_targets=0,
        critical_targets_judged=0,
        services=(),
        response_times=(),
        categories=(),
        runs=(),
        reproduce=(),
    )


@pytest.fixture(scope="session")
def gap_only() -> Report:
    cache = line("cache.sessions", "cache", Verdict.UNKNOWN, GAP.summary, judged_at=None, latency_ms=None)
    return replace(
        HEALTHY,
        verdict=Verdict.UNKNOWN,
        headline="One critical target could not be judged; what was seen is healthy.",
        coverage_percent=94.444444,
        critical_targets=4,
        services=(*HEALTHY.services, service("cache", "Session cache", Verdict.UNKNOWN, cache)),
        coverage_gaps=(GAP,),
        categories=(*HEALTHY.categories, Category(family="cache", passed=0, warned=0, failed=0, unknown=1, skipped=2)),
        runs=(*HEALTHY.runs, RunLine(family="cache", shard=0, slot=None, stale=True, object_key="")),
    )


@pytest.fixture(scope="session")
def database_down(gap_only: Report) -> Report:
    database = line("orders-db.main", "database", Verdict.DOWN, ROOT.summary, latency_ms=1.6)
    orders = line("site.orders", "http", Verdict.DOWN, VICTIM.summary, latency_ms=5004.2)
    home = line("site.home", "http", Verdict.DEGRADED, WARNING.summary, latency_ms=1310.4, critical=False)
    return replace(
        gap_only,
        verdict=Verdict.DOWN,
        headline="Orders database is down: nothing listens on 10.0.3.7:5432. Web site fails because of it.",
        critical_targets_judged=3,
        services=(
            service("site", "Web site", Verdict.DOWN, home, orders, victim_of=("orders-db.main",)),
            service("orders-db", "Orders database", Verdict.DOWN, database, at_fault=True),
            gap_only.services[-1],
        ),
        problems=(VICTIM, WARNING, ROOT),
        response_times=(
            HEALTHY.response_times[0],
            replace(
                HEALTHY.response_times[1],
                total_ms=5004.2,
                ok=False,
                phases=phases(
                    (Phase.NAME, 1.9),
                    (Phase.TCP, 1.1),
                    (Phase.TLS, 15.0),
                    (Phase.FIRST_BYTE, 4980.0),
                    (Phase.ANSWER, 6.2),
                    failed=Phase.ANSWER,
                ),
            ),
            replace(
                HEALTHY.response_times[2],
                total_ms=1.6,
                ok=False,
                phases=phases(
                    (Phase.NAME, 1.0),
                    (Phase.TCP, 0.6),
                    failed=Phase.TCP,
                ),
            ),
        ),
        categories=(
            Category(family="http", passed=9, warned=1, failed=1, unknown=0, skipped=1),
            Category(family="database", passed=0, warned=0, failed=1, unknown=0, skipped=5),
            Category(family="cache", passed=0, warned=0, failed=0, unknown=1, skipped=2),
        ),
    )


@pytest.fixture(scope="session")
def filled_with(database_down: Report) -> Callable[[str], Report]:
    """A report in which every text that comes from outside is the given one; ids differ, so that nothing coincides."""

    def fill(hostile: str) -> Report:
        target = line(f"t1{hostile}", hostile, Verdict.DOWN, hostile, component=hostile, result_ids=(hostile, hostile))
        other = line(f"t2{hostile}", hostile, Verdict.DOWN, hostile)
        owner = service(
            hostile,
            hostile,
            Verdict.DOWN,
            target,
            other,
            owner=hostile,
            contact=hostile,
            runbook=hostile,
            at_fault=True,
        )
        root = problem(
            target.id, hostile, hostile, hostile, component=hostile, cause=hostile, cause_meaning=hostile,
            evidence={hostile: hostile, f"n{hostile}": 1}, remediation=hostile, result_id=hostile,
        )  # fmt: skip
        return replace(
            database_down,
            title=hostile,
            platform=hostile,
            stage=hostile,
            region=hostile,
            vantages=(hostile, hostile),
            headline=hostile,
            services=(owner,),
            problems=(
                root,
                replace(root, target=other.id, victim_of=(target.id,)),
                replace(root, target="lost", victim_of=(f"t3{hostile}",)),
                replace(root, target="warned", status="WARN", severity=Severity.LOW),
                replace(root, target="found", severity=Severity.ADVISORY),
            ),
            roots=(
                RootCause(
                    component=hostile, service=hostile, fault=hostile, fault_meaning=hostile, statement=hostile,
                    confidence=hostile, first_action=hostile, proof=(hostile,), ruled_out=(hostile,), explains=("x",),
                ),
            ),
            unexplained=(hostile,),
            next_observation=hostile,
            coverage_gaps=(
                replace(
                    GAP, service=hostile, target=hostile, cause=hostile, cause_meaning=hostile, summary=hostile,
                    reason=hostile, remedy=hostile, result_ids=(hostile,),
                ),
            ),
            response_times=(
                replace(database_down.response_times[2], service=hostile, target=hostile, address=hostile),
            ),
            categories=(Category(family=hostile, passed=1, warned=2, failed=3, unknown=4, skipped=5),),
            runs=(RunLine(family=hostile, shard=0, slot=AS_OF, stale=True, object_key=hostile),),
            reproduce=(hostile, "audit report"),
            score=score_with(hostile),
            levels=(level(hostile),),
            change=replace(
                CHANGE, services=(replace(CHANGE.services[0], service=hostile),), new_problems=(hostile, "x y"),
                gone_findings=(hostile,), availability_points={hostile: 2.0},
            ),
            trend=TREND,
        )  # fmt: skip

    return fill


def window(name: str, counts: Counts, covered: int, minutes: int) -> Availability:
    return Availability(
        window=name,
        percent=100 * counts.good / counts.valid if counts.valid else None,
        counts=counts,
        covered_minutes=covered,
        minutes=minutes,
    )


def level(service: str, failed: int = 30, burning: Burning = Burning.YES) -> ServiceLevel:
    """A service whose last hour went badly, known for a tenth of thirty days."""
    return ServiceLevel(
        service=service,
        objective_percent=99.9,
        windows=(
            window("1h", Counts(passed=60 - failed, failed=failed), 60, 60),
            window(
                "24h", Counts(passed=1300 - failed, failed=failed, unknown=7, vantage=3, maintenance=60), 1370, 1424
            ),
            window("30d", Counts(passed=4000, failed=failed), 4320, 42_000),
            window("90d", Counts(unknown=5), 5, 129_000),
        ),
        budget=ErrorBudget(
            window="30d",
            allowed_minutes=43.2,
            used_minutes=float(failed),
            left_percent=100 * (43.2 - failed) / 43.2,
            covered_minutes=4320,
            minutes=42_000,
        ),
        burn_rates=(
            BurnRate(
                long_window="1h",
                short_window="5m",
                factor=14.4,
                long_rate=500.0,
                short_rate=1000.0,
                bad_events=failed,
                burning=burning,
            ),
            BurnRate(
                long_window="3d",
                short_window="6h",
                factor=1.0,
                long_rate=None,
                short_rate=None,
                bad_events=0,
                burning=Burning.TOO_LITTLE_SEEN,
            ),
        ),
        latency=Percentiles(p50=42.0, p95=120.0, p99=1310.0, total=1230),
    )


def score_with(fix: str) -> Score:
    return Score(
        value=62.5,
        earned=40.0,
        possible=64,
        cap=75.0,
        services=(
            ServiceShare(service="site", earned=24.0, possible=32),
            ServiceShare(service="orders-db", earned=16.0, possible=32),
        ),
        gains=(Gain(fix=fix, root=True, points=23.21, result_ids=(fix, "database/orders-db.main/x@s")),),
    )


CHANGE = Change(
    since=AS_OF - timedelta(minutes=47),
    score_points=-37.5,
    services=(ServiceChange(service="orders-db", before=Verdict.HEALTHY, after=Verdict.DOWN),),
    new_problems=("orders-db.main database.reachable",),
    gone_problems=(),
    new_findings=(),
    gone_findings=("site.home tls.expires",),
    availability_points={"orders-db": -2.31},
)
TREND = (
    TrendPoint(begin=AS_OF.replace(day=21, hour=0, minute=0), hours=24, score=99.6, availability_percent=99.9871),
    TrendPoint(begin=AS_OF.replace(day=22, hour=0, minute=0), hours=24, score=None, availability_percent=None),
    TrendPoint(begin=AS_OF.replace(hour=15, minute=0), hours=1, score=50.0, availability_percent=75.0),
)


@pytest.fixture(scope="session")
def with_past(database_down: Report) -> Report:
    """The outage of the database in a report that knows a past."""
    return replace(
        database_down,
        score=score_with("rds.main"),
        levels=(level("site", 0, Burning.NO), level("orders-db")),
        change=CHANGE,
        trend=TREND,
    )


def platform_of(targets: int) -> Report:
    """A platform of many targets, ten a service, one in fifty down."""
    services = []
    for number in range(targets // 10 or 1):
        lines = [
            line(
                f"service-{number:03}.endpoint-{index}",
                "http",
                Verdict.DOWN if (number * 10 + index) % 50 == 49 else Verdict.HEALTHY,
                result_ids=tuple(
                    f"http/service-{number:03}.endpoint-{index}/http.{check}@2026-11-23T16:47:00Z"
                    for check in ("reachable", "status_expected", "body_expected", "fast_enough", "redirects_expected")
                ),
            )
            for index in range(min(10, targets))
        ]
        down = any(item.verdict is Verdict.DOWN for item in lines)
        verdict = Verdict.DOWN if down else Verdict.HEALTHY
        services.append(service(f"service-{number:03}", f"Service {number}", verdict, *lines, at_fault=down))
    all_lines = [(item, owner) for owner in services for item in owner.targets]
    return replace(
        HEALTHY,
        verdict=Verdict.DOWN if targets >= 50 else Verdict.HEALTHY,
        services=tuple(services),
        critical_targets=targets,
        critical_targets_judged=targets,
        problems=tuple(
            problem(
                item.id, owner.id, "http.status_expected", "GET / answered 503 where 200 is declared.",
                evidence=ROOT.evidence, remediation=ROOT.remediation,
            )
            for item, owner in all_lines
            if item.verdict is Verdict.DOWN
        ),
        response_times=tuple(
            replace(HEALTHY.response_times[0], service=owner.id, target=item.id) for item, owner in all_lines
        ),
        categories=(Category(family="http", passed=targets * 5, warned=0, failed=targets // 50, unknown=0, skipped=0),),
    )  # fmt: skip


@pytest.fixture(scope="session")
def platform_with() -> Callable[[int], Report]:
    return platform_of


@pytest.fixture(scope="session")
def read_html() -> Callable[[str], Node]:
    return reading_html.read_html
