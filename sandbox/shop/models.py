"""The shop's model registry: a newer MLflow, whose prefix stands before its REST API too."""

from dataclasses import replace

from sandbox.fargate.dialling import Dialler
from sandbox.fargate.serving import Reply, Request, html_reply
from sandbox.fargate.task import Task
from sandbox.mlflow.hosts import ANY_HOST, rejection
from sandbox.mlflow.rest import Rest
from sandbox.mlflow.shelf import PostgresShelf
from sandbox.mlflow.wire import NOT_FOUND
from sandbox.shop.wire import orders_login

SERVER = "uvicorn"
_PREFIX = "/models"


class Models:
    """Keeps its experiments in the orders database, and serves the hosts that it allows."""

    def __init__(self, task: Task, dialler: Dialler) -> None:
        self._allowed_hosts = task.environment["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
        self._rest = Rest(PostgresShelf(dialler, orders_login(task)))

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        if request.headers.get("host", "") not in self._allowed_hosts and request.path not in ANY_HOST:
            return rejection()
        if request.path == f"{_PREFIX}/health":
            return html_reply(200, "OK")
        if request.path.startswith(f"{_PREFIX}/api/"):
            return self._rest(replace(request, path=request.path.removeprefix(_PREFIX)))
        return html_reply(404, NOT_FOUND)
