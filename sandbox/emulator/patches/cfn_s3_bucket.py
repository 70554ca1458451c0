"""S3 buckets keep lifecycle rules and default encryption from their template.

AWS (AWS::S3::Bucket LifecycleConfiguration, BucketEncryption). Stock MiniStack drops both. Rules are described; that
they expire objects is not emulated.
"""

from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.services import s3

from sandbox.emulator.patches.cfn_resources import Properties, after_provisioning, is_true, require_success
from sandbox.emulator.patching import PatchContext


def apply(_context: PatchContext) -> None:
    """Carry the properties."""
    after_provisioning("AWS::S3::Bucket", _carry)


def _carry(name: str, properties: Properties) -> None:
    rules = (properties.get("LifecycleConfiguration") or {}).get("Rules")
    if rules:
        s3._bucket_lifecycle[name] = [lifecycle_rule(rule) for rule in rules]
    elif name in s3._bucket_lifecycle:
        s3._delete_bucket_lifecycle(name)
    encryption = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration")
    if encryption:
        require_success("BucketEncryption", s3._put_bucket_encryption(name, _encryption_xml(encryption)))


def lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A template's lifecycle rule in the shape of the S3 API, which names things differently."""
    found: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if rule.get("Id"):
        found["ID"] = rule["Id"]
    expiration: dict[str, Any] = {}
    if rule.get("ExpirationInDays"):
        expiration["Days"] = int(rule["ExpirationInDays"])
    if rule.get("ExpiredObjectDeleteMarker") is not None:
        expiration["ExpiredObjectDeleteMarker"] = is_true(rule["ExpiredObjectDeleteMarker"])
    if expiration:
        found["Expiration"] = expiration
    noncurrent = rule.get("NoncurrentVersionExpiration") or {}
    days = noncurrent.get("NoncurrentDays") or rule.get("NoncurrentVersionExpirationInDays")
    if days:
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(days)}
    if rule.get("Transitions"):
        found["Transitions"] = [
            {"Days": int(each["TransitionInDays"]), "StorageClass": each["StorageClass"]}
            for each in rule["Transitions"]
        ]
    if rule.get("AbortIncompleteMultipartUpload"):
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        found["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return found


def _encryption_xml(rules: list[dict[str, Any]]) -> bytes:
    root = Element("ServerSideEncryptionConfiguration", xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
    for rule in rules:
        element = SubElement(root, "Rule")
        default = rule.get("ServerSideEncryptionByDefault") or {}
        if default:
            chosen = SubElement(element, "ApplyServerSideEncryptionByDefault")
            for name in ("SSEAlgorithm", "KMSMasterKeyID"):
                if default.get(name):
                    SubElement(chosen, name).text = str(default[name])
        if rule.get("BucketKeyEnabled") is not None:
            SubElement(element, "BucketKeyEnabled").text = str(is_true(rule["BucketKeyEnabled"])).lower()
    return tostring(root)
