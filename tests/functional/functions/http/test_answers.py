"""Answers that are complete: what was declared is met, unmet or missing."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.observation import Phase
from auditor.domain.result import Status
from functions.http.facts import Emitter
from functions.http.family import Expect, JsonCondition

from .conftest import Ask, StartPeer, answers, sends

PASS = (Status.PASS, None, None)
SKIPPED = (Status.SKIPPED, None, None)
JSON = ("Content-Type: application/json", "Server: uvicorn")


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<h1>hello</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def library_server() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_a_server_of_the_standard_library(library_server: str, ask: Ask) -> None:
    seen = ask(library_server, expect=Expect(headers={"content-type": "text/html"}, body_contains=("hello",)))
    assert seen.passes() == {"reachable", "status_expected", "headers_expected", "body_expected", "responds_in_time"}
    (address,) = seen.facts.probed
    assert address.answer is not None
    assert (address.answer.http_version, address.answer.emitter) == ("1.0", Emitter.SERVICE)
    phases = [(timing.phase, timing.address, timing.ok) for timing in seen.observation.phases]
    assert phases == [(p, "127.0.0.1", True) for p in (Phase.TCP, Phase.REQUEST, Phase.FIRST_BYTE, Phase.TRANSFER)]


def test_an_unexpected_status_names_its_sender(start: StartPeer, ask: Ask) -> None:
    body = b'{"detail":"database is gone"}'
    peer = start(answers(body, status="503 Service Unavailable", headers=(*JSON, "Retry-After: 5")))
    seen = ask(peer.url("/orders"), expect=Expect(json=(JsonCondition(path="$.status", equals="ok"),)))
    assert seen.answer("reachable") == PASS
    assert seen.answer("status_expected") == (Status.FAIL, "http.status", Phase.ANSWER)
    assert seen.answer("json_expected") == SKIPPED
    result = seen.results["http.status_expected"]
    assert "answered 503 by the service (127.0.0.1)" in result.summary
    assert result.evidence["retry_after"] == "5"


def test_the_load_balancers_own_page_is_not_laid_to_the_service(start: StartPeer, ask: Ask) -> None:
    peer = start(answers(b"<html>", status="502 Bad Gateway", headers=("Server: awselb/2.0",)))
    result = ask(peer.url()).results["http.status_expected"]
    assert "answered 502 by the load balancer" in result.summary
    assert "target" in result.remediation


def test_a_401_can_be_what_is_expected(start: StartPeer, ask: Ask) -> None:
    peer = start(answers(b"{}", status="401 Unauthorized", headers=JSON))
    assert ask(peer.url(), expect=Expect(status=(401,))).answer("status_expected") == PASS


@pytest.mark.parametrize(
    ("expect", "check", "cause"),
    [
        (Expect(headers={"Content-Type": "text/html"}), "headers_expected", "http.header"),
        (Expect(headers={"X-Missing": "~"}), "headers_expected", "http.header"),
        (Expect(body_contains=("no such text",)), "body_expected", "http.body"),
        (Expect(body_excludes=("degraded",)), "body_expected", "http.body"),
        (Expect(json=(JsonCondition(path="$.status", equals="ok"),)), "json_expected", "http.json"),
        (Expect(json=(JsonCondition(path="$.missing", exists=True),)), "json_expected", "http.json"),
        (Expect(json=(JsonCondition(path="$.queue.depth", less_than=10),)), "json_expected", "http.json"),
    ],
)
def test_an_unmet_condition(expect: Expect, check: str, cause: str, start: StartPeer, ask: Ask) -> None:
    body = json.dumps({"status": "degraded", "queue": {"depth": 11}}).encode()
    seen = ask(start(answers(body, headers=JSON)).url(), expect=expect)
    assert seen.answer(check) == (Status.FAIL, cause, Phase.ANSWER)
    assert seen.answer("status_expected") == PASS


def test_all_conditions_met(start: StartPeer, ask: Ask) -> None:
    body = json.dumps({"status": "ok", "services": [{"name": "db", "depth": 3}]}).encode()
    expect = Expect(
        headers={"content-type": "application/json"},
        body_contains=("services",),
        body_excludes=("Traceback",),
        json=(
            JsonCondition(path="$.status", one_of=("ok", "degraded")),
            JsonCondition(path="$.services[0].depth", less_than=10, greater_than=0),
            JsonCondition(path="$.error", exists=False),
        ),
    )
    seen = ask(start(answers(body, headers=JSON)).url(), expect=expect)
    assert seen.passes() == {name.removeprefix("http.") for name in seen.results}
    assert len(seen.results) == 6


def test_an_html_page_where_json_was_promised(start: StartPeer, ask: Ask) -> None:
    peer = start(answers(b"<html>sorry</html>"))
    seen = ask(peer.url(), expect=Expect(json=(JsonCondition(path="$.status", equals="ok"),)))
    assert seen.answer("json_expected") == (Status.FAIL, "http.json", Phase.ANSWER)
    assert "the body is not JSON" in seen.results["http.json_expected"].summary


def test_chunks_are_put_together(start: StartPeer, ask: Ask) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    peer = start(sends(head, b"5\r\nhello\r\n", b"6\r\n world\r\n", b"0\r\n\r\n"))
    assert ask(peer.url(), expect=Expect(body_contains=("hello world",))).answer("body_expected") == PASS


def test_a_body_that_ends_with_the_connection(start: StartPeer, ask: Ask) -> None:
    peer = start(sends(b"HTTP/1.0 200 OK\r\n\r\nhello"))
    assert ask(peer.url(), expect=Expect(body_contains=("hello",))).answer("body_expected") == PASS


def test_head_reads_no_body(start: StartPeer, ask: Ask) -> None:
    peer = start(answers(b"x" * 1000))
    seen = ask(peer.url("/health?a=1"), method="HEAD", headers={"X-Probe": "1"})
    assert seen.answer("status_expected") == PASS
    assert peer.requests[0].startswith("HEAD /health?a=1 HTTP/1.1\r\n")
    assert "X-Probe: 1\r\n" in peer.requests[0]
    assert seen.facts.probed[0].answer is not None
    assert seen.facts.probed[0].answer.body_bytes == 0


def test_a_late_answer_is_a_warning_in_its_phase(start: StartPeer, ask: Ask) -> None:
    quick = answers(b"ok")
    pause = threading.Event()

    def script(connection: Any, request: str) -> None:
        pause.wait(0.8)
        quick(connection, request)

    seen = ask(start(script).url(), slow_after=timedelta(milliseconds=200))
    assert seen.answer("responds_in_time") == (Status.WARN, "http.slow", Phase.FIRST_BYTE)
    assert seen.answer("status_expected") == PASS
    assert 800 <= seen.facts.probed[0].total_ms < 1500
    first_ms, *further_ms = seen.facts.probed[0].samples_ms
    assert len(further_ms) == 2, "three slow ones decide"
    assert first_ms >= 800 > max(further_ms) >= min(further_ms) > 200, "and each is given up as soon as it is slow"
    assert len([p for p in seen.observation.phases if p.phase is Phase.FIRST_BYTE]) == 1, (
        "the phases are the first one's"
    )


def test_one_late_answer_is_asked_again_and_is_nothing(start: StartPeer, ask: Ask) -> None:
    quick, late = answers(b"ok"), iter([0.3])
    pause = threading.Event()

    def script(connection: Any, request: str) -> None:
        pause.wait(next(late, 0.0))
        quick(connection, request)

    peer = start(script)
    seen = ask(peer.url(), slow_after=timedelta(milliseconds=200))
    assert seen.answer("responds_in_time") == PASS
    assert len(peer.requests) == len(seen.facts.probed[0].samples_ms) == 4, "three others decide"
    assert seen.facts.probed[0].total_ms >= 300


def test_who_answers_in_time_is_asked_once_and_a_post_never_again(start: StartPeer, ask: Ask) -> None:
    peer = start(answers(b"ok"))
    ask(peer.url())
    assert len(peer.requests) == 1

    def late(connection: Any, request: str) -> None:
        threading.Event().wait(0.1)
        answers(b"ok")(connection, request)

    posted = start(late)
    seen = ask(posted.url(), method="POST", slow_after=timedelta(milliseconds=50))
    assert seen.answer("responds_in_time") == (Status.WARN, "http.slow", Phase.FIRST_BYTE)
    assert len(posted.requests) == 1


def test_a_declared_body_is_posted_as_json(start: StartPeer, ask: Ask) -> None:
    taken: list[bytes] = []

    def takes(connection: socket.socket, request: str) -> None:
        taken.append(request.partition("\r\n\r\n")[2].encode() or connection.recv(4096))
        answers(b"ok")(connection, request)

    peer = start(takes)
    assert "status_expected" in ask(peer.url(), method="POST", body={"service_id": "web"}).passes()
    ask(peer.url(), method="POST", body={}, headers={"Content-Type": "application/vnd.shop+json"})
    assert [json.loads(body) for body in taken] == [{"service_id": "web"}, {}]
    assert "Content-Type: application/json\r\n" in peer.requests[0]
    assert peer.requests[1].lower().count("content-type") == 1
