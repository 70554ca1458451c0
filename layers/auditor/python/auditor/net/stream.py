"""A connected byte stream: a raw non-blocking socket, and TLS through memory buffers on top of it."""

import contextlib
import socket
import ssl
import time
from dataclasses import dataclass

from auditor.net.causes import DeadlinePassedError, PeerFaultError, tls_cause
from auditor.net.kernel import STAMP_BYTES, arrival, ask_for_stamps, connect_seconds
from auditor.net.loop import Loop

_CHUNK = 65_536
_READS_A_TURN = 16
_BEHIND_A_TICKET = 0.05
"""Seconds: a server that hangs up on everybody does so in the same moment."""
_TLS_RECORD_TYPES = range(0x14, 0x18)
_TLS_MAJOR_VERSION = 0x03


@dataclass(slots=True)
class _Tls:
    object: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO


class Stream:
    """What ``Probe.connect`` returns. Every wait ends at the probe's one deadline with DeadlinePassedError.

    ``address`` and ``port`` are those that were named, not those that the network's translation dialled.
    """

    def __init__(self, sock: socket.socket, address: str, port: int, loop: Loop, deadline: float) -> None:
        self.address = address
        self.port = port
        self.peer = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        """``address:port`` for messages."""
        self._socket = sock
        self._loop = loop
        self._deadline = deadline
        self._tls: _Tls | None = None
        self._encrypted = False
        self._reads = 0
        self._unread = b""
        """What was decrypted while a failed ``send`` looked for the peer's reason."""

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS connection after a handshake, for version, cipher and certificate."""
        return self._tls.object if self._tls is not None and self._encrypted else None

    @property
    def tls_attempt(self) -> ssl.SSLObject | None:
        """The TLS connection also of a handshake that failed, for what the peer presented in it."""
        return self._tls.object if self._tls is not None else None

    @property
    def encrypted(self) -> bool:
        """Whether a TLS handshake was completed."""
        return self._encrypted

    async def send(self, data: bytes) -> None:
        """Send everything."""
        if self._tls is None:
            await self._send_raw(data)
        else:
            self._tls.object.write(data)
            try:
                await self._flush(self._tls)
            except (ConnectionResetError, BrokenPipeError):
                self._look_for_alert(self._tls)
                raise

    async def receive(self, limit: int = _CHUNK) -> bytes:
        """At least one byte and at most ``limit``; empty when the peer ended the stream."""
        tls = self._tls
        if tls is None:
            return await self._receive_raw(limit)
        if self._unread:
            unread, self._unread = self._unread[:limit], self._unread[limit:]
            return unread
        if not tls.incoming.pending and not tls.object.pending():
            await self._flush(tls)
            await self._feed(tls)
        while True:
            try:
                return tls.object.read(limit)
            except ssl.SSLWantReadError:
                await self._flush(tls)
                await self._feed(tls)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # many servers leave the closing alert out
                return b""
            except ssl.SSLError as error:
                raise _after_the_handshake(error) from error

    async def unasked(self, seconds: float) -> bytes | None:
        """What a peer says right after the handshake: a byte, none when it ended the stream, None when it waits for us.

        In TLS 1.3 the refusal of a client without a certificate comes only here, as an error. Who sends a ticket has
        accepted us: after that only what comes along with it is waited for. Whoever calls has the time for it, whatever
        the deadline of the handshake was.
        """
        tls, deadline = self._tls, self._deadline
        if tls is None:
            raise TypeError(f"{self.peer}: what a peer says without TLS is received, not waited for")
        self._deadline = time.monotonic() + seconds
        try:
            await self._flush(tls)
            while True:
                try:
                    return tls.object.read(1)
                except ssl.SSLWantReadError:
                    session = tls.object.session
                    if session is not None and session.has_ticket:
                        self._deadline = min(self._deadline, time.monotonic() + _BEHIND_A_TICKET)
                    await self._feed(tls)
                except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                    return b""
                except ssl.SSLError as error:
                    raise _after_the_handshake(error) from error
        except DeadlinePassedError:
            return None
        finally:
            self._deadline = deadline

    async def listen(self, until: float) -> tuple[bool, bool]:
        """Whether the peer said something before this instant (``time.monotonic()``), and whether it ended the stream.

        Nothing is kept of what it says; who says much is not listened to for longer. A reset is raised as OSError.
        """
        spoke = False
        for _ in range(_READS_A_TURN):
            try:
                size = self._socket.recv_into(self._loop.buffer)
            except BlockingIOError:
                if not await self._loop.readable(self._socket, until):
                    break
                continue
            if not size:
                return spoke, True
            spoke = True
        return spoke, False

    async def handshake(self, context: ssl.SSLContext, server_name: str | None) -> None:
        """Speak TLS from here on; without a name the peer is told none."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        # As bytes, because Python sends every text through its slow codec for international names.
        host = server_name.encode("ascii") if server_name is not None and server_name.isascii() else server_name
        tls = _Tls(context.wrap_bio(incoming, outgoing, server_hostname=host), incoming, outgoing)
        self._tls = tls
        heard = False
        while True:
            try:
                tls.object.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush(tls)
            except ssl.SSLError as error:
                self._send_rest(tls)
                if error.reason == "SSLV3_ALERT_HANDSHAKE_FAILURE" and tls.object.cipher() is not None:
                    # Version and cipher were agreed, so the alert is TLS 1.2's way to miss a client certificate.
                    raise PeerFaultError("tls.client_certificate_required", "demands a client certificate") from error
                raise
            else:
                self._encrypted = True  # what completes the handshake for the peer goes along with the first request
                return
            data = await self._feed(tls)
            if data and not heard:
                heard = True
                _require_tls_record(data)

    def connection(self) -> socket.socket:
        """The socket itself, taken away from the loop; the stream must not be used any more."""
        if self._tls is not None:
            raise TypeError(f"{self.peer}: a stream that speaks TLS through memory buffers has no socket to give away")
        self._loop.forget(self._socket)
        self._socket.setblocking(True)
        return self._socket

    def close(self) -> None:
        """Close the socket, without TLS's closing alert: what we send says its own length, nothing can be cut off."""
        if self._socket.fileno() < 0:
            return
        if self._tls is not None:
            self._send_rest(self._tls)
        self._loop.forget(self._socket)
        self._socket.close()

    async def _feed(self, tls: _Tls) -> bytes:
        data = await self._receive_raw(_CHUNK)
        if data:
            tls.incoming.write(data)
        else:
            tls.incoming.write_eof()
        return data

    async def _flush(self, tls: _Tls) -> None:
        if tls.outgoing.pending:
            await self._send_raw(tls.outgoing.read())

    def _send_rest(self, tls: _Tls) -> None:
        """An alert, or the handshake's end, where the kernel takes it at once."""
        if tls.outgoing.pending:
            with contextlib.suppress(OSError):
                self._socket.send(tls.outgoing.read())

    def _look_for_alert(self, tls: _Tls) -> None:
        """Raise the TLS alert with which the peer said why it reset the connection, if one has come."""
        with contextlib.suppress(OSError):
            while data := self._socket.recv(_CHUNK):
                tls.incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError, ssl.SSLEOFError):
            while data := tls.object.read(_CHUNK):
                self._unread += data

    async def _receive_raw(self, limit: int) -> bytes:
        """Every byte that a probe receives over TCP comes through here."""
        while True:
            self._reads += 1
            if self._reads % _READS_A_TURN == 0:  # a peer faster than we read must not keep the loop from others
                await self._loop.sleep(0)
            try:
                buffer = self._loop.buffer[:limit]
                size, ancillary, _, _ = self._socket.recvmsg_into((buffer,), STAMP_BYTES)
            except BlockingIOError:
                if not await self._loop.readable(self._socket, self._deadline):
                    raise DeadlinePassedError from None
                continue
            came = arrival(ancillary)
            if came is not None:
                self._loop.clock.came(came)
            # What came in time counts although we are late to read it; a peer that never stops sending ends here, too.
            if (time.monotonic() if came is None else came) >= self._deadline:
                raise DeadlinePassedError
            return bytes(buffer[:size])

    async def _send_raw(self, data: bytes) -> None:
        self._loop.clock.asked(time.monotonic())
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                if not await self._loop.writable(self._socket, self._deadline):
                    raise DeadlinePassedError from None


