"""MLflow's stand-in, as it answers with --static-prefix /mlflow: its experiments come from PostgreSQL."""

from urllib.parse import unquote, urlsplit

from sandbox.fargate import database
from sandbox.fargate.dialling import Dialler
from sandbox.fargate.serving import Reply, Request, html_reply, json_reply
from sandbox.fargate.task import Task

SERVER = "gunicorn"
_DATABASE_SECONDS = 3.0
_NOT_FOUND = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and "
    "try again.</p>\n"
)
_UI = '<!doctype html><html lang="en"><head><title>MLflow</title></head><body><div id="root"></div></body></html>'
_SEARCH = ("/api/2.0/mlflow/experiments/search", "/mlflow/ajax-api/2.0/mlflow/experiments/search")
_BY_NAME = ("/api/2.0/mlflow/experiments/get-by-name", "/mlflow/ajax-api/2.0/mlflow/experiments/get-by-name")


class MlflowService:
    """Reads the store that its task definition names."""

    def __init__(self, task: Task, dialler: Dialler) -> None:
        store = urlsplit(task.environment["BACKEND_STORE_URI"])
        self._dialler = dialler
        self._settings = {
            "host": store.hostname or "",
            "port": str(store.port or 5432),
            "user": store.username or "",
            "password": unquote(store.password or ""),
            "name": store.path.lstrip("/"),
        }

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        if request.path == "/mlflow":
            location = f"http://{request.headers.get('host', 'localhost')}/mlflow/"
            return html_reply(308, "<!doctype html>\n<title>Redirecting...</title>\n", Location=location)
        if request.path == "/mlflow/":
            return html_reply(200, _UI)
        if request.path == "/mlflow/health":
            return html_reply(200, "OK")
        if request.path == "/mlflow/version":
            return html_reply(200, "3.4.0")
        if request.path in _SEARCH:
            return self._search(request)
        if request.path in _BY_NAME:
            return self._experiments(limit=1)
        return html_reply(404, _NOT_FOUND)

    def _search(self, request: Request) -> Reply:
        value = request.parameters.get("max_results", "")
        if not value.isdecimal():
            text = "Missing value for required parameter 'max_results'."
            return json_reply(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": text})
        return self._experiments(limit=int(value))

    def _experiments(self, limit: int) -> Reply:
        statement = f"SELECT experiment_id, name FROM experiments ORDER BY experiment_id LIMIT {limit}"
        try:
            rows = database.run(self._dialler, self._settings, statement, _DATABASE_SECONDS)
        except database.RefusedError as error:
            text = f"(psycopg2.OperationalError) {error}"
            return json_reply(500, {"error_code": "INTERNAL_ERROR", "message": text})
        found = [{"experiment_id": str(id), "name": name, "lifecycle_stage": "active"} for id, name in rows]
        return json_reply(200, {"experiments": found})
