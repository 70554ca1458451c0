"""The accounts service's stand-in: whether a key is somebody's."""

from sandbox.fargate.serving import Reply, Request, json_reply
from sandbox.shop.wire import refusal, shop_key

SERVER = "Cowboy"


class Accounts:
    """Knows one key: the auditor's canary."""

    def __init__(self, canary_key: str) -> None:
        self._canary_key = canary_key

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        if request.path == "/up":
            return json_reply(200, {"state": "up"})
        if request.path == "/v1/introspect" and request.method == "POST":
            key = shop_key(request)
            if key is None:
                return refusal(401, "no_key", "Missing API key")
            known = key == self._canary_key
            return json_reply(200, {"active": True}) if known else refusal(401, "bad_key", "Unknown API key")
        return refusal(404, "no_such_page", "There is nothing here")
