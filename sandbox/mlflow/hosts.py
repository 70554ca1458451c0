"""MLflow 3's check of the Host header: the whole of it is compared, port included."""

from sandbox.fargate.serving import Reply

ANY_HOST = ("/health", "/version")
"""Exempt from the check; with a prefix nothing is served there."""


def rejection() -> Reply:
    """What a caller hears whose Host is not on the list."""
    text = "Invalid Host header - possible DNS rebinding attack detected"
    return Reply(status=403, body=text.encode(), kind="text/plain")
