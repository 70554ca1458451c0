"""A real resolver on loopback, UDP and TCP on one port, that behaves as a test says."""

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence

from dnslib import RCODE, RR, DNSRecord

OverUdp = Callable[[bytes], Sequence[bytes]]
"""The datagrams that answer a query."""
OverTcp = Callable[[socket.socket], object]
"""What is done with a connection."""


class Resolver:
    """Answers each datagram with those of ``over_udp``, each connection by ``over_tcp``; without that TCP is closed."""

    def __init__(self, over_udp: OverUdp, over_tcp: OverTcp | None) -> None:
        self._over_udp = over_udp
        self._over_tcp = over_tcp
        self.asked: list[DNSRecord] = []
        self._listener = socket.create_server(("127.0.0.1", 0)) if over_tcp else None
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self._listener.getsockname() if self._listener else ("127.0.0.1", 0))
        self.address: tuple[str, int] = self._udp.getsockname()
        self._threads = [threading.Thread(target=self._serve_udp)]
        if self._listener:
            self._threads.append(threading.Thread(target=self._serve_tcp, args=(self._listener,)))
        for thread in self._threads:
            thread.start()

    @property
    def place(self) -> str:
        """As observations name it."""
        return "{}:{}".format(*self.address)

    def close(self) -> None:
        """End both servers."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", self.address)
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()
        self._udp.close()
        if self._listener:
            self._listener.close()

    def _serve_udp(self) -> None:
        while True:
            query, client = self._udp.recvfrom(65_535)
            if not query:
                return
            self.asked.append(DNSRecord.parse(query))
            for answer in self._over_udp(query):
                with contextlib.suppress(OSError):
                    self._udp.sendto(answer, client)

    def _serve_tcp(self, listener: socket.socket) -> None:
        assert self._over_tcp is not None
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    self._over_tcp(connection)


def message(query: bytes, *records: RR, rcode: str = "NOERROR", authority: Sequence[RR] = (), aa: int = 0) -> DNSRecord:
    """The answer to a query."""
    answer = DNSRecord.parse(query).reply(aa=aa)
    answer.header.rcode = getattr(RCODE, rcode)
    answer.add_answer(*records)
    answer.add_auth(*authority)
    return answer
