"""Who is only a victim: by what a target proves, by what its service needs, and when blame still waits."""

from collections.abc import Mapping

import pytest

from auditor.domain.blame import awaits_proof, needed_services, needed_targets, victims
from auditor.domain.observation import Phase
from auditor.domain.topology import Platform
from auditor.domain.verdict import Seen, TargetState, Verdict
from tests.fakes import MINUTE, SHOP, T0, platform, target

CHAIN = platform(
    [
        target("page", "page", "web", proves=("api",)),
        target("api", "page", "api", proves=("db",)),
        target("db", "store", "database"),
        target("queue", "store", "queue"),
        target("cron", "page", "jobs", critical=False),
    ],
    needs=[("web", "api"), ("api", "queue"), ("queue", "database"), ("jobs", "web")],
)


def states(phases: Mapping[str, Phase] | None = None, **verdicts: str) -> dict[str, TargetState]:
    """States in which every target was last seen as its verdict says, failing in the phase that is given."""
    return {
        id: TargetState(
            verdict=Verdict(v), since=T0, recent=(Seen(slot=T0, verdict=Verdict(v), phase=(phases or {}).get(id)),)
        )
        for id, v in verdicts.items()
    }


def test_what_is_needed_is_needed_through_others_too() -> None:
    assert needed_targets(CHAIN)["page"] == {"api", "db"}
    assert needed_targets(CHAIN)["db"] == frozenset()
    assert needed_services(CHAIN)["web"] == {"api", "queue", "database"}


@pytest.mark.parametrize(
    ("verdicts", "phases", "explained", "why"),
    [
        (
            {"page": "DOWN", "api": "DOWN", "db": "DOWN"},
            {},
            {"page": ("api", "db"), "api": ("db",)},
            "by proves, transitively",
        ),
        ({"page": "DOWN", "db": "DOWN"}, {}, {"page": ("db",)}, "by proves through one that is not failing"),
        ({"page": "DOWN", "db": "DEGRADED"}, {}, {}, "what is merely degraded explains nobody"),
        ({"page": "DOWN", "db": "UNKNOWN"}, {}, {}, "what was not seen explains nobody"),
        ({"page": "DEGRADED", "db": "DOWN"}, {}, {"page": ("db",)}, "a degraded target can be a victim"),
        ({"page": "HEALTHY", "db": "DOWN"}, {}, {}, "who is healthy is nobody's victim"),
        ({"page": "UNKNOWN", "db": "DOWN"}, {}, {}, "who was not seen is nobody's victim"),
        (
            {"api": "DOWN", "queue": "DOWN"},
            {"api": Phase.ANSWER},
            {"api": ("queue",)},
            "by service, reached and then failed",
        ),
        ({"api": "DOWN", "queue": "DOWN"}, {"api": Phase.FIRST_BYTE}, {"api": ("queue",)}, "by service"),
        ({"api": "DOWN", "queue": "DOWN"}, {"api": Phase.NAME}, {}, "its own name fails"),
        ({"api": "DOWN", "queue": "DOWN"}, {"api": Phase.TCP}, {}, "its own port fails"),
        ({"api": "DOWN", "queue": "DOWN"}, {"api": Phase.TLS}, {}, "its own certificate fails"),
        ({"page": "DOWN", "db": "DOWN"}, {"page": Phase.TCP}, {"page": ("db",)}, "a declared proof needs no phase"),
        ({"cron": "DOWN", "queue": "DOWN"}, {"cron": Phase.ANSWER}, {"cron": ("queue",)}, "by service, transitively"),
        ({"queue": "DOWN", "cron": "DOWN"}, {"queue": Phase.ANSWER}, {"cron": ("queue",)}, "need points one way"),
        ({"page": "DOWN", "cron": "DOWN"}, {"cron": Phase.ANSWER}, {"cron": ("page",)}, "a non-critical victim"),
    ],
)
def test_victims(
    verdicts: Mapping[str, str], phases: Mapping[str, Phase], explained: Mapping[str, tuple[str, ...]], why: str
) -> None:
    all_healthy = {t.id: "HEALTHY" for t in CHAIN.targets}
    assert victims(CHAIN, states(phases, **(all_healthy | dict(verdicts)))) == explained, why


