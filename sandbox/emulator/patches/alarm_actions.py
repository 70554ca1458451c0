"""An alarm reaches a topic only if the topic's and its key's policies admit CloudWatch.

AWS ("Amazon SNS encrypted topics and CloudWatch alarms", "Configure AWS KMS permissions"): the topic's policy must let
cloudwatch.amazonaws.com publish (the default policy does, a policy of one's own replaces it), and an encrypted topic
needs a customer-managed key whose policy lets it use kms:Decrypt and kms:GenerateDataKey. Otherwise the action is lost
without a word. Stock MiniStack always delivers. Checked with --auth only; a lost action is logged as a warning.
"""

import logging
from typing import Any

from ministack import app
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, kms, sns

from sandbox.emulator.patching import PatchContext, replace

logger = logging.getLogger("sandbox.alarms")

SERVICE = "cloudwatch.amazonaws.com"
_ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


def apply(_context: PatchContext) -> None:
    """Drop the actions that AWS would lose."""

    def dispatch(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
        member = _ACTIONS.get(new_state)
        if app.AUTH and member and alarm.get(member):
            alarm = {**alarm, member: [action for action in alarm[member] if _reaches(action, alarm["AlarmArn"])]}
        stock(alarm, old_state, new_state, reason)

    stock = replace(cloudwatch, "_dispatch_alarm_actions", ("alarm", "old_state", "new_state", "reason"), dispatch)


def _reaches(topic_arn: str, alarm_arn: str) -> bool:
    topic = sns._topics.get(topic_arn)
    if topic is None:
        return True  # not a topic of this account: stock decides
    if not sns.topic_policy_allows(topic_arn, SERVICE, alarm_arn, get_account_id()):
        logger.warning("%s -> %s is lost: the topic's policy does not let %s publish", alarm_arn, topic_arn, SERVICE)
        return False
    key = topic["attributes"].get("KmsMasterKeyId")
    if key and not _key_admits(key, alarm_arn):
        logger.warning("%s -> %s is lost: the policy of key %s does not admit %s", alarm_arn, topic_arn, key, SERVICE)
        return False
    return True


def _key_admits(key_id: str, alarm_arn: str) -> bool:
    key = kms._resolve_key(key_id)
    if not key:
        return False  # alias/aws/sns: the AWS-managed key's policy cannot be changed and does not admit CloudWatch
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        context = EvalContext(
            principal_arn="service",
            principal_type="Service",
            principal_account="",
            action=action,
            resource_arn=key["Arn"],
            region=get_region(),
            service_context={"aws:sourcearn": alarm_arn, "aws:sourceaccount": get_account_id()},
        )
        if evaluate_resource_policy(key.get("Policy"), context, service=SERVICE).decision != "Allow":
            return False
    return True
