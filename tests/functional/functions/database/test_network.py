"""Servers that are away, silent, hostile or no PostgreSQL at all: the phase, the cause and the deadline."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from auditor.domain.observation import Failure, Phase
from sandbox.postgres import Postgres
from tests.functional.functions.database.conftest import (
    MONITOR,
    HeldSecrets,
    Listeners,
    ask,
    ask_all,
    free_port,
    spec_of,
)
from tests.functional.functions.database.tls_proxy import serve_tls

PASSED = ("PASS", None, None)
SKIPPED = ("SKIPPED", None, None)
AFTER_REACHABLE = (
    "login_accepted",
    "answers_query",
    "role_as_declared",
    "connections_below_limit",
    "no_session_blocked",
    "transactions_short",
    "responds_in_time",
)
SHORT = timedelta(seconds=0.4)

LOGGED_IN = b"R" + struct.pack("!ii", 8, 0) + b"Z" + struct.pack("!i", 5) + b"I"


def unreachable(phase: str, cause: str) -> dict[str, tuple[str, str | None, str | None]]:
    return {"reachable": ("FAIL", phase, cause), **dict.fromkeys(AFTER_REACHABLE, SKIPPED)}


def refusal(sqlstate: str, message: str) -> bytes:
    fields = b"SFATAL\0VFATAL\0C" + sqlstate.encode() + b"\0M" + message.encode() + b"\0\0"
    return b"E" + struct.pack("!i", len(fields) + 4) + fields


def startup(connection: socket.socket) -> None:
    """Take the client's first message."""
    (length,) = struct.unpack("!i", connection.recv(4, socket.MSG_WAITALL))
    connection.recv(length - 4, socket.MSG_WAITALL)


def answering(
    data: bytes, *, then: Callable[[socket.socket], object] = lambda c: None
) -> Callable[[socket.socket], None]:
    """A server that takes the startup message, answers, and does what comes then before it closes."""

    def serve(connection: socket.socket) -> None:
        startup(connection)
        connection.sendall(data)
        then(connection)

    return serve


def stay_silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def test_a_stopped_server_refuses_and_the_summary_says_all(postgres: Postgres) -> None:
    postgres.stop()
    try:
        asked = ask(spec_of(postgres.port))
    finally:
        postgres.start()
    assert asked.brief() == unreachable("tcp", "tcp.refused")
    summary = asked.results["database.reachable"].summary
    assert summary.startswith(f"PostgreSQL at 127.0.0.1:{postgres.port} refused the connection (tcp.refused) after ")
    assert summary.endswith(" ms.")
    assert [(t.phase, t.ok) for t in asked.observation.phases] == [(Phase.PREPARE, True), (Phase.TCP, False)]


def test_a_black_hole_is_a_timeout_of_the_connection(listeners: Listeners) -> None:
    asked = ask(spec_of(listeners.black_hole(), timeout=SHORT))
    assert asked.brief() == unreachable("tcp", "tcp.timeout")
    assert 0.35 < asked.seconds(Phase.TCP) < 1.0


def test_a_frozen_server_is_reachable_and_its_login_times_out_within_the_deadline(postgres: Postgres) -> None:
    postgres.freeze()
    try:
        began = time.monotonic()
        asked, with_tls = ask_all(
            [spec_of(postgres.port, timeout=SHORT), spec_of(postgres.port, timeout=SHORT, tls="require")],
            HeldSecrets({"platform/database": MONITOR.password}),
        )
        assert time.monotonic() - began < 3
    finally:
        postgres.thaw()
    assert asked.brief()["reachable"] == PASSED
    assert asked.brief()["login_accepted"] == ("FAIL", "login", "pg.login_timeout")
    assert asked.brief()["connections_below_limit"] == SKIPPED
    assert 0.3 < asked.seconds(Phase.LOGIN) < 1.0
    assert with_tls.brief() == unreachable("tls", "tls.timeout")
    assert 0.3 < with_tls.seconds(Phase.TLS) < 1.0


def test_frozen_neighbours_do_not_slow_down_a_healthy_one(postgres: Postgres, listeners: Listeners) -> None:
    silent = listeners.tcp(stay_silent)
    specs = [spec_of(silent, timeout=timedelta(seconds=1)) for _ in range(20)] + [spec_of(postgres.port)]
    asked = ask_all(specs, HeldSecrets({"platform/database": MONITOR.password}))
    assert {a.brief()["login_accepted"] for a in asked[:20]} == {("FAIL", "login", "pg.login_timeout")}
    assert set(asked[20].brief().values()) == {PASSED}


def test_a_server_without_tls_says_no_where_it_is_required(postgres: Postgres) -> None:
    asked = ask(spec_of(postgres.port, tls="require"))
    assert asked.brief() == unreachable("tls", "pg.tls_refused")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def behind_tls(postgres: Postgres, listeners: Listeners, authority: trustme.CA) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("db.test").configure_cert(context)
    return listeners.tcp(lambda connection: serve_tls(connection, context, (postgres.address, postgres.port)))


