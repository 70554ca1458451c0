"""The settings of a function: the only reader of the environment."""

import math
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor.names import (
    ENV_BUCKET,
    ENV_CATALOGUE,
    ENV_COMMIT_WAIT,
    ENV_IN_VPC,
    ENV_PAGES_TOPIC,
    ENV_SANDBOX_NETWORK,
    ENV_SANDBOX_PACE,
    ENV_STAGE,
    ENV_STORIES_TOPIC,
    ENV_TABLE,
)

_MEMORY_OF_A_CORE_MB = 1769
"""With so much memory a function has one core; with less, that share of it (AWS Lambda Developer Guide)."""


class SettingsError(ValueError):
    """When a function's environment lacks a variable or holds an unusable value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a function needs to know of its stage."""

    stage: str
    region: str
    function: str
    catalogue: Path
    table: str
    bucket: str
    stories_topic: str
    pages_topic: str
    in_vpc: bool
    commit_wait_seconds: float
    sandbox_resolver: str
    """``host:port`` of the sandbox's DNS; empty outside the sandbox."""
    sandbox_seconds_per_minute: float | None
    cpu_share: float
    """The part of one core that this function has by its memory."""
    aws_endpoint: str


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. SettingsError names variable, value and remedy."""
    source = os.environ if environment is None else environment

    def required(name: str) -> str:
        value = source.get(name, "")
        if not value:
            raise SettingsError(
                f"environment variable {name} is missing or empty; the stack sets it, so deploy it again"
            )
        return value

    def number(name: str, default: float, unit: str = "seconds") -> float:
        text = source.get(name, "")
        try:
            value = float(text) if text else default
        except ValueError:
            value = -1.0
        if not 0 <= value < math.inf:
            raise SettingsError(
                f"environment variable {name} is {text!r:.80}; allowed is a number of {unit}, 0 or more; "
                "the stack sets it, so deploy it again"
            )
        return value

    pace = number(ENV_SANDBOX_PACE, 0.0)
    sandbox_resolver = source.get(ENV_SANDBOX_NETWORK, "")
    memory_mb = number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", _MEMORY_OF_A_CORE_MB, "megabytes")
    return Settings(
        stage=required(ENV_STAGE),
        region=source.get("AWS_REGION", source.get("AWS_DEFAULT_REGION", "")),
        function=source.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
        catalogue=Path(source.get("LAMBDA_TASK_ROOT", ".")) / required(ENV_CATALOGUE),
        table=required(ENV_TABLE),
        bucket=required(ENV_BUCKET),
        stories_topic=source.get(ENV_STORIES_TOPIC, ""),
        pages_topic=source.get(ENV_PAGES_TOPIC, ""),
        in_vpc=source.get(ENV_IN_VPC, "") == "true",
        commit_wait_seconds=number(ENV_COMMIT_WAIT, 20.0),
        sandbox_resolver=sandbox_resolver,
        sandbox_seconds_per_minute=pace or None,
        # The sandbox's functions are ordinary processes: their memory size limits nothing.
        cpu_share=1.0 if sandbox_resolver else min(1.0, memory_mb / _MEMORY_OF_A_CORE_MB) or 1.0,
        aws_endpoint=source.get("AWS_ENDPOINT_URL", ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkstationSettings:
    """What the command line needs to know of the machine it runs on."""

    host: str
    sandbox_resolver: str
    aws_endpoint: str


def read_workstation_settings(environment: Mapping[str, str] | None = None) -> WorkstationSettings:
    """The settings of a person's machine; outside the sandbox nothing needs to be set."""
    source = os.environ if environment is None else environment
    return WorkstationSettings(
        host=platform.node() or "workstation",
        sandbox_resolver=source.get(ENV_SANDBOX_NETWORK, ""),
        aws_endpoint=source.get("AWS_ENDPOINT_URL", ""),
    )
