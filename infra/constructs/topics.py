"""Topics: ``pages`` wakes somebody, ``stories`` tells why. Both encrypted with a key that CloudWatch may use."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import StageSettings, subscription_protocol

CLOUDWATCH = "cloudwatch.amazonaws.com"


def auditor_key(scope: Construct, id: str, *, removal: cdk.RemovalPolicy) -> kms.Key:
    """The stage's one customer-managed key. With the AWS-managed key of SNS, alarm actions would be lost in silence."""
    key = kms.Key(
        scope,
        id,
        description="Health auditor: its table and its topics",
        enable_key_rotation=True,
        removal_policy=removal,
    )
    stack = cdk.Stack.of(scope)
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="CloudWatchAlarmsPublishToEncryptedTopics",
            principals=[iam.ServicePrincipal(CLOUDWATCH)],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],  # in a key's own policy this means the key
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
    return key


class Topics(Construct):
    """The two topics, their subscribers, and the statements that let a role publish."""

    def __init__(self, scope: Construct, id: str, *, settings: StageSettings, key: kms.IKey) -> None:
        super().__init__(scope, id)
        self._key = key
        self.pages = self._topic("Pages", f"Health auditor {settings.stage}: pages", settings.page_subscriptions)
        self.stories = self._topic("Stories", f"Health auditor {settings.stage}: stories", settings.story_subscriptions)

    def _topic(self, id: str, display_name: str, subscribers: Sequence[str]) -> sns.Topic:
        topic = sns.Topic(self, id, display_name=display_name, master_key=self._key, enforce_ssl=True)
        stack = cdk.Stack.of(self)
        topic.add_to_resource_policy(
            # a topic policy takes the place of the default one, which admitted the account's alarms by itself
            iam.PolicyStatement(
                sid="CloudWatchAlarmsPublish",
                principals=[iam.ServicePrincipal(CLOUDWATCH)],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        for index, address in enumerate(subscribers):
            protocol = sns.SubscriptionProtocol[subscription_protocol(address).upper()]
            sns.Subscription(topic, f"Subscription{index}", topic=topic, endpoint=address, protocol=protocol)
        return topic

    def publish_statements(self) -> tuple[iam.PolicyStatement, ...]:
        """Publish to both topics, and use the key through SNS only."""
        return (
            iam.PolicyStatement(
                sid="PublishPagesAndStories",
                actions=["sns:Publish"],
                resources=[self.pages.topic_arn, self.stories.topic_arn],
            ),
            iam.PolicyStatement(
                sid="UseTheTopicsKeyThroughSns",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[self._key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"sns.{cdk.Stack.of(self).region}.amazonaws.com"}},
            ),
        )
