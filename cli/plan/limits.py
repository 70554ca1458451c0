"""What would refuse the plan: quotas of AWS, limits of the auditor's own design, and the catalogue's budget.

Quotas are the ones of AWS's documentation in late 2025; those that an account can have raised are its defaults.
"""

from collections.abc import Sequence

from auditor.family import RESERVE
from catalog.model import MOST_SERVICES
from cli.plan import effort
from cli.plan.model import AggregatorLoad, FamilyLoad, Limit, StackCounts

PERMISSION_BYTES = 480
"""One rule's statement in a function's resource policy: its fixed words, a CDK id, two ARNs with the longest names."""
OWN_DESCRIPTORS = 64
"""Of the interpreter, the event loop and the SDK's connections."""
STATE_BYTES = 10 * 350_000
TARGETS_OF_A_RULE = 1

BUDGET = "budget.dollars_a_month"

_AWS = "AWS quota"
_OWN = "the auditor's own"
_SPLIT = "split the catalogue by services into two stages"


def limits(
    families: Sequence[FamilyLoad],
    aggregator: AggregatorLoad,
    stack: StackCounts,
    *,
    dollars: float,
    budget: float | None,
) -> tuple[Limit, ...]:
    """Every limit with what the plan uses of it; ``budget`` is None where the catalogue has none."""
    return (
        *_of_the_stack(stack),
        *_of_runs(families, aggregator),
        *([] if budget is None else [_of_the_budget(dollars, budget)]),
    )


def _of_the_stack(stack: StackCounts) -> tuple[Limit, ...]:
    return (
        Limit(
            name="services of a catalogue",
            used=stack.services,
            limit=MOST_SERVICES,
            whose=f"{_AWS} of 100 items in a transaction, ten of them state",
            remedy=f"when all change at once each has a message: join services of one owner, or {_SPLIT}",
        ),
        Limit(
            name="resources of a stack",
            used=stack.resources,
            limit=500,
            whose=_AWS,
            remedy=f"{_SPLIT}, or join services of one owner: each has an alarm",
        ),
        Limit(name="targets of a rule", used=TARGETS_OF_A_RULE, limit=5, whose=_AWS, remedy="none: each rule has one"),
        Limit(
            name="rules of an event bus",
            used=stack.rules,
            limit=300,
            whose=f"{_AWS}, can be raised",
            remedy="fewer shards by more memory for the family, or have the quota raised",
        ),
        Limit(
            name="bytes of a function's resource policy",
            used=stack.most_rules_of_a_function * PERMISSION_BYTES,
            limit=20 * 1024,
            whose=_AWS,
            remedy="fewer shards by more memory for the family: the rule of each needs a statement",
        ),
        Limit(
            name="children of a composite alarm",
            used=stack.composite_alarms,
            limit=100,
            whose=_AWS,
            remedy="none: the stack has no composite alarm",
        ),
        Limit(
            name="rules of the security group",
            used=stack.egress_ports,
            limit=60,
            whose=f"{_AWS}, can be raised",
            remedy="each port that targets listen on needs an egress rule: split the catalogue into two stages",
        ),
    )


def _of_runs(families: Sequence[FamilyLoad], aggregator: AggregatorLoad) -> tuple[Limit, ...]:
    shards = [shard for family in families for shard in family.shards]
    most = max((shard.targets for shard in shards), default=0)
    widest = max(families, key=lambda family: family.policy_bytes, default=None)
    targets = sum(family.targets for family in families)
    return (
        Limit(
            name="functions at work at once",
            used=len(shards) + 1,
            limit=1000,
            whose=f"{_AWS} of an account, can be raised",
            remedy="spread the families over periods of different length, or have the quota raised",
        ),
        Limit(
            name="descriptors of a function",
            used=OWN_DESCRIPTORS + max((_descriptors(family) for family in families), default=0),
            limit=1024,
            whose=_AWS,
            remedy="none: no family has more probes in flight than have descriptors",
        ),
        Limit(
            name="bytes of a commit record",
            used=effort.item_bytes(most),
            limit=400 * 1024,
            whose=f"{_AWS} of an item",
            remedy="more shards",
        ),
        Limit(
            name="bytes of the aggregator's state",
            used=effort.state_bytes(targets),
            limit=STATE_BYTES,
            whose=f"{_AWS} of a transaction's items, of which ten are state",
            remedy=_SPLIT,
        ),
        *(
            [
                Limit(
                    name="bytes of a role's policy",
                    used=widest.policy_bytes,
                    limit=10_000,
                    # what does not fit goes into a managed policy of 6,144, which one long statement never fits
                    whose=f"{_AWS} of 10,240, of which CDK fills 10,000",
                    remedy=f"one secret for several targets of {widest.name}, or {_SPLIT}",
                )
            ]
            if widest
            else []
        ),
        *(
            Limit(
                name=f"seconds of a run of {family.name}",
                used=max(shard.probing_seconds for shard in family.shards),
                limit=(family.timeout - RESERVE).total_seconds(),
                whose=f"{_OWN} deadline",
                remedy=f"more shards, or more memory than {family.memory_mb} MB, which buys more of a core",
            )
            for family in families
        ),
        Limit(
            name="seconds of the aggregator",
            used=aggregator.longest_seconds,
            limit=aggregator.timeout.total_seconds(),
            whose=f"{_OWN} deadline",
            remedy=_SPLIT,
        ),
    )


def _descriptors(family: FamilyLoad) -> int:
    most = max(shard.targets for shard in family.shards)
    return family.cost.descriptors * min(most, family.cost.in_flight)


def _of_the_budget(dollars: float, budget: float) -> Limit:
    return Limit(
        name=BUDGET,
        used=dollars,
        limit=budget,
        whose="the catalogue's budget",
        remedy="lower the dominant term, or raise the budget",
    )
