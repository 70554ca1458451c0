"""One HTTP/1.1 exchange over a stream, phase by phase, within the probe's deadline and limits on what is read."""

from dataclasses import dataclass

from auditor.domain.observation import Failure, Phase
from auditor.net.causes import DeadlinePassedError, PeerFaultError
from auditor.net.http_message import (
    Chunks,
    Decoder,
    Head,
    Limits,
    Request,
    RequestRefusedError,
    body_length,
    head_end,
    parse_head,
    require_answer,
    write_request,
)
from auditor.net.probe import Probe
from auditor.net.stream import Stream

__all__ = ["Limits", "Request", "Response", "exchange"]

_MOST_INTERIM_ANSWERS = 16
_INTERIM = range(100, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Head):
    """An answer that was read whole; ``body`` is decompressed, ``body_bytes`` counts it as it came over the wire."""

    body: bytes
    body_bytes: int


async def exchange(probe: Probe, stream: Stream, request: Request, limits: Limits) -> Response | Failure:
    """Send a request and read its answer: phases REQUEST, FIRST_BYTE (of the final answer) and TRANSFER.

    A peer that stops taking the request may have answered early: its answer is read before the failure is believed.
    """
    try:
        message = write_request(request)
    except RequestRefusedError as error:
        return Failure(
            phase=Phase.REQUEST,
            cause="http.malformed",
            detail=f"{stream.peer} was not asked: {error}",
            address=stream.address,
        )
    sent = await probe.step(
        Phase.REQUEST,
        stream.send(message),
        address=stream.address,
        peer=stream.peer,
        timeout_cause="http.first_byte_timeout",
        timeout_words="did not take the request",
    )
    if sent is not None and sent.cause != "tcp.reset":
        return sent
    answer = _Answer(stream, request.method, limits)
    began = await probe.step(
        Phase.FIRST_BYTE,
        answer.begin(),
        address=stream.address,
        peer=stream.peer,
        timeout_cause="http.first_byte_timeout",
        timeout_words="sent no answer",
    )
    if began is not None:
        return sent if sent is not None and began.phase is not Phase.TLS else began
    return await probe.step(
        Phase.TRANSFER,
        answer.read(),
        address=stream.address,
        peer=stream.peer,
        timeout_cause="http.transfer_timeout",
        timeout_words="began its answer and did not finish it",
    )


class _Answer:
    """An answer while it comes in."""

    def __init__(self, stream: Stream, method: str, limits: Limits) -> None:
        self._stream = stream
        self._method = method
        self._limits = limits
        self._data = bytearray()
        self._searched = 0
        self._interim = 0

    async def begin(self) -> None:
        """Wait for the first byte of the final answer."""
        while not self._data or self._begins_interim():
            taken = self._take_head() if self._data else None
            if taken is None and not await self._more():
                raise PeerFaultError("tcp.closed", "closed the connection before it answered")

    async def read(self) -> Response:
        """Read the head and the body."""
        while (head := self._take_head()) is None or head.status in _INTERIM:
            if head is None and not await self._more():
                raise PeerFaultError("http.truncated", "closed the connection inside the headers")
        decoder = Decoder(head.header("content-encoding"), self._limits.body_bytes)
        try:
            await self._read_body(head, decoder)
            body = decoder.finish()
        except PeerFaultError as fault:  # the status is worth knowing although the rest cannot be used
            raise PeerFaultError(fault.cause, f"answered {head.status} and {fault.words}") from fault
        except DeadlinePassedError as passed:
            words = f"answered {head.status} and did not finish its body before the probe's deadline"
            raise PeerFaultError("http.transfer_timeout", words) from passed
        return Response(
            version=head.version, status=head.status, headers=head.headers, body=body, body_bytes=decoder.received
        )

    async def _read_body(self, head: Head, decoder: Decoder) -> None:
        length = body_length(head, self._method)
        rest = bytes(self._data)
        if length is None:
            decoder.feed(rest)
            while data := await self._stream.receive():
                decoder.feed(data)
        elif length == "chunked":
            chunks = Chunks()
            decoder.feed(chunks.feed(rest))
            while not chunks.done:
                decoder.feed(chunks.feed(await self._next_piece()))
        else:
            decoder.expect(int(length))
            left = int(length)
            while left:
                data = (rest or await self._next_piece())[:left]
                rest = b""
                left -= len(data)
                decoder.feed(data)

    async def _next_piece(self) -> bytes:
        data = await self._stream.receive()
        if not data:
            raise PeerFaultError("http.truncated", "closed the connection before its body was complete")
        return data

    async def _more(self) -> bool:
        data = await self._stream.receive()
        self._data += data
        return bool(data)

    def _begins_interim(self) -> bool:
        """Whether a 1xx answer stands at the front."""
        return self._data[:7] == b"HTTP/1." and self._data[8:10] == b" 1"

    def _take_head(self) -> Head | None:
        """Take a complete head from the front of what has come."""
        require_answer(self._data)
        end = head_end(self._data, self._searched)
        if (len(self._data) if end is None else end[0]) > self._limits.head_bytes:
            words = f"sent headers of more than {self._limits.head_bytes} bytes"
            raise PeerFaultError("http.headers_too_large", words)
        if end is None:
            self._searched = len(self._data)
            return None
        head = parse_head(bytes(self._data[: end[0]]))
        del self._data[: end[1]]
        self._searched = 0
        self._interim += 1
        if head.status == 101 or self._interim > _MOST_INTERIM_ANSWERS:
            raise PeerFaultError("http.malformed", "sent interim answers without end, or changed the protocol unasked")
        return head
