"""DynamoDB tables keep TTL, point-in-time recovery and encryption from their template.

AWS (AWS::DynamoDB::Table, AWS::DynamoDB::GlobalTable): TimeToLiveSpecification, PointInTimeRecoverySpecification (of a
global table: of its replicas) and SSESpecification take effect and are described. Stock MiniStack drops all three.
"""

from typing import Any

from ministack.services import dynamodb

from sandbox.emulator.patches.cfn_resources import Properties, after_provisioning, is_true, require_success
from sandbox.emulator.patching import PatchContext


def apply(_context: PatchContext) -> None:
    """Carry the properties of both table types."""
    for resource_type in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        after_provisioning(resource_type, _carry)


def _carry(name: str, properties: Properties) -> None:
    replica: dict[str, Any] = next(iter(properties.get("Replicas") or []), {})
    ttl = properties.get("TimeToLiveSpecification")
    if ttl and ttl.get("AttributeName"):
        specification = {"AttributeName": ttl["AttributeName"], "Enabled": is_true(ttl.get("Enabled", True))}
        answer = dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": specification})
        require_success("TimeToLiveSpecification", answer)
    recovery = replica.get("PointInTimeRecoverySpecification") or properties.get("PointInTimeRecoverySpecification")
    if recovery:
        enabled = {"PointInTimeRecoveryEnabled": is_true(recovery.get("PointInTimeRecoveryEnabled"))}
        answer = dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": enabled})
        require_success("PointInTimeRecoverySpecification", answer)
    encryption = properties.get("SSESpecification")
    if encryption:
        key = (replica.get("SSESpecification") or encryption).get("KMSMasterKeyId")
        specification = {
            "Enabled": is_true(encryption.get("SSEEnabled")),
            "SSEType": encryption.get("SSEType"),
            "KMSMasterKeyId": key,
        }
        dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(specification)
