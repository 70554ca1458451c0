"""A peer's bytes as RESP2: read as valkey-py reads them or refused; and whatever they say, only facts come of them.

Where the two differ ours is the stricter one: it checks how a text ends, the form of numbers, and how deep arrays go.
"""

import contextlib
import json
import types
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from valkey._parsers.resp2 import _RESP2Parser
from valkey.exceptions import ValkeyError

from auditor.domain.codec import to_json
from auditor.net.causes import PeerFaultError
from functions.cache.dialogue import Dialogue
from functions.cache.envelope import sent_at
from functions.cache.facts import CAUSES, CacheFacts, ServerFacts, tracked
from functions.cache.family import CacheSpec, QueueSpec
from functions.cache.info import read_info
from functions.cache.resp import Incomplete, Refused, Replies, TooLargeError
from functions.cache.session import Session

from .material import CANARY, JSON, altered, holds_canary, mangled, pieces

MOST = 4096
LINES = st.text(st.characters(max_codepoint=0x2FF, exclude_characters="\r\n"), max_size=20).map(str.encode)
SCALARS = st.one_of(
    LINES.map(lambda line: b"+" + line + b"\r\n"),
    LINES.map(lambda line: b"-ERR " + line + b"\r\n"),
    st.integers(-(10**18), 10**18).map(lambda number: b":%d\r\n" % number),
    st.binary(max_size=40).map(lambda data: b"$%d\r\n%s\r\n" % (len(data), data)),
    st.just(b"$-1\r\n"),
)
REPLIES = SCALARS | st.lists(SCALARS, max_size=8).map(lambda some: b"*%d\r\n" % len(some) + b"".join(some))
STREAMS = st.lists(REPLIES, max_size=6).map(b"".join)


def ours(data: bytes, cuts: list[int]) -> list[Any]:
    """What is read of these bytes, however they are cut, up to where they are refused."""
    parser, found, start = Replies(), [], 0
    with contextlib.suppress(PeerFaultError, TooLargeError):
        for end in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
            parser.feed(data[start:end])
            start = max(start, end)
            while not isinstance(reply := parser.take(MOST), Incomplete):
                found.append(reply)
    return found


