"""RESP2, the protocol of Redis and Valkey: commands to bytes, a peer's bytes to bounded replies. Pure.

Our own and not a library's, see docs/adr/0011-own-redis-client.md.
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor.net.causes import PeerFaultError
from functions.cache.facts import Refusal

MOST_LINE = 4096
"""Bytes of a status or an error. The longest honest one, of the protected mode, has 900."""
_MOST_ELEMENTS = 8
_LENGTH = re.compile(rb"-1|0|[1-9][0-9]{0,9}")
_INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]{0,18})")
_WORD = re.compile(rb"[A-Z]+")

_BY_WORD: dict[bytes, Refusal] = {
    b"NOAUTH": "noauth",
    b"WRONGPASS": "wrongpass",
    b"NOPERM": "not_permitted",
    b"DENIED": "protected_mode",
    b"LOADING": "loading",
    b"MASTERDOWN": "master_down",
    b"BUSY": "busy",
    b"OOM": "oom",
    b"READONLY": "read_only",
    b"MISCONF": "not_persisted",
    b"NOREPLICAS": "no_replicas",
    b"MOVED": "moved",
    b"ASK": "moved",
    b"CROSSSLOT": "moved",
    b"CLUSTERDOWN": "cluster_down",
    b"TRYAGAIN": "cluster_down",
    b"WRONGTYPE": "wrong_type",
}
_BY_PHRASE: tuple[tuple[bytes, Refusal], ...] = (
    (b"max number of clients", "max_clients"),
    (b"without any password", "no_password"),
    (b"no password is set", "no_password"),
    (b"invalid password", "wrongpass"),
)
"""What begins with ERR is told by its words; those of servers up to version 5 are among them."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An error answer by what it means. The server's words are dropped: they can repeat what was sent."""

    why: Refusal


class TooLargeError(Exception):
    """When a reply is larger than was asked for. It is left unread, so nothing after it can be read either."""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """That more bytes are needed."""


INCOMPLETE: Final = Incomplete()
Scalar = bytes | int | None | Refused
Reply = Scalar | tuple[Scalar, ...]


def encode(command: tuple[str, ...]) -> bytes:
    """A command as an array of bulk strings."""
    parts = [part.encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Replies:
    """The replies in what a peer has sent so far. PeerFaultError for what is not RESP2."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def empty(self) -> bool:
        """Whether nothing is left that nobody has asked for yet."""
        return not self._buffer

    def feed(self, data: bytes) -> None:
        """More bytes."""
        self._buffer += data

    def take(self, most: int) -> Reply | Incomplete:
        """The next reply; TooLargeError when a text in it has more than ``most`` bytes."""
        found = self._at(0, most)
        if isinstance(found, Incomplete):
            return found
        reply, end = found
        del self._buffer[:end]
        return reply

    def _at(self, start: int, most: int) -> tuple[Reply, int] | Incomplete:
        if self._buffer[start : start + 1] != b"*":
            return self._scalar(start, most)
        line = self._line(start)
        if isinstance(line, Incomplete):
            return line
        count, end = _length(line[0]), line[1]
        if count is None:
            return None, end
        if count > _MOST_ELEMENTS:
            raise PeerFaultError("redis.protocol", "answers with more elements than were asked for")
        elements: list[Scalar] = []
        for _ in range(count):
            found = self._scalar(end, most)
            if isinstance(found, Incomplete):
                return found
            element, end = found
            elements.append(element)
        return tuple(elements), end

    def _scalar(self, start: int, most: int) -> tuple[Scalar, int] | Incomplete:
        line = self._line(start)
        if isinstance(line, Incomplete):
            return line
        text, end = line
        match self._buffer[start : start + 1]:
            case b"+":
                return text, end
            case b"-":
                return Refused(_meaning(text)), end
            case b":":
                if not _INTEGER.fullmatch(text):
                    raise _not_redis()
                return int(text), end
            case b"$":
                length = _length(text)
                return (None, end) if length is None else self._text(end, length, most)
        raise _not_redis()  # an array in an array too: nothing that is asked for is answered so

    def _text(self, start: int, length: int, most: int) -> tuple[bytes, int] | Incomplete:
        if length > most:
            raise TooLargeError
        end = start + length
        closing = bytes(self._buffer[end : end + 2])
        if not b"\r\n".startswith(closing):
            raise _not_redis()
        return (bytes(self._buffer[start:end]), end + 2) if len(closing) == 2 else INCOMPLETE

    def _line(self, start: int) -> tuple[bytes, int] | Incomplete:
        """A line without its type and end, and where the next one begins."""
        kind = self._buffer[start : start + 1]
        if kind and kind not in b"+-:$*":
            raise _not_redis()
        end = self._buffer.find(b"\r\n", start, start + MOST_LINE)
        if end < 0:
            if len(self._buffer) - start >= MOST_LINE:
                raise PeerFaultError("redis.protocol", "sends a line that is longer than any of Redis")
            return INCOMPLETE
        return bytes(self._buffer[start + 1 : end]), end + 2


def _length(text: bytes) -> int | None:
    """The length of a text or an array; None is Redis's null."""
    if not _LENGTH.fullmatch(text):
        raise _not_redis()
    return None if text == b"-1" else int(text)


def _meaning(text: bytes) -> Refusal:
    word = _WORD.match(text)
    known = _BY_WORD.get(word.group()) if word else None
    if known is not None:
        return known
    lowered = text.lower()
    # An unknown command is repeated with its arguments, which must not be taken for the server's own words.
    if not text.startswith(b"ERR") or b"unknown command" in lowered:
        return "other"
    return next((why for phrase, why in _BY_PHRASE if phrase in lowered), "other")


def _not_redis() -> PeerFaultError:
    return PeerFaultError("redis.protocol", "sends what is not the Redis protocol")
