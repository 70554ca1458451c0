"""What the registry's families contribute to judging: their causes and periods, by name; and the rules they read."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from auditor.domain.assessment import Knowledge
from auditor.domain.bundle import Bundle
from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.family import Plane
from functions.aggregator.claims import not_admitted_in
from functions.families import FAMILIES


@cache
def knowledge() -> Knowledge:
    """The closed list of causes, each family's period, and which families contact the platform itself."""
    families = [import_module(f"functions.{name}.family").FAMILY for name in FAMILIES]
    return Knowledge(
        causes=cause_index(KERNEL_CAUSES, *(import_module(f"functions.{name}.facts").CAUSES for name in FAMILIES)),
        periods={family.name: family.period for family in families},
        contacting=frozenset(family.name for family in families if family.plane is Plane.DATA),
        not_admitted=_not_admitted,
    )


def _not_admitted(bundle: Bundle) -> Mapping[str, str]:
    try:
        return not_admitted_in(bundle)
    except Exception:  # noqa: BLE001 - a bug in a family's knowledge must cost no page; the diagnosis tells of it
        return {}
