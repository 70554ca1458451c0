"""What a task gets at its start, as the ECS agent hands it over: read from the emulator's control plane."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

Aws = Mapping[str, Any]
"""Clients of the emulator by service name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One running task: the tag of its image and its environment, secrets resolved."""

    image_tag: str
    environment: Mapping[str, str] = field(repr=False)


def start_task(aws: Aws, cluster: str, service: str) -> Task:
    """The task of a service's running revision."""
    (found,) = aws["ecs"].describe_services(cluster=cluster, services=[service])["services"]
    revision = aws["ecs"].describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    container = revision["containerDefinitions"][0]
    environment = {entry["name"]: entry["value"] for entry in container.get("environment", ())}
    for entry in container.get("secrets", ()):
        # ECS starts no task without one; what answers then is a task of before, which was never given it.
        with suppress(aws["ssm"].exceptions.ParameterNotFound):
            environment[entry["name"]] = _value(aws, entry["valueFrom"])
    return Task(image_tag=container["image"].rpartition(":")[2], environment=environment)


def runs(aws: Aws, cluster: str, service: str) -> bool:
    """Whether ECS says that a service has a running task."""
    (found,) = aws["ecs"].describe_services(cluster=cluster, services=[service])["services"]
    return bool(found["runningCount"])


def _value(aws: Aws, reference: str) -> str:
    """``arn:aws:secretsmanager:region:account:secret:name-6chars[:json-key::]``, or the ARN of an SSM parameter."""
    parts = reference.split(":")
    if parts[2] == "ssm":
        name = parts[5].removeprefix("parameter")
        return str(aws["ssm"].get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    text = str(aws["secretsmanager"].get_secret_value(SecretId=":".join(parts[:7]))["SecretString"])
    key = parts[7] if len(parts) > 7 else ""
    return str(json.loads(text)[key]) if key else text