@pytest.fixture
def ca_file(tmp_path: Path, authority: trustme.CA) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def test_tls_encrypts_without_verification_and_with(behind_tls: int, ca_file: str, listeners: Listeners) -> None:
    network = listeners.dns({"db.test": ["127.0.0.1", "127.0.0.2"]})
    required = ask(spec_of(behind_tls, tls="require"), network=network)
    verified = ask(spec_of(behind_tls, tls="verify", ca_file=ca_file, host="db.test"), network=network)
    for asked in (required, verified):
        assert set(asked.brief().values()) == {PASSED}
        assert asked.facts.encrypted is True
    assert verified.facts.addresses == ("127.0.0.1", "127.0.0.2")
    assert verified.facts.resolver == f"127.0.0.1:{network.resolver[1]}"
    phases = [timing.phase for timing in verified.observation.phases]
    assert phases == [Phase.PREPARE, Phase.NAME, Phase.TCP, Phase.TLS, Phase.LOGIN, Phase.QUERY]


def test_tls_that_cannot_be_verified_fails_with_its_reason(
    behind_tls: int, ca_file: str, listeners: Listeners, tmp_path: Path
) -> None:
    network = listeners.dns({"db.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    name = ask(spec_of(behind_tls, tls="verify", ca_file=ca_file, host="other.test"), network=network)
    assert name.brief() == unreachable("tls", "tls.name_mismatch")
    chain = ask(spec_of(behind_tls, tls="verify", ca_file=str(other), host="db.test"), network=network)
    assert chain.brief() == unreachable("tls", "tls.untrusted")
    system = ask(spec_of(behind_tls, tls="verify", host="db.test"), network=network)
    assert system.brief() == unreachable("tls", "tls.untrusted")


def test_a_ca_file_that_is_not_there_is_the_auditors_limit(postgres: Postgres, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    asked = ask(spec_of(postgres.port, tls="verify", ca_file=missing))
    assert set(asked.brief().values()) == {("UNKNOWN", "prepare", "pg.ca_file_unusable")}
    assert missing in asked.results["database.reachable"].summary
    away = ask(spec_of(free_port(), tls="verify", ca_file=missing))
    assert away.brief()["reachable"] == ("FAIL", "tcp", "tcp.refused")


def test_a_name_that_does_not_exist(listeners: Listeners) -> None:
    asked = ask(spec_of(5432, host="gone.test"), network=listeners.dns({}))
    assert asked.brief() == unreachable("name", "dns.nxdomain")
    assert asked.facts.addresses == ()


@pytest.mark.parametrize(
    ("secret", "cause"),
    [
        (
            Failure(phase=Phase.PREPARE, cause="aws.denied", detail="may not call secretsmanager:GetSecretValue"),
            "aws.denied",
        ),
        ('{"username": "health_auditor"}', "self.secret_malformed"),
        ('{"password": "canary', "self.secret_malformed"),
        ('{"password": 4711}', "self.secret_malformed"),
        ("", "self.secret_malformed"),
        ("canary-with-newline\n", "self.secret_malformed"),
    ],
)
def test_what_is_wrong_with_a_secret_hides_nothing_of_the_network(
    postgres: Postgres, secret: str | Failure, cause: str
) -> None:
    asked = ask(spec_of(postgres.port), secret)
    assert asked.brief() == {
        "reachable": PASSED,
        **dict.fromkeys(AFTER_REACHABLE, ("UNKNOWN", "prepare", cause)),
    }
    assert asked.results["database.login_accepted"].remediation
    away = ask(spec_of(free_port()), secret)
    assert away.brief() == unreachable("tcp", "tcp.refused")


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "pg.protocol"),
        (b"\x00" * 64, "pg.protocol"),
        (b"R" + struct.pack("!ii", 2**31 - 1, 0), "pg.protocol"),
        (b"R" + struct.pack("!i", -1), "pg.protocol"),
        (b"R" + struct.pack("!ii", 8, 11), "pg.protocol"),
        (b"R" + struct.pack("!ii", 22, 10) + b"SCRAM-SHA-1\0\0\0", "pg.protocol"),
        (b"E" + struct.pack("!i", 4 + 9) + b"Mcanary!\0", "pg.protocol"),
        (b"", "tcp.closed"),
        (b"R\0\0", "tcp.closed"),
        (refusal("57P03", "the database system is starting up"), "pg.starting"),
        (refusal("57P03", "canary das Datenbanksystem startet"), "pg.starting"),
        (refusal("XX000", "canary"), "pg.login_failed"),
    ],
)
def test_what_a_peer_answers_to_the_login(listeners: Listeners, data: bytes, cause: str) -> None:
    brief = ask(spec_of(listeners.tcp(answering(data)))).brief()
    assert brief["reachable"] == PASSED
    assert brief["login_accepted"] == ("FAIL", "login", cause)


