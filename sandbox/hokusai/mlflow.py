"""MLflow's stand-in, as 3.9.0 answers with --static-prefix /mlflow: its pages, who may call it, and its REST API.

``tests/functional/sandbox_hokusai/test_real_mlflow.py`` holds it against the real server.
"""

from dataclasses import replace
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.fargate.dialling import Dialler
from sandbox.fargate.serving import Reply, Request, html_reply
from sandbox.fargate.task import Task
from sandbox.mlflow.hosts import ANY_HOST, rejection
from sandbox.mlflow.rest import ARTIFACTS, TRACKING, Rest
from sandbox.mlflow.shelf import PostgresShelf
from sandbox.mlflow.wire import NOT_FOUND

SERVER = "uvicorn"
_VERSION = "3.9.0"
_UI = '<!doctype html><html lang="en"><head><title>MLflow</title></head><body><div id="root"></div></body></html>'
_AJAX = "/mlflow/ajax-api/"
"""The browser's own way to the REST API; with a prefix it alone has it."""


class MlflowService:
    """Reads the store that its task definition names, and serves the hosts that it allows."""

    def __init__(self, task: Task, dialler: Dialler) -> None:
        environment = task.environment
        self._allowed_hosts = environment["MLFLOW_ALLOWED_HOSTS"].split(",")
        shelf = PostgresShelf(dialler, store_settings(environment["BACKEND_STORE_URI"]))
        self._rest = Rest(shelf, root=environment["DEFAULT_ARTIFACT_ROOT"])

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        host = request.headers.get("host", "")
        if not any(fnmatchcase(host, allowed) for allowed in self._allowed_hosts) and request.path not in ANY_HOST:
            return rejection()
        if request.path == "/mlflow":
            return html_reply(308, _redirecting(location := f"http://{host}/mlflow/"), Location=location)
        if request.path == "/mlflow/":
            return html_reply(200, _UI)
        if request.path == "/mlflow/health":
            return html_reply(200, "OK")
        if request.path == "/mlflow/version":
            return html_reply(200, _VERSION)
        if request.path.startswith(_AJAX):
            return self._rest(replace(request, path=f"/api/{request.path.removeprefix(_AJAX)}"))
        if request.path.startswith((TRACKING, ARTIFACTS)):
            return self._rest(request)
        return html_reply(404, NOT_FOUND)


def store_settings(uri: str) -> dict[str, str]:
    """A PostgreSQL URI as ``sandbox.fargate.database`` takes it."""
    store = urlsplit(uri)
    return {
        "host": store.hostname or "",
        "port": str(store.port or 5432),
        "user": store.username or "",
        "password": unquote(store.password or ""),
        "name": store.path.lstrip("/"),
        "sslmode": dict(parse_qsl(store.query)).get("sslmode", ""),
    }


def _redirecting(location: str) -> str:
    link = f'<a href="{location}">{location}</a>'
    return (
        "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n"
        f"<p>You should be redirected automatically to the target URL: {link}. If not, click the link.\n"
    )
