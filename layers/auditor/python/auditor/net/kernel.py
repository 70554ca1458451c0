"""What the kernel knows of times: when something arrived is stamped there, however late this process looks."""

import socket
import struct
import time
from collections.abc import Sequence

STAMP_BYTES = socket.CMSG_SPACE(16)
"""Room for one stamp in ``recvmsg``."""

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python's socket module has no name for it
_TIMESPEC = struct.Struct("@qq")
_TCP_INFO_BYTES = 104
_RTT = struct.Struct("@I")
_RTT_AT, _TOTAL_RETRANS_AT = 68, 100  # struct tcp_info of linux/tcp.h


def ask_for_stamps(sock: socket.socket) -> None:
    """Have the kernel stamp what this socket receives; where it cannot, ``arrival`` will know nothing."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:  # a sandboxed kernel; what the loop saw has to do
        return


def stamping_kept_on() -> socket.socket:
    """An idle socket that wants stamps: while it is open the kernel need not switch stamping on and off per probe.

    That switch rewrites the kernel's code on all CPUs, for half a millisecond and more.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ask_for_stamps(sock)
    return sock


def arrival(ancillary: Sequence[tuple[int, int, bytes]]) -> float | None:
    """The instant (``time.monotonic()``) at which the last packet of a ``recvmsg`` came; None without a stamp."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            ago: float = (time.time_ns() - seconds * 1_000_000_000 - nanoseconds) / 1e9
            # The stamp is of the clock of the day, which may be set: only its short distance from now is used.
            return time.monotonic() - ago
    return None


def connect_seconds(sock: socket.socket) -> float | None:
    """How long a fresh connection took by the kernel: the round trip of SYN and SYN-ACK; None if a SYN was repeated."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        (microseconds,), (repeated,) = _RTT.unpack_from(info, _RTT_AT), _RTT.unpack_from(info, _TOTAL_RETRANS_AT)
    except (OSError, struct.error):  # a sandboxed kernel, as above
        return None
    return microseconds / 1e6 if microseconds and not repeated else None
