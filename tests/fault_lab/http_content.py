"""Redirects, the content of answers, and the many ways in which an exchange may be well."""

import contextlib
import gzip
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from auditor.net.network import Network
from functions.http.family import Expect, JsonCondition
from functions.http.health import HealthDocument
from tests.fault_lab.canary import plant
from tests.fault_lab.http_answers import PREFLIGHT
from tests.fault_lab.http_making import HEAD, HOST, HTML, JSON, Factory, answer, error, given, sends, serves, then_waits
from tests.fault_lab.http_way import https, leaf
from tests.fault_lab.servers import Script, names, refusing_port, tcp_server
from tests.fault_lab.situation import Situation

SITUATIONS: dict[str, Factory] = {}


def redirects(location: str, status: str = "302 Found") -> Script:
    return answer(b"", status, f"Location: {location}")


def _tail() -> str:
    """What a redirect may carry behind its place."""
    return f";s={plant('http: path parameter of a redirect')}?next={plant('http: query of a redirect')}#x"


def _by_path(pages: Mapping[str, Script]) -> Script:
    def script(connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1].decode().partition("?")[0].partition(";")[0]
        pages[path](connection, request)

    return script


SITUATIONS["http-redirect-loop"] = serves(
    lambda: _by_path({"/": redirects("/a"), "/a": redirects("/")}), follow_redirects=3
)
SITUATIONS["http-redirect-elsewhere"] = serves(
    lambda: redirects(f"https://joe:{plant('http: user of a redirect')}@login.shop.example/in{_tail()}"),
    expect=Expect(status=(302,), redirect_to="https://www.shop.example/"),
)
SITUATIONS["http-plain-served"] = serves(answer, expect=Expect(status=(301,), redirect_to="https://www.shop.example/"))


@contextlib.contextmanager
def _well_308() -> Iterator[Situation]:
    with tcp_server(redirects("/models/", "308 Permanent Redirect")) as port:
        place = f"http://127.0.0.1:{port}/models"
        yield given(place, expect=Expect(status=(308,), redirect_to=f"{place}/"))


SITUATIONS["http-well-308"] = _well_308


SITUATIONS["http-well-301-to-https"] = serves(
    lambda: redirects(f"https://www.shop.example:443/{_tail()}", "301 Moved Permanently"),
    expect=Expect(status=(301,), redirect_to="https://www.shop.example/"),
)
SITUATIONS["http-well-followed"] = serves(
    lambda: _by_path({"/": redirects(f"/home{_tail()}"), "/home": answer()}),
    follow_redirects=2,
)


@contextlib.contextmanager
def _redirect_to_dead() -> Iterator[Situation]:
    with refusing_port() as dead, tcp_server(redirects(f"http://127.0.0.1:{dead}/")) as port:
        yield given(f"http://127.0.0.1:{port}/", follow_redirects=1)


SITUATIONS["http-redirect-to-dead"] = _redirect_to_dead
SITUATIONS["http-redirect-down"] = https(leaf(), redirects("http://127.0.0.1:1/"), follow_redirects=1)


@contextlib.contextmanager
def _redirect_inside() -> Iterator[Situation]:
    def translate(address: str, port: int) -> tuple[str, int]:
        return ("127.0.0.1" if address == "203.0.113.7" else address), port

    inside = f"http://127.0.0.1:9001/2018-06-01/{plant('http: path of a redirect')}"
    with tcp_server(redirects(inside)) as port, names({HOST: ("203.0.113.7",)}) as resolver:
        network = Network(resolver=resolver, translate=translate)
        yield given(f"http://{HOST}:{port}/", network=network, follow_redirects=1)


SITUATIONS["http-redirect-inside"] = _redirect_inside


def _health(**document: Any) -> Callable[[], Script]:
    return lambda: answer(document)


