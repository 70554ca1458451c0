"""What the registry's families contribute to judging: their causes and periods, by name."""

from functools import cache
from importlib import import_module

from auditor.domain.assessment import Knowledge
from auditor.domain.cause import KERNEL_CAUSES, cause_index
from functions.families import FAMILIES


@cache
def knowledge() -> Knowledge:
    """The closed list of causes, and each family's period."""
    return Knowledge(
        causes=cause_index(KERNEL_CAUSES, *(import_module(f"functions.{name}.facts").CAUSES for name in FAMILIES)),
        periods={name: import_module(f"functions.{name}.family").FAMILY.period for name in FAMILIES},
    )
