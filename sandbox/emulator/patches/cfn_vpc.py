"""A new VPC answers for its CidrBlock, and EIP and NatGateway can be deployed.

AWS (AWS::EC2::VPC return values; AWS::EC2::EIP; AWS::EC2::NatGateway). Stock MiniStack answers only VpcId,
DefaultSecurityGroup and DefaultNetworkAcl, and rejects templates with the other two types.
"""

import re

from ministack.services import ec2

from sandbox.emulator.patches.cfn_resources import (
    Attributes,
    Created,
    Properties,
    add_type,
    after_provisioning,
    require_success,
)
from sandbox.emulator.patching import PatchContext

NAT_TYPE = "AWS::EC2::NatGateway"


def apply(_context: PatchContext) -> None:
    """Extend the VPC and register the two types."""
    after_provisioning("AWS::EC2::VPC", _vpc)
    add_type("AWS::EC2::EIP", create=_create_address, update=_keep_address, delete=_delete_address)
    add_type(NAT_TYPE, create=_create_nat, update=_keep_nat, delete=_delete_nat)


def _vpc(vpc_id: str, _properties: Properties) -> Attributes:
    return {
        "CidrBlock": ec2._vpcs[vpc_id]["CidrBlock"],
        "CidrBlockAssociations": [f"vpc-cidr-assoc-{vpc_id.removeprefix('vpc-')}"],
        "Ipv6CidrBlocks": [],
    }


def _create_address(_logical_id: str, _properties: Properties, _stack: str) -> Created:
    before = set(ec2._addresses)
    require_success("AWS::EC2::EIP", ec2._allocate_address({}))
    allocation = next(iter(set(ec2._addresses) - before))
    return _keep_address(ec2._addresses[allocation]["PublicIp"], {}, {}, "")


def _keep_address(public_ip: str, _old: Properties, _new: Properties, _stack: str) -> Created:
    return public_ip, {"AllocationId": _allocation(public_ip), "PublicIp": public_ip}


def _delete_address(public_ip: str, _properties: Properties) -> None:
    ec2._addresses.pop(_allocation(public_ip), None)


def _allocation(public_ip: str) -> str:
    return next((id for id, address in ec2._addresses.items() if address["PublicIp"] == public_ip), "")


def _create_nat(_logical_id: str, properties: Properties, _stack: str) -> Created:
    request = {
        name: [str(properties[name])]
        for name in ("SubnetId", "AllocationId", "ConnectivityType")
        if properties.get(name)
    }
    answer = ec2._create_nat_gateway(request)
    require_success(NAT_TYPE, answer)
    body = answer[2]
    text = body.decode() if isinstance(body, bytes) else str(body)
    found = re.search(r"<natGatewayId>([^<]+)<", text)
    if found is None:
        raise ValueError(f"{NAT_TYPE}: CreateNatGateway answered without an id: {text}")
    return found[1], {"NatGatewayId": found[1]}


def _keep_nat(physical_id: str, _old: Properties, _new: Properties, _stack: str) -> Created:
    return physical_id, {"NatGatewayId": physical_id}


def _delete_nat(physical_id: str, _properties: Properties) -> None:
    ec2._nat_gateways.pop(physical_id, None)