SITUATIONS["http-header-missing"] = serves(
    lambda: answer(b"", "200 OK", "X-Content-Type: text/plain"),
    expect=Expect(headers={"content-type": "~json", "x-debug": "off"}),
)
SITUATIONS["http-body-wrong"] = serves(
    lambda: answer(f"<html>Welcome to nginx! {plant('http: response body')}</html>".encode()),
    expect=Expect(body_contains=("Orders of today",)),
)
SITUATIONS["http-body-excluded"] = serves(
    lambda: answer(f"Orders of today\nTraceback: {plant('http: traceback')}".encode()),
    expect=Expect(body_contains=("Orders of today",), body_excludes=("Traceback",)),
)
SITUATIONS["http-json-wrong"] = serves(
    lambda: answer({"state": f"down: {plant('http: text at a JSON path')}", "depth": 4711}),
    expect=Expect(
        json=(
            JsonCondition(path="$.state", equals="up"),
            JsonCondition(path="$.depth", less_than=10),
            JsonCondition(path="$.password", equals="x"),
            JsonCondition(path="$.dsn", equals="x"),
            JsonCondition(path="$.trace", exists=False),
        )
    ),
)
SITUATIONS["http-json-is-html"] = serves(
    lambda: answer(b"<html>Log in</html>", "200 OK", HTML),
    expect=Expect(json=(JsonCondition(path="$.state", exists=True),)),
)
_DOCUMENT = HealthDocument(status="$.status", services="$.services", upstream_url="$.dsn")
SITUATIONS["http-health-bad"] = serves(
    _health(status="unhealthy", services={"postgres": "unhealthy", "redis": "healthy"}),
    health=_DOCUMENT,
)
SITUATIONS["http-health-503"] = serves(
    lambda: error("503", {"status": "down", "services": {"postgres": "timeout"}}),
    health=_DOCUMENT,
)
SITUATIONS["http-health-degraded"] = serves(
    _health(status="degraded", services={"queue": "degraded"}), health=_DOCUMENT
)
SITUATIONS["http-health-contradicts"] = serves(_health(status="ok", services={"queue": "down"}), health=_DOCUMENT)
SITUATIONS["http-health-unreadable"] = serves(_health(state="fine", services={"queue": "up"}), health=_DOCUMENT)
SITUATIONS["http-well-health"] = serves(
    _health(status="ok", services={"queue": "up", "cache": "disabled"}), health=_DOCUMENT
)
_BREAKER = HealthDocument(breaker="$.breaker.state", upstream_url="$.uses")
SITUATIONS["http-breaker-open"] = serves(
    lambda: answer(
        {
            "breaker": {"state": "OPEN"},
            "uses": f"http://api:{plant('http: user in a URL of a health page')}@models.shop.internal:5000",
        }
    ),
    health=_BREAKER,
)
SITUATIONS["http-breaker-not-said"] = serves(_health(breaker={}), health=_BREAKER)
SITUATIONS["http-well-breaker"] = serves(_health(breaker={"state": "closed"}), health=_BREAKER)
SITUATIONS["http-openapi-html"] = serves(
    lambda: answer(b"<html>Log in</html>", "200 OK", HTML), expect=Expect(openapi=True)
)
SITUATIONS["http-openapi-empty"] = serves(_health(openapi="3.1.0", paths={}), expect=Expect(openapi=True))
SITUATIONS["http-well-openapi"] = serves(_health(openapi="3.1.0", paths={"/models": {}}), expect=Expect(openapi=True))


def _late(seconds: Callable[[int], float]) -> Callable[[], Script]:
    """A server that waits before its answer, by the answer's number."""

    def make() -> Script:
        answered = iter(range(1_000))
        well = answer()

        def script(connection: socket.socket, request: bytes) -> None:
            time.sleep(seconds(next(answered)))
            well(connection, request)

        return script

    return make


SITUATIONS["http-slow"] = serves(_late(lambda _: 0.3), slow_after=timedelta(seconds=0.15))
SITUATIONS["http-well-slow-once"] = serves(
    _late(lambda number: 0.5 if number == 0 else 0.0), slow_after=timedelta(seconds=0.4)
)


_CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
_ALL = Expect(body_contains=("all is well",))

SITUATIONS["http-well"] = serves(answer)
SITUATIONS["http-well-chunked"] = serves(
    lambda: sends(_CHUNKED, b"6;a=b\r\nall is\r\n", b"5\r\n well\r\n", b"0\r\nX-Sum: 1\r\n\r\n"),
    expect=_ALL,
)
SITUATIONS["http-well-gzip"] = serves(
    lambda: answer(gzip.compress(b'{"state":') + gzip.compress(b'"up"}'), "200 OK", "Content-Encoding: gzip", JSON),
    expect=Expect(json=(JsonCondition(path="$.state", equals="up"),)),
)
SITUATIONS["http-well-deflate-raw"] = serves(
    lambda: answer(zlib.compress(b"all is well")[2:-4], "200 OK", "Content-Encoding: deflate"),
    expect=_ALL,
)
SITUATIONS["http-well-http10"] = serves(lambda: sends(b"HTTP/1.0 200 OK\r\n\r\nall is well"), expect=_ALL)
SITUATIONS["http-well-empty"] = serves(lambda: sends(b"HTTP/1.1 204 No Content\r\n\r\n"), expect=Expect(status=(204,)))
SITUATIONS["http-well-head"] = serves(lambda: answer(b"x" * 5_000), method="HEAD")
SITUATIONS["http-well-kept-alive"] = serves(
    lambda: then_waits(HEAD + b"Content-Length: 2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\nok"),
)
SITUATIONS["http-well-early-hints"] = serves(
    lambda: sends(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n", HEAD + b"Content-Length: 2\r\n\r\nok"),
)
SITUATIONS["http-well-largest"] = serves(lambda: answer(b"x" * 100_000), max_body=100_000)
SITUATIONS["http-well-404-declared"] = serves(lambda: error("404", b"gone"), expect=Expect(status=(404,)))
SITUATIONS["http-well-preflight"] = serves(
    lambda: answer(
        b"", "204 No Content", "Access-Control-Allow-Origin: https://shop.example", "Access-Control-Allow-Methods: POST"
    ),
    method="OPTIONS",
    headers=PREFLIGHT,
    expect=Expect(status=(200, 204), headers={"Access-Control-Allow-Origin": "https://shop.example"}),
)
