"""TLS in front of a server that has none: neither the embedded PostgreSQL nor the embedded Valkey is built with it."""

import socket
import ssl
import struct
import threading
from contextlib import closing, suppress

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_NO_ENCRYPTION = b"SFATAL\0C28000\0Mno pg_hba.conf entry for this host, no encryption\0\0"
_HANDSHAKE_SECONDS = 5.0
_CHUNK = 65_536


class TlsFront:
    """Ends TLS at an address and passes the bytes on. ``postgres``: TLS begins as PostgreSQL's clients ask for it."""

    def __init__(
        self, address: tuple[str, int], behind: tuple[str, int], context: ssl.SSLContext, *, postgres: bool = False
    ) -> None:
        self._behind = behind
        self._context = context
        self._postgres = postgres
        self._listener = socket.create_server(address, backlog=64)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """The address is free again, and whoever was connected is not any more."""
        with self._lock:
            self._closed = True
            connected = list(self._open)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept, which close alone does not
        self._listener.close()
        for each in connected:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_HANDSHAKE_SECONDS)
        with suppress(OSError), closing(connection):
            if self._postgres and not self._asked_for_tls(connection):
                return
            with (
                closing(self._context.wrap_socket(connection, server_side=True)) as client,
                closing(socket.create_connection(self._behind, timeout=_HANDSHAKE_SECONDS)) as server,
            ):
                self._relay(client, server)

    @staticmethod
    def _asked_for_tls(connection: socket.socket) -> bool:
        if connection.recv(8, socket.MSG_WAITALL) == _SSL_REQUEST:
            connection.sendall(b"S")
            return True
        connection.sendall(b"E" + struct.pack("!i", len(_NO_ENCRYPTION) + 4) + _NO_ENCRYPTION)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(_CHUNK):
            pass  # closing over what lies unread would be a reset, and the refusal lost with it
        return False

    def _relay(self, client: ssl.SSLSocket, server: socket.socket) -> None:
        with self._lock:
            if self._closed:
                return
            self._open |= {client, server}
        for each in (client, server):
            each.settimeout(None)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        try:
            _pump(client, server)
            back.join()
        finally:
            with self._lock:
                self._open -= {client, server}


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Until either side ends; then the other direction ends too."""
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    for each in (sink, source):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
