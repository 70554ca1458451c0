"""How cdk-nag writes a resource in the id of a finding, so that an acknowledgement covers exactly that resource."""

import aws_cdk as cdk
from constructs import Construct


def resource_finding(scope: Construct, resource: str) -> str:
    """The resource with its references in angle brackets, as in ``<Bucket.Arn>/reports/*``."""
    resolved = cdk.Stack.of(scope).resolve(resource)
    if isinstance(resolved, str):
        return resolved
    separator, parts = resolved["Fn::Join"]
    return str(separator.join(part if isinstance(part, str) else _reference(part) for part in parts))


def _reference(part: dict[str, object]) -> str:
    if "Ref" in part:
        return f"<{part['Ref']}>"
    attribute = part["Fn::GetAtt"]
    return f"<{'.'.join(str(item) for item in attribute)}>" if isinstance(attribute, list) else f"<{attribute}>"
