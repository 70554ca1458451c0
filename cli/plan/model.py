"""What a plan is: the load of each family, the stack, the terms of its price, the quotas. Plain data."""

from dataclasses import dataclass
from datetime import timedelta

from auditor.family import Cost
from cli.plan.prices import MINUTES, Price

DASHBOARD = "CloudWatch, dashboard"
"""The name of its term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardLoad:
    """One run of a shard: targets that it probes, AWS calls, distinct secrets that it reads, seconds of its parts."""

    targets: int
    calls: int
    secrets: int
    probing_seconds: float
    storing_seconds: float

    @property
    def seconds(self) -> float:
        """What Lambda bills."""
        return self.probing_seconds + self.storing_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyLoad:
    """A family's one function with the shards that it runs in each period."""

    name: str
    period: timedelta
    timeout: timedelta
    memory_mb: int
    cost: Cost
    shards: tuple[ShardLoad, ...]
    policy_bytes: int
    """What the function's role may do, as IAM counts it."""

    @property
    def slots_a_month(self) -> float:
        """Periods in a month; each shard runs once in each."""
        return MINUTES / (self.period.total_seconds() / 60)

    @property
    def runs_a_month(self) -> float:
        """Invocations of the function."""
        return self.slots_a_month * len(self.shards)

    @property
    def targets(self) -> int:
        """Targets that are probed in each period."""
        return sum(shard.targets for shard in self.shards)

    @property
    def slowest_seconds(self) -> float:
        """The longest run of a shard."""
        return max(shard.seconds for shard in self.shards)

    @property
    def seconds_a_month(self) -> float:
        """Time of all runs."""
        return self.slots_a_month * sum(shard.seconds for shard in self.shards)


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregatorLoad:
    """The aggregator's runs, one a minute: mean seconds that it waits for the families, and of its own work."""

    memory_mb: int
    timeout: timedelta
    waiting_seconds: float
    working_seconds: float
    longest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StackCounts:
    """What the stack of a stage holds, in an imported VPC, without subscribers and endpoints."""

    services: int
    """Each has a high-resolution alarm and a metric."""
    functions: int
    rules: int
    most_rules_of_a_function: int
    alarms: int
    composite_alarms: int
    metrics: int
    log_groups: int
    egress_ports: int
    resources: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One line of the bill of a month. ``lower`` says what would lower it."""

    name: str
    quantity: float
    price: Price
    lower: str

    @property
    def dollars(self) -> float:
        """A month's dollars."""
        return self.price.of(self.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is not in the total, because the platform has it anyhow or a setting asks for it."""

    name: str
    dollars: float
    resources: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A quota of AWS, a limit of the auditor itself, or the catalogue's budget. Exactly at the limit fits."""

    name: str
    used: float
    limit: float
    whose: str
    remedy: str

    @property
    def exceeded(self) -> bool:
        """Whether it is why the plan is refused."""
        return self.used > self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A catalogue's whole plan. A check is one probe of one target."""

    platform: str
    families: tuple[FamilyLoad, ...]
    aggregator: AggregatorLoad
    stack: StackCounts
    terms: tuple[Term, ...]
    beside: tuple[Beside, ...]
    limits: tuple[Limit, ...]

    @property
    def dollars(self) -> float:
        """A month's dollars: the sum of the terms."""
        return sum(term.dollars for term in self.terms)

    @property
    def checks_a_month(self) -> float:
        """Probes of targets."""
        return sum(family.slots_a_month * family.targets for family in self.families)

    @property
    def dollars_a_million_checks(self) -> float | None:
        """None when nothing is probed."""
        return self._of_a_million_checks(self.dollars)

    @property
    def dollars_without_dashboard(self) -> float:
        """It costs the same for one target as for a thousand, and nothing while an account has no more than three."""
        return sum(term.dollars for term in self.terms if term.name != DASHBOARD)

    @property
    def dollars_a_million_checks_without_dashboard(self) -> float | None:
        """None when nothing is probed."""
        return self._of_a_million_checks(self.dollars_without_dashboard)

    def _of_a_million_checks(self, dollars: float) -> float | None:
        return dollars / self.checks_a_month * 1e6 if self.checks_a_month else None

    @property
    def dominant(self) -> Term:
        """The term that costs most."""
        return max(self.terms, key=lambda term: term.dollars)

    @property
    def refusals(self) -> tuple[Limit, ...]:
        """Limits that are exceeded; none means that it fits."""
        return tuple(limit for limit in self.limits if limit.exceeded)
