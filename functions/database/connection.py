"""pg8000's connection, made to believe less of a peer: bounded reading, a login that proves both sides, known types."""

import io
import re
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pg8000.native
from pg8000.exceptions import InterfaceError

from auditor.net.causes import PeerFaultError

_MAX_RECEIVED = 256 * 1024
"""Bytes a whole session may receive. An honest one needs 2 kB; pg8000 would take what a hostile peer announces."""
_ADMITTED, _CLEARTEXT_PASSWORD, _SASL, _SASL_CONTINUE, _SASL_FINAL = 0, 3, 10, 11, 12
_AUTHENTICATION_OFFERED = frozenset({_ADMITTED, _CLEARTEXT_PASSWORD, 5, _SASL, _SASL_CONTINUE, _SASL_FINAL})
"""Ok, clear text, MD5 and the three steps of SASL: what pg8000 implements."""
_AFTER_SASL = {_SASL: _SASL_CONTINUE, _SASL_CONTINUE: _SASL_FINAL, _SASL_FINAL: _ADMITTED}
"""Nothing else may follow: who goes over to MD5 or admits without a proof does not know the role's password."""
_ROUNDS = re.compile(rb"i=0*([0-9]+)")
_MOST_ROUNDS = 1_000_000
"""PostgreSQL's default is 4,096; a million take a third of a second, and nothing can stop the thread that counts."""


class _BoundedFile:
    """What pg8000 uses of a socket's file, with an end to its appetite."""

    def __init__(self, file: io.BufferedRWPair) -> None:
        self._file = file
        self._left = _MAX_RECEIVED

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self._left:
            raise PeerFaultError("pg.protocol", "announces more than an honest server sends")
        self._left -= size
        return self._file.read(size)

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


class PlainSocket(socket.socket):
    """A plain socket that pg8000 reads within bounds."""

    def makefile(self, *_: Any, **__: Any) -> Any:
        """pg8000's only way to read."""
        return _BoundedFile(super().makefile("rwb"))


class TlsSocket(ssl.SSLSocket):
    """A TLS socket that pg8000 reads within bounds."""

    def makefile(self, *_: Any, **__: Any) -> Any:
        """pg8000's only way to read."""
        return _BoundedFile(super().makefile("rwb"))


class _Types(dict[int, Callable[[str], Any]]):
    def __missing__(self, number: int) -> Callable[[str], Any]:
        return str


class Connection(pg8000.native.Connection):  # type: ignore[misc]
    """pg8000's connection that believes less of the peer, and whose closing hides no earlier error."""

    def __init__(self, *, cleartext_allowed: bool, **parameters: Any) -> None:
        self._cleartext_allowed = cleartext_allowed
        self._method: int | None = None
        super().__init__(startup_params={"client_encoding": "UTF8"}, **parameters)
        if self._method != _ADMITTED:
            self.close()
            raise PeerFaultError("pg.protocol", "is ready for queries and has admitted nobody")

    def handle_AUTHENTICATION_REQUEST(self, data: bytes, context: Any) -> None:  # noqa: N802 - pg8000's name
        """Refuse what gives the password away, what admits without proof, and work without end."""
        (method,) = struct.unpack_from("!i", data)
        if self._method in _AFTER_SASL and method != _AFTER_SASL[self._method]:
            raise PeerFaultError("pg.protocol", "leaves SASL before it has proved that it knows the role's password")
        self._method = method
        if method == _SASL_CONTINUE and any(int(n[:20]) > _MOST_ROUNDS for n in _ROUNDS.findall(data)):
            raise PeerFaultError("pg.protocol", f"demands more than {_MOST_ROUNDS} rounds of SCRAM")
        if method not in _AUTHENTICATION_OFFERED or (method == _CLEARTEXT_PASSWORD and not self._cleartext_allowed):
            if method == _CLEARTEXT_PASSWORD:
                words = "demands the password as text, which is sent over verified TLS only"
            else:
                words = "demands a login method that the auditor does not offer"
            raise PeerFaultError("pg.auth_unsupported", words)
        super().handle_AUTHENTICATION_REQUEST(data, context)

    def handle_PARAMETER_STATUS(self, *_: Any) -> None:  # noqa: N802 - pg8000's name
        """Ignore it: UTF-8 was asked for, and pg8000 would take any codec of Python's from a peer."""

    def handle_ROW_DESCRIPTION(self, data: bytes, context: Any) -> None:  # noqa: N802 - pg8000's name
        """Read texts but for the two types that are asked for; pg8000 knows fifty, from which a peer could choose."""
        self.pg_types = _Types({16: lambda text: text == "t", 23: int})
        super().handle_ROW_DESCRIPTION(data, context)

    def handle_ERROR_RESPONSE(self, data: bytes, context: Any) -> None:  # noqa: N802 - pg8000's name
        """Raise what ends the session at once: no more follows it, and pg8000 would forget it over the closing."""
        super().handle_ERROR_RESPONSE(data, context)
        fields = context.error.args[0]
        if fields.get("V", fields.get("S")) in ("FATAL", "PANIC"):
            raise context.error

    def handle_COPY_DATA(self, *_: Any) -> None:  # noqa: N802 - pg8000's name
        """Refuse what nobody asked for."""
        raise PeerFaultError("pg.protocol", "begins a copy that nobody asked for")

    handle_COPY_IN_RESPONSE = handle_COPY_OUT_RESPONSE = handle_COPY_DATA  # noqa: N815 - pg8000's names

    def close(self) -> None:
        """Say goodbye if the peer still listens."""
        with suppress(InterfaceError, OSError):
            super().close()
