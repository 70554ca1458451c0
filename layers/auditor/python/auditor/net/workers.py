"""Worker threads for library code that blocks; a finished call wakes the loop through an eventfd."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any


class WorkerCall:
    """One call of a blocking function: its times (monotonic seconds), and what it returned or raised."""

    __slots__ = ("_ended_hook", "_lock", "abandoned", "ended", "error", "function", "owner", "started", "value")

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.owner: object = None
        """Whom the loop resumes when the call has ended."""
        self.started: float | None = None
        self.ended: float | None = None
        self.value: Any = None
        self.error: BaseException | None = None
        self.abandoned = False
        self._lock = threading.Lock()
        self._ended_hook: Callable[[], None] | None = None

    @property
    def running(self) -> bool:
        """Whether a thread is inside the function."""
        return self.started is not None and self.ended is None

    def when_ended(self, hook: Callable[[], None]) -> None:
        """Call ``hook`` once when no thread is inside the function: now, or from the worker thread."""
        with self._lock:
            if self.running:
                self._ended_hook = hook
                return
        hook()

    def begin(self) -> bool:
        """Whether the function is still wanted; the worker asks right before it calls."""
        with self._lock:
            if self.abandoned:
                return False
            self.started = time.monotonic()
            return True

    def abandon(self) -> None:
        """Nobody waits any more; a call that has not begun never will."""
        with self._lock:
            self.abandoned = True

    def end(self) -> None:
        """The function has returned or raised."""
        with self._lock:
            self.ended = time.monotonic()
            hook = self._ended_hook
        if hook is not None:
            hook()


class Workers:
    """At most ``limit`` daemon threads, made when needed. ``wakeup`` is readable when ``finished`` holds calls."""

    def __init__(self, limit: int) -> None:
        self.wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.finished: deque[WorkerCall] = deque()
        self._limit = limit
        self._calls: SimpleQueue[WorkerCall | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def submit(self, call: WorkerCall) -> None:
        """Run the call in a free thread, a new one, or the next that becomes free."""
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            elif self._threads < self._limit:
                self._threads += 1
                threading.Thread(target=self._work, name=f"probe-worker-{self._threads}", daemon=True).start()
        self._calls.put(call)

    def take_finished(self) -> list[WorkerCall]:
        """The calls that ended since the last time; also quiets ``wakeup``."""
        os.eventfd_read(self.wakeup)
        calls = []
        while self.finished:
            calls.append(self.finished.popleft())
        return calls

    def close(self) -> None:
        """Let the threads end. One that hangs in library code is not waited for: it is a daemon and harms nobody."""
        with self._lock:
            self._closed = True
            threads = self._threads
            os.close(self.wakeup)
        for _ in range(threads):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            if call.begin():
                try:
                    call.value = call.function()
                except BaseException as error:  # noqa: BLE001 - a thread has no caller; the coroutine that waits raises it
                    call.error = error
                call.end()
            with self._lock:
                self._idle += 1
                if not self._closed:
                    self.finished.append(call)
                    os.eventfd_write(self.wakeup, 1)
