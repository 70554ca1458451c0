"""What the ``audit`` command says to its caller."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.domain.report import Report
from auditor.domain.topology import Dependency, Shard
from auditor.render.report_text import render_text
from cli.main import exit_code, main
from cli.run import SelectionError, narrowed
from cli.runners import facts_type, runner
from functions.families import FAMILIES
from tests.fakes import BAD_LOGIN, BLIND, REFUSED, SHOP, TIMEOUT, WRONG, Says, platform, play, target


def report_of(said: Mapping[str, Sequence[Says]]) -> Report:
    return play(SHOP, [said])[0].report


NOT_CRITICAL = replace(SHOP, targets=tuple(replace(t, critical=t.id != "home") for t in SHOP.targets))
NOT_DEPLOYED = replace(SHOP, targets=tuple(replace(t, deployed=False) for t in SHOP.targets))


@pytest.mark.parametrize(
    ("report", "code", "why"),
    [
        (report_of({}), 0, "all healthy"),
        (report_of({"db": REFUSED}), 1, "DOWN"),
        (report_of({"home": WRONG, "db": BLIND}), 1, "something is wrong, whatever else was not seen"),
        (report_of({"db": BLIND}), 2, "a critical target was not judged"),
        (report_of({"db": BAD_LOGIN}), 2, "seen in part, and the rest is not known"),
        (report_of({"db": TIMEOUT}), 2, "laid to the vantage: not judged"),
        (report_of(dict.fromkeys(("home", "orders", "db"), BLIND)), 2, "nothing was judged"),
        (play(NOT_CRITICAL, [{"home": BLIND}])[0].report, 0, "only critical targets have to be judged"),
        (play(NOT_CRITICAL, [{"home": REFUSED}])[0].report, 1, "DEGRADED is wrong too"),
        (play(NOT_DEPLOYED, [{}])[0].report, 0, "declared not deployed"),
        (play(SHOP, [{}], {"store": [0]})[0].report, 2, "a family did not run"),
    ],
)
def test_exit_codes(report: Report, code: int, why: str) -> None:
    assert exit_code(report) == code, why


def test_nothing_asked_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_a_catalogue_that_is_refused_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text("schema_version: 1\n")
    assert main(["run", str(path)]) == 2
    assert "refused" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--family", "telepathy"], "--family telepathy --target None: the catalogue has database, http"),
        (["--target", "x"], "--target x: the catalogue has orders-database"),
        (["--family", "http", "--target", "orders-database"], "the catalogue has orders-database"),
    ],
)
def test_a_choice_that_names_nothing_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["run", "catalog/minimal.yaml", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_narrowed_platform_holds_the_choice_and_what_belongs_to_it() -> None:
    pages = narrowed(SHOP, "page", None)
    assert [t.id for t in pages.targets] == ["home", "orders"]
    assert pages.target("orders").proves == (), "what the database's state is, is not known then"
    assert [s.id for s in pages.services] == ["web"]
    assert (pages.dependencies, [c.service for c in pages.components]) == ((), ["web"])
    assert pages.shards == (Shard(family="page", number=0, targets=("home", "orders")),)
    assert narrowed(SHOP, None, None) == SHOP
    assert narrowed(SHOP, None, "db").shards == (Shard(family="store", number=0, targets=("db",)),)
    with pytest.raises(SelectionError):
        narrowed(SHOP, "store", "home")


def test_a_narrowed_platform_keeps_a_dependency_whose_both_ends_are_left() -> None:
    three = platform(
        [target("a", "page", "a"), target("b", "page", "b"), target("c", "store", "c")],
        needs=[("a", "b"), ("a", "c")],
    )
    assert narrowed(three, "page", None).dependencies == (Dependency(service="a", needs="b"),)


def test_every_registered_family_has_a_runner_and_no_other_name_has() -> None:
    for name in FAMILIES:
        assert runner(name).family.name == name
        assert facts_type(name).__name__.endswith("Facts")
    with pytest.raises(KeyError):
        runner("aggregator")


def test_the_summary_tells_root_victim_gap_and_remedy() -> None:
    said = {"db": REFUSED, "orders": WRONG}
    text = render_text(report_of(said))
    assert "DOWN: Database is DOWN." in text
    assert "Web       DOWN  (victim of db)" in text
    own, _, victims = text.partition("\nFailing because of it:")
    assert "FAIL db: db reachable FAIL. [tcp: tcp.refused]" in own
    assert "do: Mend reachable." in own
    assert "orders answers FAIL" in victims
    assert "do:" not in victims


def test_the_summary_of_blindness_says_that_it_is_no_outage() -> None:
    text = render_text(report_of({"db": BLIND}))
    _, _, gaps = text.partition("\nNot seen (no outage):")
    assert "db: db reachable UNKNOWN. [self.bug]" in gaps
    assert "What is wrong" not in text
