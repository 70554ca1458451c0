"""IAM condition keys that our policies use and MiniStack does not fill.

AWS ("Using condition keys to limit access to CloudWatch namespaces", "Actions, resources, and condition keys for
Amazon ECS"): `cloudwatch:namespace` is the request's Namespace, `ecs:cluster` the ARN of its cluster. Stock MiniStack
leaves them empty, so that a grant with such a condition is denied.
"""

import json
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region

from sandbox.emulator.patching import PatchContext, replace


def apply(_context: PatchContext) -> None:
    """Add the keys to those that MiniStack derives from a request's tags."""

    def context(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        found = dict(stock(service, iam_action, body, params))
        if iam_action == "cloudwatch:PutMetricData":
            found["cloudwatch:namespace"] = _field(body, "Namespace")
        if service == "ecs":
            cluster = _field(body, "cluster") or "default"
            found["ecs:cluster"] = (
                cluster
                if cluster.startswith("arn:")
                else f"arn:aws:ecs:{get_region()}:{get_account_id()}:cluster/{cluster}"
            )
        return found

    stock = replace(iam_actions, "request_tag_context", ("service", "iam_action", "body", "params"), context)


def _field(body: bytes, name: str) -> str:
    """A text member of a request body, JSON or form-encoded."""
    try:
        text = body.decode()
        data = json.loads(text) if text.startswith("{") else {key: each[0] for key, each in parse_qs(text).items()}
    except ValueError:
        return ""
    return str(data.get(name) or "")
