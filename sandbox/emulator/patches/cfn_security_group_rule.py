"""AWS::EC2::SecurityGroupIngress and ...Egress can be deployed.

AWS (AWS::EC2::SecurityGroupIngress, ...Egress): adds one rule to a group, which is how CDK writes rules between groups.
The first egress rule takes the place of the allow-all rule that a group without rules of its own starts with ("if you
do not add egress rules, we add egress rules that allow all"). Stock MiniStack rejects the template.
"""

import uuid
from functools import partial

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from sandbox.emulator.patches.cfn_resources import Created, Properties, add_type
from sandbox.emulator.patching import PatchContext

_PERMISSIONS = {"Ingress": "IpPermissions", "Egress": "IpPermissionsEgress"}


def apply(_context: PatchContext) -> None:
    """Register both types."""
    for direction, member in _PERMISSIONS.items():
        add_type(
            f"AWS::EC2::SecurityGroup{direction}", create=partial(_create, member), delete=partial(_delete, member)
        )


def _create(member: str, _logical_id: str, properties: Properties, _stack: str) -> Created:
    ec2._ensure_defaults_initialized()
    group = ec2._security_groups.get(properties.get("GroupId"))
    if group is None:
        raise ValueError(f"security group {properties.get('GroupId')!r} does not exist; GroupId must name one")
    if member == _PERMISSIONS["Egress"] and group.get(member) == provisioners._ec2_sg_egress_permissions(None):
        group[member] = []
    group.setdefault(member, []).extend(provisioners._ec2_sg_permissions([properties]))
    identifier = f"sgr-{uuid.uuid4().hex[:17]}"
    return identifier, {"Id": identifier}


def _delete(member: str, _physical_id: str, properties: Properties) -> None:
    group = ec2._security_groups.get(properties.get("GroupId"))
    for permission in provisioners._ec2_sg_permissions([properties]) if group else []:
        if permission in group.get(member, []):
            group[member].remove(permission)
