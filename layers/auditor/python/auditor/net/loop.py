"""The event loop: one thread, edge-triggered epoll, coroutines driven by our own trampoline.

Not asyncio, because that takes 0.3 MB and more than twice the CPU for a fresh TLS connection. Two rules follow from
edge triggering: try the operation first and wait only after it said that it would block; call ``forget`` before a
watched socket is closed or given away.
"""

import heapq
import itertools
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Self, TypeVar

from auditor.net.clock import PeerClock
from auditor.net.gates import CpuBudget, IdleGate
from auditor.net.kernel import stamping_kept_on
from auditor.net.task import Task, suspended
from auditor.net.workers import WorkerCall, Workers

T = TypeVar("T")

_EDGES = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
_READ, _WRITE = 0, 1
_READ_EVENTS = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_WRITE_EVENTS = select.EPOLLOUT | select.EPOLLHUP | select.EPOLLERR
_EVENTS_A_ROUND = 128


class RunEndedError(BaseException):
    """Thrown into a coroutine when the run's deadline has passed. Not an Exception: no family may swallow it."""


class Loop:
    """Runs coroutines in the calling thread. Close it (``with``): it owns an epoll descriptor and worker threads.

    Deadlines are instants of ``time.monotonic()``. A wait returns True when it got what it waited for and False when
    the deadline passed first.
    """

    def __init__(self, *, max_workers: int = 64) -> None:
        self._epoll = select.epoll()
        self._stamped = stamping_kept_on()
        self.buffer = memoryview(bytearray(65_536))
        """Where streams receive, and copy from at once: no allocation of that size for each."""
        self._workers: Workers | None = None
        self._max_workers = max_workers
        self._watched: dict[int, list[Task | None]] = {}
        self._ready: deque[tuple[Task, Any]] = deque()
        self._timers: list[tuple[float, int, Task]] = []
        self._order = itertools.count()
        self._alive: dict[Task, None] = {}
        self._roots = 0
        self._current: Task | None = None
        self._looked = 0.0
        """When the loop looked for events the last time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back descriptors and threads."""
        self._epoll.close()
        self._stamped.close()
        if self._workers is not None:
            self._workers.close()
            self._workers = None

    def run(
        self,
        starts: Iterable[Callable[[], Coroutine[Any, Any, None]]],
        *,
        max_in_flight: int,
        deadline: float | None = None,
        cpu_share: float = 1.0,
    ) -> None:
        """Run all coroutines, at most ``max_in_flight`` at a time, until they ended or the run's deadline passed.

        The next one starts only when both gates are open: no event waits, and the CPU budget of this share of a core
        allows it. At the deadline ``RunEndedError`` is thrown into those that still run; the rest is never started.
        """
        waiting = iter(starts)
        start = next(waiting, None)
        idle, budget = IdleGate(), CpuBudget(cpu_share, time.monotonic())
        try:
            while start is not None or self._alive:
                now = time.monotonic()
                if deadline is not None and now >= deadline:
                    self._stop(RunEndedError)
                    return
                wanted = start is not None and self._roots < max_in_flight
                next_start = now + budget.seconds_until_open(now) if wanted else None
                events = self._epoll.poll(self._pause(now, deadline, next_start), _EVENTS_A_ROUND)
                self._looked = time.monotonic()
                self._note(events)
                self._expire()
                self._resume()
                if start is None or next_start is None or next_start > now:
                    continue
                if idle.opens(events_wait=bool(events), now=now):
                    self._spawn(start(), None)
                    self._resume()
                    start = next(waiting, None)
        finally:
            self._stop(None)

    @property
    def clock(self) -> PeerClock:
        """The running coroutine's clock: whoever asks a peer or receives from it tells this clock."""
        return (self._current or self._running()).clock

    async def readable(self, sock: socket.socket, deadline: float) -> bool:
        """Wait until a socket that had nothing to read has something, an end or an error."""
        return await self._wait_for_socket(sock, _READ, deadline)

    async def writable(self, sock: socket.socket, deadline: float) -> bool:
        """Wait until a socket that was full, or still connecting, takes bytes or has an error."""
        return await self._wait_for_socket(sock, _WRITE, deadline)

    async def sleep(self, seconds: float) -> None:
        """Do nothing for so long."""
        now = time.monotonic()
        self.clock.asked(now)
        await self._wait(now + seconds)

    async def together(self, coroutines: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """Run coroutines side by side inside this one, and return their values in their order.

        The first exception is raised after all have ended. They do not count for ``max_in_flight``.
        """
        if len(coroutines) == 1:
            return [await coroutines[0]]
        parent = self._running()
        children = [self._spawn(coroutine, parent) for coroutine in coroutines]
        parent.children = len(children)
        if children:
            await suspended()
            parent.clock.stand_at(max(child.clock.read() for child in children), self._looked)
        for child in children:
            if child.error is not None:
                raise child.error
        return [child.result for child in children]

    async def in_thread(self, call: WorkerCall, deadline: float) -> None:
        """Have a call made in a worker thread and wait for it until the deadline.

        After that ``call.ended`` is None when the deadline passed first, and then also ``call.started`` when no thread
        was free for it in all that time; it is abandoned, its value will not be looked at.
        """
        if self._workers is None:
            self._workers = Workers(self._max_workers)
            self._epoll.register(self._workers.wakeup, select.EPOLLIN)
        call.owner = self._running()
        self.clock.asked(time.monotonic())
        self._workers.submit(call)
        try:
            await self._wait(deadline)
        finally:
            call.abandon()

    def forget(self, sock: socket.socket) -> None:
        """Watch this socket no longer; before it is closed or handed to other code."""
        if self._watched.pop(sock.fileno(), None) is not None:
            self._epoll.unregister(sock.fileno())

    async def _wait_for_socket(self, sock: socket.socket, side: int, deadline: float) -> bool:
        descriptor = sock.fileno()
        slots = self._watched.get(descriptor)
        if slots is None:
            slots = self._watched[descriptor] = [None, None]
            self._epoll.register(descriptor, _EDGES)
        task = self._running()
        slots[side] = task
        task.slots = slots
        return await self._wait(deadline)

    async def _wait(self, deadline: float) -> bool:
        task = self._running()
        task.until = deadline
        if task.armed is None or deadline < task.armed:
            self._arm(task, deadline)
        came: bool = await suspended()
        task.clock.noticed(self._looked if came else min(deadline, self._looked))
        return came

    def _running(self) -> Task:
        if self._current is None:
            raise RuntimeError("a wait of the loop was used outside of a coroutine that the loop runs")
        return self._current

    def _spawn(self, coroutine: Coroutine[Any, Any, Any], parent: Task | None) -> Task:
        now = time.monotonic()
        task = Task(coroutine, parent, PeerClock(now if parent is None else parent.clock.read(), now))
        self._alive[task] = None
        if parent is None:
            self._roots += 1
        self._ready.append((task, None))
        return task

    def _arm(self, task: Task, deadline: float) -> None:
        task.armed = deadline
        heapq.heappush(self._timers, (deadline, next(self._order), task))

    def _pause(self, now: float, *others: float | None) -> float | None:
        instants = [instant for instant in others if instant is not None]
        if self._timers:
            instants.append(self._timers[0][0])
        return max(0.0, min(instants) - now) if instants else None

    def _note(self, events: list[tuple[int, int]]) -> None:
        # All events become ready tasks before any task runs: a task may close a descriptor and open another of the
        # same number, which must not get the old one's event.
        for descriptor, mask in events:
            slots = self._watched.get(descriptor)
            if slots is not None:
                if mask & _READ_EVENTS and slots[_READ] is not None:
                    self._make_ready(slots[_READ], value=True)
                if mask & _WRITE_EVENTS and slots[_WRITE] is not None:
                    self._make_ready(slots[_WRITE], value=True)
            elif self._workers is not None and descriptor == self._workers.wakeup:
                for call in self._workers.take_finished():
                    if not call.abandoned and isinstance(call.owner, Task):
                        self._make_ready(call.owner, value=True)

    def _expire(self) -> None:
        now = self._looked
        while self._timers and self._timers[0][0] <= now:
            instant, _, task = heapq.heappop(self._timers)
            if task.armed == instant:
                task.armed = None
            if task.until is None:
                continue
            if task.until <= now:
                self._make_ready(task, value=False)
            elif task.armed is None:
                self._arm(task, task.until)

    def _make_ready(self, task: Task | None, *, value: bool) -> None:
        if task is None:
            return
        task.until = None
        if task.slots is not None:
            side = _READ if task.slots[_READ] is task else _WRITE
            task.slots[side] = None
            task.slots = None
        self._ready.append((task, value))

    def _resume(self) -> None:
        while self._ready:
            task, value = self._ready.popleft()
            self._current = task
            try:
                task.coroutine.send(value)
            except StopIteration as stop:
                task.result = stop.value
                self._end(task)
            except BaseException as error:
                if task.parent is None or not isinstance(error, Exception):
                    self._alive.pop(task)
                    raise
                task.error = error
                self._end(task)
            finally:
                self._current = None

    def _end(self, task: Task) -> None:
        del self._alive[task]
        parent = task.parent
        if parent is None:
            self._roots -= 1
            return
        parent.children -= 1
        if parent.children == 0:
            self._ready.append((parent, None))

    def _stop(self, reason: type[BaseException] | None) -> None:
        """End what still runs, children before parents, and be as new for the next run."""
        for task in reversed(tuple(self._alive)):
            self._current = task
            if reason is not None:
                task.clock.noticed(time.monotonic())  # up to here it was waiting
                try:
                    task.coroutine.throw(reason())
                except (StopIteration, reason):
                    continue
            task.coroutine.close()
        self._current = None
        self._alive.clear()
        self._ready.clear()
        self._timers.clear()
        self._roots = 0
