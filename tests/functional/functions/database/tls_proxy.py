"""A TLS-terminating door before a PostgreSQL that has none: answers the SSLRequest with S, wraps, pipes."""

import contextlib
import select
import socket
import ssl

SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


def serve_tls(connection: socket.socket, context: ssl.SSLContext, backend: tuple[str, int]) -> None:
    """Serve one client to its end."""
    if connection.recv(len(SSL_REQUEST), socket.MSG_WAITALL) != SSL_REQUEST:
        return
    connection.sendall(b"S")
    try:
        client = context.wrap_socket(connection, server_side=True)
    except (ssl.SSLError, OSError):  # the client did not like the certificate
        return
    with client, contextlib.suppress(OSError), socket.create_connection(backend) as server:
        while True:
            ready = [client] if client.pending() else select.select([client, server], [], [])[0]
            for source in ready:
                data = source.recv(65_536)
                if not data:
                    return
                (server if source is client else client).sendall(data)
