"""Every name that code, infrastructure and tests share: metrics, keys, environment. Written once, here."""

from datetime import datetime

from auditor.domain.instants import format_instant

METRIC_NAMESPACE = "HealthAuditor"

METRIC_RUNS = "Runs"
"""1 for each run of a family that was stored; missing means silence. Dimensions: Stage, Family."""
METRIC_FAILURES = "FailedChecks"
METRIC_UNKNOWNS = "UnknownChecks"
METRIC_OPEN_INCIDENTS = "OpenIncidents"
"""1 while the service is at fault, 0 otherwise; never raised for a victim. Dimensions: Stage, Service."""
METRIC_BLIND = "AuditorBlind"
"""1 when no critical target could be judged. Dimensions: Stage."""
METRIC_REPORTS = "Reports"
"""1 for each report that was published; missing means that the aggregator is silent. Dimensions: Stage."""

DIMENSION_STAGE = "Stage"
DIMENSION_FAMILY = "Family"
DIMENSION_SERVICE = "Service"

CATALOGUE_FILE = "catalogue.json"
"""The compiled catalogue inside the code asset; the shards' files lie beside it."""

ENV_STAGE = "AUDITOR_STAGE"
ENV_CATALOGUE = "AUDITOR_CATALOGUE"
"""Path of the compiled catalogue inside the code asset."""
ENV_TABLE = "AUDITOR_TABLE"
ENV_BUCKET = "AUDITOR_BUCKET"
ENV_STORIES_TOPIC = "AUDITOR_STORIES_TOPIC"
ENV_PAGES_TOPIC = "AUDITOR_PAGES_TOPIC"
ENV_IN_VPC = "AUDITOR_IN_VPC"
ENV_COMMIT_WAIT = "AUDITOR_COMMIT_WAIT_SECONDS"
ENV_SANDBOX_NETWORK = "AUDITOR_SANDBOX_NETWORK"
"""Set in the sandbox only: the resolver ``host:port`` of its DNS, and with it the translation of addresses."""
ENV_SANDBOX_PACE = "AUDITOR_SANDBOX_SECONDS_PER_MINUTE"
"""Set in the sandbox only: wall seconds that a simulated minute takes; screen and report say so."""


def stack_name(stage: str) -> str:
    """The CloudFormation stack of a stage, whose outputs lead to the rest."""
    return f"HealthAuditor-{stage}"


OUTPUT_TABLE = "TableName"
OUTPUT_SERVICES = "Services"
"""Ids joined by commas."""


def function_name(stage: str, name: str) -> str:
    """The Lambda function of a family, or of the aggregator."""
    return f"health-auditor-{stage}-{name.replace('_', '-')}"


KEY_PARTITION = "pk"
KEY_SORT = "sk"
KEY_EXPIRY = "expires_at"


def shard_file(family: str, shard: int) -> str:
    """Path of a shard's targets, seen from the compiled catalogue's folder."""
    return f"shards/{family}-{shard}.json"


def run_partition(stage: str, family: str, shard: int) -> str:
    """Partition of a family's commit records; sorted by slot within."""
    return f"run#{stage}#{family}#{shard}"


def run_sort(slot: datetime, *, extra: bool = False) -> str:
    """Sort key of a commit record. An extra run never takes the place of the scheduled one."""
    return format_instant(slot) + ("#extra" if extra else "")


def state_partition(stage: str) -> str:
    """Partition of what the aggregator alone writes."""
    return f"state#{stage}"


STATE_VERDICTS = "verdicts"


def requests_partition(stage: str) -> str:
    """Partition of what people ask of the aggregator; sorted by the requests' ids."""
    return f"request#{stage}"


def outbox_partition(stage: str) -> str:
    """Partition of messages that were decided; sorted by deduplication id."""
    return f"outbox#{stage}"


def rollup_partition(stage: str) -> str:
    """Partition of what the aggregator counted; its sort keys begin with one of the kinds below and go by time."""
    return f"rollup#{stage}"


ROLLUP_TALLY = "tally"
"""What one slot of the aggregator counted; by ``as_of``."""
ROLLUP_HOUR = "hour"
ROLLUP_DAY = "day"
"""A closed hour or day of the platform, by its begin; written once, after all parts of its targets."""
ROLLUP_TARGETS = "targets-"
"""Before the length: a part of the targets' roll-ups of that hour or day."""
ROLLUP_REPORT = "report"
"""The digest of a dated report, by its instant."""


def rollup_sort(kind: str, instant: datetime, part: int | None = None) -> str:
    """Sort key of something counted; parts of one instant are numbered."""
    return f"{kind}#{format_instant(instant)}" + ("" if part is None else f"#{part:04d}")


def observation_key(
    stage: str, family: str, shard: int, slot: datetime, request_id: str, *, extra: bool = False
) -> str:
    """S3 key of a run's observations and results. It ends in the request id: a second delivery overwrites nothing."""
    day = format_instant(slot)[:10]
    kind = "extra" if extra else "run"
    return f"observations/{stage}/{day}/{family}/{format_instant(slot)}-{shard}-{kind}-{request_id}.json.gz"


REPORT_FORMATS = {"html": "text/html; charset=utf-8", "json": "application/json", "md": "text/markdown; charset=utf-8"}


def report_key(stage: str, name: str, instant: datetime | None = None) -> str:
    """S3 key of a report's file; ``latest`` without an instant."""
    return f"reports/{stage}/{format_instant(instant) if instant else 'latest'}/{name}"
