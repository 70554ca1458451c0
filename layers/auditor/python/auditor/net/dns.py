"""DNS messages: write a query, read an answer that may be damaged or hostile. Pure; resolve.py does the asking."""

import socket
import struct
from dataclasses import dataclass, replace

TYPE_A = 1
TYPE_NS = 2
TYPE_CNAME = 5
TYPE_SOA = 6
TYPE_AAAA = 28
TYPE_SRV = 33
_CLASS_IN = 1
_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_SOA_NUMBERS = struct.Struct("!IIIII")
_FLAG_ANSWER = 0x8000
_FLAG_AUTHORITATIVE = 0x0400
_FLAG_TRUNCATED = 0x0200
_FLAG_RECURSION_DESIRED = 0x0100
_FLAG_RECURSION_AVAILABLE = 0x0080
_MAX_LABEL = 63
_MAX_NAME = 255
_MAX_POINTERS = 127
"""A name has no more parts than that, and each part needs one pointer at most."""
_POINTER = 0xC0
_MAX_RECORDS = 1_000

RCODE_NOERROR = 0
RCODE_CAUSES: dict[int, tuple[str, str]] = {
    2: ("dns.servfail", "SERVFAIL"),
    3: ("dns.nxdomain", "NXDOMAIN"),
    5: ("dns.refused", "REFUSED"),
    1: ("dns.servfail", "FORMERR"),
    4: ("dns.servfail", "NOTIMP"),
}
"""Cause and name of each rcode; one that is not listed is a ``dns.servfail`` too."""


