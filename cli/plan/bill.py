"""The bill of a month, term by term, while the platform is healthy: quantity times unit price (docs/plan.md)."""

import math
from collections.abc import Sequence

from auditor.adapters.runs import KEEP_PASSES
from cli.plan import effort, prices
from cli.plan.load import questions_in_vain
from cli.plan.model import DASHBOARD, AggregatorLoad, Beside, FamilyLoad, ShardLoad, StackCounts, Term
from cli.plan.prices import GIB, HOURS, MINUTES
from cli.plan.stack import CREATED_VPC_RESOURCES, ENDPOINT_RESOURCES, INTERFACE_ENDPOINTS

# These four are the bucket's lifecycle; tests/infra/test_plan.py holds them to it.
OBSERVATION_DAYS = 30
REPORT_DAYS = 400
NONCURRENT_DAYS = 7
"""In a versioned bucket what expired or was replaced stays so much longer."""
LOG_DAYS = 30

TALLY_DAYS, HOUR_DAYS, DAY_DAYS = 2, 35, 400
"""Tallies of a slot, roll-ups of an hour and of a day; adapters/rollups.py is held to it as well."""

DATED_REPORTS_A_DAY = 24
"""Each change of a verdict adds one."""
SECRET_READS = MINUTES / 10
"""Of one secret by one shard: a value is kept for ten minutes."""
KEY_USES = MINUTES / 5
"""Of one function: DynamoDB keeps a table's key for each caller for five minutes."""
STORIES = 40
"""Messages a month: ten incidents, each with alarm and story, beginning and end."""
STORY_BYTES = 2048
KEPT_STORIES = 60
"""Stories of 90 days lie in the outbox; who asks for untold ones reads them all."""

_MINUTES_A_DAY = 24 * 60
_UNIT_WRITE, _UNIT_READ = 1024, 4096
_TALLIES_READ = 3
"""A minute: what came since the last known one, and what another aggregator may have been slow to write."""
_LATE_LOOKS = MINUTES / 10
_OPEN_MINUTES = 45
"""Of which a look for late runs reads the commits, on average: an hour is closed at its tenth minute."""


def terms(families: Sequence[FamilyLoad], aggregator: AggregatorLoad, stack: StackCounts) -> tuple[Term, ...]:
    """Every term, in the order of the services that bill them."""
    return (
        *_compute(families, aggregator, stack),
        *_watching(families, stack),
        *_table(families),
        *_bucket(families),
        *_rest(families),
    )


def _compute(families: Sequence[FamilyLoad], aggregator: AggregatorLoad, stack: StackCounts) -> tuple[Term, ...]:
    probing = sum(family.seconds_a_month * family.memory_mb / 1024 for family in families)
    aggregating = MINUTES * (aggregator.waiting_seconds + aggregator.working_seconds) * aggregator.memory_mb / 1024
    runs = MINUTES + sum(family.runs_a_month for family in families)
    fewer = "a longer period of the family, or fewer targets"
    return (
        Term(name="Lambda, probing", quantity=probing, price=prices.LAMBDA_TIME, lower=fewer),
        Term(
            name="Lambda, aggregating",
            quantity=aggregating,
            price=prices.LAMBDA_TIME,
            lower=f"shorter runs (it waits {aggregator.waiting_seconds:.1f} s a minute for them), or fewer targets",
        ),
        Term(name="Lambda, requests", quantity=runs, price=prices.LAMBDA_REQUEST, lower="fewer shards"),
        Term(name=f"EventBridge, {stack.rules} rules", quantity=runs, price=prices.SCHEDULED_EVENT, lower="nothing"),
    )


