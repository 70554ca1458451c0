"""A bundle of a real audit of two loopback targets, made once."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from auditor.domain.topology import Platform
from auditor.net.network import Network
from cli.run import run_here, write_files
from tests.fakes import T0, platform, target


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 503)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join(5)
    server.server_close()


def with_urls(urls: dict[str, str]) -> Platform:
    """A platform of pages; each is a service of its own."""
    return platform([replace(target(id, "http", id, private=False), spec={"url": url}) for id, url in urls.items()])


@pytest.fixture(scope="session")
def audited(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an audit in which one page is healthy, one answers 503 and one refuses."""
    pages = with_urls({"home": f"{site}/", "orders": f"{site}/orders", "gone": "http://127.0.0.1:9/"})
    report, bundle = run_here(
        pages,
        network=Network(resolver=("127.0.0.1", 9)),
        host="a-laptop",
        now=T0 + timedelta(seconds=31),
        progress=lambda _line: None,
    )
    folder = tmp_path_factory.mktemp("audit")
    write_files(report, bundle, folder)
    return folder
