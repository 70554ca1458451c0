"""One probe family: its function, a rule for each shard, what it may do, and the alarm on its silence."""

import re
from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from auditor import names
from auditor.family import AwsScope, Permission
from infra.constructs.alarms import SilenceAlarm
from infra.constructs.function import AuditorFunction, Foundation, Size
from infra.constructs.nag_findings import resource_finding
from infra.constructs.schedule import AlignedRule
from infra.families import DeployedFamily


class ProbeFamily(Construct):
    """Everything that a family's declaration asks for, and nothing that names a family."""

    def __init__(
        self, scope: Construct, id: str, *, deployed: DeployedFamily, foundation: Foundation, stories: sns.ITopic
    ) -> None:
        super().__init__(scope, id)
        family, stage = deployed.family, foundation.settings.stage
        self._auditor_function = AuditorFunction(
            self,
            "Probe",
            foundation=foundation,
            name=family.name,
            description=f"Health auditor {stage}: {family.title}",
            size=Size(
                timeout=cdk.Duration.seconds(family.timeout.total_seconds()),
                memory_mb=family.memory_mb,
                retry_attempts=0,  # a late second run would measure another moment than its slot says
                max_event_age=cdk.Duration.seconds(family.period.total_seconds()),
            ),
        )
        self.function = self._auditor_function.function
        self._grant_stores(family.name, foundation)
        stack = cdk.Stack.of(self)
        aws = AwsScope(partition=stack.partition, region=stack.region, account=stack.account)
        self._grant_permissions(family.permissions(deployed.targets, aws))
        for shard in deployed.shards:
            AlignedRule(
                self,
                f"Shard{shard}",
                name=f"health-auditor-{stage}-{family.name.replace('_', '-')}-{shard}",
                description=f"Health auditor {stage}: {family.title}, shard {shard}",
                period=family.period,
                function=self.function,
                given={"stage": stage, "shard": shard},
                failures=foundation.stores.failures,
            )
        SilenceAlarm(
            self,
            "Silence",
            name=f"{stage}-{family.name.replace('_', '-')}-silent",
            description=(
                f"Family {family.name} did not store all of its {len(deployed.shards)} shard(s) for three periods of "
                f"{family.period}: its targets are UNKNOWN. Report: {foundation.stores.latest_report}"
            ),
            metric=names.METRIC_RUNS,
            dimensions={names.DIMENSION_STAGE: stage, names.DIMENSION_FAMILY: family.name},
            period=family.period,
            expected=len(deployed.shards),
            topic=stories,
        )

    def _grant_stores(self, family: str, foundation: Foundation) -> None:
        stores, stage = foundation.stores, foundation.settings.stage
        commits = names.run_partition(stage, family, 0).removesuffix("0") + "*"
        self._auditor_function.grant(
            iam.PolicyStatement(
                sid="CommitItsOwnRuns",
                actions=["dynamodb:PutItem"],
                resources=[stores.table.table_arn],
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [commits]}},
            )
        )
        self._auditor_function.grant(stores.use_table_key())
        self._auditor_function.grant(
            iam.PolicyStatement(
                sid="StoreItsOwnObservations",
                actions=["s3:PutObject"],
                resources=[stores.observation_resource(family)],
            ),
            wildcard_reasons={
                f"Resource::{resource_finding(self, stores.observation_resource(family))}": (
                    "The day and the run's own name are known only when it runs; stage and family are fixed."
                )
            },
        )

    def _grant_permissions(self, permissions: Iterable[Permission]) -> None:
        for number, permission in enumerate(permissions):
            patterns = [f"Action::{action}" for action in permission.actions if "*" in action]
            patterns += [
                f"Resource::{resource_finding(self, resource)}" for resource in permission.resources if "*" in resource
            ]
            self._auditor_function.grant(
                iam.PolicyStatement(
                    sid=statement_id(number, permission.reason),
                    actions=list(permission.actions),
                    resources=list(permission.resources),
                ),
                wildcard_reasons=dict.fromkeys(patterns, permission.reason),
            )


def statement_id(number: int, reason: str) -> str:
    """A statement id that carries the reason: IAM allows letters and digits only, and no doubles."""
    words = re.findall(r"[A-Za-z0-9]+", reason)
    return "".join(word[0].upper() + word[1:] for word in words)[:90] + str(number)
