"""MLflow's REST API as 3.9.0 answers it: experiments on a shelf, runs, models and artifacts in memory.

``tests/functional/sandbox_hokusai/test_real_mlflow.py`` holds it against the real server.
"""

import threading
from typing import Any

from sandbox.fargate import database
from sandbox.fargate.serving import Reply, Request, html_reply
from sandbox.mlflow.models import Models
from sandbox.mlflow.shelf import ACTIVE, Shelf
from sandbox.mlflow.tracking import Tracking
from sandbox.mlflow.wire import NOT_ALLOWED, NOT_FOUND, RefusedError, error_reply, found, parameters

TRACKING, ARTIFACTS = "/api/2.0/mlflow/", "/api/2.0/mlflow-artifacts/artifacts"


class Rest:
    """The API below ``/api/2.0/``. ``root``: where artifacts lie; of its own scheme it serves them itself."""

    def __init__(self, shelf: Shelf, *, root: str = "mlflow-artifacts:") -> None:
        self._shelf = shelf
        self._lock = threading.Lock()
        self._models = Models(shelf)
        self._calls = Tracking(shelf, root).calls | self._models.calls
        self.files: dict[str, bytes] = {}

    def __call__(self, request: Request) -> Reply:
        """Answers one request; a path that is not served gets the page that says so."""
        try:
            with self._lock:
                if request.path == ARTIFACTS or request.path.startswith(f"{ARTIFACTS}/"):
                    return self._artifact(request)
                return self._track(request)
        except RefusedError as error:
            return error.reply
        except database.RefusedError as error:
            return error_reply(503, "TEMPORARILY_UNAVAILABLE", f"(psycopg2.OperationalError) {error}")

    def names(self) -> set[str]:
        """Every active experiment and model, for tests."""
        return {e.name for e in self._shelf.all() if e.stage == ACTIVE} | self._models.names

    def _track(self, request: Request) -> Reply:
        methods, call = self._calls.get(request.path.removeprefix(TRACKING), ("", None))
        if call is None or not request.path.startswith(TRACKING):
            return html_reply(404, NOT_FOUND)
        if request.method not in methods.split():
            return html_reply(405, NOT_ALLOWED)
        return found(call(parameters(request)))

    def _artifact(self, request: Request) -> Reply:
        path = request.path.removeprefix(ARTIFACTS).strip("/")
        if ".." in path:
            raise RefusedError(400, "INVALID_PARAMETER_VALUE", "Invalid path")
        match request.method:
            case "GET" if not path:
                return self._listed(request.parameters.get("path", "").strip("/"))
            case "GET" if path in self.files:
                return Reply(status=200, body=self.files[path], kind="text/plain")
            case "GET":
                raise RefusedError(500, "INTERNAL_ERROR", "The following failures occurred while downloading")
            case "PUT":
                self.files[path] = request.body
                return found({})
            case "DELETE":
                self.files = {f: c for f, c in self.files.items() if f != path and not f.startswith(f"{path}/")}
                return found({})
        return html_reply(405, NOT_ALLOWED)

    def _listed(self, folder: str) -> Reply:
        found_there: dict[str, dict[str, Any]] = {}
        for path, content in sorted(self.files.items()):
            name, deeper, _ = path.removeprefix(f"{folder}/").partition("/")
            if path.startswith(f"{folder}/"):
                entry = {"is_dir": True} if deeper else {"is_dir": False, "file_size": len(content)}
                found_there[name] = {"path": name, **entry}
        return found({"files": list(found_there.values())} if found_there else {})
