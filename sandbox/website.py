"""The sandbox's web site: ``/`` serves alone, ``/orders`` reads the database each time. A real server, made to break.

``python -m sandbox.website``; its password comes in the environment, as a container's would.
"""

import argparse
import gzip
import json
import os
import socket
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pg8000.native

PASSWORD_VARIABLE = "ORDERS_DATABASE_PASSWORD"
MODES = ("normal", "drips", "endless", "gzip-bomb", "errors")
_DATABASE_SECONDS = 1.0
_BOMB = gzip.compress(bytes(64 * 1024 * 1024), 9)
_MISBEHAVIOUR_SECONDS = 20.0
"""A misbehaving answer ends by itself: the sandbox must not hold a socket for ever."""


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "shop"
    sys_version = ""
    server: "_Server"

    def do_GET(self) -> None:
        self.close_connection = True
        with suppress(BrokenPipeError, ConnectionResetError):
            mode = self.server.mode()
            if mode == "normal":
                self._serve()
            else:
                getattr(self, "_" + mode.replace("-", "_"))()

    def _serve(self) -> None:
        if self.path == "/":
            self._answer(
                200, "text/html; charset=utf-8", b"<!doctype html><title>Minimal shop</title><h1>Minimal shop</h1>"
            )
        elif self.path == "/orders":
            status, orders = self.server.orders()
            self._answer(status, "application/json", json.dumps({"orders": orders}).encode())
        else:
            self._answer(404, "application/json", b'{"detail":"Not Found"}')

    def _answer(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _errors(self) -> None:
        self._answer(500, "application/json", b'{"detail":"Internal Server Error"}')

    def _gzip_bomb(self) -> None:
        self._answer(200, "text/html", _BOMB, Content_Encoding="gzip")

    def _drips(self) -> None:
        self._without_length()
        until = time.monotonic() + _MISBEHAVIOUR_SECONDS
        while time.monotonic() < until:
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.5)

    def _endless(self) -> None:
        self._without_length()
        until = time.monotonic() + _MISBEHAVIOUR_SECONDS
        while time.monotonic() < until:
            self.wfile.write(bytes(65_536))

    def _without_length(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """The sandbox's screen belongs to the audit."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, at: tuple[str, int], database: tuple[str, int], password: str, mode_file: Path) -> None:
        super().__init__(at, _Site)
        self._database = database
        self._password = password
        self._mode_file = mode_file

    def mode(self) -> str:
        """How the site behaves now; ``make break`` writes the file."""
        with suppress(OSError):
            mode = self._mode_file.read_text(encoding="utf-8").strip()
            if mode in MODES:
                return mode
        return "normal"

    def orders(self) -> tuple[int, dict[str, Any]]:
        """Status and body of ``/orders``."""
        try:
            sock = socket.create_connection(self._database, timeout=_DATABASE_SECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with closing(sock), closing(self._session(sock)) as session:
                ((count,),) = session.run("SELECT count(*) FROM orders")
        except (OSError, pg8000.native.InterfaceError, pg8000.native.DatabaseError):
            return 503, {"database": "failed"}
        return 200, {"database": "ok", "count": count}

    def _session(self, sock: socket.socket) -> Any:
        return pg8000.native.Connection(
            "shop", database="orders", password=self._password, sock=sock, ssl_context=False
        )


def main() -> None:
    """Serves until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.website")
    parser.add_argument("--at", required=True, help="address:port to serve on")
    parser.add_argument("--database", required=True, help="address:port of PostgreSQL")
    parser.add_argument("--mode-file", type=Path, required=True)
    options = parser.parse_args()
    server = _Server(_pair(options.at), _pair(options.database), os.environ.pop(PASSWORD_VARIABLE), options.mode_file)
    server.serve_forever()


def _pair(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    main()
