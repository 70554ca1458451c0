"""The server process: MiniStack's ASGI application, patched, on one loopback port, until SIGTERM or SIGINT.

MiniStack's own `main()` is not used: its shutdown waits for warm Lambda workers (measured: over 27 s after SIGTERM).
All state is in memory, so there is nothing to save: a signal kills the workers and ends the process.
"""

import asyncio
import os
import signal
import socket
from types import FrameType
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack_app

from sandbox.emulator import patches
from sandbox.emulator.clock import SimulatedClock
from sandbox.emulator.control import with_control
from sandbox.emulator.patches import function_process
from sandbox.emulator.patching import PatchContext, require_version
from sandbox.emulator.settings import Settings


def run(settings: Settings) -> None:
    """Serve until a signal ends the process."""
    require_version()
    _require_free_port(settings.port)
    clock = SimulatedClock.start(settings.epoch, settings.seconds_per_minute)
    patches.apply_all(PatchContext(clock=clock, settings=settings))
    config = Config()
    config.bind = [f"127.0.0.1:{settings.port}"]
    config.keep_alive_timeout = 75
    config.loglevel = settings.log_level
    asyncio.run(_serve(clock, config))


async def _serve(clock: SimulatedClock, config: Config) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    # With a trigger of its own hypercorn leaves the signals to us.
    application: Any = with_control(ministack_app.app, clock)
    await serve(application, config, shutdown_trigger=asyncio.Event().wait)


def _stop(_number: int, _frame: FrameType | None) -> None:
    function_process.kill_all()
    os._exit(0)


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SystemExit(
                f"sandbox.emulator: 127.0.0.1:{port} cannot be bound ({error}); choose another --port"
            ) from None
