"""Servers that pretend to be a Redis, each with its one expected outcome."""

import json
import socket
from dataclasses import dataclass

from auditor.domain.observation import Phase
from auditor.domain.result import Status

from .outcome import CANARY, Label
from .scripts import Script, drips, endless, resets_after, says, then_waits

QUEUE = "jobs"
DEAD = "jobs:dead"
_UP = frozenset({"reachable"})
_IN = _UP | {"authenticated", "password_demanded"}
_PINGED = _IN | {"answers_ping"}
_TOLD = _PINGED | {"role_as_declared", "memory_suffices", "replication_healthy"}
_WRITTEN = _TOLD | {"accepts_writes"}

NOAUTH = b"-NOAUTH Authentication required.\r\n"
INFO = (
    "# Memory\r\nused_memory:40\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n"
    "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n# Keyspace\r\n"
)


@dataclass(frozen=True)
class Peer:
    """What it does with a connection, and what has to come of it."""

    script: Script
    label: Label


def bulk(text: str | bytes) -> bytes:
    """A text as it is answered."""
    data = text.encode() if isinstance(text, str) else text
    return b"$%d\r\n%s\r\n" % (len(data), data)


def envelope(text: str) -> bytes:
    """A message whose payload is a secret."""
    return bulk(json.dumps({"timestamp": text, "payload": {"token": CANARY}}))


GOOD: dict[str, bytes | Script] = {
    "PING": b"+PONG\r\n",
    "AUTH": b"+OK\r\n",
    "INFO": bulk(INFO),
    "SET": b"+OK\r\n",
    "LLEN": b":30\r\n",
    "LINDEX": envelope("2026-11-23T16:46:00Z"),
}


def take(connection: socket.socket) -> str:
    """The name of the client's next command."""
    line = _line(connection)
    parts = []
    for _ in range(int(line[1:])):
        length = int(_line(connection)[1:])
        parts.append(connection.recv(length + 2, socket.MSG_WAITALL)[:length])
    return parts[0].decode()


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise ConnectionError("the probe has left")
        line += byte
    return line[:-2]


def talks(**answers: bytes | Script) -> Script:
    """A server that asks for a password and answers well, but for these commands. A script has the connection then."""

    def serve(connection: socket.socket) -> None:
        known = GOOD | answers
        admitted = False
        while True:
            command = take(connection)
            if command == "PING" and not admitted:
                connection.sendall(NOAUTH)
                continue
            admitted = admitted or command == "AUTH"
            answer = known[command]
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection)
                return

    return serve


def _login(cause: str, **more: object) -> Label:
    return Label(cause=cause, phase=Phase.LOGIN, check="authenticated", passes=_UP, **more)  # type: ignore[arg-type]


def _asked(cause: str) -> Label:
    """It has asked for a password, which is all that is known to be well."""
    return Label(cause=cause, phase=Phase.LOGIN, check="authenticated", passes=_UP | {"password_demanded"})


def _ping(cause: str) -> Label:
    return Label(cause=cause, phase=Phase.QUERY, check="answers_ping", passes=_IN)


def _info(cause: str) -> Label:
    return Label(cause=cause, phase=Phase.QUERY, check="role_as_declared", passes=_PINGED)


def _write(cause: str, **more: object) -> Label:
    label = {"phase": Phase.QUERY, "check": "accepts_writes", "passes": _TOLD | {"responds_in_time"}} | more
    return Label(cause=cause, **label)  # type: ignore[arg-type]


def _queue(cause: str, **more: object) -> Label:
    label = {"phase": Phase.QUERY, "check": "queues_below_limit", "passes": _WRITTEN | {"responds_in_time"}} | more
    return Label(cause=cause, **label)  # type: ignore[arg-type]


_ANY = _WRITTEN | {"queues_below_limit", "dead_letters_below_limit", "queues_move", "responds_in_time"}
_NO_TIME = Label(
    cause="redis.timestamp_unreadable",
    phase=Phase.ANSWER,
    check="queues_move",
    status=Status.UNKNOWN,
    passes=_ANY - {"queues_move"},
)

