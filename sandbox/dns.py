"""The sandbox's DNS: the estate's names over UDP and TCP; every other name does not exist, and a zone says so.

A name with several addresses is answered in a new order each time, as Route 53 answers for Cloud Map.
"""

import random
from collections.abc import Mapping

from dnslib import QTYPE, RCODE, RR, SOA, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

TTL = 10
NEGATIVE_TTL = 15
"""Seconds that caches believe a denial: what Cloud Map writes into the SOA record of a private namespace."""


class _Zone(BaseResolver):  # type: ignore[misc]  # dnslib is untyped
    def __init__(self, names: Mapping[str, str | tuple[str, ...]]) -> None:
        self._names = names
        self._zones = {name.partition(".")[2] for name in names}

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:  # noqa: ARG002 - dnslib's signature
        reply = request.reply()
        name = str(request.q.qname).rstrip(".").lower()
        known = self._names.get(name, ())
        addresses = [known] if isinstance(known, str) else random.sample(known, len(known))
        if name not in self._names:
            reply.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype in (QTYPE.A, QTYPE.ANY):
            reply.add_answer(*(RR(request.q.qname, QTYPE.A, ttl=TTL, rdata=A(address)) for address in addresses))
        if not reply.rr:
            reply.add_auth(self._denial(name))
        return reply

    def _denial(self, name: str) -> RR:
        """The SOA record of the nearest zone above the name, which is the root's where no other is."""
        above = [zone for zone in self._zones if name.endswith(f".{zone}")]
        numbers = (1, 7200, 900, 1_209_600, 86_400)
        data = SOA("ns-1536.awsdns-00.co.uk", "awsdns-hostmaster.amazon.com", numbers)
        return RR(max(above, key=len, default="."), QTYPE.SOA, ttl=NEGATIVE_TTL, rdata=data)


class Dns:
    """A name server in threads of this process."""

    def __init__(self, *, address: str, port: int, names: Mapping[str, str | tuple[str, ...]]) -> None:
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
