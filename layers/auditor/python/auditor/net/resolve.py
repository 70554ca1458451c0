"""Asking the resolver: one UDP query inside the loop, sent once more if lost, over TCP if the answer was cut."""

import contextlib
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.net import dns
from auditor.net.causes import DeadlinePassedError, PeerFaultError, is_own_limit
from auditor.net.kernel import STAMP_BYTES, arrival, ask_for_stamps
from auditor.net.loop import Loop
from auditor.net.network import Network
from auditor.net.stream import dial

_DATAGRAM = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a host name led to.

    ``name`` is the full name that was asked, ``canonical`` the chain of names it is an alias for, ``ttl`` the smallest
    of the chain in seconds (None for an address that was given literally), ``resolver`` who was asked.
    """

    host: str
    name: str
    addresses: tuple[str, ...]
    canonical: tuple[str, ...] = ()
    ttl: int | None = None
    resolver: str = ""


def literal(host: str) -> Resolution | None:
    """The resolution of a host that is an address already."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            address = socket.inet_ntop(family, socket.inet_pton(family, host))
            return Resolution(host=host, name=host, addresses=(address,))
    return None


async def resolve(host: str, network: Network, loop: Loop, deadline: float) -> Resolution:
    """Addresses of a host: A, and AAAA only if the name has no A.

    Names of the search list are tried while the answer is NXDOMAIN or NODATA; what is reported then is the answer for
    the host as it was written. Raises PeerFaultError whose words complete "resolver <host:port> ...".
    """
    verdicts: dict[str, PeerFaultError] = {}
    names = network.names_to_ask(host)
    for name in names:
        try:
            return await _resolve_name(host, name, network, loop, deadline)
        except PeerFaultError as fault:
            verdicts[name] = fault
            if fault.cause not in ("dns.nxdomain", "dns.nodata"):
                break
    raise verdicts.get(host.rstrip("."), next(reversed(verdicts.values())))


async def ask(name: str, type: int, network: Network, loop: Loop, deadline: float) -> dns.Answer:
    """One question: over UDP, and over TCP where the answer did not fit into a datagram."""
    answer = await ask_over_udp(name, type, network, loop, deadline)
    return await ask_over_tcp(name, type, network, loop, deadline) if answer.truncated else answer


async def ask_over_udp(name: str, type: int, network: Network, loop: Loop, deadline: float) -> dns.Answer:
    """One query, whose answer may be truncated. Sent once more at a third of the time left: a lost packet is no outage.

    That is the only repetition within a probe. Datagrams that do not answer this very query are ignored.
    """
    with faults_of_resolver(name):
        identifier, question = _question(name, type)
        family = socket.AF_INET6 if ":" in network.resolver[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            sock.connect(network.resolver)
            ask_for_stamps(sock)
            begun = time.monotonic()
            loop.clock.asked(begun)
            sock.send(question)
            waits = [begun + (deadline - begun) / 3, deadline]
            while True:
                datagram = await _datagram(sock, loop, waits[0])
                if datagram is not None and dns.belongs(datagram[0], identifier, name, type):
                    if datagram[1] is not None:
                        loop.clock.came(datagram[1])
                    return dns.parse(datagram[0])
                loop.clock.noticed(time.monotonic())  # what answers something else leaves the turn with the resolver
                if datagram is not None:
                    await loop.sleep(0)  # whoever floods us must not keep the loop from everybody else
                    continue
                waits.pop(0)
                if not waits:
                    raise DeadlinePassedError
                sock.send(question)
        finally:
            loop.forget(sock)
            sock.close()


async def ask_over_tcp(name: str, type: int, network: Network, loop: Loop, deadline: float) -> dns.Answer:
    """The same question where the answer may have any length."""
    with faults_of_resolver(name):
        identifier, question = _question(name, type)
        stream = await dial(network.resolver, network.resolver, loop, deadline)
        try:
            await stream.send(len(question).to_bytes(2, "big") + question)
            message = b""
            while len(message) < 2 or len(message) < 2 + int.from_bytes(message[:2], "big"):
                data = await stream.receive()
                if not data:
                    raise dns.MalformedError("the answer over TCP ended too early")
                message += data
        finally:
            stream.close()
        message = message[2 : 2 + int.from_bytes(message[:2], "big")]
        if not dns.belongs(message, identifier, name, type):
            raise dns.MalformedError("the answer over TCP belongs to another question")
        answer = dns.parse(message)
        if answer.truncated:  # its records were not read: without this it would say that there are none
            raise dns.MalformedError("the answer over TCP says that it is truncated")
        return answer


@contextlib.contextmanager
def faults_of_resolver(name: str) -> Iterator[None]:
    """Around an exchange with the resolver: what is wrong with it becomes PeerFaultError."""
    try:
        yield
    except dns.MalformedError as error:
        raise PeerFaultError("dns.malformed", f"answered for {name} what cannot be read: {error}") from error
    except OSError as error:
        if is_own_limit(error):
            raise
        raise PeerFaultError("dns.unreachable", f"could not be reached for {name} ({type(error).__name__})") from error


async def _resolve_name(host: str, name: str, network: Network, loop: Loop, deadline: float) -> Resolution:
    for kind in (dns.TYPE_A, dns.TYPE_AAAA):
        answer = await ask(name, kind, network, loop, deadline)
        if answer.rcode != dns.RCODE_NOERROR:
            cause, word = dns.RCODE_CAUSES.get(answer.rcode, ("dns.servfail", f"rcode {answer.rcode}"))
            raise PeerFaultError(cause, f"answered {word} for {name}")
        with faults_of_resolver(name):
            chain, records = dns.follow(answer, name, kind)
        if records:
            return Resolution(
                host=host,
                name=name,
                addresses=tuple(dict.fromkeys(record.value for record in records)),
                canonical=chain,
                ttl=min(record.ttl for record in answer.records),
                resolver="{}:{}".format(*network.resolver),
            )
    raise PeerFaultError("dns.nodata", f"answered that {name} exists and has no address record (NODATA)")


def _question(name: str, type: int) -> tuple[int, bytes]:
    identifier = secrets.randbits(16)
    try:
        return identifier, dns.query(identifier, name, type)
    except dns.MalformedError as error:
        raise PeerFaultError("dns.malformed", f"was not asked for {name!r}: {error}") from error


async def _datagram(sock: socket.socket, loop: Loop, until: float) -> tuple[bytes, float | None] | None:
    """The next datagram and when it came, as far as the kernel says; None when none came in time."""
    while True:
        try:
            data, ancillary, _, _ = sock.recvmsg(_DATAGRAM, STAMP_BYTES)
        except BlockingIOError:
            if not await loop.readable(sock, until):
                return None
            continue
        came = arrival(ancillary)
        # What came in time counts although we are late to read it; a flood that nobody asked for ends here, too.
        return (data, came) if (time.monotonic() if came is None else came) < until else None
