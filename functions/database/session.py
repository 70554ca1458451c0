"""One PostgreSQL session over a socket of our own: SSLRequest, login, one query. Blocks; made for a worker thread."""

import functools
import io
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError
from scramp import ScramException

from auditor.domain.observation import Phase
from auditor.net.causes import PeerFaultError
from functions.database.facts import ServerFacts
from functions.database.refusal import Refusal, refusal_of

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
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
_LONGEST_NAME = 63
_VERSION = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}(?![0-9.])")
_APPLICATION_NAME = "health-auditor"

# One message, one round trip; SET LOCAL and a transaction, so that nothing stays behind in a pooler's session.
# backend_type is null for sessions that the role may not look into: then what has a database and a user is a client.
_QUERY = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {timeout_ms};
SELECT current_setting('server_version'), current_user::text, current_database()::text, pg_is_in_recovery(),
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'
     OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL))::int,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0)
    - coalesce(nullif(current_setting('rds.rds_superuser_reserved_connections', true), '')::int, 0),
  (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user)::int,
  pg_has_role(current_user, 'pg_monitor', 'USAGE');
COMMIT
"""


class RefusedError(PeerFaultError):
    """When the server's own answer ends the session; ``words`` complete "<peer> ..."."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.cause, refusal.words)
        self.sqlstate = refusal.sqlstate


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


class _PlainSocket(socket.socket):
    def makefile(self, *_: Any, **__: Any) -> Any:
        """pg8000's only way to read."""
        return _BoundedFile(super().makefile("rwb"))


class _TlsSocket(ssl.SSLSocket):
    def makefile(self, *_: Any, **__: Any) -> Any:
        """pg8000's only way to read."""
        return _BoundedFile(super().makefile("rwb"))


class _Types(dict[int, Callable[[str], Any]]):
    def __missing__(self, number: int) -> Callable[[str], Any]:
        return str


class _Connection(pg8000.native.Connection):  # type: ignore[misc]
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

    def handle_COPY_DATA(self, *_: Any) -> None:  # noqa: N802 - pg8000's name
        """Refuse what nobody asked for."""
        raise PeerFaultError("pg.protocol", "begins a copy that nobody asked for")

    handle_COPY_IN_RESPONSE = handle_COPY_OUT_RESPONSE = handle_COPY_DATA  # noqa: N815 - pg8000's names

    def close(self) -> None:
        """Say goodbye if the peer still listens."""
        with suppress(InterfaceError, OSError):
            super().close()


class Session:
    """A connected socket's way through TLS, login and query, all of which raise PeerFaultError or OSError.

    ``close`` may be called while a worker thread is still inside: then that thread closes when it comes out, since the
    number of a descriptor that is closed under it could be another probe's next.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._sock: socket.socket = _PlainSocket(fileno=connected.detach())
        self._connection: _Connection | None = None
        self._verified = False
        self._asked: set[str] = set()
        """Names that the catalogue gives, so that the server's saying them gives nothing away."""
        self._lock = threading.Lock()
        self._busy = False
        self._closed = False
        self.sqlstate = ""

    @property
    def encrypted(self) -> bool:
        """Whether TLS is up."""
        return isinstance(self._sock, ssl.SSLSocket)

    def close(self) -> None:
        """Say goodbye to the server and give back the descriptor."""
        with self._lock:
            self._closed = True
            if not self._busy:
                self._dispose()

    def secure(self, context: ssl.SSLContext, server_name: str) -> None:
        """Ask the server for TLS in PostgreSQL's way and make the handshake."""
        with self._in_use():
            self._sock.sendall(_SSL_REQUEST)
            answer = self._sock.recv(1)
            if answer == b"":
                raise PeerFaultError("tcp.closed", "closed the connection after the request for TLS")
            if answer == b"N":
                raise PeerFaultError("pg.tls_refused", "does not offer TLS")
            if answer != b"S":
                raise PeerFaultError("pg.protocol", "answered the request for TLS with neither yes nor no")
            self._sock = context.wrap_socket(self._sock, server_hostname=server_name)
            self._verified = context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname

    def login(self, *, user: str, database: str, password: str) -> None:
        """Start the session as the user; SCRAM is bound to the TLS channel where the server offers that."""
        self._asked = {user, database}
        with self._in_use(), self._speaking(Phase.LOGIN):
            self._connection = _Connection(
                cleartext_allowed=self._verified,
                user=user,
                database=database,
                password=password,
                application_name=_APPLICATION_NAME,
                sock=self._sock,
                ssl_context=False,
            )

    def ask(self, *, timeout_ms: int) -> ServerFacts:
        """What the server says about itself; it gives up by itself after ``timeout_ms``."""
        assert self._connection is not None, "login comes before the query"
        with self._in_use(), self._speaking(Phase.QUERY):
            facts = _server_facts(self._connection.run(_QUERY.format(timeout_ms=timeout_ms)))
            said = {facts.user, facts.database} - self._asked
            if any(self._connection.password.decode() in name for name in said):
                raise ValueError("a name that the server says holds the password")
            return facts

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        with self._lock:
            self._busy = True
        try:
            yield
        finally:
            with self._lock:
                self._busy = False
                if self._closed:
                    self._dispose()

    @contextmanager
    def _speaking(self, phase: Phase) -> Iterator[None]:
        """Around pg8000, whose exceptions for a peer that is not PostgreSQL are whatever its parser stumbled over."""
        try:
            yield
        except DatabaseError as error:
            fields = error.args[0] if error.args and isinstance(error.args[0], Mapping) else {}
            refusal = refusal_of(fields, phase=phase, encrypted=self.encrypted)
            self.sqlstate = refusal.sqlstate
            raise RefusedError(refusal) from None
        except InterfaceError as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None
            raise PeerFaultError("tcp.closed", f"closed the connection during the {phase.value}") from None
        except ScramException:
            raise PeerFaultError("pg.protocol", "failed to prove by SCRAM that it knows the role's password") from None
        except (LookupError, struct.error, ValueError, TypeError, AttributeError) as error:
            if isinstance(error, OSError):  # ssl.SSLCertVerificationError is a ValueError too
                raise
            raise PeerFaultError("pg.protocol", "sends what is not the PostgreSQL protocol") from None

    def _dispose(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._sock.close()


@functools.cache
def tls_context(tls: str, ca_file: str | None) -> ssl.SSLContext:
    """The process's one context for a kind of verification; OSError or SSLError if the CA file cannot be used.

    As libpq verifies, and not ssl.create_default_context: from Python 3.13 on that one refuses authorities that lack
    an extension, which PostgreSQL's clients accept.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _TlsSocket
    if tls == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    else:
        context.load_default_certs()
    return context


def _server_facts(rows: Any) -> ServerFacts:
    ((version, user, database, in_recovery, used, maximum, own, monitor),) = rows
    number = _VERSION.match(version)
    texts, booleans, integers = (user, database), (in_recovery, monitor), (used, maximum, own)
    if (
        number is None
        or not all(isinstance(text, str) and text.isprintable() and len(text) <= _LONGEST_NAME for text in texts)
        or not all(isinstance(value, bool) for value in booleans)
        or not all(type(value) is int for value in integers)
    ):
        raise ValueError("the row is not of the types that were asked for")
    return ServerFacts(
        version=number.group(),
        user=user,
        database=database,
        in_recovery=in_recovery,
        connections_used=used,
        connections_max=maximum,
        connections_of_own_role=own,
        role_is_monitor=monitor,
    )
