"""Simulated time, and the environment that the server and its functions get."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.emulator.clock import SimulatedClock, floor_to_minute, iso
from sandbox.emulator.patches.function_process import function_environment
from sandbox.emulator.settings import parse_arguments, server_environment

NOW = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
REQUIRED = ["--port", "4700", "--state-dir", "/state"]


def clock(reading: float, *, seconds_per_minute: float) -> SimulatedClock:
    return SimulatedClock(
        epoch=NOW.timestamp(), seconds_per_minute=seconds_per_minute, started=100.0, wall=lambda: reading
    )


def test_ten_wall_seconds_are_one_simulated_minute() -> None:
    assert iso(clock(110.0, seconds_per_minute=10).now()) == "2026-11-23T16:48:00Z"


def test_sixty_seconds_per_minute_are_real_time() -> None:
    assert clock(107.5, seconds_per_minute=60).now() == NOW.timestamp() + 7.5


def test_floor_to_minute() -> None:
    assert iso(floor_to_minute(NOW.timestamp() + 59.9)) == "2026-11-23T16:47:00Z"


def test_defaults() -> None:
    settings = parse_arguments(REQUIRED, now=NOW)
    assert (settings.port, settings.state_dir, settings.auth) == (4700, Path("/state"), False)
    assert (settings.seconds_per_minute, settings.epoch) == (10.0, NOW)


def test_an_epoch_without_a_zone_is_utc() -> None:
    settings = parse_arguments([*REQUIRED, "--epoch", "2026-01-01T00:00:00"], now=NOW)
    assert settings.epoch == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("arguments", [["--seconds-per-minute", "0"], ["--function-env", "NAME"], ["--epoch", "soon"]])
def test_nonsense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments([*REQUIRED, *arguments], now=NOW)
    assert arguments[0] in capsys.readouterr().err


def test_the_server_gets_the_allow_listed_host_and_nothing_else_of_it() -> None:
    settings = parse_arguments([*REQUIRED, "--auth", "--function-env", "SEAM=on"], now=NOW)
    host = {"PATH": "/bin", "HOME": "/root", "AWS_PROFILE": "prod", "HTTPS_PROXY": "x", "TMPDIR": "/elsewhere"}
    environment = server_environment(settings, host)
    assert "AWS_PROFILE" not in environment
    assert "HTTPS_PROXY" not in environment
    assert environment["BIND_HOST"] == "127.0.0.1"
    assert (environment["PATH"], environment["AUTH"], environment["TMPDIR"]) == ("/bin", "true", "/state/tmp")
    assert environment["SEAM"] == "on"


def test_a_function_gets_no_variable_of_the_server_but_its_own_and_the_reserved_ones() -> None:
    server = {"PATH": "/bin", "GATEWAY_PORT": "4700", "STATE_DIR": "/state", "SEAM": "on"}
    made = {**server, "STATE_DIR": "mine", "AWS_REGION": "eu-west-1"}
    assert function_environment(made, server, {"SEAM": "on"}) == {
        "TZ": ":UTC",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "PATH": "/bin",
        "SEAM": "on",
        "STATE_DIR": "mine",
        "AWS_REGION": "eu-west-1",
    }
