"""The platform that the benches' catalogues speak of: a web server and a DNS in one process, and a PostgreSQL.

``python -m tests.bench.estate ADDRESS DNS_PORT``: cheap servers, because what is measured is the auditor.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from auditor.net.network import Network
from auditor.net.sandbox_network import sandbox_network, translate
from sandbox.postgres import Postgres, Role

HOSTS = 64
DATABASE, DATABASE_HOST, DATABASE_USER = "orders", "db.bench.internal", "shop"
PASSWORD = "bench-password"
SECRET = "bench/database"
_ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 10.0


@contextmanager
def estate(folder: Path, *, network: int, dns_port: int) -> Iterator[Network]:
    """The running platform as a probe sees it; everything ends with the block."""
    web, web_port = translate(f"10.{network}.1.1", 80)
    store, store_port = translate(f"10.{network}.2.1", 5432)
    owner = Role(name=DATABASE_USER, password=PASSWORD)
    server = Postgres(
        folder / "postgres", address=store, port=store_port, database=DATABASE, owner=owner,
        settings={"max_connections": "200"},
    )  # fmt: skip
    command = [sys.executable, "-m", "tests.bench.estate", web, str(web_port), str(dns_port)]
    with server, subprocess.Popen(command, cwd=_ROOT) as servers:
        try:
            _await(web, web_port)
            yield sandbox_network(f"127.0.0.1:{dns_port}", "http://127.0.0.1")
        finally:
            servers.kill()


def _await(host: str, port: int) -> None:
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


class _Web(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        fine = b" /broken" not in data
        body = b'{"status": "ok"}' if fine else b'{"detail": "Service Unavailable"}'
        head = b"HTTP/1.1 200 OK" if fine else b"HTTP/1.1 503 Service Unavailable"
        self._transport.write(
            head + b"\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )  # fmt: skip
        self._transport.close()


class _Dns(asyncio.DatagramProtocol):
    """Answers every A query: the database's name with its address, all others with the web server's."""

    def __init__(self, network: int) -> None:
        self._network = network

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport  # asyncio's own datagram transport is no DatagramTransport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        end = data.index(b"\0", 12) + 5
        third = 2 if data[12:].startswith(b"\x02db") else 1
        answer = b"\xc0\x0c\0\x01\0\x01\0\0\0\x0a\0\x04" + bytes((10, self._network, third, 1))
        a_record = data[end - 4 : end - 2] == b"\0\x01"
        head = data[:2] + b"\x85\x80\0\x01" + (b"\0\x01" if a_record else b"\0\0") + b"\0\0\0\0"
        self._transport.sendto(head + data[12:end] + (answer if a_record else b""), addr)


async def _serve(address: str, port: int, dns_port: int) -> None:
    network = int(address.split(".")[1])
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: _Dns(network), local_addr=("127.0.0.1", dns_port))
    server = await loop.create_server(_Web, address, port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
