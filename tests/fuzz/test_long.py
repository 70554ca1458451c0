"""A minute of each fuzzer, three at a time: six minutes."""

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = "60"


@pytest.mark.slow
def test_no_fuzzer_finds_anything_in_a_minute() -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", SECONDS, "--workers", "3"]
    ended = subprocess.run(
        command, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
