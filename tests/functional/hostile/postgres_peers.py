"""Servers that pretend to be PostgreSQL, each with its one expected outcome."""

import base64
import re
import socket
import struct
from dataclasses import dataclass

from auditor.domain.observation import Phase
from auditor.domain.result import Status

from .outcome import CANARY, Label
from .scripts import Script, drips, endless, resets_after, says, then_waits

_UP = frozenset({"reachable"})
_IN = frozenset({"reachable", "login_accepted"})


def message(code: str, data: bytes) -> bytes:
    """One message of the protocol."""
    return code.encode() + struct.pack("!i", len(data) + 4) + data


def asks_for(method: int, data: bytes = b"") -> bytes:
    """An authentication request."""
    return message("R", struct.pack("!i", method) + data)


def parameter(name: str, value: str) -> bytes:
    """A ParameterStatus."""
    return message("S", name.encode() + b"\0" + value.encode() + b"\0")


def refusal(sqlstate: str, text: str = CANARY, routine: str = "") -> bytes:
    """An ErrorResponse that repeats a secret."""
    return message("E", f"SFATAL\0C{sqlstate}\0M{text}\0D{text}\0H{text}\0R{routine}\0\0".encode())


def columns(*kinds: int) -> bytes:
    """A RowDescription of columns with these type numbers."""
    described = b"".join(b"x\0" + struct.pack("!ihihih", 0, 0, kind, -1, -1, 0) for kind in kinds)
    return message("T", struct.pack("!H", len(kinds)) + described)


def row(*values: bytes | None) -> bytes:
    """A DataRow; None is null."""
    packed = (struct.pack("!i", -1) if v is None else struct.pack("!i", len(v)) + v for v in values)
    return message("D", struct.pack("!H", len(values)) + b"".join(packed))


READY = message("Z", b"I")
ADMITTED = asks_for(0) + READY
KINDS = (25, 25, 25, 25, 16, 23, 23, 23, 16, 16, 16, 16, 16, 23, 23, 23)
"""The columns of what the server says about itself."""
ROLE_KINDS = (25, 25, 23, 23)
ROLE = row(b"role", b"shop", b"1", b"0")


def facts_row(
    user: str = "auditor", version: str = "15.8", *, recovering: bool = False, lag_ms: int | None = None
) -> bytes:
    """The answer that is asked for, with what the peer chooses."""
    told = (version, user, "shop", "t" if recovering else "f", "1", "100", "1", "t", *"ffff")
    values = [value.encode() for value in ("server", *told)]
    lag = None if lag_ms is None else str(lag_ms).encode()
    return columns(*KINDS) + row(*values, lag, b"0", None) + READY


def take(connection: socket.socket) -> bytes:
    """The client's next message, without its code and length."""
    code = connection.recv(1, socket.MSG_WAITALL)
    if not code:
        raise ConnectionError("the probe has left")
    (length,) = struct.unpack("!i", connection.recv(4, socket.MSG_WAITALL))
    return connection.recv(length - 4, socket.MSG_WAITALL)


def take_startup(connection: socket.socket) -> None:
    """The client's first message, which has no code."""
    (length,) = struct.unpack("!i", connection.recv(4, socket.MSG_WAITALL))
    connection.recv(length - 4, socket.MSG_WAITALL)


def after_startup(script: Script) -> Script:
    """The script, once the startup message is there."""

    def serve(connection: socket.socket) -> None:
        take_startup(connection)
        script(connection)

    return serve


def after_query(script: Script) -> Script:
    """Admit the client without asking for anything, and run the script once its query is there."""

    def serve(connection: socket.socket) -> None:
        take_startup(connection)
        connection.sendall(ADMITTED)
        take(connection)
        script(connection)

    return serve


def scram(first: str, then: Script) -> Script:
    """SCRAM up to the server's first message, in which ``{}`` is the client's nonce; then whatever comes."""

    def script(connection: socket.socket) -> None:
        connection.sendall(asks_for(10, b"SCRAM-SHA-256\0\0"))
        nonce = re.search(rb"r=([^,]+)", take(connection))
        assert nonce is not None
        connection.sendall(asks_for(11, first.replace("{}", nonce[1].decode()).encode()))
        take(connection)
        then(connection)

    return script


