"""A peer's bytes at any step of a PostgreSQL session: one of two errors or true facts, and no thread that stays."""

import contextlib
import socket
import struct
import threading

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.observation import Phase
from auditor.net.causes import PeerFaultError, cause_of
from functions.database.facts import CAUSES
from functions.database.refusal import refusal_of
from functions.database.session import Session

from .material import CANARY, holds_canary, mangled, pieces


def message(code: bytes, data: bytes) -> bytes:
    """One message of the protocol."""
    return code + struct.pack("!i", len(data) + 4) + data


ADMITTED = message(b"R", struct.pack("!i", 0))
READY = message(b"Z", b"I")
COLUMNS = message(
    b"T",
    struct.pack("!H", 8)
    + b"".join(b"x\0" + struct.pack("!ihihih", 0, 0, kind, -1, -1, 0) for kind in (25, 25, 25, 16, 23, 23, 23, 16)),
)
VALUES = (b"15.8", b"auditor", b"shop", b"f", b"1", b"100", b"1", b"t")
ROW = message(b"D", struct.pack("!H", 8) + b"".join(struct.pack("!i", len(value)) + value for value in VALUES))
REFUSAL = message(b"E", f"SFATAL\0C28P01\0M{CANARY}\0\0".encode())
WORDS = (
    ADMITTED,
    READY,
    COLUMNS,
    ROW,
    REFUSAL,
    message(b"S", b"client_encoding\0punycode\0"),
    message(b"N", b"SN\0\0"),
    message(b"R", struct.pack("!i", 5) + b"salt"),
    message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0"),
    message(b"R", struct.pack("!i", 11) + b"r=a,s=c2FsdHNhbHRzYWx0,i=4096"),
    message(b"R", struct.pack("!i", 12) + b"v=eA=="),
    message(b"R", struct.pack("!i", 3)),
    message(b"C", b"COMMIT\0"),
    message(b"A", b"\0\0\0\1c\0p\0"),
    message(b"H", b"\0\0\0"),
    message(b"K", bytes(8)),
    b"R",
    b"\0\0\0\x08",
    b"\xff\xff\xff\xff",
)


def converse(data: bytes) -> None:
    """A whole session against these bytes."""
    ours, peer = socket.socketpair()
    ours.settimeout(5)

    def serve() -> None:
        with peer, contextlib.suppress(OSError):
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            peer.settimeout(5)
            while peer.recv(65_536):
                pass

    serving = threading.Thread(target=serve)
    serving.start()
    session = Session(ours)
    known = ("", "")
    try:
        session.login(user="auditor", database="shop", password=CANARY)
        facts = session.ask(timeout_ms=1000)
        assert not holds_canary(str(facts))
        assert len(str(facts)) < 1000
    except (PeerFaultError, OSError) as error:
        # Not the error itself: its traceback would keep the connection open.
        known = cause_of(error, Phase.LOGIN) or ("self.bug", repr(error))
    finally:
        session.close()
        serving.join(10)
        assert not serving.is_alive()
    assert known[0] != "self.bug", known
    assert not holds_canary(f"{session.sqlstate} {known[1]}")


@given(mangled(ADMITTED + READY + COLUMNS + ROW + READY))
def test_mangled(data: bytes) -> None:
    converse(data)


@given(pieces(WORDS, 12))
def test_words(data: bytes) -> None:
    converse(data)


@given(
    st.dictionaries(st.sampled_from("SVCMDHPRFL"), st.text(max_size=60) | st.sampled_from(["28P01", "28000", CANARY])),
    st.sampled_from([Phase.LOGIN, Phase.QUERY]),
    st.booleans(),
)
def test_refusals(fields: dict[str, str], phase: Phase, encrypted: bool) -> None:
    refusal = refusal_of({"M": CANARY, **fields}, phase=phase, encrypted=encrypted)
    assert refusal.cause in {cause.id for cause in CAUSES}
    assert not holds_canary(refusal.words + refusal.sqlstate)
