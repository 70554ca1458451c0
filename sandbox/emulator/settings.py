"""What the emulator is started with, and the environment MiniStack reads it from."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# What a Lambda function may see of the host. Everything else (credentials, proxies, PYTHONPATH) stays outside:
# on AWS none of it exists, and a function that needs it would work here and fail there.
HOST_VARIABLES_FOR_FUNCTIONS = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One emulator: where it listens, where it may write, how fast its time runs, whom it trusts."""

    port: int
    state_dir: Path
    auth: bool
    seconds_per_minute: float
    epoch: datetime
    function_variables: Mapping[str, str]
    log_level: str


def parse_arguments(arguments: Sequence[str], *, now: datetime) -> Settings:
    """Read the command line. `now` is the simulated start unless --epoch names another."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.emulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--state-dir", type=Path, required=True, help="directory for all that the emulator writes")
    parser.add_argument("--auth", action="store_true", help="enforce IAM: a function may do what its role allows")
    parser.add_argument(
        "--seconds-per-minute",
        type=_positive,
        default=10.0,
        help="wall-clock seconds that one simulated minute takes; 60 is real time (default 10)",
    )
    parser.add_argument("--epoch", type=_instant, default=now, help="simulated start, ISO 8601 (default: now)")
    parser.add_argument(
        "--function-env",
        type=_variable,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="variable every Lambda function gets unless it sets its own; may be repeated",
    )
    parser.add_argument("--log-level", default="WARNING", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    parsed = parser.parse_args(arguments)
    return Settings(
        port=parsed.port,
        state_dir=parsed.state_dir.resolve(),
        auth=parsed.auth,
        seconds_per_minute=parsed.seconds_per_minute,
        epoch=parsed.epoch,
        function_variables=dict(parsed.function_env),
        log_level=parsed.log_level,
    )


def server_environment(settings: Settings, host: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the server: the host's allow-listed variables and MiniStack's own, nothing else."""
    temporary = settings.state_dir / "tmp"
    return {
        **settings.function_variables,  # MiniStack hands its own environment on, and function_process lets these pass
        **{name: host[name] for name in HOST_VARIABLES_FOR_FUNCTIONS if name in host},
        "TMPDIR": str(temporary),
        "GATEWAY_PORT": str(settings.port),
        "BIND_HOST": "127.0.0.1",
        "STATE_DIR": str(settings.state_dir / "state"),
        "S3_DATA_DIR": str(settings.state_dir / "s3"),
        "AUTH": "true" if settings.auth else "false",
        "LAMBDA_EXECUTOR": "local",
        # Listeners on fixed ports that nobody here asked for.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": settings.log_level,
        # A Docker socket on a developer's machine must not change what the sandbox does.
        "DOCKER_HOST": f"unix://{temporary}/no-docker.sock",
    }


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0; 10 is usual, 60 is real time")
    return value


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _variable(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
