"""Real servers on loopback that do around TLS what a situation says."""

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator

Script = Callable[[socket.socket], object]
"""What a server does with a connection, which is closed afterwards; a client that leaves is no error."""

SSL_REQUEST = bytes.fromhex("0000000804d2162f")
"""How PostgreSQL's clients ask for TLS."""


@contextlib.contextmanager
def server(script: Script, *, address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """The port of a server that runs the script for each connection in a thread; all have ended afterwards."""
    listener = socket.create_server((address, port), backlog=64)
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            script(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


def waits(connection: socket.socket) -> None:
    """Hold the connection until the client leaves."""
    while connection.recv(65_536):
        pass


def encrypted(context: ssl.SSLContext, then: Script = waits) -> Script:
    """The script behind a handshake."""

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            then(secured)

    return serve


def asked_first(answer: bytes, then: Script) -> Script:
    """The script after a client asked for TLS as PostgreSQL's do, and was answered so."""

    def serve(connection: socket.socket) -> None:
        if connection.recv(8, socket.MSG_WAITALL) == SSL_REQUEST:
            connection.sendall(answer)
            then(connection)

    return serve


def restricted(
    context: ssl.SSLContext, *, least: ssl.TLSVersion | None = None, most: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    """The context with other versions, the outdated ones included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = least or ssl.TLSVersion.TLSv1
        context.maximum_version = most or ssl.TLSVersion.MAXIMUM_SUPPORTED
    return context


def demanding(context: ssl.SSLContext, authority_pem: bytes, most: ssl.TLSVersion) -> ssl.SSLContext:
    """The context that demands a client certificate of this authority."""
    context.load_verify_locations(cadata=authority_pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = most
    return context