@pytest.mark.parametrize(
    ("data", "cause"),
    [(b"E", "pg.protocol"), (b"H", "pg.protocol"), (b"", "tcp.closed"), (b"SHTTP/1.1 400\r\n", "tls.not_tls")],
)
def test_what_a_peer_answers_to_the_request_for_tls(listeners: Listeners, data: bytes, cause: str) -> None:
    def hear_the_handshake_out(connection: socket.socket) -> None:
        # Closing while bytes lie unread would be a reset.
        connection.settimeout(0.3)
        connection.recv(4096)

    port = listeners.tcp(answering(data, then=hear_the_handshake_out))
    assert ask(spec_of(port, tls="require")).brief() == unreachable("tls", cause)


def test_a_reset_during_the_login(listeners: Listeners) -> None:
    def reset(connection: socket.socket) -> None:
        startup(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert ask(spec_of(listeners.tcp(reset))).brief()["login_accepted"] == ("FAIL", "login", "tcp.reset")


def test_the_password_is_never_sent_as_text_to_a_peer_that_nobody_verified(listeners: Listeners) -> None:
    heard = bytearray()
    ended = threading.Event()

    def demand(connection: socket.socket) -> None:
        startup(connection)
        connection.sendall(b"R" + struct.pack("!ii", 8, 3))
        while data := connection.recv(4096):
            heard.extend(data)
        ended.set()

    asked = ask(spec_of(listeners.tcp(demand), login="application"))
    assert asked.brief()["login_accepted"] == ("UNKNOWN", "login", "pg.auth_unsupported")
    assert ended.wait(5)
    assert MONITOR.password.encode() not in heard


def test_a_query_that_is_never_answered_ends_at_the_deadline(listeners: Listeners) -> None:
    asked = ask(spec_of(listeners.tcp(answering(LOGGED_IN, then=stay_silent)), timeout=SHORT))
    brief = asked.brief()
    assert brief["login_accepted"] == PASSED
    assert brief["answers_query"] == ("FAIL", "query", "pg.query_timeout")
    assert brief["role_as_declared"] == SKIPPED
    assert 0.3 < asked.seconds(Phase.QUERY) < 1.0


@pytest.mark.parametrize(
    ("sqlstate", "cause"),
    [
        ("57014", "pg.query_timeout"),
        ("57P01", "pg.terminated"),
        ("58030", "pg.query_failed"),
        ("08P01", "pg.query_failed"),
    ],
)
def test_a_query_that_is_refused(listeners: Listeners, sqlstate: str, cause: str) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(refusal(sqlstate, "canary") + b"Z" + struct.pack("!i", 5) + b"I")

    asked = ask(spec_of(listeners.tcp(answering(LOGGED_IN, then=refuse))))
    assert asked.brief()["answers_query"] == ("FAIL", "query", cause)
    assert asked.results["database.answers_query"].evidence["sqlstate"] == sqlstate


def test_an_answer_of_other_shape_than_asked_is_no_pass(listeners: Listeners) -> None:
    def lie(connection: socket.socket) -> None:
        connection.recv(4096)
        column = b"\0\x01x\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0)
        row = b"\0\x01" + struct.pack("!i", 6) + b"canary"
        connection.sendall(b"T" + struct.pack("!i", len(column) + 4) + column)
        connection.sendall(b"D" + struct.pack("!i", len(row) + 4) + row + b"Z" + struct.pack("!i", 5) + b"I")

    asked = ask(spec_of(listeners.tcp(answering(LOGGED_IN, then=lie))))
    assert asked.brief()["answers_query"] == ("FAIL", "query", "pg.protocol")


def test_a_dripping_server_keeps_nobody_longer_than_the_deadline(listeners: Listeners) -> None:
    def drip(connection: socket.socket) -> None:
        startup(connection)
        for byte in LOGGED_IN[:13] * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    began = time.monotonic()
    brief = ask(spec_of(listeners.tcp(drip), timeout=SHORT)).brief()
    assert time.monotonic() - began < 2
    assert brief["login_accepted"] == ("FAIL", "login", "pg.login_timeout")


def test_an_endless_flood_is_cut_off(listeners: Listeners) -> None:
    notice = b"N" + struct.pack("!i", 4 + 1000) + b"x" * 1000

    def flood(connection: socket.socket) -> None:
        startup(connection)
        while True:
            connection.sendall(notice)

    asked = ask(spec_of(listeners.tcp(flood)))
    assert asked.brief()["login_accepted"] == ("FAIL", "login", "pg.protocol")
    assert asked.seconds(Phase.LOGIN) < 2
