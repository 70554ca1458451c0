"""The I/O of the `network` family: a connection to every address of a host, side by side, and a moment of listening."""

import time
from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.causes import is_own_limit, socket_cause
from auditor.net.measured import own_limit
from auditor.net.probe import CouldNotTellError, Probe
from auditor.net.stream import Stream
from functions.network.facts import AddressFacts, NetworkFacts, Outcome
from functions.network.family import MAX_ADDRESSES, NetworkSpec, place

LISTEN_SECONDS = 0.25
"""After the connection: whom nobody is behind, or who is full, ends it within a round trip; who serves waits."""
_OUTCOMES: dict[str, Outcome] = {
    "tcp.refused": "refused",
    "tcp.timeout": "timeout",
    "tcp.unreachable": "unreachable",
    "tcp.reset": "reset",
    "tcp.closed": "closed",
}


async def observe(target: Target[NetworkSpec], probe: Probe) -> Observation[NetworkFacts]:
    """What every address of the host does with a connection; nothing is sent, and what a peer says is dropped."""
    spec = target.spec
    facts = NetworkFacts(host=spec.host, port=spec.port)
    resolution = await probe.resolve(spec.host)
    if isinstance(resolution, Failure):
        return probe.observation(facts, (resolution,))
    asked = resolution.addresses[:MAX_ADDRESSES]
    tried = await probe.loop.together([_try(address, spec, probe) for address in asked])
    facts = NetworkFacts(
        host=spec.host,
        port=spec.port,
        resolver=resolution.resolver,
        resolved=resolution.addresses,
        probed=tuple(seen for seen, _ in tried),
    )
    return probe.observation(facts, tuple(failure for _, failure in tried if failure is not None))


async def _try(address: str, spec: NetworkSpec, probe: Probe) -> tuple[AddressFacts, Failure | None]:
    began = probe.clock()
    stream = await probe.connect(address, spec.port)
    took_ms = round((probe.clock() - began) * 1000, 3)
    if isinstance(stream, Failure):
        outcome = _OUTCOMES[stream.cause]
        if outcome == "reset":
            # A refusal ends the handshake; only a connection that was taken can be reset, however early we hear of it.
            stream = replace(stream, detail=f"{place(address, spec.port)} took the connection and reset it at once")
        return AddressFacts(address=address, outcome=outcome, took_ms=took_ms), stream
    until = time.monotonic() + LISTEN_SECONDS
    if until > probe.deadline:
        return AddressFacts(address=address, outcome="open", took_ms=took_ms), None
    seen = AddressFacts(address=address, outcome="open", took_ms=took_ms, listened=True)
    return await _listen(stream, seen, until)


async def _listen(stream: Stream, seen: AddressFacts, until: float) -> tuple[AddressFacts, Failure | None]:
    """Whether the connection stays. It is no phase: its time is the auditor's choice, and says nothing of the peer."""
    began = time.monotonic()
    try:
        spoke, ended = await stream.listen(until)
    except OSError as error:
        if is_own_limit(error):
            raise CouldNotTellError(own_limit(Phase.TCP, stream.peer, error)) from error
        cause, _ = socket_cause(error, Phase.TCP)
        return _ended(stream, seen, cause, began)
    seen = replace(seen, spoke=spoke)
    return _ended(stream, seen, "tcp.closed", began) if ended else (seen, None)


def _ended(stream: Stream, seen: AddressFacts, cause: str, began: float) -> tuple[AddressFacts, Failure]:
    after = f"{(time.monotonic() - began) * 1000:.0f} ms"
    how = "closed" if cause == "tcp.closed" else "reset" if cause == "tcp.reset" else "lost"
    detail = f"{stream.peer} took the connection and {how} it after {after}"
    failure = Failure(phase=Phase.TCP, cause=cause, detail=detail, address=seen.address)
    return replace(seen, outcome=_OUTCOMES[cause]), failure
