"""``audit validate``: says whether a catalogue may be deployed, and everything that is wrong with it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TextIO

from auditor.family import Family
from catalog.load import load
from catalog.model import Catalogue
from catalog.problem import CatalogueError

ACCEPTED = 0
REFUSED = 2


def validate(path: str, out: TextIO, families: Sequence[Family[Any]] | None = None) -> int:
    """Print a summary or every problem of the catalogue; 0 when it is accepted, 2 when it is refused."""
    try:
        catalogue = load(path, families)
    except CatalogueError as error:
        count = len(error.problems)
        print(error, file=out)
        print(f"{path}: refused, {count} problem{'s' if count != 1 else ''}", file=out)
        return REFUSED
    print(f"{path}: OK. {_summary(catalogue)}", file=out)
    return ACCEPTED


def _summary(catalogue: Catalogue) -> str:
    families = Counter(target.family for target in catalogue.targets)
    counts = ", ".join(f"{count} {family}" for family, count in families.items())
    critical = sum(target.critical for target in catalogue.targets)
    return (
        f"{catalogue.platform.title} ({catalogue.platform.name}, {catalogue.platform.region}): "
        f"services {len(catalogue.services)}, components {len(catalogue.components)}, "
        f"targets {len(catalogue.targets)} ({counts}; critical {critical}), dependencies {len(catalogue.dependencies)}"
    )