def test_a_non_critical_target_takes_no_other_service_down() -> None:
    where = platform(
        [target("side", "store", "database", critical=False), target("page", "page", "web")],
        needs=[("web", "database")],
    )
    assert victims(where, states({"page": Phase.ANSWER}, side="DOWN", page="DOWN")) == {}


def test_what_was_just_seen_down_has_victims_before_its_own_majority_is_reached() -> None:
    seen = Seen(slot=T0, verdict=Verdict.DOWN)
    known = states(page="DOWN", api="HEALTHY", queue="HEALTHY", cron="HEALTHY")
    known["db"] = TargetState(verdict=Verdict.HEALTHY, since=T0, recent=(seen,))
    assert victims(CHAIN, known) == {"page": ("db",)}
    known["db"] = TargetState(verdict=Verdict.HEALTHY, since=T0, recent=(seen, Seen(slot=T0, verdict=Verdict.HEALTHY)))
    assert victims(CHAIN, known) == {}


CYCLE = platform(
    [target("page", "page", "web", proves=("db",)), target("db", "store", "database")],
    needs=[("database", "web")],
)
TWINS = platform(
    [target("one", "page", "a", proves=("two",)), target("two", "page", "b", proves=("one",))],
)


@pytest.mark.parametrize(
    ("where", "verdicts"),
    [(CYCLE, {"page": "DOWN", "db": "DOWN"}), (TWINS, {"one": "DOWN", "two": "DOWN"})],
    ids=["a target needs a service that needs its own", "two targets prove each other"],
)
def test_an_outage_always_has_somebody_who_stands_for_itself(where: Platform, verdicts: Mapping[str, str]) -> None:
    phases = dict.fromkeys(verdicts, Phase.ANSWER)
    assert set(victims(where, states(phases, **verdicts))) < set(verdicts)


@pytest.mark.parametrize(
    ("db_judged", "now", "waits", "why"),
    [
        (-1, 0, ("db",), "last seen before the page broke"),
        (0, 0, ("db",), "seen in the same slot, perhaps a second before both broke"),
        (0, 1, ("db",), "not seen since"),
        (1, 1, (), "seen after the page broke"),
        (None, 1, ("db",), "never seen"),
        (0, 2, (), "two periods are the longest wait"),
        (None, 2, (), "two periods are the longest wait"),
    ],
)
def test_blame_waits_until_what_is_needed_was_seen_after_the_failure_began(
    db_judged: int | None, now: int, waits: tuple[str, ...], why: str
) -> None:
    known = {
        "orders": TargetState(verdict=Verdict.DOWN, since=T0, bad_since=T0),
        "db": TargetState(
            verdict=Verdict.HEALTHY, since=T0, judged_at=None if db_judged is None else T0 + db_judged * MINUTE
        ),
        "home": TargetState(verdict=Verdict.HEALTHY, since=T0),
    }
    assert awaits_proof(needed_targets(SHOP), known, SHOP.target("orders"), T0 + now * MINUTE, MINUTE) == waits, why


def test_nobody_waits_for_what_is_not_deployed() -> None:
    known = {
        "orders": TargetState(verdict=Verdict.DOWN, since=T0, bad_since=T0),
        "db": TargetState(verdict=Verdict.NOT_DEPLOYED, since=T0),
        "home": TargetState(verdict=Verdict.HEALTHY, since=T0),
    }
    assert awaits_proof(needed_targets(SHOP), known, SHOP.target("orders"), T0, MINUTE) == ()


def test_who_needs_nobody_waits_for_nobody() -> None:
    known = {t.id: TargetState(verdict=Verdict.DOWN, since=T0, bad_since=T0) for t in SHOP.targets}
    assert awaits_proof(needed_targets(SHOP), known, SHOP.target("home"), T0, MINUTE) == ()
    assert awaits_proof(needed_targets(SHOP), known, SHOP.target("db"), T0, MINUTE) == ()


def test_who_is_not_failing_waits_for_nobody() -> None:
    known = {t.id: TargetState(verdict=Verdict.HEALTHY, since=T0) for t in SHOP.targets}
    assert awaits_proof(needed_targets(SHOP), known, SHOP.target("orders"), T0, MINUTE) == ()
