"""The sandbox's own endpoints, in front of MiniStack's: `GET /_sandbox/time`."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sandbox.emulator.clock import SimulatedClock, iso

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

TIME_PATH = "/_sandbox/time"


def with_control(application: Application, clock: SimulatedClock) -> Application:
    """The ASGI application with the control endpoints added."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != TIME_PATH:
            await application(scope, receive, send)
            return
        body = json.dumps(describe(clock)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return serve


def describe(clock: SimulatedClock) -> dict[str, str | float]:
    """The clock as the endpoint prints it."""
    now = clock.now()
    return {
        "simulated_now": iso(now),
        "simulated_now_seconds": now,
        "seconds_per_minute": clock.seconds_per_minute,
        "epoch": iso(clock.epoch),
    }