_SALT = base64.b64encode(b"salt").decode()
_FIRST = f"r={{}}more,s={_SALT},i=4096"
_LIE = asks_for(12, b"v=" + base64.b64encode(bytes(32)))


@dataclass(frozen=True, kw_only=True)
class Peer:
    """What the server does with a connection, what must come of it, and whether the target asks for TLS."""

    script: Script
    label: Label
    tls: str = "disable"


def _tls(script: Script, cause: str) -> Peer:
    """After the request for TLS."""

    def serve(connection: socket.socket) -> None:
        connection.recv(8, socket.MSG_WAITALL)
        script(connection)

    return Peer(script=serve, label=Label(cause=cause, phase=Phase.TLS, check="reachable"), tls="require")


def _login(script: Script, cause: str, status: Status = Status.FAIL) -> Peer:
    label = Label(cause=cause, phase=Phase.LOGIN, check="login_accepted", passes=_UP, status=status)
    return Peer(script=after_startup(script), label=label)


def _query(script: Script, cause: str) -> Peer:
    label = Label(cause=cause, phase=Phase.QUERY, check="answers_query", passes=_IN)
    return Peer(script=after_query(script), label=label)


BEFORE_LOGIN = {
    "frozen after it accepted": _tls(then_waits(), "tls.timeout"),
    "says yes and never speaks TLS": _tls(then_waits(b"S"), "tls.timeout"),
    "says yes and closes": _tls(says(b"S"), "tls.closed"),
    "says yes and resets": _tls(resets_after(b"S"), "tcp.reset"),
    "says yes and goes on in plain text": _tls(says(b"S" + refusal("57P03")), "tls.not_tls"),
    "says yes without end": _tls(endless(b"S", b"S" * 1000), "tls.not_tls"),
    "says no": _tls(then_waits(b"N"), "pg.tls_refused"),
    "says no and offers a login": _tls(then_waits(b"N" + ADMITTED), "pg.tls_refused"),
    "answers with an error": _tls(says(refusal("0A000")), "pg.protocol"),
    "answers in HTTP": _tls(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "pg.protocol"),
    "closes over the request for TLS": _tls(says(), "tcp.closed"),
    "resets over the request for TLS": _tls(resets_after(), "tcp.reset"),
}

