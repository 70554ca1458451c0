"""The sandbox's own endpoints, in front of MiniStack's: `/_sandbox/time`, and those of `overlay` and `runs`."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sandbox.emulator import overlay, runs
from sandbox.emulator.clock import SimulatedClock, iso

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

TIME_PATH = "/_sandbox/time"


def with_control(application: Application, clock: SimulatedClock) -> Application:
    """The ASGI application with the control endpoints added."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path == TIME_PATH:
            await _answer(send, 200, describe(clock))
        elif path == runs.RUNS_PATH:
            await _answer(send, 200, runs.described())
        elif path == overlay.SAYS_PATH or path.startswith(f"{overlay.SAYS_PATH}/"):
            await _answer(send, *overlay.control(scope["method"], path, await _body(receive)))
        else:
            runs.count_call(scope.get("headers", ()))
            await application(scope, receive, send)

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


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _answer(send: Send, status: int, document: Any) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
