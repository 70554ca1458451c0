"""One address of a TLS place: the handshake as a client makes it, then further questions beside it."""

import ssl
import struct
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from auditor.domain.observation import Failure, Phase
from auditor.net.causes import PeerFaultError, tls_cause
from auditor.net.http import Limits, Request, Response, exchange
from auditor.net.probe import CouldNotTellError, Probe
from auditor.net.stream import Stream
from auditor.net.tls import (
    Certificate,
    UnreadableCertificateError,
    outdated_context,
    presented_certificates,
    unverified_context,
)
from functions.tls.certificate import certificate_facts, covers, issuer_of, shown_names
from functions.tls.facts import AddressFacts, WithoutNameFacts
from functions.tls.family import TlsSpec, is_address
from functions.tls.versions import in_words

T = TypeVar("T")

_OF_TIME = 0.7
"""The part of the time that the handshake has: a plain HTTP server may wait in silence for the end of a line, and to
learn that needs the rest."""
_FIRST_WORD = 0.25
"""Seconds for a refusal after the handshake, at least; on a long way three round trips."""
_LAST_WORD = 0.05
"""The same before TLS 1.3, where all was said and a server can only hang up."""
_PERHAPS_PLAIN = ("tls.not_tls", "tls.timeout", "tls.closed", "tls.failed", "tcp.reset")
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_CLIENT_CERTIFICATE = "tls.client_certificate_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What came of an address; ``chain`` is what it presented, its own certificate first."""

    facts: AddressFacts
    failure: Failure | None = None
    chain: tuple[Certificate, ...] = ()


