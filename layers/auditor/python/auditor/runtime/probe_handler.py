"""The Lambda handler that every family shares: parse the event, run, store, then count."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

from auditor.adapters.aws import client
from auditor.adapters.metrics import emit
from auditor.adapters.runs import CommitTable, RunStore
from auditor.adapters.secrets import Secrets
from auditor.domain.bundle import Run
from auditor.domain.instants import format_instant
from auditor.domain.observation import Vantage
from auditor.domain.result import Status
from auditor.domain.target import Target
from auditor.family import RESERVE, TimedSpec
from auditor.names import DIMENSION_FAMILY, METRIC_FAILURES, METRIC_RUNS, METRIC_UNKNOWNS
from auditor.net.network import Network, system_network
from auditor.net.sandbox_network import sandbox_network
from auditor.runtime.catalogue import read_shard
from auditor.runtime.event import parse_event
from auditor.runtime.logging import make_logger
from auditor.runtime.run_family import FamilyRunner
from auditor.runtime.settings import Settings, read_settings

Spec = TypeVar("Spec", bound=TimedSpec)
Facts = TypeVar("Facts")


def probe_handler(runner: FamilyRunner[Spec, Facts]) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """The handler of a family. It raises when the run could not be stored, so that the failure destination has it."""

    @cache
    def targets_of(shard: int) -> tuple[Target[Spec], ...]:
        return read_shard(_settings().catalogue, runner.family, shard)

    def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        settings = _settings()
        logger = make_logger(runner.family.name)
        asked = parse_event(event, settings.stage, runner.family.period)
        remaining = timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
        run = runner.run(
            targets_of(asked.shard),
            shard=asked.shard,
            slot=asked.slot,
            request_id=context.aws_request_id,
            vantage=_vantage(settings),
            network=_network(settings),
            secrets=_secrets(),
            within=max(remaining, timedelta(seconds=1)),
            extra=asked.extra,
            cpu_share=settings.cpu_share,
        )
        table = CommitTable(client("dynamodb"), settings.table)
        store = RunStore(stage=settings.stage, table=table, s3=client("s3"), bucket=settings.bucket)
        stored = store.append(run)
        if stored and not run.extra:
            _count(settings, run)  # the silence alarm and dashboards are about what the schedule promises
        if not stored:
            logger.info("slot was committed before; nothing changed", slot=format_instant(run.slot), shard=run.shard)
        return {"slot": format_instant(run.slot), "results": len(run.results), "stored": stored}

    return handler


def _count(settings: Settings, run: Run) -> None:
    statuses = [result.status for result in run.results]
    values = {
        METRIC_RUNS: 1,
        METRIC_FAILURES: statuses.count(Status.FAIL),
        METRIC_UNKNOWNS: statuses.count(Status.UNKNOWN),
    }
    emit(settings.stage, run.slot, values, **{DIMENSION_FAMILY: run.family})


def _vantage(settings: Settings) -> Vantage:
    return Vantage(kind="function", name=settings.function, region=settings.region, in_vpc=settings.in_vpc)


@cache
def _settings() -> Settings:
    return read_settings()


@cache
def _network(settings: Settings) -> Network:
    if settings.sandbox_resolver:
        return sandbox_network(settings.sandbox_resolver, settings.aws_endpoint)
    return system_network()


@cache
def _secrets() -> Secrets:
    return Secrets()
