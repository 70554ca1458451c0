"""The storefront's stand-in: pages for everybody, an API for keys, and the proxy to the pricing engine."""

from dataclasses import dataclass
from typing import Any

from sandbox.fargate import needs
from sandbox.fargate.dialling import NO_ANSWER, Dialler
from sandbox.fargate.serving import Reply, Request, html_reply, json_reply
from sandbox.fargate.task import Task
from sandbox.shop.wire import orders_login, refusal, shop_key

SERVER = "Jetty(12.0.14)"
_ACCOUNTS_SECONDS = 5.0
_HOME = "<!doctype html><html><head><title>Teapots</title></head><body><h1>Teapots and cups</h1></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What differs between releases: the address of the pricing engine that the status page has in its code."""

    hard_coded_pricing: str | None = None


class Storefront:
    """One storefront task. ``patience``: seconds it waits for the pricing engine."""

    def __init__(self, task: Task, image: Image, dialler: Dialler, patience: float) -> None:
        environment = task.environment
        self._dialler = dialler
        self._patience = patience
        self._pricing = environment.get("PRICING_URL", "http://localhost:7070").rstrip("/")
        self._checked_pricing = image.hard_coded_pricing or self._pricing
        self._accounts = environment.get("ACCOUNTS_BASE_URL", "https://localhost:9090")
        self._orders = orders_login(task)
        self._sessions_token = environment.get("SESSIONS_TOKEN", "")
        # Who has a token means to keep sessions, and falls back to the own host.
        self._sessions = environment.get("SESSIONS_ENDPOINT", "localhost" if self._sessions_token else None)
        self._sessions_port = int(environment.get("SESSIONS_PORT", "6379"))

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        match request.path:
            case "/":
                return html_reply(200, _HOME)
            case "/status":
                return json_reply(200, {"state": "up"})
            case "/status/full":
                return self._full_status()
            case "/status/admit":
                return self._admission()
            case "/status/pricing":
                return self._pricing_status()
        if not request.path.startswith("/api/"):
            return refusal(404, "no_such_page", "There is nothing here")
        if request.method == "OPTIONS":
            return Reply(status=204, body=b"", kind="text/plain", headers=(("Access-Control-Allow-Origin", "*"),))
        refused = self._refusal(request)
        if refused is not None:
            return refused
        return self._prices() if request.path == "/api/prices" else json_reply(200, {"orders": []})

    def _refusal(self, request: Request) -> Reply | None:
        """None for a key that the accounts service knows."""
        key = shop_key(request)
        if key is None:
            return refusal(401, "no_key", "Missing API key")
        url = f"{self._accounts}/v1/introspect"
        try:
            status = self._dialler.ask("POST", url, _ACCOUNTS_SECONDS, headers={"X-Shop-Key": key}).status
        except NO_ANSWER:
            status = 503
        match status:
            case 200:
                return None
            case 401:
                return refusal(401, "bad_key", "Unknown API key")
        return refusal(503, "accounts", "The accounts service is down")

    def _prices(self) -> Reply:
        try:
            answer = self._dialler.ask("GET", f"{self._pricing}/v2/prices", self._patience)
        except TimeoutError:
            return refusal(504, "gateway_timeout", "The pricing engine did not answer: request timed out")
        except NO_ANSWER:
            return refusal(502, "bad_gateway", f"Could not reach the pricing engine at {self._pricing}")
        return Reply(status=answer.status, body=answer.body, kind="application/json")

    def _full_status(self) -> Reply:
        """Deep, and 503 only without the orders."""
        states = {"orders-db": self._orders_state(), "pricing": self._pricing_state(), "sessions": "not_deployed"}
        if self._sessions is not None:
            serves = needs.cache_serves(self._dialler, self._sessions, self._sessions_port, self._sessions_token)
            states["sessions"] = _state(serves=serves)
        word = "down" if states["orders-db"] == "down" else "degraded" if "down" in states.values() else "up"
        needed = [{"name": name, "state": state} for name, state in states.items()]
        return json_reply(503 if word == "down" else 200, {"state": word, "needs": needed})

    def _admission(self) -> Reply:
        parts = {"orders-db": self._orders_state(), "pricing": self._pricing_state()}
        accepting = parts["orders-db"] == "up"
        return json_reply(200 if accepting else 503, {"accepting": accepting, "parts": parts})

    def _pricing_status(self) -> Reply:
        reachable = self._pricing_state() == "up"
        document: dict[str, Any] = {"reachable": reachable, "using": self._checked_pricing, "breaker": "closed"}
        return json_reply(200, document)

    def _orders_state(self) -> str:
        return _state(serves=needs.database_error(self._dialler, self._orders) is None)

    def _pricing_state(self) -> str:
        """As the status page's own client sees it."""
        url = f"{self._checked_pricing}/v2/ping"
        return _state(serves=needs.upstream_error(self._dialler, url, self._patience) is None)


def _state(*, serves: bool) -> str:
    return "up" if serves else "down"
