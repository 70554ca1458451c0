"""How patches add resource types to MiniStack's CloudFormation and carry properties that it drops."""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

from sandbox.emulator.patching import PatchError, require_attribute

Properties = dict[str, Any]
Attributes = dict[str, Any]
Created = tuple[str, Attributes]


def add_type(
    resource_type: str,
    *,
    create: Callable[[str, Properties, str], Created],
    delete: Callable[[str, Properties], None],
    update: Callable[[str, Properties, Properties, str], Created] | None = None,
) -> None:
    """Register a type that MiniStack refuses as unrecognized. Without `update` a change replaces the resource."""
    handlers = require_attribute(provisioners, "_RESOURCE_HANDLERS", dict)
    if resource_type in handlers:
        raise PatchError(f"MiniStack now knows {resource_type}; drop or review the patch that adds it")

    def replace_resource(physical_id: str, old: Properties, new: Properties, stack: str) -> Created:
        created = create(physical_id, new, stack)
        delete(physical_id, old)
        return created

    handlers[resource_type] = {"create": create, "update": update or replace_resource, "delete": delete}


def after_provisioning(resource_type: str, carry: Callable[[str, Properties], Attributes | None]) -> None:
    """Run `carry(physical_id, properties)` after each create and update; GetAtt also answers what it returns."""
    handlers = require_attribute(provisioners, "_RESOURCE_HANDLERS", dict)
    stock = handlers.get(resource_type) or {}
    if not {"create", "update"} <= stock.keys():
        raise PatchError(f"MiniStack no longer creates and updates {resource_type}; review the patch that extends it")

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        physical_id, attributes = stock["create"](logical_id, properties, stack)
        return physical_id, {**attributes, **(carry(physical_id, properties) or {})}

    def update(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Created:
        physical_id, attributes = stock["update"](physical_id, old, new, *rest)
        return physical_id, {**attributes, **(carry(physical_id, new) or {})}

    handlers[resource_type] = {**stock, "create": create, "update": update}


def require_success(resource_type: str, answer: tuple[int, Any, Any]) -> None:
    """Fail the resource with the service's own words when the call behind it was refused."""
    status, _headers, body = answer
    if status >= 400:
        raise ValueError(f"{resource_type} was refused with status {status}: {body!r}")


def is_true(value: object) -> bool:
    """A template's boolean, which may come as text."""
    return str(value).lower() == "true"