class Visit:
    """Asks one address, with the context that verifies what the target says it should."""

    def __init__(self, spec: TlsSpec, probe: Probe, context: ssl.SSLContext, address: str) -> None:
        self._spec = spec
        self._probe = probe
        self._context = context
        self._address = address
        self._verify_code: int | None = None
        self._demanded: bool | None = None

    async def made(self) -> Visited:
        """The handshake's outcome and what else it made worth asking."""
        visited = await self._as_a_client()
        failure = visited.failure
        if visited.chain and self._spec.begins == "tls" and not is_address(self._spec.name):
            unnamed = await self._aside(lambda aside, stream: self._without_name(aside, stream, visited.chain[0]))
            return replace(visited, facts=replace(visited.facts, without_name=unnamed))
        if failure is not None and failure.cause == "tls.protocol":
            return self._outdated(visited, failure, await self._aside(self._older_version))
        if failure is not None and failure.phase is Phase.TLS and failure.cause in _PERHAPS_PLAIN:
            status = await self._aside(self._plain_status)
            return self._plain(visited, failure, status)
        return visited

    async def _as_a_client(self) -> Visited:
        facts = AddressFacts(address=self._address)
        probe = self._probe.again(self._probe.remaining() * _OF_TIME)
        try:
            began = probe.clock()
            stream = await probe.connect(self._address, self._spec.port)
            round_trip = probe.clock() - began
            if isinstance(stream, Failure):
                return Visited(facts=facts, failure=stream)
            failure = await self._step(probe, stream, self._handshake(stream))
            if failure is None and self._demanded is None:
                failure = await self._first_word(stream, round_trip)
            return self._read(stream, failure)
        finally:
            self._probe.keep(probe)
            probe.close()

    async def _handshake(self, stream: Stream) -> None:
        try:
            await self._ask_for_tls(stream)
            await stream.handshake(self._context, self._spec.name)
        except ssl.SSLCertVerificationError as error:
            self._verify_code = error.verify_code
            raise
        except PeerFaultError as error:
            self._take_demand(error)

    async def _first_word(self, stream: Stream, round_trip: float) -> Failure | None:
        """In TLS 1.3 a server says only now that it does not take us; no phase of its own: a healthy one is silent."""
        listener = self._probe.again()
        newest = stream.tls is not None and stream.tls.version() == "TLSv1.3"
        seconds = max(_FIRST_WORD, 3 * round_trip) if newest else _LAST_WORD
        if seconds > listener.remaining():
            return None  # a silence that was cut short would prove nothing
        return await self._step(listener, stream, self._listen(stream, seconds))

    async def _listen(self, stream: Stream, seconds: float) -> None:
        try:
            word = await stream.unasked(seconds)
        except ssl.SSLError as error:
            self._take_demand(PeerFaultError(*tls_cause(error)))
            return
        if word == b"":
            raise PeerFaultError("tls.closed", "closed the connection as soon as the TLS handshake was over")
        self._demanded = False

    def _take_demand(self, error: PeerFaultError) -> None:
        """A demand that is declared is no failure; anything else stays what it is."""
        if error.cause != _CLIENT_CERTIFICATE:
            raise error
        self._demanded = True
        if self._spec.client_certificate != "demanded":
            raise error

    def _read(self, stream: Stream, failure: Failure | None) -> Visited:
        """What the handshake showed, also where it failed."""
        connection = stream.tls_attempt
        facts = AddressFacts(
            address=self._address,
            verify_code=self._verify_code,
            client_certificate_demanded=self._demanded,
        )
        cipher = None if connection is None else connection.cipher()
        if connection is None or cipher is None:
            return Visited(facts=facts, failure=failure)
        # Before its end OpenSSL does not say the version; only ciphers of TLS 1.3 have such names, and older versions
        # than 1.2 are not offered.
        version = connection.version() or ("TLSv1.3" if cipher[0].startswith("TLS_") else "TLSv1.2")
        facts = replace(facts, version=version, cipher=cipher[0], verified=self._verified(stream, failure))
        try:
            chain = presented_certificates(connection)
        except UnreadableCertificateError:
            detail = f"{stream.peer} presents what cannot be read as a certificate"
            unreadable = Failure(
                phase=Phase.TLS, cause="tls.certificate_unreadable", detail=detail, address=self._address
            )
            return Visited(facts=facts, failure=failure or unreadable)
        if chain:
            facts = replace(
                facts,
                certificate=certificate_facts(chain[0], self._spec.name, self._probe.slot),
                chain_length=len(chain),
                issuer_presented=issuer_of(chain[0], chain[1:]) is not None,
            )
        return Visited(facts=facts, failure=failure, chain=chain)

    def _verified(self, stream: Stream, failure: Failure | None) -> bool | None:
        """A client shows that it has no certificate only after it has verified the server's."""
        if self._context.verify_mode is ssl.CERT_NONE:
            return None
        if self._verify_code is not None:
            return False
        return True if failure is None or self._demanded or stream.encrypted else None

    async def _ask_for_tls(self, stream: Stream) -> None:
        if self._spec.begins == "tls":
            return
        await stream.send(_SSL_REQUEST)
        answer = await stream.receive(1)
        if answer == b"N":
            raise PeerFaultError("tls.not_offered", "was asked for TLS as PostgreSQL's clients do, and offers none")
        if answer == b"":
            raise PeerFaultError("tls.closed", "closed the connection when it was asked for TLS")
        if answer != b"S":
            raise PeerFaultError("tls.not_tls", "answered the question for TLS with neither yes nor no")

    async def _step(self, probe: Probe, stream: Stream, work: Coroutine[Any, Any, None]) -> Failure | None:
        return await probe.step(
            Phase.TLS,
            work,
            address=self._address,
            peer=stream.peer,
            timeout_cause="tls.timeout",
            timeout_words="did not finish the TLS handshake",
        )

    async def _aside(self, question: Callable[[Probe, Stream], Coroutine[Any, Any, T]]) -> T | None:
        """A further question; None where it could not be asked or got no answer. Its phases are nobody's."""
        aside = self._probe.again()
        try:
            stream = await aside.connect(self._address, self._spec.port)
            return None if isinstance(stream, Failure) else await question(aside, stream)
        except CouldNotTellError:  # what was seen before stands all the same
            return None
        finally:
            aside.close()

    async def _without_name(self, aside: Probe, stream: Stream, named: Certificate) -> WithoutNameFacts | None:
        failure = await self._step(aside, stream, stream.handshake(unverified_context(), None))
        if failure is not None and failure.cause == "tls.timeout":
            return None
        try:
            chain = presented_certificates(stream.tls_attempt) if stream.tls_attempt is not None else ()
        except UnreadableCertificateError:
            return None
        if not chain:
            return WithoutNameFacts(certificate="none")
        same = (chain[0].serial, chain[0].issuer) == (named.serial, named.issuer)
        return WithoutNameFacts(
            certificate="same" if same else "other",
            names=shown_names(chain[0]),
            covers_name=covers(chain[0], self._spec.name),
        )

    async def _older_version(self, aside: Probe, stream: Stream) -> str:
        async def handshake() -> None:
            await self._ask_for_tls(stream)
            await stream.handshake(outdated_context(), self._spec.name)

        failure = await self._step(aside, stream, handshake())
        return stream.tls.version() or "" if failure is None and stream.tls is not None else ""

    async def _plain_status(self, aside: Probe, stream: Stream) -> int | None:
        answer = await exchange(aside, stream, Request(host=self._spec.name, method="HEAD"), Limits())
        return answer.status if isinstance(answer, Response) else None

    def _outdated(self, visited: Visited, failure: Failure, version: str | None) -> Visited:
        if not version:
            return visited
        detail = f"{self._peer} speaks no newer version than {in_words(version)}"
        return replace(
            visited,
            facts=replace(visited.facts, older_version=version),
            failure=replace(failure, cause="tls.old_version", detail=detail),
        )

    def _plain(self, visited: Visited, failure: Failure, status: int | None) -> Visited:
        # A server that does speak TLS may say in plain HTTP that it wants TLS, with 400.
        plain = status is not None and (status != 400 or failure.cause == "tls.not_tls")
        facts = replace(visited.facts, answers_plain_http=plain)
        if not plain:
            return replace(visited, facts=facts)
        detail = f"{self._peer} answers plain HTTP (status {status}) and no TLS handshake"
        return replace(visited, facts=facts, failure=replace(failure, cause="tls.plain_http", detail=detail))

    @property
    def _peer(self) -> str:
        return f"[{self._address}]:{self._spec.port}" if ":" in self._address else f"{self._address}:{self._spec.port}"
