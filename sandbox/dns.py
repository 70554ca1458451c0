"""The sandbox's DNS: the estate's names over UDP and TCP; every other name does not exist."""

from collections.abc import Mapping

from dnslib import QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

TTL = 10


class _Zone(BaseResolver):  # type: ignore[misc]  # dnslib is untyped
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:  # noqa: ARG002 - dnslib's signature
        reply = request.reply()
        name = str(request.q.qname).rstrip(".").lower()
        if name not in self._names:
            reply.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype in (QTYPE.A, QTYPE.ANY):
            reply.add_answer(RR(request.q.qname, QTYPE.A, ttl=TTL, rdata=A(self._names[name])))
        return reply


class Dns:
    """A name server in threads of this process."""

    def __init__(self, *, address: str, port: int, names: Mapping[str, str]) -> None:
        quiet = DNSLogger(log="-request,-reply,-truncated,-error,-recv,-send,-data", prefix=False)
        zone = _Zone(names)
        self._servers = [DNSServer(zone, address=address, port=port, tcp=tcp, logger=quiet) for tcp in (False, True)]
        self._started = False

    def start(self) -> None:
        """Serves until ``stop``."""
        self._started = True
        for server in self._servers:
            server.start_thread()

    def stop(self) -> None:
        """Ends the threads and frees the port."""
        for server in self._servers:
            if self._started:  # asking a server to stop that never served would wait for ever
                server.stop()
            server.server.server_close()
