"""HTTP/1.1 messages without I/O: write a request, read the head of an answer, decode its body within limits."""

import re
import zlib
from dataclasses import dataclass

from auditor.net.causes import PeerFaultError

Headers = tuple[tuple[str, str], ...]

_LINE_END = re.compile(rb"\r?\n")
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) ([1-9][0-9]{2})(?: [^\r\n]*)?")
_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"[!-~]+")
_FIELD_TEXT = re.compile(r"[\t -~\x80-\xff]*")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,15}")
_CHUNK_LINE_LIMIT = 4_096
_MOST_FRAMING = 65_536
_BLANKS = " \t"
"""Python strips vertical tabs and no-break spaces too, and so would take a length that other readers refuse."""
_MOST_HEADERS = 1_000
_MOST_DIGITS = 15
_WBITS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_GZIP_FIRST_BYTE = 0x1F
_DEFAULTS = (
    ("user-agent", "User-Agent: health-auditor"),
    ("accept", "Accept: */*"),
    ("accept-encoding", "Accept-Encoding: gzip, deflate"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``host`` is what the Host header says; ``path`` includes the query. Header values may hold secrets: no repr."""

    host: str
    path: str = "/"
    method: str = "GET"
    headers: Headers = ()
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Request({self.method} {self.host}{self.path})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of an answer is read: ``body_bytes`` holds before and after decompression."""

    head_bytes: int = 65_536
    body_bytes: int = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Status line and headers of an answer; header names in lower case, in their order."""

    version: str
    status: int
    headers: Headers

    def header(self, name: str) -> str | None:
        """The value of a header, several joined by commas; None without one."""
        values = [value for key, value in self.headers if key == name.lower()]
        return ", ".join(values) if values else None


class RequestRefusedError(ValueError):
    """When a request holds what HTTP does not allow, such as a line end in a header."""


def write_request(request: Request) -> bytes:
    """The bytes of a request. Defaults for User-Agent, Accept and Accept-Encoding give way to the caller's headers."""
    if not _TARGET.fullmatch(request.path) or not request.path.startswith(("/", "*")):
        raise RequestRefusedError("the path holds characters that HTTP does not allow; they have to be percent-encoded")
    if not _FIELD_NAME.fullmatch(request.method.encode("latin-1", "replace")):
        raise RequestRefusedError("the method is not an HTTP method")
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {request.host}"]
    given = {name.lower() for name, _ in request.headers}
    lines += [line for name, line in _DEFAULTS if name not in given]
    for name, value in (("Host", request.host), *request.headers):
        if not _FIELD_NAME.fullmatch(name.encode("latin-1", "replace")) or not _FIELD_TEXT.fullmatch(value):
            raise RequestRefusedError(f"header {name!r} holds characters that HTTP does not allow")
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines.append("Connection: close")
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(request.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + request.body


def require_answer(data: bytearray) -> None:
    """Refuse at its first bytes what cannot become an answer in HTTP/1."""
    beginning = b"HTTP/1."
    if data[: len(beginning)] != beginning[: len(data)]:
        if data[0] in (0x15, 0x16):
            raise _malformed("answered with TLS on a port that was asked in plain HTTP")
        raise _malformed("did not begin its answer with an HTTP/1.1 status line")


def head_end(data: bytearray, searched: int) -> tuple[int, int] | None:
    """Where the head ends and what follows begins, if it is complete; ``searched`` bytes were looked at before."""
    found = _EMPTY_LINE.search(data, max(0, searched - 3))
    return None if found is None else found.span()


def parse_head(data: bytes) -> Head:
    """Read a head without its empty line."""
    first, *lines = _LINE_END.split(data)
    status_line = _STATUS_LINE.fullmatch(first)
    if status_line is None:
        raise _malformed("did not begin its answer with an HTTP/1.1 status line")
    if len(lines) > _MOST_HEADERS:
        raise PeerFaultError("http.headers_too_large", f"sent more than {_MOST_HEADERS} header lines")
    headers: list[tuple[str, str]] = []
    for line in lines:
        if b"\0" in line or b"\r" in line:  # a CR alone ends the line for some readers, so that they see other headers
            raise _malformed("sent a header line with a NUL or a CR in it")
        if line[:1] in (b" ", b"\t") and headers:  # a folded line, obsolete and still seen
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.decode('latin-1').strip(_BLANKS)}".strip(_BLANKS))
            continue
        key, colon, text = line.partition(b":")
        if not colon or not _FIELD_NAME.fullmatch(key):
            raise _malformed("sent a header line that is none")
        headers.append((key.decode("ascii").lower(), text.decode("latin-1").strip(_BLANKS)))
    return Head(version=status_line[1].decode(), status=int(status_line[2]), headers=tuple(headers))


def body_length(head: Head, method: str) -> int | str | None:
    """Bytes of the body, ``"chunked"``, or None for a body that ends with the connection."""
    if method == "HEAD" or head.status in (204, 304):
        return 0
    transfer = head.header("transfer-encoding")
    if transfer is not None:
        if transfer.strip(_BLANKS).lower() != "chunked":
            raise PeerFaultError("http.encoding", "used a transfer encoding that is not chunked")
        if head.header("content-length") is not None:  # RFC 9112, 6.3: readers disagree where such an answer ends
            raise _malformed("sent both a Content-Length and a Transfer-Encoding")
        return "chunked"
    lengths = {
        value.strip(_BLANKS) for key, joined in head.headers if key == "content-length" for value in joined.split(",")
    }
    if not lengths:
        return None
    text = lengths.pop()
    if lengths or not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        raise _malformed("sent a Content-Length that is no number, or several")
    return int(text)


class Decoder:
    """Undoes a content encoding piece by piece, and refuses what grows over the limit: a gzip bomb stays small here."""

    def __init__(self, content_encoding: str | None, limit: int) -> None:
        self._coding = (content_encoding or "identity").strip().lower()
        self._limit = limit
        self.received = 0
        """Bytes that came over the wire."""
        self._body = bytearray()
        self._inflater = zlib.decompressobj(_WBITS[self._coding]) if self._coding in _WBITS else None

    def expect(self, length: int) -> None:
        """Refuse a body that announces itself as too large."""
        if length > self._limit:
            raise self._too_large()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if not data:
            return
        if self._coding not in ("", "identity", *_WBITS):
            raise PeerFaultError("http.encoding", "used a content encoding that was not asked for")
        begun = self.received > 0
        self.received += len(data)
        self.expect(self.received)
        if self._inflater is None:
            self._body += data
            return
        if not begun and self._coding == "deflate" and data[0] & 0x0F != zlib.DEFLATED:
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)  # many servers leave the zlib wrapper out
        try:
            self._inflate(self._inflater, data)
        except zlib.error as error:
            raise PeerFaultError("http.encoding", f"sent a body that is not {self._coding}") from error

    def finish(self) -> bytes:
        """The whole body, when its last byte was fed."""
        if self._inflater is not None and self.received > 0 and not self._inflater.eof:
            raise PeerFaultError("http.encoding", f"sent a {self._coding} body that stops too early")
        return bytes(self._body)

    def _inflate(self, inflater: "zlib._Decompress", data: bytes) -> None:
        while data:
            if inflater.eof:
                if self._coding == "deflate" or data[0] != _GZIP_FIRST_BYTE:
                    return  # what follows the last member is padding
                inflater = self._inflater = zlib.decompressobj(_WBITS["gzip"])
            self._body += inflater.decompress(data, self._limit + 1 - len(self._body))
            if len(self._body) > self._limit:
                raise self._too_large()
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail

    def _too_large(self) -> PeerFaultError:
        return PeerFaultError("http.body_too_large", f"sent a body of more than {self._limit} bytes")


class Chunks:
    """Takes the chunked transfer coding apart; ``done`` after the last chunk and its trailer."""

    def __init__(self) -> None:
        self.done = False
        self._buffer = bytearray()
        self._left: int | None = None
        """Bytes of the running chunk that are still to come; None between chunks."""
        self._trailer = False
        self._framing = 0
        """Bytes of sizes, extensions, trailers and line ends."""
        self._body = 0

    def feed(self, data: bytes) -> bytes:
        """The body's bytes in what came from the wire."""
        self._buffer += data
        body = bytearray()
        while not self.done:
            if self._left:
                piece = self._buffer[: self._left]
                if not piece:
                    break
                body += piece
                del self._buffer[: len(piece)]
                self._left -= len(piece)
                self._body += len(piece)
                continue
            line = self._line()
            if line is None:
                break
            self._take(line)
        return bytes(body)

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0 or end > _CHUNK_LINE_LIMIT:
            if len(self._buffer) > _CHUNK_LINE_LIMIT:
                raise _malformed("sent an endless line between two chunks")
            return None
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        return line

    def _take(self, line: bytes) -> None:
        self._framing += len(line) + 2
        if self._framing > _MOST_FRAMING + self._body:  # who wraps little in much wants our time, not to be read
            if self._trailer:
                raise PeerFaultError("http.headers_too_large", f"sent trailers of more than {_MOST_FRAMING} bytes")
            raise _malformed("sent more between its chunks than in them")
        if self._trailer:
            self.done = not line
            name, colon, _ = line.partition(b":")
            if line and not (colon and _FIELD_NAME.fullmatch(name)):
                raise _malformed("sent a trailer line that is none")
        elif self._left == 0:
            if line:
                raise _malformed("sent a chunk that is longer than it said")
            self._left = None
        else:
            size = line.partition(b";")[0].rstrip(b" \t")
            if not _HEX.fullmatch(size):
                raise _malformed("sent a chunk size that is no number")
            self._left = int(size, 16) or None
            self._trailer = self._left is None


def _malformed(words: str) -> PeerFaultError:
    return PeerFaultError("http.malformed", words)
