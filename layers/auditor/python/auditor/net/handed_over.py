"""Connections given to library code: shut down when its time is over, closed when it no longer works with them."""

import socket

from auditor.net.workers import WorkerCall


class HandedOver:
    """The sockets of one probe that library code has, and the calls that may be using them."""

    def __init__(self) -> None:
        self._sockets: list[tuple[socket.socket, socket.socket]] = []
        self._calls: list[WorkerCall] = []

    def take(self, sock: socket.socket) -> socket.socket:
        """Remember a socket; its duplicate stays ours whatever the library does with the socket itself."""
        self._sockets.append((sock, sock.dup()))
        return sock

    def used_by(self, call: WorkerCall) -> None:
        """Remember a call that may work with any of them."""
        self._calls.append(call)

    def hang_up(self) -> None:
        """Shut all down, so that library code blocked on them returns."""
        for _, duplicate in self._sockets:
            try:
                duplicate.shutdown(socket.SHUT_RDWR)
            except OSError:  # the peer was faster
                continue

    def close(self) -> None:
        """Shut all down, and close them as soon as no call works with them."""
        if self._sockets:
            self.hang_up()
            self._close()

    def _close(self) -> None:
        # A descriptor that a thread still works with must not be closed: its number could be another probe's next.
        for call in self._calls:
            if call.running:
                call.when_ended(self._close)
                return
        for sock, duplicate in self._sockets:
            sock.close()
            duplicate.close()
