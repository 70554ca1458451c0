"""A sandbox that is ended at any moment of its start leaves no process behind."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from sandbox.instance import Instance
from tests.e2e.conftest import _free_ports, _left_over


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.5, 1.5, 2.5, 4.0])
def test_a_sandbox_that_is_ended_while_it_starts_leaves_nothing(tmp_path: Path, seconds: float) -> None:
    ports = _free_ports(3)
    instance = Instance(
        folder=str(tmp_path),
        network=65,
        emulator_port=ports[0],
        dns_port=ports[1],
        control_port=ports[2],
        seconds_per_minute=10.0,
        auth=True,
    )
    command = [sys.executable, "-m", "sandbox.supervisor", json.dumps(asdict(instance))]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
    until = time.monotonic() + 3
    while _left_over(tmp_path) and time.monotonic() < until:
        time.sleep(0.1)
    assert _left_over(tmp_path) == []
