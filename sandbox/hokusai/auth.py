"""The authentication service's stand-in: its health, and whether a key is valid."""

from datetime import UTC, datetime

from sandbox.fargate.serving import Reply, Request, json_reply

SERVER = "uvicorn"
_KNOWN_SERVICES = ("website", "prediction", "platform")


class AuthService:
    """Knows one key: the auditor's canary."""

    def __init__(self, canary_key: str) -> None:
        self._canary_key = canary_key

    def __call__(self, request: Request) -> Reply:
        """Answers one request."""
        name = "hokusai-auth-service"
        match request.method, request.path:
            case (("GET" | "HEAD"), "/health"):
                now = datetime.now(UTC).isoformat()
                document = {"status": "healthy", "service": name, "version": "1.0.0", "timestamp": now}
                return json_reply(200, document)
            case (("GET" | "HEAD"), "/"):
                return json_reply(200, {"service": name, "version": "1.0.0"})
            case "POST", "/api/v1/keys/validate":
                return self._validate(request)
            case "GET", "/api/v1/keys":
                valid = presented_key(request) == self._canary_key
                return json_reply(200, {"keys": []}) if valid else json_reply(401, {"detail": "API key required"})
        return json_reply(404, {"detail": "Not Found"})

    def _validate(self, request: Request) -> Reply:
        key = presented_key(request)
        if key is None:
            return json_reply(401, {"detail": "API key required"})
        if key != self._canary_key or not any(name.encode() in request.body for name in _KNOWN_SERVICES):
            return json_reply(401, {"detail": "Invalid or expired API key"})
        return json_reply(
            200,
            {
                "user_id": "health-auditor",
                "key_id": "canary",
                "service_id": "platform",
                "scopes": ["model:read", "model:write"],
                "rate_limit_per_hour": 1000,
                "has_sufficient_balance": True,
                "balance": 1.0,
            },
        )


def presented_key(request: Request) -> str | None:
    """The key of a request, in any of the places where the platform takes one."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "apikey") and value:
        return value.strip()
    return request.headers.get("x-api-key") or request.parameters.get("api_key") or None
