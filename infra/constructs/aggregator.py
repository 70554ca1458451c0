"""The aggregator: every minute it reads what the families stored, judges the platform, publishes and tells."""

from collections.abc import Sequence
from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from auditor import names
from infra.constructs.function import AuditorFunction, Foundation, Size
from infra.constructs.nag_findings import resource_finding
from infra.constructs.schedule import AlignedRule
from infra.constructs.topics import Topics

PERIOD = timedelta(minutes=1)


def memory_mb(targets: int) -> int:
    """Memory, and with it the share of a core, for a platform of so many targets.

    A thousand take some 40 MB and half a second of a full core (docs/measurements.md, section "Start, shards, scale"),
    and the run has 40 s beside its wait for the slot's commits.
    """
    return min(512 + 128 * (targets // 1000), 10_240)


class Aggregator(Construct):
    """The one writer of state: it alone may change verdicts and the outbox, and nothing of what probes appended."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        foundation: Foundation,
        topics: Topics,
        targets: int,
        asked: Sequence[lambda_.IFunction],
    ) -> None:
        """``asked``: the functions that it may ask for extra runs."""
        super().__init__(scope, id)
        settings = foundation.settings
        self._auditor_function = AuditorFunction(
            self,
            "Aggregate",
            foundation=foundation,
            name="aggregator",
            description=f"Health auditor {settings.stage}: judges the platform, publishes, tells what changed",
            size=Size(
                timeout=cdk.Duration.seconds(60),
                memory_mb=memory_mb(targets),
                # every write of state is conditional, so a second attempt is safe; Lambda waits one minute, then two
                retry_attempts=2,
                max_event_age=cdk.Duration.minutes(5),
                # two at once would do no harm to the state, but could tell one story twice
                reserved_concurrency=1,
            ),
            environment={
                names.ENV_PAGES_TOPIC: topics.pages.topic_arn,
                names.ENV_STORIES_TOPIC: topics.stories.topic_arn,
            },
        )
        self.function = self._auditor_function.function
        self._grant(foundation, topics, asked)
        AlignedRule(
            self,
            "EveryMinute",
            name=f"health-auditor-{settings.stage}-aggregator",
            description=f"Health auditor {settings.stage}: aggregator",
            period=PERIOD,
            function=self.function,
            given={"stage": settings.stage},
            failures=foundation.stores.failures,
        )

    def _grant(self, foundation: Foundation, topics: Topics, asked: Sequence[lambda_.IFunction]) -> None:
        stores, stage = foundation.stores, foundation.settings.stage
        grant = self._auditor_function.grant
        grant(
            iam.PolicyStatement(
                sid="ReadRunsAndState",
                actions=["dynamodb:GetItem", "dynamodb:Query"],
                resources=[stores.table.table_arn],
            )
        )
        grant(
            iam.PolicyStatement(
                sid="WriteStateOutboxAndRollups",
                actions=["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"],
                resources=[stores.table.table_arn],
                conditions={
                    "ForAllValues:StringEquals": {
                        "dynamodb:LeadingKeys": [
                            names.state_partition(stage),
                            names.outbox_partition(stage),
                            names.rollup_partition(stage),
                        ]
                    }
                },
            )
        )
        grant(stores.use_table_key())
        observations = stores.bucket.arn_for_objects(f"observations/{stage}/*")
        reports = stores.bucket.arn_for_objects(f"{stores.report_prefix}*")
        grant(
            iam.PolicyStatement(sid="ReadObservations", actions=["s3:GetObject"], resources=[observations]),
            wildcard_reasons={
                f"Resource::{resource_finding(self, observations)}": "Runs name their objects; every family's are read."
            },
        )
        grant(
            iam.PolicyStatement(
                sid="PublishAndReadReports", actions=["s3:GetObject", "s3:PutObject"], resources=[reports]
            ),
            wildcard_reasons={
                f"Resource::{resource_finding(self, reports)}": "Reports are filed by their instant, beside `latest`."
            },
        )
        grant(
            # without it S3 answers a missing object with AccessDenied, and a gap would be told as a missing permission
            iam.PolicyStatement(
                sid="TellMissingObjectsFromDeniedOnes",
                actions=["s3:ListBucket"],
                resources=[stores.bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"observations/{stage}/*", f"{stores.report_prefix}*"]}},
            )
        )
        for statement in topics.publish_statements():
            grant(statement)
        if asked:
            grant(
                iam.PolicyStatement(
                    sid="AskForExtraRuns",
                    actions=["lambda:InvokeFunction"],
                    resources=[function.function_arn for function in asked],
                )
            )
