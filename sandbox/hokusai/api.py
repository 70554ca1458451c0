"""The registry API's stand-in: health of what it needs, keys validated by the auth service, and the MLflow proxy.

It really resolves and connects to what its task definition names, with the defaults that its image carries in code.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.fargate import needs
from sandbox.fargate.dialling import NO_ANSWER, Dialler
from sandbox.fargate.serving import Reply, Request, html_reply, json_reply
from sandbox.fargate.task import Task
from sandbox.hokusai.auth import presented_key

SERVER = "uvicorn"
_AUTH_SECONDS = 5.0
_LOCALHOST = "http://localhost:5000"
_EXPERIMENT = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default"
_FORWARDED = ("content-type", "content-length", "accept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What differs between releases: the address of MLflow that the health check's client has in its code."""

    hard_coded_tracking_uri: str | None = None


class ApiService:
    """One API task. ``patience``: seconds it waits for MLflow; 30 on the platform, less where time is compressed."""

    def __init__(self, task: Task, image: Image, dialler: Dialler, patience: float) -> None:
        environment = task.environment
        self._dialler = dialler
        self._patience = patience
        self._proxied = environment.get("MLFLOW_SERVER_URL", _LOCALHOST)
        configured = environment.get("MLFLOW_TRACKING_URI")
        self._tracking_uri = configured or image.hard_coded_tracking_uri or self._proxied
        self._auth = environment.get("AUTH_SERVICE_URL", "https://auth.hokus.ai")
        self._database = {
            "host": environment.get("DB_HOST", "postgres"),
            "port": environment.get("DB_PORT", "5432"),
            "user": environment.get("DB_USER", "postgres"),
            "name": environment.get("DB_NAME", "mlflow_db"),
            "password": environment.get("DB_PASSWORD", ""),
        }
        self._redis_token = environment.get("REDIS_AUTH_TOKEN", "")
        # Who has a token means to use Redis, and falls back to the own host.
        default = "localhost" if self._redis_token else None
        self._redis = (environment.get("REDIS_HOST", default), int(environment.get("REDIS_PORT", "6379")))
        self._open: dict[str, Callable[[Request], Reply]] = {
            "/health": self._health,
            "/health/alb": lambda _: json_reply(200, {"status": "healthy", "timestamp": _now()}),
            "/health/mlflow": self._health_mlflow,
            "/ready": self._ready,
            "/live": lambda _: json_reply(200, {"alive": True, "uptime": 0, "memory_usage_mb": 212.5}),
            "/version": lambda _: json_reply(200, {"version": "1.0.0", "build": task.image_tag}),
            "/docs": lambda _: html_reply(200, _DOCS),
            "/openapi.json": lambda _: json_reply(200, self._openapi()),
        }

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        if request.path in self._open:
            return self._open[request.path](request)
        if request.method == "OPTIONS":
            return json_reply(200, {}, Access_Control_Allow_Origin="*", Access_Control_Allow_Methods="GET, POST")
        if request.path.startswith("/health/"):  # below /health nobody is asked for a key, page or not
            return json_reply(404, {"detail": "Not Found"})
        refused = self._refusal(request)
        if refused is not None:
            return refused
        if request.path.startswith("/api/mlflow/"):
            return self._proxy(request)
        if request.path == "/":
            return json_reply(200, {"service": "hokusai-registry", "version": "1.0.0"})
        if request.path == "/api/v1/models":
            return json_reply(200, {"models": []})
        return json_reply(404, {"detail": "Not Found"})

    def _refusal(self, request: Request) -> Reply | None:
        """None for a key that the auth service calls valid."""
        key = presented_key(request)
        if key is None:
            return json_reply(401, {"detail": "API key required"})
        body = json.dumps({"service_id": "platform", "client_ip": request.client}).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        try:
            answer = self._dialler.ask(
                "POST", f"{self._auth}/api/v1/keys/validate", _AUTH_SECONDS, headers=headers, body=body
            )
        except TimeoutError:
            return json_reply(503, {"detail": "Authentication service timeout"}, Retry_After="5")
        except NO_ANSWER:
            return json_reply(503, {"detail": "Authentication service unavailable"}, Retry_After="5")
        if answer.status == 200:
            return None
        if answer.status == 401:
            return json_reply(401, {"detail": "Invalid or expired API key"})
        return json_reply(503, {"detail": "Authentication service error"}, Retry_After="5")

    def _proxy(self, request: Request) -> Reply:
        url = self._proxied.rstrip("/") + request.target.removeprefix("/api/mlflow")
        headers = {name: value for name, value in request.headers.items() if name in _FORWARDED}
        try:
            answer = self._dialler.ask(request.method, url, self._patience, headers=headers, body=request.body or None)
        except TimeoutError:
            return json_reply(504, {"detail": f"MLflow server request timeout after {self._patience:g}s"})
        except NO_ANSWER:
            return json_reply(502, {"detail": f"Failed to connect to MLflow server at {self._proxied}"})
        kind = answer.header("Content-Type") or "application/json"
        return Reply(status=answer.status, body=answer.body, kind=kind)

    def _health(self, request: Request) -> Reply:
        """Shallow since 2026-04; with ``detailed`` deep and serial, so that a dependency that hangs makes it slow."""
        document: dict[str, Any] = {"version": "1.0.0", "timestamp": _now()}
        if request.parameters.get("detailed") != "true":
            services = {"api": "healthy", "dependency_checks": "skipped"}
            return json_reply(200, {"status": "healthy", **document, "services": services})
        mlflow = self._mlflow_error()
        redis = self._redis_state()
        postgres = self._database_error()
        states = {
            "mlflow": "unhealthy" if mlflow else "healthy",
            "redis": redis,
            "message_queue": "disabled" if redis == "disabled" else redis,
            "postgres": "unhealthy" if postgres else "healthy",
            "external_api": "healthy",
        }
        ill = "unhealthy" in (states["mlflow"], redis)
        status = "unhealthy" if postgres else "degraded" if ill else "healthy"
        details = {"mlflow_details": {"error": mlflow}, "postgres_details": {"error": postgres}}
        return json_reply(503 if postgres else 200, {"status": status, **document, "services": states, **details})

    def _ready(self, _request: Request) -> Reply:
        postgres, mlflow = self._database_error(), self._mlflow_error()
        checks = [
            {"name": "database", "passed": not postgres, "error": postgres, "critical": True},
            {"name": "mlflow", "passed": not mlflow, "error": mlflow, "critical": False},
        ]
        serves = postgres is None
        document = {"ready": not (postgres or mlflow), "can_serve_traffic": serves, "checks": checks}
        return json_reply(200 if serves else 503, {**document, "degraded_mode": bool(mlflow)})

    def _health_mlflow(self, _request: Request) -> Reply:
        """The breaker guards writes of models, which nobody makes in the sandbox, so it stays closed."""
        began = time.monotonic()
        error = self._mlflow_error()
        details = {"state": "CLOSED", "failure_count": 0, "failure_threshold": 5, "recovery_timeout": 60}
        document = {
            "circuit_breaker_state": "CLOSED",
            "circuit_breaker_details": details,
            "connected": error is None,
            "tracking_uri": self._tracking_uri,
            "connection_timeout": self._patience,
            "error": error,
            "response_time_ms": round((time.monotonic() - began) * 1000, 1),
            "timestamp": _now(),
        }
        return json_reply(200, document)

    def _mlflow_error(self) -> str | None:
        """What the client of the health check meets, which reads a setting of its own, not the proxy's."""
        return needs.upstream_error(self._dialler, self._tracking_uri.rstrip("/") + _EXPERIMENT, self._patience)

    def _database_error(self) -> str | None:
        return needs.database_error(self._dialler, self._database)

    def _redis_state(self) -> str:
        host, port = self._redis
        if host is None:
            return "disabled"
        return "healthy" if needs.cache_serves(self._dialler, host, port, self._redis_token) else "unhealthy"

    def _openapi(self) -> dict[str, Any]:
        paths = [*self._open, "/api/v1/models", "/api/mlflow/{path}"]
        answers = {"get": {"responses": {"200": {"description": "Successful Response"}}}}
        return {
            "openapi": "3.1.0",
            "info": {"title": "Hokusai API", "version": "1.0.0"},
            "paths": dict.fromkeys(paths, answers),
        }


_DOCS = (
    "<!DOCTYPE html><html><head><title>Hokusai API - Swagger UI</title></head>"
    '<body><div id="swagger-ui"></div></body></html>'
)


def _now() -> str:
    return datetime.now(UTC).isoformat()
