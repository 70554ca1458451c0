"""Every registered family has its parts, and its ids and causes are its own."""

import re
from collections import Counter
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import Check
from auditor.domain.codec import from_json
from auditor.family import Family
from functions.families import FAMILIES

ROOT = Path(__file__).resolve().parents[2]


def part(family: str, name: str) -> Any:
    return import_module(f"functions.{family}.{name}")


def checks(family: str) -> tuple[Check[Any, Any], ...]:
    return tuple(part(family, "checks").CHECKS)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_its_parts(family: str) -> None:
    declared = part(family, "family").FAMILY
    assert isinstance(declared, Family)
    assert declared.name == family
    assert declared.title
    assert callable(part(family, "probe").observe)
    assert checks(family)
    assert part(family, "facts").CAUSES
    assert is_dataclass(part(family, "facts").FACTS)
    assert callable(part(family, "handler").handler)
    assert callable(part(family, "knowledge").claims)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_ends_within_its_period(family: str) -> None:
    declared = part(family, "family").FAMILY
    assert declared.timeout < declared.period, "two runs of a shard would overlap"
    assert declared.memory_mb >= 128


@pytest.mark.parametrize("family", FAMILIES)
def test_a_targets_type_is_frozen_and_has_one_deadline(family: str) -> None:
    spec = part(family, "family").FAMILY.spec_type
    assert is_dataclass(spec)
    assert spec.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "timeout" in {field.name for field in fields(spec)}
    with pytest.raises(ValueError, match=spec.__name__):
        from_json(spec, {"no such key": 1})


@pytest.mark.parametrize("family", FAMILIES)
def test_facts_can_be_read_back(family: str) -> None:
    with pytest.raises(ValueError, match="unknown"):
        from_json(part(family, "facts").FACTS, {"no such key": 1})


ALL_CHECKS = [pytest.param(family, check, id=check.id) for family in FAMILIES for check in checks(family)]


@pytest.mark.parametrize(("family", "check"), ALL_CHECKS)
def test_a_check_states_a_healthy_claim_of_its_family_and_says_what_to_do(family: str, check: Check[Any, Any]) -> None:
    assert re.fullmatch(rf"{family}(\.[a-z0-9]+(_[a-z0-9]+)*)+", check.id)
    assert len(check.remediation) > 20
    assert check.remediation.rstrip().endswith(".")


def test_ids_of_checks_are_unique_across_families() -> None:
    ids = Counter(check.id for family in FAMILIES for check in checks(family))
    assert not [id for id, count in ids.items() if count > 1]


def test_no_cause_has_two_owners() -> None:
    index = cause_index(KERNEL_CAUSES, *(part(family, "facts").CAUSES for family in FAMILIES))
    for id, cause in index.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", id), "<where>.<what>"
        assert cause.meaning


def test_every_folder_of_a_function_is_registered_or_the_aggregator() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}
    assert folders == {*FAMILIES, "aggregator"}


# The names of the standard library that a family's folder may hide, if `functions/` ever became a root of sys.path.
@pytest.mark.parametrize("name", ["http", "secrets", "queue", "logging"])
def test_no_folder_of_functions_hides_the_standard_library(name: str) -> None:
    assert "functions" not in str(import_module(name).__file__)
