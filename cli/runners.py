"""The registry's families put together for the command line: what a function's handler wires, by name."""

from functools import cache
from importlib import import_module
from typing import Any

from auditor.runtime.run_family import FamilyRunner
from functions.families import FAMILIES


@cache
def runner(family: str) -> FamilyRunner[Any, Any]:
    """The runner of a registered family; KeyError for another name."""
    if family not in FAMILIES:
        raise KeyError(family)
    package = f"functions.{family}"
    return FamilyRunner(
        import_module(f"{package}.family").FAMILY,
        import_module(f"{package}.probe").observe,
        import_module(f"{package}.checks").CHECKS,
    )


def facts_type(family: str) -> Any:
    """The type of a family's facts, to read them back from a bundle."""
    return import_module(f"functions.{family}.facts").FACTS