LOGIN = {
    "frozen after the startup": _login(then_waits(), "pg.login_timeout"),
    "drips its first message": _login(drips(b"R\0\0\x03\xe8", [b"\0"]), "pg.login_timeout"),
    "drips notices": _login(drips(b"", [message("N", b"SNOTICE\0Mx\0\0")]), "pg.login_timeout"),
    "closes instead of a login": _login(says(), "tcp.closed"),
    "resets instead of a login": _login(resets_after(), "tcp.reset"),
    "closes inside a message": _login(says(b"R\0\0\0"), "tcp.closed"),
    "random bytes": _login(says(bytes(range(256))), "pg.protocol"),
    "HTTP": _login(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "pg.protocol"),
    "TLS": _login(says(bytes.fromhex("15030300020228")), "pg.protocol"),
    "a message of 2 GB": _login(then_waits(b"R" + struct.pack("!i", 2**31 - 1)), "pg.protocol"),
    "a message of a negative length": _login(then_waits(b"R" + struct.pack("!i", -(2**31))), "pg.protocol"),
    "a message shorter than its own length": _login(then_waits(b"R" + struct.pack("!i", 3)), "pg.protocol"),
    "an authentication request without a method": _login(then_waits(message("R", b"")), "pg.protocol"),
    "a message that nobody knows": _login(then_waits(message("!", b"")), "pg.protocol"),
    "notices without end": _login(endless(b"", message("N", b"SNOTICE\0M" + b"x" * 100 + b"\0\0")), "pg.protocol"),
    "empty notices without end": _login(endless(b"", message("N", b"\0")), "pg.protocol"),
    "parameters without end": _login(endless(b"", parameter("a", "b")), "pg.protocol"),
    "a parameter of 200 kB": _login(then_waits(parameter("a", "b" * 200_000)), "pg.login_timeout"),
    "notifications without end": _login(endless(b"", message("A", struct.pack("!i", 1) + b"c\0p\0")), "pg.protocol"),
    "an encoding that is a decompressor": _login(
        then_waits(parameter("client_encoding", "zlib_codec") + parameter("a", "b")), "pg.login_timeout"
    ),
    "an encoding that takes hours": _login(
        then_waits(parameter("client_encoding", "punycode") + parameter("a", "b-" + "9" * 200_000)), "pg.login_timeout"
    ),
    "admitted and not ready": _login(then_waits(asks_for(0)), "pg.login_timeout"),
    "a login method that does not exist": _login(then_waits(asks_for(99)), "pg.auth_unsupported", Status.UNKNOWN),
    "Kerberos": _login(then_waits(asks_for(7)), "pg.auth_unsupported", Status.UNKNOWN),
    "the password as text": _login(then_waits(asks_for(3)), "pg.auth_unsupported", Status.UNKNOWN),
    "MD5 without salt": _login(then_waits(asks_for(5)), "pg.protocol"),
    "SASL without a mechanism": _login(then_waits(asks_for(10, b"\0")), "pg.protocol"),
    "SASL by a mechanism that nobody knows": _login(then_waits(asks_for(10, b"CANARY\0\0")), "pg.protocol"),
    "SASL that begins in the middle": _login(then_waits(asks_for(11, b"r=x,s=eA==,i=4096")), "pg.protocol"),
    "SASL that begins at its end": _login(then_waits(_LIE + ADMITTED), "pg.protocol"),
    "SCRAM with the client's nonce only": _login(scram(f"r={{}},s={_SALT},i=4096", then_waits(_LIE)), "pg.protocol"),
    "SCRAM with an empty nonce": _login(scram(f"r=,s={_SALT},i=4096", then_waits()), "pg.protocol"),
    "SCRAM with another nonce": _login(scram(f"r=canary,s={_SALT},i=4096", then_waits()), "pg.protocol"),
    "SCRAM with a salt that is none": _login(scram("r={}more,s=\u00e4,i=4096", then_waits()), "pg.protocol"),
    "SCRAM with no round": _login(scram(f"r={{}}more,s={_SALT},i=0", then_waits()), "pg.protocol"),
    "SCRAM with 10^9 rounds": _login(scram(f"r={{}}more,s={_SALT},i=1000000000", then_waits()), "pg.protocol"),
    "SCRAM with 10^9 rounds in the first place": _login(
        scram(f"i=1000000000,r={{}}more,s={_SALT}", then_waits()), "pg.protocol"
    ),
    "SCRAM with 10^30 rounds": _login(scram(f"r={{}}more,s={_SALT},i=1{'0' * 30}", then_waits()), "pg.protocol"),
    "SCRAM with a wrong signature": _login(scram(_FIRST, then_waits(_LIE + ADMITTED)), "pg.protocol"),
    "SCRAM that ends without a signature": _login(scram(_FIRST, then_waits(ADMITTED)), "pg.protocol"),
    "SCRAM that starts again": _login(scram(_FIRST, then_waits(asks_for(5, b"salt"))), "pg.protocol"),
    "an error without a code": _login(says(message("E", f"M{CANARY}\0\0".encode())), "pg.protocol"),
    "an error whose code is a secret": _login(says(refusal(CANARY)), "pg.protocol"),
    "an error that is a secret": _login(says(refusal("XX000")), "pg.login_failed"),
    "an error that repeats the password": _login(says(refusal("28P01")), "self.credentials", Status.UNKNOWN),
    "JSON 100,000 deep instead of a login": _login(
        then_waits(columns(114) + row(b"[" * 100_000) + READY), "pg.protocol"
    ),
    "a query's answer instead of a login": _login(then_waits(facts_row()), "pg.protocol"),
}

