"""The protocol: what is sent, and what a peer's bytes mean however they are cut."""

from typing import Any

import pytest

from auditor.net.causes import PeerFaultError
from functions.cache.resp import INCOMPLETE, MOST_LINE, Incomplete, Refused, Replies, TooLargeError, encode


def replies(data: bytes, *, most: int = 1000, piece: int = 0) -> list[Any]:
    """All replies in these bytes, fed in pieces of so many bytes."""
    parser, found = Replies(), []
    for start in range(0, len(data), piece or max(1, len(data))):
        parser.feed(data[start : start + (piece or len(data))])
        while not isinstance(reply := parser.take(most), Incomplete):
            found.append(reply)
    return found


def test_a_command_says_its_own_lengths_so_that_no_part_can_be_another_command() -> None:
    assert encode(("AUTH", "ü\r\nFLUSHALL")) == b"*2\r\n$4\r\nAUTH\r\n$12\r\n\xc3\xbc\r\nFLUSHALL\r\n"


STREAM = b"+PONG\r\n:-7\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*2\r\n$1\r\nx\r\n:3\r\n*-1\r\n*0\r\n-OOM no\r\n"
MEANT = [b"PONG", -7, b"a\r\nbc", b"", None, (b"x", 3), None, (), Refused("oom")]


@pytest.mark.parametrize("piece", [0, 1, 2, 3, 7])
def test_replies_mean_the_same_however_they_arrive(piece: int) -> None:
    assert replies(STREAM, piece=piece) == MEANT


@pytest.mark.parametrize("end", range(len(STREAM)))
def test_a_reply_that_is_not_all_there_is_waited_for(end: int) -> None:
    assert replies(STREAM[:end]) == MEANT[: len(replies(STREAM[:end]))]
    parser = Replies()
    parser.feed(STREAM[:end])
    while not isinstance(parser.take(1000), Incomplete):
        pass
    parser.feed(STREAM[end:] + b"+END\r\n")
    rest = []
    while not isinstance(reply := parser.take(1000), Incomplete):
        rest.append(reply)
    assert rest[-1] == b"END"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"NOAUTH Authentication required.", "noauth"),
        (b"NOAUTH HELLO must be called with the client already authenticated", "noauth"),
        (b"WRONGPASS invalid username-password pair or user is disabled.", "wrongpass"),
        (b"ERR invalid password", "wrongpass"),
        (b"ERR AUTH <password> called without any password configured for the default user.", "no_password"),
        (b"ERR Client sent AUTH, but no password is set", "no_password"),
        (b"ERR max number of clients reached", "max_clients"),
        (b"ERR max number of clients + cluster connections reached", "max_clients"),
        (b"DENIED Redis is running in protected mode because ...", "protected_mode"),
        (b"NOPERM User clerk has no permissions to run the 'info' command", "not_permitted"),
        (b"LOADING Redis is loading the dataset in memory", "loading"),
        (b"MASTERDOWN Link with MASTER is down", "master_down"),
        (b"BUSY Redis is busy running a script.", "busy"),
        (b"OOM command not allowed when used memory > 'maxmemory'.", "oom"),
        (b"READONLY You can't write against a read only replica.", "read_only"),
        (b"MISCONF Redis is configured to save RDB snapshots", "not_persisted"),
        (b"NOREPLICAS Not enough good replicas to write.", "no_replicas"),
        (b"MOVED 3999 127.0.0.1:6381", "moved"),
        (b"CLUSTERDOWN Hash slot not served", "cluster_down"),
        (b"WRONGTYPE Operation against a key holding the wrong kind of value", "wrong_type"),
        (b"ERR unknown command 'AUTH', with args beginning with: 'no password is set' ", "other"),
        (b"ERR something else", "other"),
        (b"OOMPH is no word of Redis", "other"),
        (b"", "other"),
    ],
)
def test_an_error_is_kept_as_what_it_means(line: bytes, why: str) -> None:
    assert replies(b"-" + line + b"\r\n") == [Refused(why)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x15\x03\x01\x00\x02",
        b":1e3\r\n",
        b":--1\r\n",
        b":\r\n",
        b"$-2\r\n",
        b"$+5\r\n",
        b"$05\r\n",
        b"$99999999999\r\n",
        b"$2\r\nabcd\r\n",
        b"*9\r\n",
        b"*-2\r\n",
        b"*1\r\n*1\r\n",
        b"%1\r\n",
        b"_\r\n",
        b"+" + b"x" * MOST_LINE,
    ],
)
def test_what_is_not_resp2_is_refused_at_once(data: bytes) -> None:
    with pytest.raises(PeerFaultError) as refused:
        replies(data)
    assert refused.value.cause == "redis.protocol"


@pytest.mark.parametrize("data", [b"$1001\r\n", b"*1\r\n$1001\r\n", b"$9999999999\r\n"])
def test_a_text_that_is_larger_than_was_asked_for_is_not_waited_for(data: bytes) -> None:
    with pytest.raises(TooLargeError):
        replies(data)


def test_the_largest_text_that_was_asked_for_is_taken() -> None:
    assert replies(b"$1000\r\n" + b"x" * 1000 + b"\r\n") == [b"x" * 1000]


def test_nothing_is_left_behind_what_was_taken() -> None:
    parser = Replies()
    assert parser.take(10) is INCOMPLETE
    parser.feed(b"+OK\r\n+")
    assert parser.take(10) == b"OK"
    assert not parser.empty
