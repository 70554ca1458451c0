"""SNS topics keep their encryption key from the template.

AWS (AWS::SNS::Topic KmsMasterKeyId): described by GetTopicAttributes. Stock MiniStack drops it. Whether a publisher may
use the key is not emulated.
"""

from ministack.services import sns

from sandbox.emulator.patches.cfn_resources import Properties, after_provisioning
from sandbox.emulator.patching import PatchContext


def apply(_context: PatchContext) -> None:
    """Carry the property."""
    after_provisioning("AWS::SNS::Topic", _carry)


def _carry(arn: str, properties: Properties) -> None:
    attributes = sns._topics[arn]["attributes"]
    attributes.pop("KmsMasterKeyId", None)
    if properties.get("KmsMasterKeyId"):
        attributes["KmsMasterKeyId"] = properties["KmsMasterKeyId"]
