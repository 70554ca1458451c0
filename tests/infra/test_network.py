"""The network: who audits must not be able to break routing, names or somebody else's security group."""

import json
from dataclasses import replace

import pytest

from infra.constructs.network import DestinationError, destinations
from infra.families import deployed_family
from tests.infra.synthesis import DATA, MADE_UP, Stage, Synthesized

IMPORTED = ("sandbox", "example", "endpoints")
CHANGES_OF_A_NETWORK = (
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::EC2::DHCPOptions",
    "AWS::EC2::VPCDHCPOptionsAssociation",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::NatGateway",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::Route53::HostedZone",
    "AWS::Route53::RecordSet",
)


def _auditors_group(stage: Stage) -> str:
    (id,) = [
        id
        for id, r in stage.resources("AWS::EC2::SecurityGroup").items()
        if "connects out" in r["Properties"]["GroupDescription"]
    ]
    return id


@pytest.mark.parametrize("name", IMPORTED)
def test_an_imported_vpc_keeps_its_routing_and_names(synthesized: Synthesized, name: str) -> None:
    types = {resource["Type"] for resource in synthesized.stages[name].template["Resources"].values()}
    assert types.isdisjoint(CHANGES_OF_A_NETWORK)


def test_the_auditors_group_admits_nothing_and_reaches_declared_ports_only(made_up: Stage) -> None:
    group = made_up.resources("AWS::EC2::SecurityGroup")[_auditors_group(made_up)]["Properties"]
    assert "SecurityGroupIngress" not in group
    assert sorted((rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) for rule in group["SecurityGroupEgress"]) == [
        (443, 443, "tcp"),
        (5432, 5432, "tcp"),
        (6379, 6379, "tcp"),
        (8443, 8443, "tcp"),
    ]


def test_no_rule_is_added_to_a_group_that_the_stack_did_not_make(stage: Stage) -> None:
    own = stage.resources("AWS::EC2::SecurityGroup").keys()
    for type in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
        for rule in stage.properties(type):
            assert rule["GroupId"]["Fn::GetAtt"][0] in own
            assert rule["GroupId"]["Fn::GetAtt"][0] != _auditors_group(stage)


@pytest.mark.parametrize("name", ["sandbox", "example", "own-vpc"])
def test_no_endpoint_without_create_endpoints(synthesized: Synthesized, name: str) -> None:
    assert not synthesized.stages[name].resources("AWS::EC2::VPCEndpoint")


def test_created_interface_endpoints_have_private_dns_off_and_their_urls_go_to_our_clients(made_up: Stage) -> None:
    endpoints = made_up.properties("AWS::EC2::VPCEndpoint")
    interfaces = {json.dumps(e["ServiceName"]): e for e in endpoints if e["VpcEndpointType"] == "Interface"}
    assert len(interfaces) == 3
    assert [e["PrivateDnsEnabled"] for e in interfaces.values()] == [False, False, False]
    assert sum(e["VpcEndpointType"] == "Gateway" for e in endpoints) == 2
    for function in made_up.functions().values():
        variables = function["Environment"]["Variables"]
        assert {
            "AWS_ENDPOINT_URL_LAMBDA",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "AWS_ENDPOINT_URL_SNS",
        } <= variables.keys()


def test_the_owner_is_told_which_rules_to_add_for_private_targets(made_up: Stage) -> None:
    told = json.dumps(made_up.template["Outputs"]["IngressRules"]["Value"])
    assert "on the group of db.shop.internal" in told
    assert "allow tcp 6379 from " in told
    assert "www.example.org" not in told


def test_the_owner_gets_everything_needed_to_connect(stage: Stage) -> None:
    assert set(stage.template["Outputs"]) == {
        "BucketName",
        "FailureQueueUrl",
        "FunctionNames",
        "IngressRules",
        "PagesTopicArn",
        "ReportUrlPrefix",
        "SecurityGroupId",
        "Services",
        "StoriesTopicArn",
        "TableName",
    }


@pytest.mark.parametrize("text", ["db.internal", ":5432", "db.internal:", "db:http", "db:0", "db:65536"])
def test_a_destination_that_is_not_host_and_port_stops_the_synth(text: str) -> None:
    family = replace(DATA, destinations=lambda target: (text,))
    with pytest.raises(DestinationError, match=r"family plain_data, target a: .* allowed is host:port"):
        destinations([deployed_family(family, MADE_UP)])