QUERY = {
    "frozen after the query": _query(then_waits(), "pg.query_timeout"),
    "drips its answer": _query(drips(b"T\0\0\x03\xe8", [b"\0"]), "pg.query_timeout"),
    "closes over the query": _query(says(), "tcp.closed"),
    "ends the session over the query and waits": _query(then_waits(refusal("57P01")), "pg.terminated"),
    "resets over the query": _query(resets_after(), "tcp.reset"),
    "rows without end": _query(endless(columns(*ROLE_KINDS), ROLE), "pg.protocol"),
    "empty rows without end": _query(endless(columns(), row()), "pg.protocol"),
    "a row of a million columns": _query(then_waits(columns(25) + message("D", b"\xff\xff") + READY), "pg.protocol"),
    "a row that is shorter than it says": _query(
        then_waits(columns(25) + message("D", struct.pack("!Hi", 1, 2**30)) + READY), "pg.protocol"
    ),
    "no row": _query(then_waits(columns(*KINDS) + READY), "pg.protocol"),
    "two rows": _query(then_waits(facts_row()[: -len(READY)] + facts_row()), "pg.protocol"),
    "rows without a description": _query(then_waits(row(b"1") + READY), "pg.protocol"),
    "texts where numbers should be": _query(
        then_waits(columns(*[25] * 16) + row(b"server", *[b"1"] * 15) + READY), "pg.protocol"
    ),
    "nulls where numbers should be": _query(
        then_waits(columns(*KINDS) + row(b"server", *[None] * 15) + READY), "pg.protocol"
    ),
    "a number of 100,000 digits": _query(
        then_waits(columns(*ROLE_KINDS) + row(b"role", b"x", b"9" * 100_000, b"0") + READY), "pg.protocol"
    ),
    "nine roles": _query(
        then_waits(facts_row()[: -len(READY)] + columns(*ROLE_KINDS) + ROLE * 9 + READY), "pg.protocol"
    ),
    "roles and no server": _query(then_waits(columns(*ROLE_KINDS) + ROLE + READY), "pg.protocol"),
    "a row of a kind that is a secret": _query(
        then_waits(facts_row()[: -len(READY)] + columns(25) + row(CANARY.encode()) + READY), "pg.protocol"
    ),
    "rows without a column": _query(then_waits(facts_row()[: -len(READY)] + columns() + row() + READY), "pg.protocol"),
    "a decimal that is none": _query(then_waits(columns(1700) + row(b"canary") + READY), "pg.protocol"),
    "JSON 100,000 deep": _query(then_waits(columns(114) + row(b"[" * 100_000) + READY), "pg.protocol"),
    "a list 100,000 deep": _query(then_waits(columns(1009) + row(b"{" * 100_000) + READY), "pg.protocol"),
    "a description of 65,535 columns": _query(then_waits(message("T", b"\xff\xff") + READY), "pg.protocol"),
    "a copy that goes out": _query(then_waits(message("H", b"\0\0\0") + READY), "pg.protocol"),
    "a copy that comes in": _query(then_waits(message("G", b"\0\0\0") + READY), "pg.protocol"),
    "a copy's data": _query(then_waits(message("d", b"x") + READY), "pg.protocol"),
    "nothing but ready": _query(then_waits(READY), "pg.protocol"),
    "an error and then the facts": _query(then_waits(refusal("XX000") + facts_row()), "pg.query_failed"),
    "a version that is a secret": _query(then_waits(facts_row(version=CANARY)), "pg.protocol"),
    "a user that is the password": _query(then_waits(facts_row(user=CANARY)), "pg.protocol"),
    "a version of 100,000 digits": _query(then_waits(facts_row(version="1" * 100_000)), "pg.protocol"),
    "a user of 1,000 letters": _query(then_waits(facts_row(user="x" * 1000)), "pg.protocol"),
    "a user in colours": _query(then_waits(facts_row(user="\x1b[31m")), "pg.protocol"),
}

PEERS: dict[str, Peer] = {**BEFORE_LOGIN, **LOGIN, **QUERY}
