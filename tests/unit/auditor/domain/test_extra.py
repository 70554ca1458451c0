"""Which families are asked out of turn when something fails for the first time, and when nobody is."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.domain.extra import MOST_EXTRA_RUNS, extra_runs
from auditor.domain.topology import Platform, Shard
from tests.fakes import BLIND, KNOWLEDGE, WRONG, Moment, Slot, platform, play, target

FIVE_MINUTES = [n for n in range(20) if n % 5]
"""Slots in which ``slowly``, which asks AWS, makes no run."""

SHOP = platform(
    [
        target("home", "page", "web"),
        target("db", "store", "database"),
        target("mail", "page", "mail"),
        target("web-tasks", "slowly", "web"),
        target("database-tasks", "slowly", "database"),
        target("mail-tasks", "slowly", "mail"),
        target("other-tasks", "slowly", "other"),
    ],
    needs=[("web", "database")],
    shards=[
        Shard(family="page", number=0, targets=("home", "mail")),
        Shard(family="store", number=0, targets=("db",)),
        Shard(family="slowly", number=0, targets=("web-tasks",)),
        Shard(family="slowly", number=1, targets=("database-tasks", "mail-tasks")),
        Shard(family="slowly", number=2, targets=("other-tasks",)),
    ],
)
OK: Slot = {}
HOME_FAILS: Slot = {"home": WRONG}


def asked(moment: Moment) -> tuple[tuple[str, int], ...]:
    return extra_runs(moment.bundle, moment.assessment.targets, KNOWLEDGE.contacting)


def history(slots: Sequence[Slot], where: Platform = SHOP) -> list[tuple[tuple[str, int], ...]]:
    return [asked(moment) for moment in play(where, slots, silent={"slowly": FIVE_MINUTES})]


def test_the_first_failure_asks_the_own_service_and_what_it_needs_and_nobody_else() -> None:
    assert history([OK, HOME_FAILS]) == [(), (("slowly", 0), ("slowly", 1))]
    assert history([OK, {"db": WRONG}])[1] == (("slowly", 1),), "the database needs nobody"


def test_only_the_first_one_asks_until_it_was_well_again() -> None:
    slots = [OK, HOME_FAILS, HOME_FAILS, OK, HOME_FAILS]
    assert [len(each) for each in history(slots)] == [0, 2, 0, 0, 2]


def test_what_could_not_be_judged_is_neither_a_failure_nor_its_end() -> None:
    blind: Slot = {"home": BLIND}
    assert [len(each) for each in history([OK, blind, HOME_FAILS, blind, HOME_FAILS])] == [0, 0, 2, 0, 0]


def test_the_very_first_look_can_ask() -> None:
    moment = play(SHOP, [HOME_FAILS], silent={"slowly": [0]})[0]
    assert asked(moment) == (("slowly", 0), ("slowly", 1))


def test_who_ran_in_this_very_slot_is_not_asked() -> None:
    (moment,) = play(SHOP, [HOME_FAILS])
    assert asked(moment) == ()
    (ran,) = [run for run in moment.bundle.runs if (run.family, run.shard) == ("slowly", 0)]
    others = tuple(run for run in moment.bundle.runs if run is not ran)
    assert asked(replace(moment, bundle=replace(moment.bundle, runs=others))) == (("slowly", 0),)
    extra = replace(moment.bundle, runs=(*others, replace(ran, extra=True)))
    assert asked(replace(moment, bundle=extra)) == ()


def test_one_failing_run_of_several_minutes_asks_once() -> None:
    moments = play(SHOP, [OK, {"web-tasks": WRONG}, OK, OK], silent={"slowly": [0, 2, 3]})
    assert [m.verdicts["web"] for m in moments] == ["UNKNOWN", "DOWN", "DOWN", "DOWN"], "judged again each minute"
    without = [replace(m.bundle, runs=tuple(r for r in m.bundle.runs if r.shard != 1)) for m in moments]
    told = [asked(replace(moment, bundle=seen)) for moment, seen in zip(moments, without, strict=True)]
    assert told == [(), (("slowly", 1),), (), ()]


def test_what_is_not_deployed_is_not_asked() -> None:
    targets = tuple(replace(t, deployed=t.id != "web-tasks") for t in SHOP.targets)
    assert history([OK, HOME_FAILS], replace(SHOP, targets=targets))[1] == (("slowly", 1),)


@pytest.mark.parametrize("critical", ["home", "mail"])
def test_at_most_so_many_are_asked_and_those_of_critical_targets_first(critical: str) -> None:
    wide = [target(f"{s}-{n}", "slowly", s) for s in ("web", "mail") for n in range(MOST_EXTRA_RUNS)]
    pages = [target("home", "page", "web"), target("mail", "page", "mail")]
    where = platform(
        [*(replace(page, critical=page.id == critical) for page in pages), *wide],
        shards=[
            Shard(family="page", number=0, targets=("home", "mail")),
            *(Shard(family="slowly", number=n, targets=(t.id,)) for n, t in enumerate(wide)),
        ],
    )
    found = history([OK, {"home": WRONG, "mail": WRONG}], where)[1]
    first = 0 if critical == "home" else MOST_EXTRA_RUNS
    assert found == tuple(("slowly", first + n) for n in range(MOST_EXTRA_RUNS))
