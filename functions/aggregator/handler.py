"""The aggregator's Lambda: wires the ports and nothing else."""

import gc
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from auditor.adapters.aws import client, dynamodb
from auditor.adapters.extras import ExtraRuns
from auditor.adapters.metrics import emit
from auditor.adapters.notifier import Notifier
from auditor.adapters.reports import ReportBucket
from auditor.adapters.requests import RequestStore
from auditor.adapters.rollups import RollupStore
from auditor.adapters.runs import RunStore
from auditor.adapters.state import StateStore
from auditor.domain.instants import format_instant
from auditor.domain.topology import Platform
from auditor.runtime.catalogue import read_catalogue
from auditor.runtime.event import parse_event
from auditor.runtime.logging import make_logger
from auditor.runtime.settings import Settings, read_settings
from functions.aggregator.aggregate import Ports, aggregate
from functions.aggregator.registry import knowledge

PERIOD = timedelta(minutes=1)


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Judges the slot of a schedule's event."""
    settings = _settings()
    slot = parse_event({"shard": 0, **event}, settings.stage, PERIOD).slot
    # A run makes millions of objects that live until it ends. The collector would look through them again and again and
    # find nothing, which takes a quarter of the time of ten thousand targets.
    gc.disable()
    try:
        report = aggregate(
            stage=settings.stage,
            slot=slot,
            platform=_platform(),
            knowledge=knowledge(),
            ports=_ports(settings),
            commit_wait_seconds=settings.commit_wait_seconds,
            seconds_per_minute=settings.sandbox_seconds_per_minute,
        )
    finally:
        gc.enable()
    return {"slot": format_instant(slot), "verdict": report.verdict if report else None}


@cache
def _settings() -> Settings:
    return read_settings()


@cache
def _platform() -> Platform:
    return read_catalogue(_settings().catalogue)


@cache
def _ports(settings: Settings) -> Ports:
    logger = make_logger("aggregator")
    s3, table = client("s3"), dynamodb().Table(settings.table)
    return Ports(
        runs=RunStore(stage=settings.stage, table=table, s3=s3, bucket=settings.bucket),
        states=StateStore(stage=settings.stage, dynamodb=dynamodb(), table_name=settings.table),
        requests=RequestStore(stage=settings.stage, table=table),
        extras=ExtraRuns(stage=settings.stage, functions=client("lambda")),
        reports=ReportBucket(stage=settings.stage, s3=s3, bucket=settings.bucket, region=settings.region),
        stories=Notifier(sns=client("sns"), stories=settings.stories_topic, pages=settings.pages_topic),
        history=RollupStore(stage=settings.stage, table=table),
        emit=emit,
        monotonic=time.monotonic,
        sleep=time.sleep,
        note=logger.warning,
    )