def _watching(families: Sequence[FamilyLoad], stack: StackCounts) -> tuple[Term, ...]:
    documents = (stack.services + 2) * MINUTES + sum(family.runs_a_month for family in families)
    runs = MINUTES + sum(family.runs_a_month for family in families)
    logged = (runs * effort.RUN_LOG_BYTES + documents * effort.METRIC_LOG_BYTES) / GIB
    return (
        Term(
            name="CloudWatch, metrics",
            quantity=stack.metrics,
            price=prices.METRIC,
            lower="fewer dimension sets: each family has three metrics, each service one; join services of one owner",
        ),
        Term(
            name="CloudWatch, alarms",
            quantity=stack.alarms - stack.services,
            price=prices.ALARM,
            lower="fewer families",
        ),
        Term(
            name="CloudWatch, high-resolution alarms",
            quantity=stack.services,
            price=prices.FAST_ALARM,
            lower="fewer services, or paging a minute later",
        ),
        Term(name=DASHBOARD, quantity=1, price=prices.DASHBOARD, lower="nothing; it is one for the stage"),
        Term(name="Logs, written", quantity=logged, price=prices.LOG_INGESTED, lower="fewer services or shards"),
        Term(
            name="Logs, kept",
            quantity=logged * LOG_DAYS * 24 / HOURS,
            price=prices.LOG_STORED,
            lower="fewer log_retention_days of the stage",
        ),
    )


def _table(families: Sequence[FamilyLoad]) -> tuple[Term, ...]:
    targets = sum(family.targets for family in families)
    days, hours = HOURS / 24, HOURS
    commits = sum(
        family.slots_a_month * _writes(effort.item_bytes(shard.targets))
        for family in families
        for shard in family.shards
    )
    # state is written in a transaction, which counts twice
    each_minute = 2 * _writes(effort.state_bytes(targets)) + _writes(effort.tally_bytes(targets))
    closed = hours * _writes(effort.hour_bytes(targets)) + days * _writes(effort.day_bytes(targets))
    digests = days * DATED_REPORTS_A_DAY
    kept = _kept(families) / GIB
    longer = "fewer or longer runs: a longer period of the family"
    return (
        Term(
            name="DynamoDB, writes",
            quantity=commits + MINUTES * each_minute + closed + digests,
            price=prices.TABLE_WRITE,
            lower=longer,
        ),
        Term(
            name="DynamoDB, reads",
            quantity=_reads(families, targets),
            price=prices.TABLE_READ,
            lower="shorter runs: while it waits for commits the aggregator asks twice a second",
        ),
        Term(name="DynamoDB, kept", quantity=kept, price=prices.TABLE_STORED, lower=longer),
        Term(name="DynamoDB, recovery", quantity=kept, price=prices.TABLE_RECOVERY, lower=longer),
    )


def _writes(size: int) -> int:
    return math.ceil(size / _UNIT_WRITE)


def _reads(families: Sequence[FamilyLoad], targets: int) -> float:
    commits = sum(_commit_reads(family, shard) for family in families for shard in family.shards)
    tally = effort.tally_bytes(targets)
    each_minute = (
        math.ceil(effort.state_bytes(targets) / _UNIT_READ)
        + math.ceil(KEPT_STORIES * STORY_BYTES / _UNIT_READ)
        + math.ceil(_TALLIES_READ * tally / _UNIT_READ)
        + 4  # requests; the newest hour, day and digest
    )
    hour = math.ceil((60 + 10) * tally / _UNIT_READ)
    day = 24 * math.ceil(effort.hour_bytes(targets) / _UNIT_READ)
    return commits + MINUTES * each_minute + HOURS * hour + HOURS / 24 * day


def _commit_reads(family: FamilyLoad, shard: ShardLoad) -> float:
    """Units for a shard's commits: in vain until a slot's run is there, then once a minute, and in looks for late runs.

    Those looks are the only reads that need not be consistent, and cost half.
    """
    size = effort.item_bytes(shard.targets)
    looked_at = math.ceil(_OPEN_MINUTES / (family.period.total_seconds() / 60)) * size
    return (
        family.slots_a_month * questions_in_vain(shard.seconds)
        + MINUTES * math.ceil(size / _UNIT_READ)
        + _LATE_LOOKS * math.ceil(looked_at / _UNIT_READ) / 2
    )


def _kept(families: Sequence[FamilyLoad]) -> float:
    """Bytes in the table of a healthy platform."""
    targets = sum(family.targets for family in families)
    months = KEEP_PASSES.days * 24 / HOURS
    commits = sum(
        family.slots_a_month * months * effort.item_bytes(shard.targets)
        for family in families
        for shard in family.shards
    )
    return (
        commits
        + TALLY_DAYS * _MINUTES_A_DAY * effort.tally_bytes(targets)
        + HOUR_DAYS * 24 * effort.hour_bytes(targets)
        + DAY_DAYS * effort.day_bytes(targets)
    )


