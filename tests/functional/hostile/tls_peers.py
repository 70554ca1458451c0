"""Peers that misbehave below or around the TLS handshake, each with its one expected outcome."""

import socket
import ssl
import struct

from auditor.domain.observation import Phase

from .outcome import Label
from .scripts import Script, drips, endless, resets_after, says, then_waits

ALERT, HANDSHAKE, DATA, CHANGE = 0x15, 0x16, 0x17, 0x14
_REACHED = frozenset({"reachable"})


def record(kind: int, data: bytes) -> bytes:
    """One TLS 1.2 record."""
    return struct.pack("!BHH", kind, 0x0303, len(data)) + data


def server_hello(cipher: int = 0xC02F, version: int = 0x0303) -> bytes:
    """A ServerHello that agrees on TLS 1.2, so that what follows is not encrypted yet."""
    secure_renegotiation = bytes.fromhex("0005ff01000100")
    body = struct.pack("!H", version) + bytes(32) + b"\0" + struct.pack("!HB", cipher, 0) + secure_renegotiation
    return record(HANDSHAKE, b"\x02" + len(body).to_bytes(3, "big") + body)


def certificate_of(size: int) -> bytes:
    """The begin of a Certificate message that announces ``size`` bytes."""
    return record(HANDSHAKE, b"\x0b" + size.to_bytes(3, "big") + (size - 3).to_bytes(3, "big") + b"x" * 1000)


WARNING = record(ALERT, b"\x01\x5a")


def _failed(cause: str) -> Label:
    return Label(cause=cause, phase=Phase.TLS, check="reachable")


RAW: dict[str, tuple[Script, Label]] = {
    "SSH": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), _failed("tls.not_tls")),
    "SMTP": (says(b"220 mail.test ESMTP\r\n"), _failed("tls.not_tls")),
    "MySQL": (then_waits(bytes.fromhex("4a0000000a") + b"8.0.36\0" + bytes(60)), _failed("tls.not_tls")),
    "plain HTTP": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), _failed("tls.not_tls")),
    "HTTP/2 frames": (says(bytes.fromhex("000012040000000000") + bytes(18)), _failed("tls.not_tls")),
    "SSL 2": (says(bytes.fromhex("802b0100020012") + bytes(40)), _failed("tls.not_tls")),
    "zeros without end": (endless(b"", b"\0" * 1000), _failed("tls.not_tls")),
    "silence": (then_waits(), _failed("tls.timeout")),
    "a close at once": (says(), _failed("tls.closed")),
    "a reset at once": (resets_after(), _failed("tcp.reset")),
    "a close inside a record": (says(server_hello()[:20]), _failed("tls.closed")),
    "a close after its hello": (says(server_hello()), _failed("tls.closed")),
    "a reset after its hello": (resets_after(server_hello()), _failed("tcp.reset")),
    "a hello that drips": (
        drips(b"", [bytes([byte]) for byte in record(HANDSHAKE, b"\x02\0\0\xff" + bytes(255))]),
        _failed("tls.timeout"),
    ),
    "half a record, then silence": (then_waits(record(HANDSHAKE, bytes(1000))[:300]), _failed("tls.timeout")),
    "warnings without end": (endless(b"", WARNING), _failed("tls.failed")),
    "warnings now and then": (drips(b"", [WARNING], 0.02), _failed("tls.failed")),
    "a fatal alert": (says(record(ALERT, b"\x02\x50")), _failed("tls.failed")),
    "an alert of half a byte": (says(record(ALERT, b"\x02")), _failed("tls.failed")),
    "an alert that no version fits": (says(record(ALERT, b"\x02\x46")), _failed("tls.protocol")),
    "data instead of a hello": (says(record(DATA, b"hello")), _failed("tls.failed")),
    "a change of keys instead of a hello": (says(record(CHANGE, b"\x01") * 40), _failed("tls.failed")),
    "empty records without end": (endless(b"", record(HANDSHAKE, b"")), _failed("tls.failed")),
    "a record of 65,535 bytes": (endless(b"\x16\x03\x03\xff\xff", b"x" * 1000), _failed("tls.not_tls")),
    "a message of 16 MB": (
        endless(record(HANDSHAKE, b"\x02\xff\xff\xff"), record(HANDSHAKE, b"x" * 16_000)),
        _failed("tls.failed"),
    ),
    "a cipher that nobody offered": (says(server_hello(cipher=0x0000)), _failed("tls.protocol")),
    "SSL 3": (says(server_hello(version=0x0300)), _failed("tls.protocol")),
    "two hellos": (says(server_hello() * 2), _failed("tls.failed")),
    "a certificate of 10 MB": (
        endless(server_hello() + certificate_of(10_000_000), record(HANDSHAKE, b"x" * 16_000)),
        _failed("tls.failed"),
    ),
}


def encrypted(context: ssl.SSLContext, script: Script) -> Script:
    """The script behind a proper handshake."""

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            script(secured)

    return serve


def bare(connection: socket.socket) -> socket.socket:
    """The TCP socket below TLS, to write past the encryption."""
    return socket.socket(fileno=socket.dup(connection.fileno()))


def _past(data: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.recv(65_536)
        with bare(connection) as below:
            then_waits(data)(below)

    return script


def _ends_without_an_answer(connection: socket.socket) -> None:
    connection.recv(65_536)
    assert isinstance(connection, ssl.SSLSocket)
    connection.unwrap()


def _answer_failed(cause: str, phase: Phase) -> Label:
    return Label(cause=cause, phase=phase, check="status_expected", passes=_REACHED)


BEHIND_TLS: dict[str, tuple[Script, Label]] = {
    "plain text after the handshake": (_past(b"HTTP/1.1 200 OK\r\n\r\n"), _failed("tls.failed")),
    "a forged record after the handshake": (_past(record(DATA, bytes(40))), _failed("tls.failed")),
    "a proper goodbye instead of an answer": (_ends_without_an_answer, _answer_failed("tcp.closed", Phase.FIRST_BYTE)),
    "a goodbye inside the body": (
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"),
        _answer_failed("http.truncated", Phase.TRANSFER),
    ),
    "silence after the handshake": (then_waits(), _answer_failed("http.first_byte_timeout", Phase.FIRST_BYTE)),
    "a body without end": (
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        _answer_failed("http.body_too_large", Phase.TRANSFER),
    ),
}
