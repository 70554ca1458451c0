"""Pieces of hostile behaviour over a connected socket, whatever the protocol."""

import itertools
import socket
import struct
import time
from collections.abc import Callable, Iterable

Script = Callable[[socket.socket], object]
"""What a peer does with a connection; it is closed afterwards, and a vanished probe is no error."""


def says(*pieces: bytes) -> Script:
    """Send these bytes, and wait a moment for what the probe still sends: closing over unread bytes is a reset."""

    def script(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.5)
        while connection.recv(65_536):
            pass

    return script


def then_waits(*pieces: bytes) -> Script:
    """Send these bytes and hold the connection until the probe leaves."""

    def script(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        while connection.recv(65_536):
            pass

    return script


def endless(begin: bytes, *again: bytes) -> Script:
    """Send ``begin``, then the rest again and again, as fast as the probe takes it."""
    block = b"".join(again)
    block *= max(1, 16_384 // len(block))

    def script(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(block)

    return script


def drips(begin: bytes, again: Iterable[bytes], pause: float = 0.03) -> Script:
    """Send ``begin`` at once, then one piece after another with a pause between, without end."""
    pieces = tuple(again)

    def script(connection: socket.socket) -> None:
        connection.sendall(begin)
        for piece in itertools.cycle(pieces):
            time.sleep(pause)
            connection.sendall(piece)

    return script


def resets_after(*pieces: bytes) -> Script:
    """Send these bytes, give them time to be read, and reset."""

    def script(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return script
