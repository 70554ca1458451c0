"""A peer's bytes at any step of a PostgreSQL session: one of two errors or true facts, and no thread that stays."""

import contextlib
import socket
import struct
import threading

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.observation import Phase
from auditor.net.causes import PeerFaultError, cause_of
from functions.database.facts import CAUSES, ServerFacts
from functions.database.family import SchemaVersion
from functions.database.refusal import refusal_of
from functions.database.session import Session

from .material import CANARY, holds_canary, mangled, pieces


def message(code: bytes, data: bytes) -> bytes:
    """One message of the protocol."""
    return code + struct.pack("!i", len(data) + 4) + data


ADMITTED = message(b"R", struct.pack("!i", 0))
READY = message(b"Z", b"I")


def columns(*kinds: int) -> bytes:
    """A RowDescription of columns with these type numbers."""
    described = b"".join(b"x\0" + struct.pack("!ihihih", 0, 0, kind, -1, -1, 0) for kind in kinds)
    return message(b"T", struct.pack("!H", len(kinds)) + described)


def row(*values: bytes | None) -> bytes:
    """A DataRow; None is null."""
    packed = (struct.pack("!i", -1) if v is None else struct.pack("!i", len(v)) + v for v in values)
    return message(b"D", struct.pack("!H", len(values)) + b"".join(packed))


SERVER = (
    columns(25, 25, 25, 25, 16, 23, 23, 23, 16, 16, 16, 16, 16, 23, 23, 23),
    row(b"server", b"15.8", b"auditor", b"shop", b"f", b"1", b"100", b"1", b"t", *[b"f"] * 4, None, b"0", None),
)
ROLE = (columns(25, 25, 23, 23), row(b"role", b"shop", b"7", b"1"))
IN_LOCKS = columns(25, 23, 25, 25, 23, 23)
WAITING, BLOCKER = (
    row(b"waiting", b"17", b"shop", None, b"900", b"0"),
    row(b"blocker", b"16", b"shop", b"active", None, b"1"),
)
TRANSACTION = (columns(25, 23, 25, 25, 23), row(b"transaction", b"16", b"shop", b"idle in transaction", b"12000"))
ANSWER = b"".join((*SERVER, *ROLE, IN_LOCKS, WAITING, BLOCKER, *TRANSACTION))
VERSIONS = (columns(16, 16, 16), row(b"t", b"t", b"t"), READY, columns(25), row(b"ab12"), READY)
REFUSAL = message(b"E", f"SFATAL\0C28P01\0M{CANARY}\0\0".encode())
HONEST = b"".join((ADMITTED, READY, ANSWER, READY, *VERSIONS))
WORDS = (
    ADMITTED,
    READY,
    *SERVER,
    *ROLE,
    IN_LOCKS,
    WAITING,
    BLOCKER,
    *TRANSACTION,
    *VERSIONS,
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


def converse(data: bytes) -> ServerFacts | None:
    """A whole session against these bytes; what was made of them where they were an honest server's."""
    ours, peer = socket.socketpair()

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
    known, facts = ("", ""), None
    try:
        session.login(user="auditor", database="shop", password=CANARY)
        versions = (SchemaVersion(table="alembic_version", expected=("ab12",)),)
        facts, schema = session.ask(timeout_ms=1000, versions=versions)
        assert not holds_canary(f"{facts} {schema}")
        assert len(f"{facts} {schema}") < 12_000
    except (PeerFaultError, OSError) as error:
        # Not the error itself: its traceback would keep the connection open.
        known = cause_of(error, Phase.LOGIN) or ("self.bug", repr(error))
    finally:
        session.close()
        serving.join(10)
        assert not serving.is_alive()
    assert known[0] != "self.bug", known
    assert not holds_canary(f"{session.sqlstate} {known[1]}")
    return facts


@given(st.just(HONEST))
def test_an_honest_answer_is_read(data: bytes) -> None:
    facts = converse(data)
    assert facts is not None
    assert facts.activity is not None
    assert [blocker.pid for blocker in facts.activity.blockers] == [16]


@given(mangled(HONEST))
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
