"""A server that negotiates keys again and again instead of answering: OpenSSL's own, told to by its console."""

import contextlib
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from auditor.domain.observation import Phase
from tests.functional.functions.database.conftest import free_port

from .outcome import Label, require
from .test_http import ask

UNANSWERED = Label(
    cause="http.first_byte_timeout", phase=Phase.FIRST_BYTE, check="status_expected", passes=frozenset({"reachable"})
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="the console is that of the openssl command"),
]


@contextlib.contextmanager
def server(version: str, command: str, certificate: Path) -> Iterator[int]:
    """The port of a server that is given the command every few milliseconds."""
    port = free_port()
    arguments = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(certificate), version]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as ran:
        assert ran.stdin is not None
        assert ran.stdout is not None
        assert any(b"ACCEPT" in line for line in ran.stdout)
        console, stopping = ran.stdin, threading.Event()

        def command_again() -> None:
            while not stopping.wait(0.005):
                console.write(f"{command}\n".encode())
                console.flush()

        # Not before the first handshake is over: during it the server takes a command for a reason to leave.
        commanding = threading.Timer(0.08, command_again)
        commanding.start()
        yield port
        stopping.set()
        commanding.join(5)
        ran.kill()


@pytest.mark.parametrize(
    ("version", "command"), [("-tls1_2", "r"), ("-tls1_2", "R"), ("-tls1_3", "k"), ("-tls1_3", "K")]
)
def test_keys_are_negotiated_without_end(
    version: str, command: str, tmp_path: Path, authority: trustme.CA, ca_file: str
) -> None:
    certificate = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with server(version, command, certificate) as port:
        began = time.process_time()
        outcome = ask(f"https://127.0.0.1:{port}/", ca_file=ca_file, deadline=UNANSWERED.deadline)
        spent = time.process_time() - began
    require(outcome, UNANSWERED)
    assert spent < UNANSWERED.deadline
