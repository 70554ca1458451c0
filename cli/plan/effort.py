"""How long a run takes and how many bytes it leaves: measured, and written as functions of the number of targets.

Bytes: the recorded Hokusai bundle (36 targets) and its HTTP part repeated to 100 and 1,000 targets, stored and rendered
by the real code. CPU: the real probe, checks and packing against servers on loopback, Python 3.11. How: docs/plan.md.
"""

import math

from auditor.names import REPORT_FORMATS
from auditor.net.run import MAX_IN_FLIGHT

LAMBDA_SLOWNESS = 2.0
"""A core of Lambda against the core that was measured on."""
FULL_CORE_MB = 1769
"""Memory that buys a whole core; less buys its share, and one Python process uses no more than one."""

PROBE_CPU_SECONDS = 0.0016
"""A TLS probe with its checks 1.2 ms, packing its facts 0.35 ms, decoding its target 0.03 ms; 0.7 ms without TLS."""
CALL_CPU_SECONDS = 0.0017
"""One call by the AWS SDK."""
ANSWER_SECONDS = 0.2
"""What a platform's answer is taken to need."""
CALL_SECONDS = 0.03
"""What an answer of AWS is taken to need."""
STORE_CALLS = 2
"""One object, one commit record."""

AGGREGATE_CPU_SECONDS = 0.0010
"""Loading, judging and rendering one target."""
REPORT_FILES = len(REPORT_FORMATS) + 1
"""The renderings and the bundle."""

RUN_LOG_BYTES = 480
"""Lambda's lines START, END and REPORT, with the 26 bytes that CloudWatch adds to each."""
METRIC_LOG_BYTES = 400
"""One EMF document with three metrics of a family, the longest there is, and those 26 bytes."""


def cores(memory_mb: int) -> float:
    """The share of a core that a function gets."""
    return min(1.0, memory_mb / FULL_CORE_MB)


def run_seconds(targets: int, calls: int, memory_mb: int) -> float:
    """A healthy run of a family: its CPU or its waves of waiting, whichever is longer, and then its storing."""
    cpu = LAMBDA_SLOWNESS * (targets * PROBE_CPU_SECONDS + (calls + STORE_CALLS) * CALL_CPU_SECONDS)
    waves = math.ceil(targets / MAX_IN_FLIGHT)
    return max(cpu / cores(memory_mb), waves * ANSWER_SECONDS) + STORE_CALLS * CALL_SECONDS


def aggregate_seconds(targets: int, shards: int, memory_mb: int) -> float:
    """The aggregator's own work on one slot, once the runs are there."""
    # per shard one query and one object; of its own: read state, write state, ask for untold stories
    calls = 2 * shards + 3 + REPORT_FILES
    cpu = LAMBDA_SLOWNESS * (targets * AGGREGATE_CPU_SECONDS + calls * CALL_CPU_SECONDS)
    return cpu / cores(memory_mb) + calls * CALL_SECONDS


def object_bytes(targets: int) -> int:
    """A run's gzip object in S3."""
    return 1000 + 250 * targets


def item_bytes(targets: int) -> int:
    """A run's commit record in DynamoDB: keys, object, digest, and the packed results."""
    return 480 + 23 * targets


def state_bytes(targets: int) -> int:
    """The aggregator's state, packed, with its keys."""
    return 1000 + 6 * targets


def report_bytes(targets: int) -> int:
    """One report, all files: HTML 2,550 a target, JSON 1,975, Markdown 352, the bundle 6,165; and their frames."""
    return 39_500 + 11_042 * targets
