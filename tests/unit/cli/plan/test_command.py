"""What ``audit plan`` prints, and how it ends."""

import json
from pathlib import Path

import pytest

from catalog.compile import compile_catalogue
from catalog.families import declared_families
from catalog.load import load
from cli.main import main
from cli.plan.model import Plan
from cli.plan.plan import plan
from cli.plan.show import plan_text
from tests.unit.cli.plan.platforms import FAMILIES, platform, sized

ROOT = Path(__file__).resolve().parents[4]
MINIMAL = ROOT / "catalog" / "minimal.yaml"


@pytest.fixture
def budgeted(tmp_path: Path) -> Path:
    """The minimal catalogue with a budget that nothing fits."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL.read_text() + "\nbudget: { dollars_a_month: 0.5 }\n")
    return path


def minimal() -> Plan:
    return plan(compile_catalogue(load(str(MINIMAL))), declared_families())


def test_a_plan_that_fits_ends_with_that_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(MINIMAL)]) == 0
    out = capsys.readouterr().out
    planned = minimal()
    lines = out.splitlines()
    assert lines[0].startswith("Plan of minimal (list prices of us-east-1 as known late 2025")
    assert lines[-1] == "fits"
    assert f"total ${planned.dollars:.2f} a month" in out
    assert f"without the dashboard ${planned.dollars - 3:.2f} a month" in out
    assert f"dominant: {planned.dominant.name}" in out
    assert "stack: 3 functions, 3 schedules, 7 alarms, 10 metrics" in out
    for row in (*planned.terms, *planned.beside, *planned.limits):
        assert any(line.startswith(row.name) for line in lines), row.name


def test_a_plan_over_its_budget_is_refused_with_value_limit_and_remedy(
    budgeted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(budgeted)]) == 2
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"refused: budget.dollars_a_month is {minimal().dollars:.2f}; allowed is 0.50 (the catalogue's budget); "
        "remedy: lower the dominant term, or raise the budget"
    )


def test_a_plan_over_a_quota_is_refused_with_each_reason() -> None:
    out = plan_text(plan(sized(pages=[1], services=91), FAMILIES, budget=1))
    assert out.splitlines()[-2] == (
        "refused: services of a catalogue is 91; allowed is 90 (AWS quota of 100 items in a transaction, ten of them "
        "state); remedy: when all change at once each has a message: join services of one owner, or split the "
        "catalogue by services into two stages"
    )
    assert out.splitlines()[-1].startswith("refused: budget.dollars_a_month is ")


def test_the_json_adds_up(budgeted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(budgeted), "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["dollars"] == pytest.approx(sum(term["dollars"] for term in document["terms"]))
    assert document["dollars_a_million_checks"] == pytest.approx(document["dollars"] / document["checks_a_month"] * 1e6)
    assert document["dollars_without_dashboard"] == pytest.approx(document["dollars"] - 3)
    assert document["dollars_a_million_checks_without_dashboard"] == pytest.approx(
        (document["dollars"] - 3) / document["checks_a_month"] * 1e6
    )
    assert document["dominant"] in {term["name"] for term in document["terms"]}
    assert [reason.split(" is ")[0] for reason in document["refused"]] == ["budget.dollars_a_month"]
    assert document["stack"]["resources"] == 42
    assert {family["name"] for family in document["families"]} == {"http", "database"}


def test_a_catalogue_that_is_refused_has_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("schema_version: 1\n")
    assert main(["plan", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{path}:1:1: platform: is missing" in said.err


def test_prices_have_their_own_decimals_and_whole_numbers_none() -> None:
    rows = {line.split("  ")[0]: line for line in plan_text(plan(sized(pages=[2]), FAMILIES)).splitlines()}
    assert rows["Lambda, probing"].split()[2:] == ["6,209", "GB-s", "$0.0000133334", "0.08", "1%"]
    assert rows["Lambda, requests"].split()[2:6] == ["87,600", "runs", "$0.20", "per"]


def test_a_platform_without_probes_says_so() -> None:
    assert "nothing is probed" in plan_text(plan(platform([], []), FAMILIES))
