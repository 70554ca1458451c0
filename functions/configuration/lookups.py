"""Looks up the hosts that settings name, side by side and as one phase; how the resolver answers is a fact."""

import time
from collections.abc import Sequence

from auditor.domain.observation import Failure, Phase
from auditor.net import resolve
from auditor.net.causes import DeadlinePassedError, PeerFaultError
from auditor.net.probe import Probe
from functions.configuration.facts import LookupFacts, Outcome

MAX_HOSTS = 20
"""More than a container has neighbours; the rest is not asked, and the check says so."""
_SECONDS = 5.0
"""For all of them together: a silent resolver must not take the time of the AWS calls of other targets."""
_OUTCOMES: dict[str, Outcome] = {
    "dns.nxdomain": "nxdomain",
    "dns.nodata": "nodata",
    "dns.servfail": "servfail",
    "dns.refused": "refused",
    "dns.malformed": "malformed",
}


async def look_up(hosts: Sequence[str], probe: Probe) -> tuple[LookupFacts, ...] | Failure:
    """What the resolver says of the first hosts; a Failure where it could not be asked as the container asks it."""
    if not probe.vantage.in_vpc:
        # From outside private names do not exist, and that would say nothing about the container.
        detail = "the hosts were not looked up: the auditor ran outside the VPC, where private names do not exist"
        return Failure(phase=Phase.NAME, cause="configuration.names_not_asked", detail=detail)
    if not hosts:
        return ()
    if probe.remaining() <= 0:
        detail = "the hosts were not looked up: the probe's time was over"
        return Failure(phase=Phase.NAME, cause="self.deadline", detail=detail)
    until = min(probe.deadline, time.monotonic() + _SECONDS)
    answers = await probe.step(
        Phase.NAME,
        probe.loop.together([_look_up(host, probe, until) for host in hosts[:MAX_HOSTS]]),
        peer="resolver {}:{}".format(*probe.network.resolver),
        timeout_cause="dns.timeout",
        timeout_words="did not answer",
    )
    return answers if isinstance(answers, Failure) else tuple(answers)


async def _look_up(host: str, probe: Probe, until: float) -> LookupFacts:
    try:
        # With the dot the name is asked as it stands: the search list here is not the container's.
        found = await resolve.resolve(f"{host.rstrip('.')}.", probe.network, probe.loop, until)
    except DeadlinePassedError:
        return LookupFacts(host=host, outcome="timeout")
    except PeerFaultError as fault:
        return LookupFacts(host=host, outcome=_OUTCOMES.get(fault.cause, "unreachable"))
    return LookupFacts(host=host, outcome="resolved", addresses=found.addresses)
