"""One AUTH and PING at Valkey over TLS, as the stand-ins and the auditor's side make them."""

from contextlib import closing

from sandbox.fargate.authority import unverified
from sandbox.fargate.dialling import Dialler


def ping(dialler: Dialler, host: str, port: int, token: str, timeout: float) -> str:
    """What it answers, ``+OK +PONG`` when it serves; OSError when it does not answer."""
    with (
        closing(dialler.connect(host, port, timeout)) as plain,
        unverified().wrap_socket(plain) as sock,
    ):
        sock.sendall(f"AUTH {token}\r\n".encode())
        accepted = sock.recv(256).decode().strip()
        sock.sendall(b"PING\r\n")
        return f"{accepted} {sock.recv(256).decode().strip()}"
