"""How long a run takes and how many bytes it leaves: measured, and written as functions of the number of targets.

Bytes: the recorded bundles (67 and 59 targets) and the HTTP part of one repeated to 1,000 targets, stored and rendered
by the real code; roll-ups from tests/bench/row_history.py. A probe's CPU is its family's ``Cost``. How: docs/plan.md.
"""

import math

from auditor.family import Cost
from auditor.names import REPORT_FORMATS
from auditor.render import bounds
from catalog.shards import FULL_CORE_MB, SLOWER_CORE

CALL_CPU_SECONDS = 0.0017
"""One call by the AWS SDK."""
ANSWER_SECONDS = 0.2
"""What a platform's answer is taken to need."""
CALL_SECONDS = 0.03
"""What an answer of AWS is taken to need."""
STORE_CALLS = 2
"""One object, one commit record."""

AGGREGATE_CPU_SECONDS = 0.0006
"""Loading 0.09 to 0.12 ms; judging, rendering, counting and packing the state of one target 0.34 to 0.49 ms."""
OWN_CALLS = 9
"""State read and written; requests; tallies, hours, days and the last report's digest; the tally; untold stories."""
REPORT_FILES = len(REPORT_FORMATS) + 1
"""The renderings and the bundle."""

RUN_LOG_BYTES = 480
"""Lambda's lines START, END and REPORT, with the 26 bytes that CloudWatch adds to each."""
METRIC_LOG_BYTES = 400
"""One EMF document with three metrics of a family, the longest there is, and those 26 bytes."""


def cores(memory_mb: int) -> float:
    """The share of a core that a function gets."""
    return min(1.0, memory_mb / FULL_CORE_MB)


def probing_seconds(targets: int, cost: Cost, memory_mb: int) -> float:
    """A healthy run of a family until it stores: its CPU or its waves of waiting, whichever is longer."""
    cpu = SLOWER_CORE * targets * cost.cpu_ms / 1000 / cores(memory_mb)
    waves = math.ceil(targets / cost.in_flight)
    return max(cpu, waves * ANSWER_SECONDS)


def storing_seconds(memory_mb: int) -> float:
    """Its two calls to keep what it saw, in the time that is reserved for that."""
    return STORE_CALLS * (SLOWER_CORE * CALL_CPU_SECONDS / cores(memory_mb) + CALL_SECONDS)


def aggregate_seconds(targets: int, shards: int, memory_mb: int) -> float:
    """The aggregator's own work on one slot, once the runs are there."""
    calls = 2 * shards + OWN_CALLS + REPORT_FILES
    cpu = SLOWER_CORE * (targets * AGGREGATE_CPU_SECONDS + calls * CALL_CPU_SECONDS)
    return cpu / cores(memory_mb) + calls * CALL_SECONDS


def object_bytes(targets: int) -> int:
    """A run's gzip object in S3."""
    return 1200 + 240 * targets


def item_bytes(targets: int) -> int:
    """A run's commit record in DynamoDB: keys, object, digest, and the packed results."""
    return 450 + 24 * targets


def state_bytes(targets: int) -> int:
    """The aggregator's state, packed, with its keys: three slots of each target, and tracked facts."""
    return 450 + 8 * targets


def tally_bytes(targets: int) -> int:
    """What one slot of the aggregator counted."""
    return 420 + 5 * targets


def hour_bytes(targets: int) -> int:
    """An hour's roll-up, the platform's and the targets'."""
    return 900 + 38 * targets


def day_bytes(targets: int) -> int:
    """A day's roll-up."""
    return 900 + 74 * targets


def report_bytes(targets: int) -> int:
    """One report, all files and their frames. A target: HTML and Markdown 2,838, JSON 1,375, the packed bundle 330.

    HTML and Markdown of a platform with more targets than they list are half as long at most; here they stay.
    """
    return 66_000 + 2_838 * min(targets, bounds.TARGETS) + 1_705 * targets