class Given:
    """A socket that has received all of it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def recv(self, size: int) -> bytes:
        taken, self._data = self._data[:size], self._data[size:]
        return taken


def theirs(data: bytes) -> Iterator[Any]:
    """What valkey-py reads of them."""
    parser = _RESP2Parser(65_536)
    encoder = types.SimpleNamespace(decode=lambda value: value)
    parser.on_connect(types.SimpleNamespace(_sock=Given(data), socket_timeout=None, encoder=encoder))
    with contextlib.suppress(ValkeyError, ValueError, OSError):
        while True:
            yield parser.read_response()


def alike(mine: Any, other: Any) -> bool:
    if isinstance(mine, tuple):
        return isinstance(other, list) and len(mine) == len(other) and all(map(alike, mine, other))
    if isinstance(mine, Refused):
        return isinstance(other, Exception)
    return bool(mine == other)


@given(STREAMS, st.lists(st.integers(0, 300), max_size=5))
def test_good_replies(data: bytes, cuts: list[int]) -> None:
    mine, other = ours(data, cuts), list(theirs(data))
    # valkey-py raises some errors at once, and cannot go on behind them.
    assert all(map(alike, mine, other))
    assert len(mine) >= len(other)


@given(STREAMS.flatmap(mangled), st.lists(st.integers(0, 300), max_size=5))
def test_mangled_replies(data: bytes, cuts: list[int]) -> None:
    mine = ours(data, [])
    assert ours(data, cuts) == mine
    assert all(map(alike, mine, theirs(data)))


WORDS = (
    b"+PONG\r\n",
    b"+OK\r\n",
    b"-NOAUTH no\r\n",
    f"-WRONGPASS {CANARY}\r\n".encode(),
    f"-ERR unknown command 'AUTH', with args beginning with: '{CANARY}'\r\n".encode(),
    b"-LOADING no\r\n",
    b"-OOM no\r\n",
    b"-MOVED 1 10.0.0.1:6379\r\n",
    b":30\r\n",
    b":-1\r\n",
    b"$-1\r\n",
    b"*1\r\n",
    f"${len(CANARY)}\r\n{CANARY}\r\n".encode(),
    b"$12\r\nrole:master\r\n\r\n",
    b"$300000000\r\n",
    f'$70\r\n{{"timestamp": 1772366400, "payload": "{CANARY}"}}'.encode().ljust(75) + b"\r\n",
)
TALK = b"-NOAUTH no\r\n+OK\r\n+PONG\r\n$12\r\nrole:master\r\n\r\n+OK\r\n:30\r\n:2\r\n:40\r\n" + WORDS[-1] * 4


class Said:
    """A stream whose peer has said all of it, in pieces; it never waits, so no loop is needed."""

    peer, address = "10.0.0.5:6379", "10.0.0.5"

    def __init__(self, data: bytes, piece: int) -> None:
        self._data = data
        self._piece = piece

    async def send(self, data: bytes) -> None:
        """Nobody listens."""

    async def receive(self) -> bytes:
        taken, self._data = self._data[: self._piece], self._data[self._piece :]
        return taken


def finished(work: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(StopIteration):
        work.send(None)
        raise AssertionError("it waits")


def converse(data: bytes, piece: int) -> None:
    """A whole session against these bytes: one of the declared refusals, or facts without any secret."""
    queue = QueueSpec(name="jobs", processing="jobs:taken", dead_letters="jobs:dead", max_age=timedelta(minutes=5))
    spec = CacheSpec(host="10.0.0.5", secret="s", write_check=True, queues=(queue,))
    session = Session(Said(data, piece))  # type: ignore[arg-type]
    dialogue = Dialogue(spec, session, target="t", slot=datetime(2026, 3, 1, tzinfo=UTC))

    async def all_of_it() -> None:
        await session.greet()
        await session.login(None, CANARY)
        await dialogue.ask()

    refused: PeerFaultError | None = None
    try:
        finished(all_of_it())
    except PeerFaultError as error:
        refused = error
    if refused is not None:
        assert refused.cause in {cause.id for cause in CAUSES} | {"tcp.closed"}
        assert not holds_canary(refused.words)
    facts = CacheFacts(
        pinged=dialogue.pinged,
        server=dialogue.server,
        info_refused=dialogue.info_refused,
        write=dialogue.write,
        queues=tuple(dialogue.queues),
    )
    text = json.dumps([to_json(facts), dict(tracked(facts))])
    assert not holds_canary(text)
    assert len(text) < 4000


@given(mangled(TALK), st.sampled_from([1, 7, 65_536]))
def test_mangled_session(data: bytes, piece: int) -> None:
    converse(data, piece)


@given(pieces(WORDS, 14), st.sampled_from([3, 65_536]))
def test_session_of_words(data: bytes, piece: int) -> None:
    converse(data, piece)


INFO = (
    "# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.1.0\r\n# Memory\r\nused_memory:1500\r\nmaxmemory:2000\r\n"
    "maxmemory_policy:volatile-lru\r\n# Replication\r\nrole:master\r\nconnected_slaves:1\r\n"
    f"slave0:ip={CANARY},state=online\r\n# Errorstats\r\nerrorstat_OOM:count=4\r\n"
    "# Keyspace\r\ndb0:keys=1,expires=1\r\n"
).encode()
INFO_WORDS = (
    b"role:",
    b"master",
    b"slave",
    b"\r\n",
    b"used_memory:",
    b"9" * 30,
    b"maxmemory:",
    b"db0:",
    b"expires=",
    b"1,",
)


@given(mangled(INFO) | pieces((*INFO_WORDS, CANARY.encode())))
def test_info(text: bytes) -> None:
    server = read_info(text)
    assert not holds_canary(str(to_json(server)))
    assert len(str(server)) < 1500
    assert all(value >= 0 for name in vars_of(server) if isinstance(value := getattr(server, name), int))


def vars_of(server: ServerFacts) -> list[str]:
    return list(ServerFacts.__dataclass_fields__)


ENVELOPE = {"message_id": CANARY, "timestamp": "2026-03-01T12:00:00Z", "payload": {"key": CANARY}, "retry_count": 0}
TIMES = st.sampled_from(
    ["2026-03-01T12:00:00Z", "2026-03-01", CANARY, 1772366400, 1772366400123, 1e308, -1, True, None]
)


@given(
    altered(ENVELOPE).map(json.dumps) | st.builds(lambda time: json.dumps({"timestamp": time}), TIMES | JSON),
    st.sampled_from(["timestamp", "payload.key", "message_id", "a.b.c", "timestamp.timestamp"]),
)
def test_envelope(text: str, path: str) -> None:
    found = sent_at(text.encode(), path)
    assert found is None or (found.tzinfo is UTC and 2000 < found.year < 2201)


@given(st.binary(max_size=200))
def test_envelope_of_noise(data: bytes) -> None:
    assert sent_at(data, "timestamp") is None or b"timestamp" in data