PEERS: dict[str, Peer] = {
    # ---- before the login
    "frozen after it accepted": Peer(then_waits(), _login("redis.login_timeout")),
    "noise": Peer(says(b"\0\xfe~" * 100), _login("redis.protocol")),
    "a web server": Peer(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), _login("redis.protocol")),
    "a TLS alert": Peer(says(b"\x15\x03\x01\x00\x02\x02\x28"), _login("redis.tls_demanded")),
    "a status without end": Peer(endless(b"+", b"x"), _login("redis.protocol")),
    "an error without end": Peer(endless(b"-", b"x"), _login("redis.protocol")),
    "a number without end": Peer(endless(b":1", b"0"), _login("redis.protocol")),
    "replies without end": Peer(endless(b"", b"+PONG\r\n"), _login("redis.protocol")),
    "a text in place of PONG": Peer(endless(b"$400000000\r\n", b"x"), _login("redis.protocol")),
    "a length below zero": Peer(says(b"$-5\r\n"), _login("redis.protocol")),
    "an array below zero": Peer(says(b"*-5\r\n"), _login("redis.protocol")),
    "a length that is none": Peer(says(b"$5e9\r\n"), _login("redis.protocol")),
    "an array of a million": Peer(endless(b"*1000000\r\n", b":1\r\n"), _login("redis.protocol")),
    "arrays in arrays": Peer(endless(b"", b"*1\r\n"), _login("redis.protocol")),
    "RESP3": Peer(says(b"%1\r\n+a\r\n+b\r\n"), _login("redis.protocol")),
    "null for PING": Peer(says(b"$-1\r\n"), _login("redis.protocol")),
    "another word for PONG": Peer(says(b"+PANG\r\n"), _login("redis.protocol")),
    "a dripping status": Peer(drips(b"+", [b"x"]), _login("redis.login_timeout")),
    "a dripping length": Peer(drips(b"$", [b"0"]), _login("redis.login_timeout")),
    "a status that never ends its line": Peer(then_waits(b"+PONG"), _login("redis.login_timeout")),
    "hangs up at once": Peer(says(), _login("tcp.closed")),
    "hangs up within a reply": Peer(says(b"-NOAUTH Auth"), _login("tcp.closed")),
    "resets at once": Peer(resets_after(), _login("tcp.reset")),
    "out of clients": Peer(says(b"-ERR max number of clients reached\r\n"), _login("redis.max_clients")),
    "protected": Peer(says(b"-DENIED " + CANARY.encode() + b"\r\n"), _login("redis.protected_mode")),
    "moved before the login": Peer(says(b"-MOVED 1 10.0.0.1:6379\r\n"), _login("redis.moved", status=Status.UNKNOWN)),
    "an error that nobody knows": Peer(says(b"-\x1b[31mWHAT\r\n"), _login("redis.login_failed")),
    # ---- the login
    "echoes the password": Peer(
        talks(AUTH=f"-ERR unknown command 'AUTH', with args beginning with: '{CANARY}'\r\n".encode()),
        _asked("redis.login_failed"),
    ),
    "refuses with the password": Peer(talks(AUTH=f"-WRONGPASS {CANARY}\r\n".encode()), _asked("redis.wrongpass")),
    "has no password": Peer(
        talks(AUTH=b"-ERR AUTH <password> called without any password configured\r\n"), _asked("redis.no_password")
    ),
    "answers the login with the password": Peer(talks(AUTH=bulk(CANARY)), _asked("redis.protocol")),
    "frozen after the password": Peer(talks(AUTH=then_waits()), _asked("redis.login_timeout")),
    "hangs up after the password": Peer(talks(AUTH=says()), _asked("tcp.closed")),
    "answers the login twice": Peer(talks(AUTH=b"+OK\r\n+OK\r\n"), _ping("redis.protocol")),
    # ---- PING
    "loading": Peer(talks(PING=b"-LOADING no\r\n", INFO=b"-LOADING no\r\n"), _ping("redis.loading")),
    "loading without end": Peer(talks(PING=b"-LOADING no\r\n", INFO=then_waits()), _ping("redis.loading")),
    "without its master": Peer(talks(PING=b"-MASTERDOWN no\r\n"), _ping("redis.master_down")),
    "busy": Peer(talks(PING=b"-BUSY no\r\n", INFO=b"-BUSY no\r\n"), _ping("redis.busy")),
    "cannot persist": Peer(talks(PING=b"-MISCONF no\r\n"), _ping("redis.not_persisted")),
    "asks for a password again": Peer(talks(PING=NOAUTH), _ping("redis.noauth")),
    "frozen after the login": Peer(talks(PING=then_waits()), _ping("redis.query_timeout")),
    "resets after the login": Peer(talks(PING=resets_after()), _ping("tcp.reset")),
    # ---- INFO
    "INFO without end": Peer(talks(INFO=endless(b"$60000\r\n", b"role:master\r\n")), _info("redis.protocol")),
    "INFO of 500 MB": Peer(talks(INFO=endless(b"$500000000\r\n", b"x")), _info("redis.protocol")),
    "INFO that drips": Peer(talks(INFO=drips(b"$60000\r\n", [b"r"])), _info("redis.query_timeout")),
    "INFO that stops": Peer(talks(INFO=then_waits(b"$100\r\nrole:")), _info("redis.query_timeout")),
    "INFO as a number": Peer(talks(INFO=b":1\r\n"), _info("redis.protocol")),
    "INFO as null": Peer(talks(INFO=b"$-1\r\n"), _info("redis.protocol")),
    "INFO refused": Peer(
        talks(INFO=b"-ERR unknown command 'INFO'\r\n"),
        Label(
            cause="redis.not_told",
            phase=Phase.QUERY,
            check="role_as_declared",
            status=Status.UNKNOWN,
            passes=_ANY - {"role_as_declared", "memory_suffices", "replication_healthy"},
        ),
    ),
    "INFO that lies": Peer(
        talks(INFO=bulk(f"role:{CANARY}\r\nused_memory:{'9' * 40}\r\nredis_version:\x1b[31m\r\n")),
        Label(
            cause="redis.not_told",
            phase=Phase.ANSWER,
            check="role_as_declared",
            status=Status.UNKNOWN,
            passes=_ANY - {"role_as_declared", "memory_suffices", "replication_healthy"},
        ),
    ),
    # ---- the write
    "no memory": Peer(talks(SET=b"-OOM no\r\n"), _write("redis.oom", passes=_ANY - {"accepts_writes"})),
    "read only": Peer(talks(SET=b"-READONLY no\r\n"), _write("redis.read_only", passes=_ANY - {"accepts_writes"})),
    "the key is elsewhere": Peer(
        talks(SET=b"-MOVED 1 10.0.0.1:6379\r\n"),
        _write("redis.moved", status=Status.UNKNOWN, passes=_ANY - {"accepts_writes"}),
    ),
    "frozen at the write": Peer(talks(SET=then_waits()), _write("redis.query_timeout", passes=_TOLD)),
    "a write that is answered with a text": Peer(talks(SET=bulk(CANARY)), _write("redis.protocol", passes=_TOLD)),
    # ---- queues
    "a length below none": Peer(talks(LLEN=b":-5\r\n"), _queue("redis.protocol", passes=_WRITTEN)),
    "a length as a text": Peer(talks(LLEN=bulk("30")), _queue("redis.protocol", passes=_WRITTEN)),
    "a length of nineteen digits": Peer(
        talks(LLEN=b":9223372036854775807\r\n"),
        _queue("redis.queue_deep", phase=Phase.ANSWER, passes=_WRITTEN | {"queues_move", "responds_in_time"}),
    ),
    "a length of thirty digits": Peer(
        talks(LLEN=b":" + b"9" * 30 + b"\r\n"), _queue("redis.protocol", passes=_WRITTEN)
    ),
    "an array of lengths": Peer(talks(LLEN=b"*1\r\n:1\r\n"), _queue("redis.protocol", passes=_WRITTEN)),
    "frozen at the queues": Peer(talks(LLEN=then_waits()), _queue("redis.query_timeout", passes=_WRITTEN)),
    "an envelope of 500 MB": Peer(talks(LINDEX=endless(b"$500000000\r\n", b"x")), _NO_TIME),
    "an envelope of brackets": Peer(talks(LINDEX=bulk("[" * 200_000)), _NO_TIME),
    "an envelope that is the password": Peer(talks(LINDEX=bulk(CANARY)), _NO_TIME),
    "an envelope from the future": Peer(talks(LINDEX=envelope("2099-01-01T00:00:00Z")), _NO_TIME),
    "a time that is the password": Peer(talks(LINDEX=envelope(CANARY)), _NO_TIME),
    "an envelope that is refused": Peer(talks(LINDEX=b"-NOPERM no\r\n"), _NO_TIME),
    "an envelope that drips": Peer(
        talks(LINDEX=drips(b"$1000\r\n", [b"x"])), _queue("redis.query_timeout", passes=_WRITTEN)
    ),
}
