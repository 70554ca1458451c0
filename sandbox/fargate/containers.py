"""The containers of the platform's task definitions, as documents of the ECS API."""

from collections.abc import Mapping
from typing import Any

from sandbox.fargate.estate import Service
from sandbox.instance import ACCOUNT, REGION


def container_of(
    service: Service, tag: str, variables: Mapping[str, str], secrets: Mapping[str, str]
) -> dict[str, Any]:
    """One container that serves HTTP; ``secrets`` are references by variable."""
    return {
        "name": service.container,
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{service.container}:{tag}",
        "essential": True,
        "portMappings": [{"containerPort": service.port, "protocol": "tcp"}],
        "environment": [{"name": name, "value": value} for name, value in sorted(variables.items())],
        "secrets": [{"name": name, "valueFrom": value} for name, value in sorted(secrets.items())],
        "healthCheck": {
            "command": ["CMD-SHELL", f"curl -f http://localhost:{service.port}{service.health} || exit 1"],
            "interval": 30,
            "timeout": 10,
            "retries": 3,
            "startPeriod": 90,
        },
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": service.log_group,
                "awslogs-region": REGION,
                "awslogs-stream-prefix": "ecs",
            },
        },
    }
