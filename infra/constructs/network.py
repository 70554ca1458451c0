"""Where the functions stand: the audited VPC as it is, a security group of their own, endpoints only if asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.acknowledge import acknowledge
from infra.families import DeployedFamily
from infra.settings import CreatedVpc, ImportedVpc, StageSettings

HTTPS_PORT = 443

_INTERFACE_SERVICES = {
    "AWS_ENDPOINT_URL_LAMBDA": ("Lambda", ec2.InterfaceVpcEndpointAwsService.LAMBDA_),
    "AWS_ENDPOINT_URL_SECRETS_MANAGER": ("SecretsManager", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER),
    "AWS_ENDPOINT_URL_SNS": ("Sns", ec2.InterfaceVpcEndpointAwsService.SNS),
}
"""What the functions call beside S3 and DynamoDB, by the variable that gives the endpoint's URL to our own clients."""


class DestinationError(ValueError):
    """When a family declares a destination that is not ``host:port``."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Destination:
    """A port of the audited platform that a probe connects to."""

    port: int
    host: str
    private: bool


def destinations(families: Sequence[DeployedFamily]) -> tuple[Destination, ...]:
    """Every declared destination of every target, once."""
    found = set()
    for deployed in families:
        for target in deployed.targets:
            for text in deployed.family.destinations(target):
                host, _, port = text.rpartition(":")
                if not host or not port.isdigit() or not 1 <= int(port) <= 65535:
                    raise DestinationError(
                        f"family {deployed.family.name}, target {target.id}: "
                        f"destination is {text!r}; allowed is host:port"
                    )
                found.add(Destination(host=host, port=int(port), private=target.private))
    return tuple(sorted(found))


class Network(Construct):
    """The VPC, the auditor's security group (no ingress; egress to declared ports) and optional endpoints.

    Nothing here changes routing, names or a security group of an imported VPC: who audits must not be able to break.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: StageSettings, destinations: Sequence[Destination]
    ) -> None:
        super().__init__(scope, id)
        self.vpc, self.subnets = self._vpc(settings)
        self.destinations = tuple(destinations)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self.vpc,
            description=f"Health auditor {settings.stage}: connects out to what it probes, admits nothing",
            allow_all_outbound=False,
        )
        for port in sorted({HTTPS_PORT, *(destination.port for destination in destinations)}):
            # any address: names resolve to what nobody knows at synth, and a destination that the auditor's own group
            # shut out would look like an outage of the platform
            reason = "AWS APIs and HTTPS targets" if port == HTTPS_PORT else "declared destinations of the catalogue"
            self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), reason)
        self.endpoint_environment: dict[str, str] = {}
        if settings.create_endpoints:
            self._create_endpoints()

    @property
    def ingress_rules(self) -> str:
        """What the platform's owner must add for the auditor, one rule a line; the auditor never edits those groups."""
        group = self.security_group.security_group_id
        rules = [f"allow tcp {d.port} from {group} on the group of {d.host}" for d in self.destinations if d.private]
        return "\n".join(rules) or "none: every target is public"

    def _vpc(self, settings: StageSettings) -> tuple[ec2.IVpc, ec2.SubnetSelection]:
        if settings.create_vpc is not None:
            return self._created(settings.create_vpc)
        if settings.vpc is None:
            raise ValueError("settings have neither vpc nor create_vpc; stage_settings() refuses that")
        return self._imported(settings.vpc)

    def _imported(self, given: ImportedVpc) -> tuple[ec2.IVpc, ec2.SubnetSelection]:
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=given.id,
            vpc_cidr_block=given.cidr,
            availability_zones=list(given.availability_zones),
            private_subnet_ids=list(given.private_subnet_ids),
            private_subnet_route_table_ids=list(given.route_table_ids),
        )
        return vpc, ec2.SubnetSelection(subnets=vpc.private_subnets)

    def _created(self, wanted: CreatedVpc) -> tuple[ec2.IVpc, ec2.SubnetSelection]:
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(wanted.cidr),
            availability_zones=list(wanted.availability_zones),
            nat_gateways=1,
            # the custom resource that empties the default group is a Node function with rights on EC2, for a group
            # that nothing uses
            restrict_default_security_group=False,
        )
        flow_logs = logs.LogGroup(
            self, "FlowLogs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flow_logs))
        return vpc, ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)

    def _create_endpoints(self) -> None:
        admits_auditor = ec2.SecurityGroup(
            self,
            "EndpointSecurityGroup",
            vpc=self.vpc,
            description="Health auditor: AWS endpoints for its own functions only",
            allow_all_outbound=False,
        )
        admits_auditor.add_ingress_rule(self.security_group, ec2.Port.tcp(HTTPS_PORT), "the auditor's functions")
        for variable, (name, service) in _INTERFACE_SERVICES.items():
            endpoint = ec2.InterfaceVpcEndpoint(
                self,
                f"{name}Endpoint",
                vpc=self.vpc,
                service=service,
                subnets=self.subnets,
                security_groups=[admits_auditor],
                open=False,
                # private DNS would send the whole VPC's traffic for the service through an endpoint that admits only us
                private_dns_enabled=False,
            )
            zone_and_name = cdk.Fn.select(0, endpoint.vpc_endpoint_dns_entries)
            self.endpoint_environment[variable] = f"https://{cdk.Fn.select(1, cdk.Fn.split(':', zone_and_name))}"
        for name, gateway in (
            ("S3", ec2.GatewayVpcEndpointAwsService.S3),
            ("DynamoDb", ec2.GatewayVpcEndpointAwsService.DYNAMODB),
        ):
            ec2.GatewayVpcEndpoint(self, f"{name}Endpoint", vpc=self.vpc, service=gateway, subnets=[self.subnets])
        acknowledge(
            self, "EC23", "The endpoints' only ingress is from the auditor's own security group, not from an address."
        )
