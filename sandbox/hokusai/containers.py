"""The containers of the platform's task definitions, as documents of the ECS API."""

from collections.abc import Mapping
from typing import Any

from sandbox.hokusai.estate import (
    API_PORT,
    APPLICATION_ROLE,
    AUTH,
    DATABASE,
    DATABASE_NAME,
    DATABASE_PORT,
    MLFLOW_NAME,
    MLFLOW_PORT,
    REDIS_NAME,
    REDIS_PORT,
    REGISTRY,
)
from sandbox.instance import ACCOUNT, REGION

RELEASE = "2026.11.3"

Environment = Mapping[str, str]


def api_environment() -> dict[str, str]:
    """The API's variables, as they should be."""
    return {
        "API_HOST": "0.0.0.0",
        "API_PORT": str(API_PORT),
        "ENVIRONMENT": "development",
        "AUTH_SERVICE_URL": f"https://{AUTH}",
        "MLFLOW_SERVER_URL": f"http://{MLFLOW_NAME}:{MLFLOW_PORT}",
        "DB_HOST": DATABASE_NAME,
        "DB_PORT": str(DATABASE_PORT),
        "DB_USER": APPLICATION_ROLE,
        "DB_NAME": DATABASE,
        "REDIS_HOST": REDIS_NAME,
        "REDIS_PORT": str(REDIS_PORT),
        "REDIS_TLS_ENABLED": "true",
        "MLFLOW_MTLS_ENABLED": "false",
    }


def mlflow_container(password: str) -> dict[str, Any]:
    """Its database password stands in its variable, as on the platform: the auditor must not repeat it."""
    address = f"{DATABASE_NAME}:{DATABASE_PORT}/{DATABASE}"
    variables = {
        "BACKEND_STORE_URI": f"postgresql://{APPLICATION_ROLE}:{password}@{address}?sslmode=require",
        "DEFAULT_ARTIFACT_ROOT": "s3://hokusai-mlflow-artifacts-development",
        "MLFLOW_HOST": "0.0.0.0",
        "MLFLOW_PORT": str(MLFLOW_PORT),
        "MLFLOW_ALLOWED_HOSTS": f"{REGISTRY},{MLFLOW_NAME}:{MLFLOW_PORT},localhost:{MLFLOW_PORT}",
    }
    return container_of("mlflow", MLFLOW_PORT, RELEASE, variables, {})


def container_of(short: str, port: int, tag: str, variables: Environment, secrets: Environment) -> dict[str, Any]:
    """One container that serves HTTP; ``secrets`` are references by variable."""
    path = "/mlflow/health" if short == "mlflow" else "/health"
    return {
        "name": f"hokusai-{short}",
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/hokusai-{short}:{tag}",
        "essential": True,
        "portMappings": [{"containerPort": port, "protocol": "tcp"}],
        "environment": [{"name": name, "value": value} for name, value in sorted(variables.items())],
        "secrets": [{"name": name, "valueFrom": value} for name, value in sorted(secrets.items())],
        "healthCheck": {
            "command": ["CMD-SHELL", f"curl -f http://localhost:{port}{path} || exit 1"],
            "interval": 30,
            "timeout": 10,
            "retries": 3,
            "startPeriod": 90,
        },
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": f"/ecs/hokusai-{short}-development",
                "awslogs-region": REGION,
                "awslogs-stream-prefix": "ecs",
            },
        },
    }
