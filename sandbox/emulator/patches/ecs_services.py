"""DescribeServices tells what the sandbox says of a service.

AWS ("Service"): how many tasks run follows from what became of them. Stock MiniStack has no containers here and calls
every wanted task running.

Overlay: ``ecs_service/CLUSTER/NAME`` holds fields of Service that take the place of MiniStack's, such as
``{"runningCount": 0}``.
"""

import json
from typing import Any

from ministack.services import ecs

from sandbox.emulator import overlay
from sandbox.emulator.patching import PatchContext, replace, require_attribute


def apply(_context: PatchContext) -> None:
    """Lay the overlay over each service."""

    def describe(data: Any) -> Any:
        status, headers, body = stock(data)
        document = json.loads(body)
        for service in document.get("services", ()):
            cluster = service["clusterArn"].rpartition("/")[2]
            service.update(overlay.said("ecs_service", f"{cluster}/{service['serviceName']}") or {})
        return status, headers, json.dumps(document).encode()

    stock = replace(ecs, "_describe_services", ("data",), describe)
    require_attribute(ecs, "_ACTION_MAP", dict)["DescribeServices"] = describe
