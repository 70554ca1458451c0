"""The families of the registry with what they declare about themselves."""

from importlib import import_module
from typing import Any

from auditor.family import Family
from functions.families import FAMILIES


def declared_families() -> tuple[Family[Any], ...]:
    """Every family's ``FAMILY``, in the registry's order; imports no probe and no third-party library of one."""
    return tuple(import_module(f"functions.{name}.family").FAMILY for name in FAMILIES)
