"""Reads what Secrets Manager says of one secret; a value is looked at where it arrives, and goes no further."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.secrets.facts import RotationFacts, SecretFacts, ValueFacts, VersionsFacts
from functions.secrets.family import SecretSpec

_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"


async def observe(target: Target[SecretSpec], probe: Probe) -> Observation[SecretFacts]:
    """What is there, as far as it could be read; what could not is named in ``unread``."""
    spec = target.spec
    resource = f"secret {spec.secret}"
    described = await calls.ask(
        probe,
        "secretsmanager:DescribeSecret",
        resource,
        lambda: client("secretsmanager").describe_secret(SecretId=spec.secret),
    )
    if isinstance(described, Failure):
        if described.cause == "aws.not_found":
            return probe.observation(SecretFacts(exists=False))
        return probe.observation(SecretFacts(unread={"exists": described}), (described,))
    rotation = RotationFacts(
        enabled=bool(described.get("RotationEnabled")),
        last_rotated_at=described.get("LastRotatedDate"),
        next_rotation_at=described.get("NextRotationDate"),
    )
    if described.get("DeletedDate") is not None:
        return probe.observation(SecretFacts(exists=True, deleted=True, rotation=rotation))
    unread: dict[str, Failure] = {}
    versions = await _versions(spec.secret, resource, probe)
    if isinstance(versions, Failure):
        unread["versions"] = versions
    value = None
    if spec.reads_value and (isinstance(versions, Failure) or versions.current):
        value = await calls.ask(probe, "secretsmanager:GetSecretValue", resource, partial(_read_value, spec))
        if isinstance(value, Failure):
            unread["value"] = value
    facts = SecretFacts(
        exists=True,
        versions=None if isinstance(versions, Failure) else versions,
        rotation=rotation,
        value=None if isinstance(value, Failure) else value,
        unread=unread,
    )
    return probe.observation(facts, tuple(unread.values()))


async def _versions(secret: str, resource: str, probe: Probe) -> VersionsFacts | Failure:
    listed = await calls.pages(
        probe,
        "secretsmanager:ListSecretVersionIds",
        resource,
        lambda **more: client("secretsmanager").list_secret_version_ids(SecretId=secret, MaxResults=100, **more),
        items="Versions",
        marker=("NextToken", "NextToken"),
    )
    if isinstance(listed, Failure):
        return listed
    current = next((v for v in listed if _CURRENT in _stages(v)), None)
    pending = next((v for v in listed if _PENDING in _stages(v) and _CURRENT not in _stages(v)), None)
    return VersionsFacts(
        current=current is not None,
        current_since=None if current is None else current.get("CreatedDate"),
        pending=pending is not None,
        pending_since=None if pending is None else pending.get("CreatedDate"),
    )


def _stages(version: Mapping[str, Any]) -> list[str]:
    return version.get("VersionStages") or []


def _read_value(spec: SecretSpec) -> ValueFacts:
    """Only this function ever holds the value."""
    text = client("secretsmanager").get_secret_value(SecretId=spec.secret).get("SecretString")
    try:
        document = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return ValueFacts(is_json=False)
    wanted = dict.fromkeys((*spec.keys, *((spec.user_key,) if spec.user is not None else ())))
    user = document.get(spec.user_key)
    return ValueFacts(
        is_json=True,
        missing_keys=tuple(key for key in wanted if key not in document),
        empty_keys=tuple(key for key in wanted if key in document and document[key] in ("", None)),
        user_matches=None if spec.user is None or user in ("", None) else user == spec.user,
    )
