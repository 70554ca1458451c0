"""The stack of one stage: wires the constructs and tells the owner what it made. No resource is defined here."""

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from auditor import names
from auditor.domain.topology import Platform, Service
from auditor.family import Plane
from infra.build import Assets
from infra.constructs.aggregator import Aggregator
from infra.constructs.alarms import FailureAlarm, PagingAlarms
from infra.constructs.dashboard import Dashboard
from infra.constructs.function import Foundation
from infra.constructs.network import Network, destinations
from infra.constructs.probe_family import ProbeFamily
from infra.constructs.stores import Stores
from infra.constructs.topics import Topics, auditor_key
from infra.families import DeployedFamily
from infra.settings import Removal, StageSettings


class HealthAuditorStack(cdk.Stack):
    """Everything that audits one platform in one stage."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: StageSettings,
        platform: Platform,
        families: Sequence[DeployedFamily],
        assets: Assets,
    ) -> None:
        super().__init__(
            scope,
            names.stack_name(settings.stage),
            env=cdk.Environment(account=settings.account, region=settings.region),
            description=f"Serverless auditor of the health of {platform.title}",
        )
        retains = settings.removal is Removal.RETAIN
        key = auditor_key(self, "Key", removal=cdk.RemovalPolicy.RETAIN if retains else cdk.RemovalPolicy.DESTROY)
        network = Network(self, "Network", settings=settings, destinations=destinations(families))
        stores = Stores(self, "Stores", settings=settings, key=key)
        topics = Topics(self, "Topics", settings=settings, key=key)
        foundation = Foundation(self, "Foundation", settings=settings, assets=assets, network=network, stores=stores)
        probes = [
            ProbeFamily(
                self, f"Family-{item.family.name}", deployed=item, foundation=foundation, stories=topics.stories
            )
            for item in families
        ]
        aggregator = Aggregator(
            self,
            "Aggregator",
            foundation=foundation,
            topics=topics,
            targets=len(platform.targets),
            asked=[
                probe.function
                for item, probe in zip(families, probes, strict=True)
                if item.family.plane is Plane.CONTROL
            ],
        )
        paging = PagingAlarms(
            self,
            "Paging",
            stage=settings.stage,
            services=platform.services,
            pages=topics.pages,
            latest_report=stores.latest_report,
        )
        FailureAlarm(self, "FailedRuns", stage=settings.stage, queue=stores.failures, topic=topics.stories)
        Dashboard(
            self,
            "Dashboard",
            stage=settings.stage,
            services=platform.services,
            families=families,
            service_alarms=list(paging.services.values()),
        )
        functions = [*(probe.function for probe in probes), aggregator.function]
        self._tell_owner(network, stores, topics, platform.services, functions)

    def _tell_owner(
        self,
        network: Network,
        stores: Stores,
        topics: Topics,
        services: Sequence[Service],
        functions: Sequence[cdk.aws_lambda.IFunction],
    ) -> None:
        told = {
            "SecurityGroupId": (network.security_group.security_group_id, "The auditor's security group"),
            "IngressRules": (network.ingress_rules, "Rules that the owner of the audited platform must add"),
            "BucketName": (stores.bucket.bucket_name, "Observations and reports"),
            "ReportUrlPrefix": (
                f"https://{stores.bucket.bucket_regional_domain_name}/{stores.report_prefix}",
                "Where reports lie, for principals who may read the bucket; the newest is under latest/",
            ),
            names.OUTPUT_TABLE: (stores.table.table_name, "Packed results and state"),
            "PagesTopicArn": (topics.pages.topic_arn, "What wakes somebody"),
            "StoriesTopicArn": (topics.stories.topic_arn, "What tells why"),
            "FailureQueueUrl": (stores.failures.queue_url, "Invocations that failed, with their errors"),
            names.OUTPUT_SERVICES: (
                ",".join(service.id for service in services),
                "What `audit ack` and `audit silence` can name",
            ),
            "FunctionNames": (cdk.Fn.join(",", [function.function_name for function in functions]), "Functions"),
        }
        for name, (value, description) in told.items():
            cdk.CfnOutput(self, name, value=value, description=description)
