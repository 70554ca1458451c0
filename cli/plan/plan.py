"""A compiled catalogue and what its families declare, to a plan. Pure: nothing is asked, nothing is synthesized."""

from collections.abc import Sequence
from typing import Any

from auditor.domain.topology import Platform
from auditor.family import Family
from cli.plan.bill import beside, terms
from cli.plan.limits import limits
from cli.plan.load import aggregator_load, family_loads
from cli.plan.model import Plan
from cli.plan.stack import stack_counts


def plan(platform: Platform, families: Sequence[Family[Any]], budget: float | None = None) -> Plan:
    """The plan of a platform whose targets are of ``families``; ``budget`` in dollars a month."""
    loads = family_loads(platform, families)
    aggregator = aggregator_load(platform, loads)
    stack = stack_counts(platform, families)
    bill = terms(loads, aggregator, stack)
    dollars = sum(term.dollars for term in bill)
    return Plan(
        platform=platform.name,
        families=loads,
        aggregator=aggregator,
        stack=stack,
        terms=bill,
        beside=beside(loads),
        limits=limits(loads, aggregator, stack, dollars=dollars, budget=budget),
    )
