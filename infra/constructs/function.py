"""One Lambda function of this project: its own role, log group, place in the VPC and destination of what failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from constructs import Construct

from auditor import names
from infra.build import Assets
from infra.constructs.acknowledge import acknowledge
from infra.constructs.network import Network
from infra.constructs.stores import Stores
from infra.settings import StageSettings

RUNTIME = lambda_.Runtime.PYTHON_3_13


class Foundation(Construct):
    """What all functions of a stage share: code, layers, network, stores and the common environment."""

    def __init__(
        self, scope: Construct, id: str, *, settings: StageSettings, assets: Assets, network: Network, stores: Stores
    ) -> None:
        super().__init__(scope, id)
        self.settings = settings
        self.network = network
        self.stores = stores
        self.code = lambda_.Code.from_asset(str(assets.code))
        self.layers = [
            lambda_.LayerVersion(
                self,
                layer_id,
                code=lambda_.Code.from_asset(str(folder)),
                compatible_runtimes=[RUNTIME],
                compatible_architectures=[lambda_.Architecture.ARM_64],
                description=description,
            )
            for layer_id, folder, description in (
                ("AuditorLayer", assets.auditor_layer, "Health auditor: kernel"),
                ("DependencyLayer", assets.dependency_layer, "Health auditor: third-party packages, pure Python"),
            )
        ]
        self.environment = {
            names.ENV_STAGE: settings.stage,
            names.ENV_CATALOGUE: names.CATALOGUE_FILE,
            names.ENV_TABLE: stores.table.table_name,
            names.ENV_BUCKET: stores.bucket.bucket_name,
            names.ENV_IN_VPC: "true",
            **network.endpoint_environment,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long a run may take, how much memory it gets, how often Lambda may try it again, and how many at once."""

    timeout: cdk.Duration
    memory_mb: int
    retry_attempts: int
    max_event_age: cdk.Duration
    reserved_concurrency: int | None = None
    """None: as many at once as the account admits."""


class AuditorFunction(Construct):
    """A function whose role holds nothing but what is granted here and by its owner."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        foundation: Foundation,
        name: str,
        description: str,
        size: Size,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        stage = foundation.settings.stage
        function_name = names.function_name(stage, name)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"Health auditor {stage}: what {name} may do",
        )
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{function_name}",
            # what is worth keeping is in the bucket; a kept group would stop the next deployment by its name
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # the construct wants an enumeration of names where the settings have CloudFormation's days
        cast(logs.CfnLogGroup, log_group.node.default_child).retention_in_days = foundation.settings.log_retention_days
        self.grant(
            iam.PolicyStatement(
                sid="WriteItsOwnLogGroup",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[log_group.log_group_arn],
            )
        )
        self._grant_network_interfaces(function_name)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            description=description,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            code=foundation.code,
            handler=f"functions.{name}.handler.handler",
            layers=foundation.layers,
            role=self.role,
            log_group=log_group,
            timeout=size.timeout,
            memory_size=size.memory_mb,
            retry_attempts=size.retry_attempts,
            reserved_concurrent_executions=size.reserved_concurrency,
            max_event_age=size.max_event_age,
            on_failure=destinations.SqsDestination(foundation.stores.failures),
            vpc=foundation.network.vpc,
            vpc_subnets=foundation.network.subnets,
            security_groups=[foundation.network.security_group],
            environment={**foundation.environment, **(environment or {})},
        )
        acknowledge(
            self.function,
            "L1",
            "3.13 is pinned on purpose: byte code is compiled for exactly this minor version, and it moves with it.",
        )

    def grant(self, statement: iam.PolicyStatement, *, wildcard_reasons: Mapping[str, str] | None = None) -> None:
        """Lets the function do what the statement says; every pattern in it needs its reason."""
        self.role.add_to_policy(statement)
        for finding, reason in (wildcard_reasons or {}).items():
            acknowledge(self, f"IAM5[{finding}]", reason)

    def _grant_network_interfaces(self, function_name: str) -> None:
        # own statements in place of AWSLambdaVPCAccessExecutionRole, which also allows logs on every group
        interfaces = [
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ]
        self.grant(
            iam.PolicyStatement(
                sid="LambdaServiceManagesItsNetworkInterfaces",
                actions=[*interfaces, "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
                resources=["*"],
            ),
            wildcard_reasons={
                "Resource::*": "Describing network interfaces and subnets has no resource-level permissions, and the "
                "interfaces that the Lambda service creates have no name yet; the function's own code is denied."
            },
        )
        self.grant(
            iam.PolicyStatement(
                sid="TheFunctionsCodeTouchesNoNetworkInterface",
                effect=iam.Effect.DENY,
                actions=interfaces,
                resources=["*"],
                conditions={
                    "ArnEquals": {
                        "lambda:SourceFunctionArn": cdk.Stack.of(self).format_arn(
                            service="lambda",
                            resource="function",
                            resource_name=function_name,
                            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                        )
                    }
                },
            )
        )
