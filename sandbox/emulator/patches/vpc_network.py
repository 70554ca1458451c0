"""EC2 describes a network as AWS does: addresses in their subnets, lists with their ports, interfaces of whom they are.

AWS (EC2 API Reference: CreateNetworkInterface, NetworkAcl, NetworkAclEntry, DescribeDhcpOptions; ECS API Reference:
Attachment; Lambda Developer Guide: "Giving Lambda functions access to resources in an Amazon VPC"). Stock MiniStack
gives an interface any address, drops a list's ports and associates it with no subnet, has no DHCP options, and neither
tasks nor functions have interfaces. A task gets the interface that carries its service's name in the tag
``aws:ecs:serviceName``, which ECS writes where its managed tags are on.
"""

import ipaddress
import json
from typing import Any

from ministack.core import iam_actions
from ministack.services import ec2, ecs

from sandbox.emulator.patches.cfn_resources import Properties, after_provisioning
from sandbox.emulator.patching import PatchContext, replace, require_attribute

_OPTIONS = "dopt-00000001"
"""What every VPC of MiniStack names."""
_SERVICE_TAG = "aws:ecs:serviceName"
_ADDRESS = "privateIPv4Address"
_RESERVED = 4
"""AWS keeps the first four addresses of a subnet and its last one."""


def apply(_context: PatchContext) -> None:
    """Replace what describes and makes them."""
    _interfaces()
    _lists()
    _options()
    _tasks()
    _maintenance()
    after_provisioning("AWS::Lambda::Function", _function)


def _interfaces() -> None:
    def create(p: Any) -> Any:
        before = set(ec2._network_interfaces)
        answer = stock(p)
        made = [ec2._network_interfaces[id] for id in set(ec2._network_interfaces) - before]
        if len(made) != 1:
            return answer
        _place(made[0], ec2._p(p, "PrivateIpAddress"))
        ec2._parse_tag_specs(p, "network-interface", made[0]["NetworkInterfaceId"])
        return ec2._xml(200, "CreateNetworkInterfaceResponse", ec2._eni_fields_xml(made[0], tag="networkInterface"))

    stock = replace(ec2, "_create_network_interface", ("p",), create)
    _register(ec2, "CreateNetworkInterface", create)


def _place(interface: dict[str, Any], wanted: str = "") -> None:
    """An address of its own subnet, the wanted one or the next that is free; the subnet has one less."""
    subnet = ec2._subnets.get(interface["SubnetId"])
    if subnet is None:
        return
    taken = {each["PrivateIpAddress"] for each in ec2._network_interfaces.values() if each is not interface}
    hosts = [str(address) for address in list(ipaddress.ip_network(subnet["CidrBlock"]))[_RESERVED:-1]]
    interface["PrivateIpAddress"] = wanted or next(address for address in hosts if address not in taken)
    interface["Status"] = "in-use"
    subnet["AvailableIpAddressCount"] = max(0, subnet["AvailableIpAddressCount"] - 1)


def _function(name: str, properties: Properties) -> None:
    """One interface in each of a function's subnets, as Lambda makes them."""
    config = properties.get("VpcConfig") or {}
    for subnet in config.get("SubnetIds") or ():
        description = f"AWS Lambda VPC ENI-{name}"
        known = (each for each in ec2._network_interfaces.values() if each["Description"] == description)
        if any(each["SubnetId"] == subnet for each in known):
            continue
        groups = {
            f"SecurityGroupId.{number}": [id] for number, id in enumerate(config.get("SecurityGroupIds") or (), 1)
        }
        before = set(ec2._network_interfaces)
        ec2._create_network_interface({"SubnetId": [subnet], "Description": [description], **groups})
        for id in set(ec2._network_interfaces) - before:
            ec2._network_interfaces[id]["InterfaceType"] = "lambda"


def _lists() -> None:
    def entry_xml(entry: dict[str, Any]) -> str:
        ports = entry.get("PortRange")
        told = f"<portRange><from>{ports[0]}</from><to>{ports[1]}</to></portRange></item>" if ports else "</item>"
        return str(stock_xml(entry)).replace("</item>", told)

    stock_xml = replace(ec2, "_network_acl_entry_xml", ("entry",), entry_xml)
    for name in ("create", "replace"):
        _keep_ports(name)

    def describe(params: Any) -> Any:
        for subnet in ec2._subnets.values():
            _associate(subnet)
        return stock_describe(params)

    stock_describe = replace(ec2, "_describe_network_acls", ("params",), describe)
    _register(ec2, "DescribeNetworkAcls", describe)

    def associate(params: Any) -> Any:
        old = ec2._p(params, "AssociationId")
        subnets = [
            association["SubnetId"]
            for acl in ec2._network_acls.values()
            for association in acl["Associations"]
            if association["NetworkAclAssociationId"] == old
        ]
        answer = stock_associate(params)
        for association in ec2._network_acls.get(ec2._p(params, "NetworkAclId"), {}).get("Associations", ()):
            if not association["SubnetId"] and subnets:
                association["SubnetId"] = subnets[0]
        return answer

    stock_associate = replace(ec2, "_replace_network_acl_association", ("params",), associate)
    _register(ec2, "ReplaceNetworkAclAssociation", associate)


