"""The means of one probe: every step is timed, ends at the probe's one deadline and returns its failure as a value."""

import math
import socket
import ssl
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming, Vantage
from auditor.net import resolve
from auditor.net.causes import PHASE_WORDS, DeadlinePassedError, PeerFaultError, cause_of, is_own_limit
from auditor.net.handed_over import HandedOver
from auditor.net.loop import Loop
from auditor.net.measured import Measured, Noted, own_limit, unfair_time
from auditor.net.network import AddressRefusedError, Network
from auditor.net.resolve import Resolution
from auditor.net.stream import Stream, dial
from auditor.net.workers import WorkerCall

T = TypeVar("T")
Facts = TypeVar("Facts")


class SecretReader(Protocol):
    """Whoever reads secrets; it may block, so families use ``Probe.secret``."""

    def read(self, name: str) -> str | Failure:
        """The secret's text, or why the auditor does not have it (phase PREPARE)."""

    def forget(self, name: str) -> None:
        """Drop a value that was refused, so that the next read is a fresh one."""


class CouldNotTellError(Exception):
    """The one error that a family raises: the auditor itself could not tell. Only the shared runner catches it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.cause)
        self.failure = failure


class Probe:
    """One probe of one target, made by the runner and closed by it.

    The deadline is one for the whole probe. Preparation (phase PREPARE before any other) is the auditor's own work: it
    has the same time for itself, and the probe's clock and deadline begin when it is over, so that a slow secret store
    is never laid to the target; its timing then has a negative start.
    """

    def __init__(
        self,
        *,
        family: str,
        target: str,
        slot: datetime,
        vantage: Vantage,
        network: Network,
        loop: Loop,
        timeout: timedelta,
        secrets: SecretReader,
    ) -> None:
        self.family = family
        self.target = target
        self.slot = slot
        self.vantage = vantage
        self.network = network
        self.secrets = secrets
        self.loop = loop
        self._timeout = timeout.total_seconds()
        self._deadline = time.monotonic() + self._timeout
        self._began = loop.clock.read()
        self._phases: list[Noted] = []
        self._streams: list[Stream] = []
        self._handed_over = HandedOver()

    @property
    def deadline(self) -> float:
        """The instant of ``time.monotonic()`` at which every wait of this probe gives up."""
        return self._deadline

    def remaining(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._deadline - time.monotonic())

    def again(self, within: float = math.inf) -> "Probe":
        """Another probe of the same target, in ``within`` seconds of what is left of this one's time.

        Its phases are its own; close it.
        """
        return Probe(
            family=self.family,
            target=self.target,
            slot=self.slot,
            vantage=self.vantage,
            network=self.network,
            loop=self.loop,
            timeout=timedelta(seconds=min(within, self.remaining())),
            secrets=self.secrets,
        )

    def keep(self, other: "Probe") -> None:
        """Take the phases of another probe of this target for this one's own."""
        self._phases += other._phases  # noqa: SLF001 - one of us

    def clock(self) -> float:
        """Seconds that peers have taken so far, without the auditor's own; differences tell how long a step was."""
        return self.loop.clock.read()

    async def resolve(self, host: str) -> Resolution | Failure:
        """Addresses of a host, in phase NAME; an address that was given literally needs no phase.

        The UDP query is sent once more if nothing came in a third of the time left; that is the only repetition.
        """
        given = resolve.literal(host)
        if given is not None:
            return given
        return await self.step(
            Phase.NAME,
            resolve.resolve(host, self.network, self.loop, self._deadline),
            peer="resolver {}:{}".format(*self.network.resolver),
            timeout_cause="dns.timeout",
            timeout_words=f"did not answer for {host}",
        )

    async def connect(self, address: str, port: int) -> Stream | Failure:
        """A connection to an address, in phase TCP."""
        return await self.step(
            Phase.TCP,
            self._connect(address, port),
            address=address,
            peer=f"[{address}]:{port}" if ":" in address else f"{address}:{port}",
            timeout_cause="tcp.timeout",
            timeout_words="did not answer the connection attempt",
        )

    async def secure(self, stream: Stream, context: ssl.SSLContext, server_name: str) -> Stream | Failure:
        """The same stream after a TLS handshake, in phase TLS."""
        failure = await self.step(
            Phase.TLS,
            stream.handshake(context, server_name),
            address=stream.address,
            peer=stream.peer,
            timeout_cause="tls.timeout",
            timeout_words="did not finish the TLS handshake",
        )
        return stream if failure is None else failure

    async def step(
        self,
        phase: Phase,
        work: Coroutine[Any, Any, T],
        *,
        peer: str,
        timeout_cause: str,
        timeout_words: str,
        address: str = "",
    ) -> T | Failure:
        """Do a piece of network work as one phase; what the network or the peer does wrong becomes a Failure.

        ``peer`` and ``timeout_words`` make the sentence "<peer> <timeout_words> within 2.0 s". TLS errors that show
        later than the handshake (a demanded client certificate) are failures of phase TLS.
        """
        with self._measured(phase, address) as measured:
            try:
                return await work
            except DeadlinePassedError:
                if (unfair := unfair_time(peer, self.clock() - self._began, self._timeout)) is not None:
                    raise CouldNotTellError(unfair) from None
                return measured.failed(timeout_cause, f"{peer} {timeout_words} within {measured.seconds:.1f} s")
            except (PeerFaultError, OSError) as error:
                if isinstance(error, OSError) and is_own_limit(error):
                    raise CouldNotTellError(own_limit(phase, peer, error)) from error
                known = cause_of(error, phase)
                if known is None:
                    raise
                cause, words = known
                at = Phase.TLS if cause.startswith("tls.") else phase
                return measured.failed(cause, f"{peer} {words}", phase=at)

    async def secret(self, name: str) -> str | Failure:
        """A secret's text, read in a worker thread as preparation."""
        return await self.blocking(
            Phase.PREPARE, lambda: self.secrets.read(name), timeout_cause="aws.unreachable", abort=_nothing
        )

    async def blocking(
        self,
        phase: Phase,
        function: Callable[[], T | Failure],
        *,
        timeout_cause: str,
        abort: Callable[[], None] | None = None,
        address: str = "",
    ) -> T | Failure:
        """Call library code that blocks in a worker thread, as one phase; its exceptions are raised here.

        At the deadline ``abort`` is called, which has to make the function return soon; left out, it is ``hang_up``.
        A Failure that the function returns marks the phase as failed. The phase lasts from the function's begin to
        its end, without the wait for a free thread; if none came free in time, the auditor could not tell.
        """
        with self._measured(phase, address) as measured:
            call = WorkerCall(function)
            self._handed_over.used_by(call)
            overdue = False
            try:
                await self.loop.in_thread(call, self._deadline)
            finally:
                overdue = call.running
                if overdue:
                    (abort or self.hang_up)()
            if call.started is None:
                detail = (
                    f"no worker thread was free for {PHASE_WORDS[phase]} of {self.target} in {measured.seconds:.1f} s"
                )
                raise CouldNotTellError(measured.failed("self.deadline", detail))
            measured.ran(call.started, call.ended)
            if overdue:  # even if the abort has made it return in the meantime: what it says then is of our own making
                where = f" at {address}" if address else ""
                detail = f"{PHASE_WORDS[phase]}{where} did not end within {measured.seconds:.1f} s"
                return measured.failed(timeout_cause, detail)
            if call.error is not None:
                raise call.error
            value: T | Failure = call.value
            if isinstance(value, Failure):
                measured.failed(value.cause, value.detail)
            return value

    def detach(self, stream: Stream) -> socket.socket:
        """The blocking socket (with TCP_NODELAY) of a plain stream, for library code that runs inside ``blocking``.

        The probe closes it at its end, whatever the library did with it.
        """
        self._streams.remove(stream)
        return self._handed_over.take(stream.connection())

    def hang_up(self) -> None:
        """Shut down the connections that were given away, so that library code blocked on them returns."""
        self._handed_over.hang_up()

    def observation(self, facts: Facts, failures: tuple[Failure, ...] = ()) -> Observation[Facts]:
        """What the probe found, with its phases so far."""
        return Observation(
            family=self.family,
            target=self.target,
            slot=self.slot,
            vantage=self.vantage,
            facts=facts,
            phases=self._timings(),
            failures=failures,
        )

    def no_observation(self, failure: Failure) -> Observation[Any]:
        """That nothing can be told, with the phases so far."""
        return Observation(
            family=self.family,
            target=self.target,
            slot=self.slot,
            vantage=self.vantage,
            facts=None,
            phases=self._timings(),
            could_not_tell=failure,
        )

    def record(self, noted: Noted) -> None:
        """Keep a phase that has ended."""
        self._phases.append(noted)
        if noted.phase is Phase.PREPARE and all(earlier.phase is Phase.PREPARE for earlier in self._phases):
            self._began = self.clock()
            self._deadline = time.monotonic() + self._timeout

    def close(self) -> None:
        """Close every socket; those that library code still works with as soon as it has returned."""
        for stream in self._streams:
            stream.close()
        self._streams.clear()
        self._handed_over.close()

    async def _connect(self, address: str, port: int) -> Stream:
        try:
            dialled = self.network.translate(address, port)
        except AddressRefusedError as error:
            raise PeerFaultError("tcp.unreachable", f"is not dialled: {error}") from error
        stream = await dial((address, port), dialled, self.loop, self._deadline)
        self._streams.append(stream)
        return stream

    def _measured(self, phase: Phase, address: str) -> Measured:
        return Measured(self.record, self.loop.clock, phase, address)

    def _timings(self) -> tuple[PhaseTiming, ...]:
        return tuple(sorted((noted.timing(self._began) for noted in self._phases), key=attrgetter("start_ms")))


def _nothing() -> None:
    """For a call that cannot be aborted and ends by itself."""
