"""``audit plan``: prints the plan of a catalogue; a plan that does not fit is refused."""

from typing import TextIO

from catalog.compile import compile_catalogue
from catalog.families import declared_families
from catalog.load import load
from catalog.problem import CatalogueError
from cli.plan.plan import plan
from cli.plan.show import plan_json, plan_text

FITS = 0
REFUSED = 2


def plan_command(path: str, out: TextIO, errors: TextIO, *, as_json: bool) -> int:
    """Prints the plan with what refuses it; 0 when it fits, else 2. The catalogue's own problems go to ``errors``."""
    try:
        catalogue = load(path)
        platform = compile_catalogue(catalogue)
    except CatalogueError as error:
        print(error, file=errors)
        return REFUSED
    budget = catalogue.budget.dollars_a_month if catalogue.budget else None
    planned = plan(platform, declared_families(), budget)
    print(plan_json(planned) if as_json else plan_text(planned), end="", file=out)
    return REFUSED if planned.refusals else FITS
