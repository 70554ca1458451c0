"""AWS::Logs::QueryDefinition can be deployed.

AWS (AWS::Logs::QueryDefinition): stores a Logs Insights query under an id. Stock MiniStack rejects the template and has
no API for saved queries; here the resource gets its id and nothing reads it.
"""

import uuid

from sandbox.emulator.patches.cfn_resources import Created, Properties, add_type
from sandbox.emulator.patching import PatchContext


def apply(_context: PatchContext) -> None:
    """Register the type."""
    add_type("AWS::Logs::QueryDefinition", create=_create, update=_update, delete=_delete)


def _create(_logical_id: str, properties: Properties, _stack: str) -> Created:
    for required in ("Name", "QueryString"):
        if not properties.get(required):
            raise ValueError(f"AWS::Logs::QueryDefinition: {required} is required")
    identifier = str(uuid.uuid4())
    return identifier, {"QueryDefinitionId": identifier}


def _update(physical_id: str, _old: Properties, _new: Properties, _stack: str) -> Created:
    return physical_id, {"QueryDefinitionId": physical_id}


def _delete(_physical_id: str, _properties: Properties) -> None:
    """Nothing is stored."""
