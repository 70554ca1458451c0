"""IAM judges DescribeServices and DescribeTasks by the service and the task that are asked for.

AWS ("Actions, resources, and condition keys for Amazon ECS"): their resource types are `service` and `task`. Stock
MiniStack judges every request that names a cluster by the cluster's ARN, so that the narrow grant AWS takes is denied.
Of several in one request only the first is judged.
"""

import json
from typing import Any

from ministack.core import iam_actions

from sandbox.emulator.patching import PatchContext, replace

_KINDS = {"DescribeServices": ("services", "service"), "DescribeTasks": ("tasks", "task")}


def apply(_context: PatchContext) -> None:
    """Name the resource of the two actions as AWS does."""

    def resource(  # noqa: PLR0917 - the signature of the function that it replaces
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> str:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if service == "ecs" and action in _KINDS:
            member, kind = _KINDS[action]
            request = json.loads(body)
            named = str((request.get(member) or ["*"])[0])
            cluster = str(request.get("cluster") or "default").rpartition("/")[2]
            return named if named.startswith("arn:") else f"arn:aws:ecs:{region}:{account_id}:{kind}/{cluster}/{named}"
        return str(stock(service, method, path, headers, body, query_params, region, account_id))

    stock = replace(
        iam_actions,
        "extract_resource_arn",
        ("service", "method", "path", "headers", "body", "query_params", "region", "account_id"),
        resource,
    )