def _bucket(families: Sequence[FamilyLoad]) -> tuple[Term, ...]:
    runs = sum(family.runs_a_month for family in families)
    dated = DATED_REPORTS_A_DAY * HOURS / 24
    report = effort.report_bytes(sum(family.targets for family in families))
    observed = _observed(families) * (OBSERVATION_DAYS + NONCURRENT_DAYS) * 24 / HOURS
    latest = report * (1 + NONCURRENT_DAYS * _MINUTES_A_DAY)
    filed = report * DATED_REPORTS_A_DAY * (REPORT_DAYS + NONCURRENT_DAYS)
    read = MINUTES * sum(len(family.shards) for family in families)
    return (
        Term(
            name="S3, puts",
            quantity=runs + effort.REPORT_FILES * (MINUTES + dated),
            price=prices.BUCKET_PUT,
            lower="publishing fewer files a minute, or `latest` only when it changed",
        ),
        Term(name="S3, gets", quantity=read, price=prices.BUCKET_GET, lower="fewer shards"),
        Term(
            name="S3, observations",
            quantity=observed / GIB,
            price=prices.BUCKET_STORED,
            lower=f"fewer days than {OBSERVATION_DAYS} in the bucket's lifecycle",
        ),
        Term(
            name="S3, versions of latest",
            quantity=latest / GIB,
            price=prices.BUCKET_STORED,
            lower=f"fewer days than {NONCURRENT_DAYS} for replaced versions, or publishing less",
        ),
        Term(
            name="S3, dated reports",
            quantity=filed / GIB,
            price=prices.BUCKET_STORED,
            lower=f"fewer days than {REPORT_DAYS} in the bucket's lifecycle",
        ),
    )


def _rest(families: Sequence[FamilyLoad]) -> tuple[Term, ...]:
    uses = sum(min(KEY_USES, family.slots_a_month) for family in families) + KEY_USES + STORIES
    secrets = sum(
        min(SECRET_READS, family.slots_a_month) * shard.secrets for family in families for shard in family.shards
    )
    calls = sum(family.slots_a_month * shard.calls for family in families for shard in family.shards)
    return (
        Term(
            name="KMS, key", quantity=1, price=prices.KEY, lower="nothing: AWS's own key would lose alarms in silence"
        ),
        Term(name="KMS, requests", quantity=uses, price=prices.KEY_REQUEST, lower="fewer families"),
        Term(
            name="Secrets Manager, reads",
            quantity=secrets,
            price=prices.SECRET_READ,
            lower="one secret for several targets",
        ),
        Term(name="SNS, messages", quantity=STORIES, price=prices.PUBLISH, lower="fewer incidents"),
        Term(name="AWS calls of families", quantity=calls, price=prices.CONTROL_CALL, lower="nothing"),
    )


def beside(families: Sequence[FamilyLoad]) -> tuple[Beside, ...]:
    """What depends on the VPC and the stage's settings."""
    report = effort.report_bytes(sum(family.targets for family in families))
    moved = 2 * _observed(families) + report * (MINUTES + DATED_REPORTS_A_DAY * HOURS / 24)
    return (
        Beside(
            name="traffic to S3 by NAT",
            dollars=prices.NAT_DATA.of(moved / GIB),
            resources=0,
            why=f"{moved / GIB:.1f} GB, only where the VPC has no gateway endpoint for S3; that endpoint costs nothing",
        ),
        Beside(
            name="create_endpoints: true",
            dollars=prices.ENDPOINT_HOUR.of(INTERFACE_ENDPOINTS * 2 * HOURS),
            resources=ENDPOINT_RESOURCES,
            why=f"{INTERFACE_ENDPOINTS} interface endpoints in two zones; not needed where NAT or such endpoints exist",
        ),
        Beside(
            name="create_vpc",
            dollars=prices.NAT_HOUR.of(HOURS) + prices.PUBLIC_ADDRESS_HOUR.of(HOURS),
            resources=CREATED_VPC_RESOURCES,
            why="its NAT gateway and address; its traffic on top",
        ),
    )


def _observed(families: Sequence[FamilyLoad]) -> float:
    """Bytes of the objects that a month's runs write."""
    return sum(
        family.slots_a_month * effort.object_bytes(shard.targets) for family in families for shard in family.shards
    )