async def dial(named: tuple[str, int], dialled: tuple[str, int], loop: Loop, deadline: float) -> Stream:
    """A connected stream to ``dialled`` that goes by the name of ``named``."""
    family = socket.AF_INET6 if ":" in dialled[0] else socket.AF_INET
    try:
        socket.inet_pton(family, dialled[0])
    except OSError as error:  # Python would resolve a name here, in this thread, for seconds
        raise ValueError(f"{dialled[0]!r} is not an address: resolve names first") from error
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ask_for_stamps(sock)
        begun = time.monotonic()
        loop.clock.asked(begun)
        try:
            sock.connect(dialled)
        except BlockingIOError:
            if not await loop.writable(sock, deadline):
                raise DeadlinePassedError from None
            number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number:
                raise OSError(number, "connect") from None
        if (seconds := connect_seconds(sock)) is not None:
            loop.clock.came(begun + seconds)
        return Stream(sock, *named, loop, deadline)
    except BaseException:
        loop.forget(sock)
        sock.close()
        raise


def _after_the_handshake(error: ssl.SSLError) -> Exception:
    """What an error of a read is: who has spoken TLS and says something else now is no server of something else."""
    if tls_cause(error)[0] != "tls.not_tls":
        return error
    return PeerFaultError("tls.failed", f"left TLS after the handshake ({error.reason})")


def _require_tls_record(data: bytes) -> None:
    if data[0] not in _TLS_RECORD_TYPES or data[1:2] not in (b"", bytes([_TLS_MAJOR_VERSION])):
        raise PeerFaultError("tls.not_tls", "does not speak TLS on this port")