def _keep_ports(name: str) -> None:
    """Creating or replacing an entry keeps its ports."""

    def write(params: Any) -> Any:
        answer = stock(params)
        acl = ec2._network_acls.get(ec2._p(params, "NetworkAclId"), {})
        first, last = ec2._p(params, "PortRange.From"), ec2._p(params, "PortRange.To")
        if first and acl.get("Entries"):
            acl["Entries"][-1]["PortRange"] = (int(first), int(last))
        return answer

    stock = replace(ec2, f"_{name}_network_acl_entry", ("params",), write)
    _register(ec2, f"{name.capitalize()}NetworkAclEntry", write)


def _associate(subnet: dict[str, Any]) -> None:
    """A subnet that no list is associated with has its VPC's default list."""
    acls = [acl for acl in ec2._network_acls.values() if acl["VpcId"] == subnet["VpcId"]]
    if any(each["SubnetId"] == subnet["SubnetId"] for acl in acls for each in acl["Associations"]):
        return
    for acl in acls:
        if acl["IsDefault"]:
            id = f"aclassoc-{subnet['SubnetId'].removeprefix('subnet-')}"
            acl["Associations"].append({"NetworkAclAssociationId": id, "SubnetId": subnet["SubnetId"]})


def _options() -> None:
    def describe(params: Any) -> Any:
        if _OPTIONS not in ec2._dhcp_options:
            ec2._dhcp_options[_OPTIONS] = {
                "DhcpOptionsId": _OPTIONS,
                "DhcpConfigurations": [{"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}],
                "OwnerId": ec2.get_account_id(),
                "Tags": [],
            }
        return stock(params)

    stock = replace(ec2, "_describe_dhcp_options", ("params",), describe)
    _register(ec2, "DescribeDhcpOptions", describe)


def _tasks() -> None:
    def describe(data: Any) -> Any:
        status, headers, body = stock(data)
        document = json.loads(body)
        for task in document.get("tasks", ()):
            attached = _of_service(str(task.get("group", "")).removeprefix("service:"))
            # A task that has an address of its own (ecs_interfaces) has the interface that EC2 knows by it.
            own = {d["value"] for a in task.get("attachments", ()) for d in a["details"] if d["name"] == _ADDRESS}
            attached = [each for each in attached if not own or each["PrivateIpAddress"] in own]
            if attached:
                task["attachments"] = [_attachment(interface) for interface in attached]
        return status, headers, json.dumps(document).encode()

    stock = replace(ecs, "_describe_tasks", ("data",), describe)
    _register(ecs, "DescribeTasks", describe)


def _of_service(name: str) -> list[dict[str, Any]]:
    tag = {"Key": _SERVICE_TAG, "Value": name}
    return [each for id, each in ec2._network_interfaces.items() if tag in ec2._tags.get(id, ())]


def _attachment(interface: dict[str, Any]) -> dict[str, Any]:
    details = {
        "subnetId": interface["SubnetId"],
        "networkInterfaceId": interface["NetworkInterfaceId"],
        _ADDRESS: interface["PrivateIpAddress"],
    }
    return {
        "id": interface["NetworkInterfaceId"].removeprefix("eni-"),
        "type": "ElasticNetworkInterface",
        "status": "ATTACHED",
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }


def _maintenance() -> None:
    """IAM judges DescribePendingMaintenanceActions by the resource that it names, as AWS does."""

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
        named = iam_actions._query_param(query_params, "ResourceIdentifier") if service == "rds" else ""
        return named or str(stock(service, method, path, headers, body, query_params, region, account_id))

    stock = replace(
        iam_actions,
        "extract_resource_arn",
        ("service", "method", "path", "headers", "body", "query_params", "region", "account_id"),
        resource,
    )


def _register(service: Any, action: str, handler: Any) -> None:
    require_attribute(service, "_ACTION_MAP", dict)[action] = handler
