"""A task in network mode awsvpc has a network interface, and that a private address.

AWS ("Task", "Attachment"): every task of such a service is attached to an interface of its own, whose subnet and
private address DescribeTasks tells. Stock MiniStack gives one only to tasks that Docker runs for it. Here a service
says by the tag ``sandbox-address`` where what stands for its tasks serves; without it its tasks stay without.
"""

from typing import Any

from ministack.services import ecs

from sandbox.emulator.patching import PatchContext, replace, require_attribute

ADDRESS_TAG = "sandbox-address"


def apply(_context: PatchContext) -> None:
    """Attach an interface to each task as it is started."""
    tasks: Any = require_attribute(ecs, "_tasks", object)

    def run(data: Any) -> Any:
        before = set(tasks)
        answer = stock(data)
        for arn in set(tasks) - before:
            _attach(tasks[arn])
        return answer

    stock = replace(ecs, "_run_task", ("data",), run)


def _attach(task: Any) -> None:
    cluster = task["clusterArn"].rpartition("/")[2]
    service = ecs._services.get(f"{cluster}/{task['group'].partition(':')[2]}") or {}
    address = next((tag["value"] for tag in service.get("tags", ()) if tag["key"] == ADDRESS_TAG), "")
    if not address or task.get("_network_mode") != "awsvpc":
        return
    number = f"{ecs.new_uuid()}"
    details = {
        "subnetId": task.get("_subnet") or "",
        "networkInterfaceId": f"eni-{number.replace('-', '')[:17]}",
        "privateIPv4Address": address,
    }
    task["attachments"] = [
        {
            "id": number,
            "type": "ElasticNetworkInterface",
            "status": "ATTACHED",
            "details": [{"name": name, "value": value} for name, value in details.items() if value],
        }
    ]
