"""AWS::CloudWatch::CompositeAlarm can be deployed.

AWS (AWS::CloudWatch::CompositeAlarm): creates, updates in place and deletes the alarm; GetAtt Arn. Stock MiniStack
rejects the template, though its PutCompositeAlarm works, with states and actions.
"""

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from sandbox.emulator.patches.cfn_resources import Created, Properties, add_type, is_true, require_success
from sandbox.emulator.patching import PatchContext

TYPE = "AWS::CloudWatch::CompositeAlarm"
_CARRIED = ("AlarmRule", "AlarmDescription", "AlarmActions", "OKActions", "InsufficientDataActions", "Tags")


def apply(_context: PatchContext) -> None:
    """Register the type."""
    add_type(TYPE, create=_create, update=_update, delete=_delete)


def _create(logical_id: str, properties: Properties, stack: str) -> Created:
    name = properties.get("AlarmName") or provisioners._physical_name(stack, logical_id, max_len=255)
    request = {key: properties[key] for key in _CARRIED if properties.get(key)}
    request |= {"AlarmName": name, "ActionsEnabled": is_true(properties.get("ActionsEnabled", True))}
    require_success(TYPE, cloudwatch._put_composite_alarm({}, request, False, True))
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _update(physical_id: str, old: Properties, new: Properties, stack: str) -> Created:
    created = _create(physical_id, {**new, "AlarmName": new.get("AlarmName") or physical_id}, stack)
    if created[0] != physical_id:
        _delete(physical_id, old)
    return created


def _delete(physical_id: str, _properties: Properties) -> None:
    require_success(TYPE, cloudwatch._delete_alarms({}, {"AlarmNames": [physical_id]}, False, True))
