"""A plan as text for people and as JSON for machines."""

import json
from collections.abc import Sequence

from auditor.domain.codec import to_json
from cli.plan.model import Beside, FamilyLoad, Limit, Plan, Term
from cli.plan.prices import Price

_ASSUMED = "list prices of us-east-1 as known late 2025, no free tier, a healthy platform, no bill was compared"


def plan_text(plan: Plan) -> str:
    """The whole plan, several tables; the last lines say whether it fits."""
    stack, aggregator = plan.stack, plan.aggregator
    aggregating = (
        f"aggregator: every minute, {aggregator.memory_mb} MB, waits {aggregator.waiting_seconds:.1f} s for runs, "
        f"works {aggregator.working_seconds:.1f} s"
    )
    deployed = (
        f"stack: {stack.functions} functions, {stack.rules} schedules, {stack.alarms} alarms, {stack.metrics} metrics, "
        f"{stack.log_groups} log groups, 1 table, 1 bucket, {stack.resources} resources"
    )
    parts = [
        f"Plan of {plan.platform} ({_ASSUMED})",
        _table(("family", "targets", "shards", "period", "memory", "run", "runs/month", "calls/month"), plan.families),
        f"{aggregating}\n{deployed}",
        _table(("term", "quantity", "unit price", "$/month", "share"), plan.terms, total=plan.dollars),
        _sum(plan),
        _table(("beside the total", "$/month", "resources", "when"), plan.beside),
        _table(("limit", "used", "allowed", "free", "whose"), plan.limits),
        "\n".join(f"refused: {_refusal(limit)}" for limit in plan.refusals) or "fits",
    ]
    return "\n\n".join(parts) + "\n"


def plan_json(plan: Plan) -> str:
    """The plan's data with its sums; the same plan gives the same bytes."""
    document = {
        **to_json(plan),
        "terms": [{**to_json(term), "dollars": term.dollars} for term in plan.terms],
        "dollars": plan.dollars,
        "checks_a_month": plan.checks_a_month,
        "dollars_a_million_checks": plan.dollars_a_million_checks,
        "dollars_without_dashboard": plan.dollars_without_dashboard,
        "dollars_a_million_checks_without_dashboard": plan.dollars_a_million_checks_without_dashboard,
        "dominant": plan.dominant.name,
        "refused": [_refusal(limit) for limit in plan.refusals],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _refusal(limit: Limit) -> str:
    """Why a plan is refused: what, how much, what is allowed, what helps."""
    return (
        f"{limit.name} is {_number(limit.used)}; allowed is {_number(limit.limit)} ({limit.whose}); "
        f"remedy: {limit.remedy}"
    )


def _sum(plan: Plan) -> str:
    dominant = plan.dominant
    each = _each(plan.dollars_a_million_checks)
    without = _each(plan.dollars_a_million_checks_without_dashboard)
    return (
        f"total ${plan.dollars:.2f} a month, {each} ({plan.checks_a_month:,.0f} a month; a check is one probe of one "
        "target)\n"
        f"without the dashboard ${plan.dollars_without_dashboard:.2f} a month, {without}\n"
        f"dominant: {dominant.name}, ${dominant.dollars:.2f}, {dominant.dollars / plan.dollars:.0%}. "
        f"What would lower it: {dominant.lower}"
    )


def _each(dollars: float | None) -> str:
    return "nothing is probed" if dollars is None else f"${dollars:.2f} per million checks"


def _table(head: Sequence[str], rows: Sequence[FamilyLoad | Term | Beside | Limit], total: float | None = None) -> str:
    lines = [tuple(head), *(_cells(row, total) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    numbers = [
        all(cell[:1].isdigit() or cell[:1] in "$-" for cell in column[1:]) for column in zip(*lines, strict=True)
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numbers, strict=True)
        ).rstrip()
        for line in lines
    )


def _cells(row: FamilyLoad | Term | Beside | Limit, total: float | None) -> tuple[str, ...]:
    match row:
        case FamilyLoad():
            calls = row.slots_a_month * sum(shard.calls for shard in row.shards)
            return (
                row.name,
                str(row.targets),
                str(len(row.shards)),
                f"{row.period.total_seconds() / 60:g} min",
                f"{row.memory_mb} MB",
                f"{row.slowest_seconds:.2f} s",
                f"{row.runs_a_month:,.0f}",
                f"{calls:,.0f}",
            )
        case Term():
            share = f"{row.dollars / total:.0%}" if total else "-"
            return (
                row.name,
                f"{_number(row.quantity)} {row.price.unit}",
                _price(row.price),
                f"{row.dollars:.2f}",
                share,
            )
        case Beside():
            return (row.name, f"{row.dollars:.2f}", str(row.resources), row.why)
        case Limit():
            return (row.name, _number(row.used), _number(row.limit), f"{1 - row.used / row.limit:.0%}", row.whose)


def _price(price: Price) -> str:
    """As AWS's price pages write it: ``$0.20 per 1,000,000``, with as many decimals as it has."""
    exact = f"{price.dollars:.10f}".rstrip("0")
    cost = exact if len(exact.partition(".")[2]) >= 2 else f"{price.dollars:.2f}"
    return f"${cost}" if price.per == 1 else f"${cost} per {price.per:,.0f}"


def _number(value: float) -> str:
    """A count whole, an amount with two decimals."""
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:,.2f}"