class MalformedError(ValueError):
    """When bytes are not a DNS message, or a name cannot be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One answer record. ``value`` is the address or the target name, or the data in hexadecimal for other types."""

    name: str
    type: int
    ttl: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who says that there is no such name or record: the zone, and for how many seconds a cache may believe it."""

    zone: str
    negative_ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a resolver said. ``authority`` comes with answers that deny; an alias on the way there is in ``records``.

    ``recursive``: the server says that it asks others. ``refers_to``: the zone whose servers it names instead of an
    answer, empty for the root; None where it names none, or says who denies.
    """

    rcode: int
    truncated: bool
    records: tuple[Record, ...] = ()
    authoritative: bool = False
    recursive: bool = False
    authority: Authority | None = None
    refers_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A record that was not interpreted yet: its data begins at ``offset`` of the message."""

    name: str
    type: int
    ttl: int
    offset: int
    length: int


def query(identifier: int, name: str, type: int) -> bytes:
    """The bytes that ask a recursive resolver for records of a name."""
    header = _HEADER.pack(identifier, _FLAG_RECURSION_DESIRED, 1, 0, 0, 0)
    return header + _encode_name(name) + struct.pack("!HH", type, _CLASS_IN)


def belongs(message: bytes, identifier: int, name: str, type: int) -> bool:
    """Whether a datagram answers this query: its id, and the question it repeats unless it is an error."""
    if len(message) < _HEADER.size:
        return len(message) >= 2 and int.from_bytes(message[:2], "big") == identifier
    got, flags, questions, *_ = _HEADER.unpack_from(message)
    if got != identifier or not flags & _FLAG_ANSWER:
        return False
    if questions != 1:
        return True  # not readable as an answer to anything: parse() calls it malformed or takes its error code
    try:
        asked, offset = _decode_name(message, _HEADER.size)
        asked_type, asked_class = struct.unpack_from("!HH", message, offset)
    except (MalformedError, struct.error):
        return True
    return (asked, asked_type, asked_class) == (name.rstrip(".").lower(), type, _CLASS_IN)


def parse(message: bytes) -> Answer:
    """Read a message. A truncated one gives its flags only; the records have to be asked for over TCP."""
    if len(message) < _HEADER.size:
        raise MalformedError(f"{len(message)} bytes are no DNS message")
    _, flags, questions, answers, authorities, _ = _HEADER.unpack_from(message)
    rcode = flags & 0x000F
    head = Answer(
        rcode=rcode,
        truncated=bool(flags & _FLAG_TRUNCATED),
        authoritative=bool(flags & _FLAG_AUTHORITATIVE),
        recursive=bool(flags & _FLAG_RECURSION_AVAILABLE),
    )
    if head.truncated:
        return head
    try:
        records, offset = _records(message, questions, answers)
    except MalformedError:
        if rcode == RCODE_NOERROR:
            raise
        return head  # an error code is believed without what should stand behind it
    places = _authorities(message, offset, authorities)
    authority = next((found for place in places if (found := _authority(message, place)) is not None), None)
    servers = [place.name for place in places if place.type == TYPE_NS]
    return replace(
        head,
        records=records,
        authority=authority,
        refers_to=servers[0] if servers and authority is None else None,
    )


def follow(answer: Answer, name: str, type: int) -> tuple[tuple[str, ...], tuple[Record, ...]]:
    """The chain of canonical names from ``name`` on, and the records of ``type`` at its end."""
    aliases = {record.name: record.value for record in answer.records if record.type == TYPE_CNAME}
    current = name.rstrip(".").lower()
    chain: list[str] = []
    while current in aliases:
        current = aliases[current]
        if current in chain or len(chain) > _MAX_LABEL:
            raise MalformedError("the canonical names run in a circle")
        chain.append(current)
    return tuple(chain), tuple(record for record in answer.records if record.type == type and record.name == current)


def _records(message: bytes, questions: int, answers: int) -> tuple[tuple[Record, ...], int]:
    """The answer section, and the offset behind it."""
    if questions != 1 or answers > _MAX_RECORDS:
        raise MalformedError(f"{questions} questions and {answers} answers")
    _, offset = _decode_name(message, _HEADER.size)
    places, offset = _places(message, offset + 4, answers)
    values = [_value(message, place.type, place.offset, place.length) for place in places]
    records = [Record(name=p.name, type=p.type, ttl=p.ttl, value=v) for p, v in zip(places, values, strict=True)]
    return tuple(records), offset


def _places(message: bytes, offset: int, count: int) -> tuple[list[_Place], int]:
    """The records of a section, and the offset behind it."""
    places = []
    for _ in range(count):
        name, offset = _decode_name(message, offset)
        if offset + _RECORD.size > len(message):
            raise MalformedError("a record ends before its header does")
        type, record_class, ttl, length = _RECORD.unpack_from(message, offset)
        offset += _RECORD.size
        if offset + length > len(message):
            raise MalformedError("a record is longer than the message")
        if record_class == _CLASS_IN:
            places.append(_Place(name=name, type=type, ttl=ttl & 0x7FFFFFFF, offset=offset, length=length))
        offset += length
    return places, offset


def _authorities(message: bytes, offset: int, count: int) -> list[_Place]:
    """The records of the authority section; a damaged one takes nothing from the answer."""
    try:
        return _places(message, offset, min(count, _MAX_RECORDS))[0]
    except MalformedError:
        return []


def _authority(message: bytes, place: _Place) -> Authority | None:
    """The zone of an SOA record and its negative TTL (RFC 2308); None of any other record, or of a damaged one."""
    if place.type != TYPE_SOA:
        return None
    try:
        _, behind = _decode_name(message, place.offset)
        _, behind = _decode_name(message, behind)
    except MalformedError:
        return None
    if behind + _SOA_NUMBERS.size != place.offset + place.length:
        return None
    *_, minimum = _SOA_NUMBERS.unpack_from(message, behind)
    return Authority(zone=place.name, negative_ttl=min(place.ttl, minimum))


def _value(message: bytes, type: int, offset: int, length: int) -> str:
    data = message[offset : offset + length]
    if type == TYPE_CNAME:
        name, behind = _decode_name(message, offset)
        if behind != offset + length:
            raise MalformedError("an alias does not end where its record does")
        return name
    if type in (TYPE_A, TYPE_AAAA):
        family, size = (socket.AF_INET, 4) if type == TYPE_A else (socket.AF_INET6, 16)
        if length != size:
            raise MalformedError(f"an address record of {length} bytes")
        return socket.inet_ntop(family, data)
    return data.hex()


def _encode_name(name: str) -> bytes:
    try:
        labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    except UnicodeEncodeError:
        try:
            labels = name.rstrip(".").encode("idna").split(b".")
        except UnicodeError as error:
            raise MalformedError("the name has no form in DNS") from error
    if not all(0 < len(label) <= _MAX_LABEL for label in labels) or sum(map(len, labels)) + len(labels) >= _MAX_NAME:
        raise MalformedError("the name has an empty or overlong part")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _decode_name(message: bytes, offset: int) -> tuple[str, int]:
    """The name at an offset, lower case without the final dot, and the offset behind it."""
    labels: list[str] = []
    behind: int | None = None
    length = pointers = 0
    lowest = offset
    while True:
        if offset >= len(message):
            raise MalformedError("a name runs over the end")
        size = message[offset]
        if size & _POINTER == _POINTER:
            if offset + 1 >= len(message):
                raise MalformedError("a name runs over the end")
            target = (size & ~_POINTER) << 8 | message[offset + 1]
            if behind is None:
                behind = offset + 2
            pointers += 1
            # Pointers only ever go back, so that no loop is possible; and a thousand names with thousands of them would
            # stop the event loop for seconds.
            if target >= lowest or pointers > _MAX_POINTERS:
                raise MalformedError("a compressed name points forward, at itself, or through too many pointers")
            offset = lowest = target
            continue
        if size & _POINTER or offset + 1 + size > len(message):
            raise MalformedError("a name has an impossible part")
        offset += 1
        if size == 0:
            return ".".join(labels), offset if behind is None else behind
        length += size + 1
        if length > _MAX_NAME:
            raise MalformedError("a name is too long")
        labels.append(message[offset : offset + size].decode("latin-1").lower())
        offset += size
