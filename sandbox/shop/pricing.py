"""The pricing engine's stand-in: its price list comes from PostgreSQL."""

from sandbox.fargate import database
from sandbox.fargate.dialling import Dialler
from sandbox.fargate.serving import Reply, Request, html_reply, json_reply
from sandbox.fargate.task import Task
from sandbox.shop.wire import orders_login, refusal

SERVER = "Kestrel"
_DATABASE_SECONDS = 3.0


class Pricing:
    """Serves the storefront at ``/v2/prices``, and everybody at ``/feeds/prices.json``."""

    def __init__(self, task: Task, dialler: Dialler) -> None:
        self._dialler = dialler
        self._login = orders_login(task)

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        if request.path == "/v2/ping":
            return html_reply(200, "pong")
        if request.path in ("/v2/prices", "/feeds/prices.json"):
            return self._prices()
        return refusal(404, "no_such_page", "There is nothing here")

    def _prices(self) -> Reply:
        statement = "SELECT sku, cents FROM prices ORDER BY sku"
        try:
            rows = database.run(self._dialler, self._login, statement, _DATABASE_SECONDS)
        except database.RefusedError:
            return refusal(503, "price_list", "The price list cannot be read now")
        return json_reply(200, {"currency": "EUR", "prices": dict(rows)})
