"""One PostgreSQL session over a socket of our own: SSLRequest, login, one query. Blocks; made for a worker thread."""

import functools
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pg8000.exceptions import DatabaseError, InterfaceError
from scramp import ScramException

from auditor.domain.observation import Phase
from auditor.net.causes import PeerFaultError
from functions.database import schema_version
from functions.database.connection import Connection, PlainSocket, TlsSocket
from functions.database.facts import SchemaFacts, ServerFacts
from functions.database.family import SchemaVersion
from functions.database.questions import questions, server_facts
from functions.database.refusal import Refusal, refusal_of

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_APPLICATION_NAME = "health-auditor"


class RefusedError(PeerFaultError):
    """When the server's own answer ends the session; ``words`` complete "<peer> ..."."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.cause, refusal.words)
        self.sqlstate = refusal.sqlstate


class Session:
    """A connected socket's way through TLS, login and query, all of which raise PeerFaultError or OSError.

    ``close`` may be called while a worker thread is still inside: then that thread closes when it comes out, since the
    number of a descriptor that is closed under it could be another probe's next.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._sock: socket.socket = PlainSocket(fileno=connected.detach())
        self._connection: Connection | None = None
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
            self._connection = Connection(
                cleartext_allowed=self._verified,
                user=user,
                database=database,
                password=password,
                application_name=_APPLICATION_NAME,
                sock=self._sock,
                ssl_context=False,
            )

    def ask(
        self, *, timeout_ms: int, versions: Sequence[SchemaVersion] = ()
    ) -> tuple[ServerFacts, tuple[SchemaFacts, ...]]:
        """What the server says about itself and the declared version tables.

        It gives up by itself after ``timeout_ms``. A table that cannot be read hides nothing of the server.
        """
        assert self._connection is not None, "login comes before the query"
        with self._in_use(), self._speaking(Phase.QUERY):
            rows = self._connection.run(questions(timeout_ms=timeout_ms))
            password = self._connection.password.decode()
            server = server_facts(rows, password=password, asked=frozenset(self._asked))
            each_ms = max(1, timeout_ms // (4 * len(versions) or 1))
            return server, tuple(self._revisions(version, each_ms, password) for version in versions)

    def _revisions(self, version: SchemaVersion, timeout_ms: int, password: str) -> SchemaFacts:
        assert self._connection is not None, "login comes before the query"
        try:
            problem = schema_version.problem_of(self._connection.run(schema_version.access(version, timeout_ms)))
            if problem is not None:
                return SchemaFacts(table=version.table, outcome=problem)
            rows = self._connection.run(schema_version.reading(version, timeout_ms))
        except DatabaseError:
            self._connection.run("ROLLBACK")
            return SchemaFacts(table=version.table, outcome="failed")
        return schema_version.facts(version, rows, password=password)

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
                raise self._last_word(error.__cause__) from None
            raise PeerFaultError("tcp.closed", f"closed the connection during the {phase.value}") from None
        except OSError as error:
            raise self._last_word(error) from None
        except ScramException:
            raise PeerFaultError("pg.protocol", "failed to prove by SCRAM that it knows the role's password") from None
        except (LookupError, struct.error, ValueError, TypeError, AttributeError):
            raise PeerFaultError("pg.protocol", "sends what is not the PostgreSQL protocol") from None

    def _last_word(self, error: OSError) -> OSError:
        """A peer that refuses in TLS says why in an alert. Who writes meets its closed door first and must read it."""
        if isinstance(error, (ssl.SSLEOFError, BrokenPipeError, ConnectionResetError)) and self.encrypted:
            try:
                self._sock.recv(1)
            except ssl.SSLError as told:
                if not isinstance(told, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
                    return told
            except OSError:
                pass
        return error

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
    context.sslsocket_class = TlsSocket
    if tls == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    else:
        context.load_default_certs()
    return context
