"""Runs a family's probes together, and is the one seam where their exceptions become observations."""

import contextlib
import gc
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.net.loop import Loop, RunEndedError
from auditor.net.network import Network
from auditor.net.probe import CouldNotTellError, Probe, SecretReader

MAX_IN_FLIGHT = 256
"""Lambda gives an environment 1,024 descriptors; a probe may need one for a name and some for addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeJob:
    """One target to probe: ``observe`` makes the observation with the probe it is given, within ``timeout``."""

    target: str
    timeout: timedelta
    observe: Callable[[Probe], Coroutine[Any, Any, Observation[Any]]]


def run_probes(
    jobs: Sequence[ProbeJob],
    *,
    family: str,
    slot: datetime,
    vantage: Vantage,
    network: Network,
    secrets: SecretReader,
    within: timedelta,
    max_in_flight: int = MAX_IN_FLIGHT,
    cpu_share: float = 1.0,
) -> tuple[Observation[Any], ...]:
    """The observations of all jobs, in their order. The run ends ``within`` the given time whatever the peers do.

    ``cpu_share`` is the part of one core that this process has: more probes at a time than it can serve would be late.
    What was not reached or did not end in it could not be told: ``self.deadline``, with the phases so far.
    """
    deadline = time.monotonic() + within.total_seconds()
    observations: dict[int, Observation[Any]] = {}

    async def observe(number: int, job: ProbeJob) -> None:
        probe = Probe(
            family=family,
            target=job.target,
            slot=slot,
            vantage=vantage,
            network=network,
            loop=loop,
            timeout=job.timeout,
            secrets=secrets,
        )
        try:
            observations[number] = await _observe(job, probe, within)
        finally:
            probe.close()

    with Loop() as loop, _no_collection():
        starts = [lambda number=number, job=job: observe(number, job) for number, job in enumerate(jobs)]
        loop.run(starts, max_in_flight=max_in_flight, deadline=deadline, cpu_share=cpu_share)
    return tuple(
        observations.get(number) or _not_reached(job, family, slot, vantage, within) for number, job in enumerate(jobs)
    )


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """A garbage collection stops the loop for as long as the process is large: never while something is measured."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


async def _observe(job: ProbeJob, probe: Probe, within: timedelta) -> Observation[Any]:
    try:
        observation: object = await job.observe(probe)
    except CouldNotTellError as error:
        return probe.no_observation(error.failure)
    except RunEndedError:
        return probe.no_observation(_deadline(job, within, "the probe had not ended"))
    except Exception as error:  # noqa: BLE001 - the one seam: a family's bug is the auditor's limit, never an outage
        return probe.no_observation(_bug(f"the probe of {job.target} failed with {type(error).__name__}"))
    if not isinstance(observation, Observation):
        return probe.no_observation(_bug(f"the probe of {job.target} returned {type(observation).__name__}"))
    return observation


def _not_reached(job: ProbeJob, family: str, slot: datetime, vantage: Vantage, within: timedelta) -> Observation[Any]:
    failure = _deadline(job, within, "it had no turn")
    return Observation(family=family, target=job.target, slot=slot, vantage=vantage, facts=None, could_not_tell=failure)


def _deadline(job: ProbeJob, within: timedelta, what: str) -> Failure:
    detail = f"{job.target} could not be judged: the run ended after {within.total_seconds():.1f} s and {what}"
    return Failure(phase=Phase.PREPARE, cause="self.deadline", detail=detail)


def _bug(detail: str) -> Failure:
    return Failure(phase=Phase.PREPARE, cause="self.bug", detail=detail)
