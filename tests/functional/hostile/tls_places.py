"""Peers that misbehave towards who looks at TLS itself, each with its one expected outcome."""

import socket
import ssl
import struct
from collections.abc import Callable

from cryptography import x509

from auditor.domain.observation import Phase
from auditor.domain.result import Status
from tests.certificates import Issued, intermediate, leaf, root
from tests.fault_lab.tls_servers import asked_first

from .outcome import Label
from .scripts import Script, drips, endless, says, then_waits
from .tls_peers import RAW, bare, encrypted, record

NAME = "site.test"
SPOKEN = frozenset({"negotiated", "certificate_valid", "certificate_valid_7_days", "certificate_valid_30_days",
                    "version_current", "client_certificate_as_declared"})  # fmt: skip
"""What passes at a place that is well."""

Make = Callable[[Issued], Script]
"""A script, given the authority that the probe trusts."""


def _well() -> Label:
    return Label(cause="", phase=Phase.TLS, check="negotiated", passes=SPOKEN, status=Status.PASS)


def _failed(cause: str) -> Label:
    return Label(cause=cause, phase=Phase.TLS, check="negotiated")


# before and in the handshake: the peers of tls_peers, asked by this family

# What speaks plain HTTP says so when it is asked in plain HTTP.
_OTHERWISE = {"plain HTTP": "tls.plain_http"}


def _after_the_hello(script: Script) -> Script:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        script(connection)

    return serve


HANDSHAKES: dict[str, tuple[Script, Label]] = {
    name: (_after_the_hello(script), _failed(_OTHERWISE.get(name, label.cause)))
    for name, (script, label) in RAW.items()
}


# behind a proper handshake


def _behind(script: Script) -> Make:
    return lambda authority: encrypted(leaf(authority, NAME).server_context(), script)


def _past(data: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        with bare(connection) as below:
            then_waits(data)(below)

    return script


def _resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _goodbye(connection: socket.socket) -> None:
    assert isinstance(connection, ssl.SSLSocket)
    connection.unwrap()


AFTER: dict[str, tuple[Make, Label]] = {
    "greets without end": (_behind(endless(b"", b"hello ")), _well()),
    "greets a byte now and then": (_behind(drips(b"", [b"x"])), _well()),
    "a proper goodbye": (_behind(_goodbye), _failed("tls.closed")),
    "plain text": (_behind(_past(b"HTTP/1.1 200 OK\r\n\r\n")), _failed("tls.failed")),
    "a forged record": (
        _behind(_past(record(0x17, bytes(40)))),
        _failed("tls.failed"),
    ),
    "a reset": (_behind(_resets), _failed("tcp.reset")),
}


# certificates


def _with_names(*names: x509.GeneralName) -> Make:
    def make(authority: Issued) -> Script:
        own = x509.SubjectAlternativeName([*names, x509.DNSName(NAME)])
        return encrypted(leaf(authority, extensions=[own]).server_context(), then_waits())

    return make


def _long_chain(authority: Issued) -> Script:
    padding = [intermediate(authority, f"Padding {number}") for number in range(100)]
    return encrypted(leaf(authority, NAME).server_context(*padding), then_waits())


def _of_others(authority: Issued) -> Script:
    return encrypted(leaf(root("\x1b[31m\u202eEvil\r\n"), NAME).server_context(), then_waits())


CERTIFICATES: dict[str, tuple[Make, Label]] = {
    "ten thousand names": (_with_names(*(x509.DNSName(f"{n:x}") for n in range(10_000))), _well()),
    "names of every kind and character": (
        _with_names(
            x509.DNSName("a\x00b"),
            x509.DNSName("x\r\nSet-Cookie: y"),
            x509.DNSName("\x1b[31mred"),
            x509.DNSName("z" * 5_000),
            x509.RFC822Name("a@b.test"),
            x509.UniformResourceIdentifier("http://user:password@host.test/"),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
        ),
        _well(),
    ),
    "a hundred certificates": (_long_chain, _well()),
    "an authority with control characters in its name": (
        _of_others,
        Label(cause="tls.untrusted", phase=Phase.TLS, check="certificate_valid", passes=SPOKEN - {"certificate_valid"}),
    ),
}


# beside the handshake


def _plain(answer: Script) -> Script:
    """No TLS, and then this for who asks in plain HTTP."""

    def serve(connection: socket.socket) -> None:
        if connection.recv(65_536).startswith(b"HEAD "):
            answer(connection)

    return serve


BESIDE: dict[str, tuple[Script, Label]] = {
    "headers without end": (_plain(endless(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n")), _failed("tls.closed")),
    "headers that drip": (_plain(drips(b"HTTP/1.1 200 OK\r\n", [b"a"])), _failed("tls.closed")),
    "interim answers without end": (_plain(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")), _failed("tls.closed")),
    "a wish for TLS in plain HTTP": (_plain(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")), _failed("tls.closed")),
    "silence": (_plain(then_waits()), _failed("tls.closed")),
}

POSTGRES: dict[str, tuple[Script, Label]] = {
    "neither yes nor no": (asked_first(b"E", then_waits()), _failed("tls.not_tls")),
    "yes, and no TLS": (asked_first(b"S", says(b"SSSSSSSSSS")), _failed("tls.not_tls")),
    "yes, and silence": (asked_first(b"S", then_waits()), _failed("tls.timeout")),
    "silence": (then_waits(), _failed("tls.timeout")),
    "a close": (says(), _failed("tls.closed")),
    "no without end": (endless(b"N" * 1000, b"N"), _failed("tls.not_offered")),
    "half a yes and a close": (asked_first(b"S", says()), _failed("tls.closed")),
}
