"""What the shop's services have in common: how they refuse, where they take a key, how they log in to the orders."""

from sandbox.fargate.serving import Reply, Request, json_reply
from sandbox.fargate.task import Task


def refusal(status: int, code: str, message: str) -> Reply:
    """An error as every service of the shop writes it."""
    return json_reply(status, {"error": {"code": code, "message": message}})


def shop_key(request: Request) -> str | None:
    """The key of a request: the shop takes it in one header only."""
    return request.headers.get("x-shop-key")


def orders_login(task: Task) -> dict[str, str]:
    """The orders database as a task is told to use it, with the defaults in the services' code."""
    environment = task.environment
    return {
        "host": environment.get("ORDERS_DB_HOST", "localhost"),
        "port": environment.get("ORDERS_DB_PORT", "5432"),
        "name": environment.get("ORDERS_DB_NAME", "shop"),
        "user": environment.get("ORDERS_DB_USER", "shop"),
        "password": environment.get("ORDERS_DB_PASSWORD", ""),
        "sslmode": environment.get("ORDERS_DB_SSLMODE", "require"),
    }
