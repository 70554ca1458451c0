"""An MLflow server as a journey asks it: each request over a connection of its own, within a time of its own."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from auditor.domain.observation import Failure, Phase, PhaseTiming
from auditor.domain.target import Target
from auditor.net.causes import PHASE_WORDS, PeerFaultError, cause_of
from auditor.net.probe import Probe
from auditor.net.tls import context_from_file, shared_context
from functions.journey.exchange import Answer, Exchange, Message
from functions.journey.family import JourneySpec

T = TypeVar("T")

API = "/api/2.0/mlflow/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
_MERGED = (Phase.TCP, Phase.TLS, Phase.FIRST_BYTE, Phase.TRANSFER)
_AFTER_DEADLINE = 2.0
"""Seconds after which a thread that nobody hung up on gives up by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. ``name`` is MLflow's for it; ``path`` begins with a slash; ``payload`` goes as it is."""

    name: str
    method: str = "POST"
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, Any] | None = None
    payload: bytes | None = None


def asking(call: str, /, *, method: str = "POST", **query_or_document: Any) -> Call:
    """A call of the tracking API; what is asked goes into the query of a GET and into the body of all others."""
    if method == "GET":
        return Call(name=call, method=method, path=API + call, query=query_or_document)
    return Call(name=call, method=method, path=API + call, document=query_or_document)


class Server:
    """One server at one address. ``phases`` adds up what all requests took."""

    def __init__(
        self, target: Target[JourneySpec], probe: Probe, address: str, credential: tuple[str, str] | None
    ) -> None:
        self.probe = probe
        self.spec = target.spec
        self.key_sent = credential is not None
        self.requests = 0
        self._address = address
        self._credential = credential
        self._timings: list[PhaseTiming] = []

    async def ask(self, call: Call, within: float, *, host: str = "") -> Answer | Failure:
        """The answer, whatever its status, or why there is none. ``host``: what to call it in place of its name."""
        seconds = min(within, self.spec.request_timeout.total_seconds())
        if seconds <= 0:
            detail = (
                f"the journey's time of {self.spec.timeout.total_seconds():g} s ended before {call.name} had its turn"
            )
            return Failure(phase=Phase.REQUEST, cause="journey.out_of_time", detail=detail, address=self._address)
        self.requests += 1
        probe = self.probe.again(seconds)
        try:
            answer = await self._exchange(call, probe, host or self.spec.authority)
        finally:
            self._timings += probe.observation(None).phases
            probe.close()
        if isinstance(answer, Failure):
            return Failure(
                phase=answer.phase, cause=answer.cause, detail=f"{call.name}: {answer.detail}", address=answer.address
            )
        return answer

    def phases(self, begin_ms: float) -> tuple[PhaseTiming, ...]:
        """Every kind of phase once, with the time of all requests; they were made one after the other."""
        merged: list[PhaseTiming] = []
        for phase in _MERGED:
            timings = [timing for timing in self._timings if timing.phase is phase]
            if timings:
                total = math.fsum(timing.duration_ms for timing in timings)
                merged.append(
                    PhaseTiming(
                        phase=phase,
                        start_ms=round(begin_ms, 3),
                        duration_ms=round(total, 3),
                        ok=all(timing.ok for timing in timings),
                        address=self._address,
                        own_ms=round(math.fsum(timing.own_ms for timing in timings), 3),
                    )
                )
                begin_ms += total
        return tuple(merged)

    async def _exchange(self, call: Call, probe: Probe, host: str) -> Answer | Failure:
        stream = await probe.connect(self._address, self.spec.port)
        if isinstance(stream, Failure):
            return stream
        exchange = Exchange(probe.detach(stream), probe.remaining() + _AFTER_DEADLINE)
        conversation = _Conversation(probe, stream.peer, self._address)
        try:
            if self.spec.encrypted:
                context = context_from_file(self.spec.ca_file) if self.spec.ca_file else shared_context()
                secured = await conversation.phase(
                    Phase.TLS, "tls.timeout", lambda: exchange.secure(context, self.spec.host)
                )
                if secured is not None:
                    return secured
            message = self._message(call, host)
            begun = await conversation.phase(Phase.FIRST_BYTE, "journey.no_answer", lambda: exchange.begin(message))
            if begun is not None:
                return begun
            return await conversation.phase(Phase.TRANSFER, "journey.answer_unfinished", exchange.finish)
        finally:
            exchange.close()

    def _message(self, call: Call, host: str) -> Message:
        body, kind = call.payload, "application/octet-stream" if call.payload is not None else ""
        if call.document is not None:
            body, kind = json.dumps(call.document).encode(), "application/json"
        query = f"?{urlencode(call.query)}" if call.query else ""
        return Message(
            method=call.method,
            path=f"{self.spec.prefix}{call.path}{query}",
            host=host,
            body=body,
            kind=kind,
            credential=self._credential,
        )


class _Conversation:
    """The steps of one exchange as phases of its probe."""

    def __init__(self, probe: Probe, peer: str, address: str) -> None:
        self._probe = probe
        self._peer = peer
        self._address = address
        self._aborted = False

    async def phase(self, phase: Phase, timeout_cause: str, function: Callable[[], T]) -> T | Failure:
        """Do a step in a worker thread; what the network or the peer does wrong becomes a Failure."""
        return await self._probe.blocking(
            phase,
            lambda: self._faults_as_values(phase, timeout_cause, function),
            timeout_cause=timeout_cause,
            abort=self._abort,
            address=self._address,
        )

    def _abort(self) -> None:
        # Noted before the connection ends: what the function meets from here on is our own doing, not the server's.
        self._aborted = True
        self._probe.hang_up()

    def _faults_as_values(self, phase: Phase, timeout_cause: str, function: Callable[[], T]) -> T | Failure:
        try:
            return function()
        except (PeerFaultError, OSError) as error:
            late = self._aborted or isinstance(error, TimeoutError)
            known = (timeout_cause, f"did not end {PHASE_WORDS[phase]} in time") if late else cause_of(error, phase)
            if known is None:
                raise
            cause, words = known
            # A client certificate is demanded by an alert that is read only after the handshake.
            at = Phase.TLS if cause.startswith("tls.") else phase
            return Failure(phase=at, cause=cause, detail=f"{self._peer} {words}", address=self._address)
