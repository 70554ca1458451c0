"""MLflow's stand-in, as 3.9.0 answers with --static-prefix /mlflow: its experiments come from PostgreSQL.

``tests/functional/sandbox_hokusai/test_real_mlflow.py`` holds it against the real server.
"""

import json
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.fargate import database
from sandbox.fargate.dialling import Dialler
from sandbox.fargate.serving import Reply, Request, html_reply
from sandbox.fargate.task import Task

SERVER = "uvicorn"
_VERSION = "3.9.0"
_DATABASE_SECONDS = 3.0
_NOT_FOUND = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and "
    "try again.</p>\n"
)
_UI = '<!doctype html><html lang="en"><head><title>MLflow</title></head><body><div id="root"></div></body></html>'
_REJECTED = "Invalid Host header - possible DNS rebinding attack detected"
_ANY_HOST = ("/health", "/version")
"""Exempt from the check of the Host header; with a prefix nothing is served there."""
_SEARCH = ("/api/2.0/mlflow/experiments/search", "/mlflow/ajax-api/2.0/mlflow/experiments/search")
_BY_NAME = ("/api/2.0/mlflow/experiments/get-by-name", "/mlflow/ajax-api/2.0/mlflow/experiments/get-by-name")
_MOST_RESULTS = 50_000


class MlflowService:
    """Reads the store that its task definition names, and serves the hosts that it allows."""

    def __init__(self, task: Task, dialler: Dialler) -> None:
        store = urlsplit(task.environment["BACKEND_STORE_URI"])
        self._allowed_hosts = task.environment["MLFLOW_ALLOWED_HOSTS"].split(",")
        self._dialler = dialler
        self._settings = {
            "host": store.hostname or "",
            "port": str(store.port or 5432),
            "user": store.username or "",
            "password": unquote(store.password or ""),
            "name": store.path.lstrip("/"),
            "sslmode": dict(parse_qsl(store.query)).get("sslmode", ""),
        }

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        host = request.headers.get("host", "")
        if not any(fnmatchcase(host, allowed) for allowed in self._allowed_hosts) and request.path not in _ANY_HOST:
            return Reply(status=403, body=_REJECTED.encode(), kind="text/plain")
        if request.path == "/mlflow":
            return html_reply(308, _redirecting(location := f"http://{host}/mlflow/"), Location=location)
        if request.path == "/mlflow/":
            return html_reply(200, _UI)
        if request.path == "/mlflow/health":
            return html_reply(200, "OK")
        if request.path == "/mlflow/version":
            return html_reply(200, _VERSION)
        if request.path in _SEARCH:
            return self._search(request)
        if request.path in _BY_NAME:
            return self._by_name(request)
        return html_reply(404, _NOT_FOUND)

    def _search(self, request: Request) -> Reply:
        value = str(_parameters(request).get("max_results", 0))
        if not value.isdecimal():
            return _error(400, "INVALID_PARAMETER_VALUE", f"Invalid value \"{value}\" for parameter 'max_results'")
        limit = int(value)
        if not 0 < limit <= _MOST_RESULTS:
            must = f"at most {_MOST_RESULTS}" if limit else "a positive integer"
            text = f"Invalid value {limit} for parameter 'max_results' supplied. It must be {must}"
            return _error(400, "INVALID_PARAMETER_VALUE", text)
        found = self._experiments()
        return found if isinstance(found, Reply) else _found({"experiments": found[:limit]})

    def _by_name(self, request: Request) -> Reply:
        name = _parameters(request).get("experiment_name")
        if not name:
            return _error(400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'experiment_name'.")
        found = self._experiments()
        if isinstance(found, Reply):
            return found
        named = [experiment for experiment in found if experiment["name"] == name]
        if not named:
            return _error(404, "RESOURCE_DOES_NOT_EXIST", f"Could not find experiment with name '{name}'")
        return _found({"experiment": named[0]})

    def _experiments(self) -> list[dict[str, Any]] | Reply:
        """All of them, or what is answered when the database does not serve."""
        statement = "SELECT experiment_id, name FROM experiments ORDER BY experiment_id"
        try:
            rows = database.run(self._dialler, self._settings, statement, _DATABASE_SECONDS)
        except database.RefusedError as error:
            return _error(503, "TEMPORARILY_UNAVAILABLE", f"(psycopg2.OperationalError) {error}")
        return [{"experiment_id": str(id), "name": name, "lifecycle_stage": "active"} for id, name in rows]


def _parameters(request: Request) -> dict[str, Any]:
    """Of the query, or of a POST's JSON body."""
    if request.method != "POST":
        return dict(request.parameters)
    try:
        document = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _redirecting(location: str) -> str:
    link = f'<a href="{location}">{location}</a>'
    return (
        "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n"
        f"<p>You should be redirected automatically to the target URL: {link}. If not, click the link.\n"
    )


def _found(document: dict[str, Any]) -> Reply:
    return Reply(status=200, body=json.dumps(document, indent=2).encode(), kind="application/json")


def _error(status: int, code: str, message: str) -> Reply:
    body = json.dumps({"error_code": code, "message": message}).encode()
    return Reply(status=status, body=body, kind="application/json")
