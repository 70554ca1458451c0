"""A secret reference (``valueFrom``) to what it points at. Another text is dropped: it may be a value."""

import re
from typing import Literal

from functions.configuration.facts import ReferenceFacts

Shape = Literal["ok", "placeholder", "no_suffix", "fields", "service"]

_ARN = re.compile(r"arn:aws[\w-]*:([\w-]+):([\w-]+):(\d{12}):([\w/+=.@:-]+)")
_PARAMETER_PATH = re.compile(r"(?:/[A-Za-z0-9_.-]+)+")
_SUFFIX = re.compile(r"-([A-Za-z0-9]{6})\Z")
_PLACEHOLDERS = re.compile(r"random|suffix|xxxxxx|abcdef|123456|000000", re.IGNORECASE)
"""Six characters that AWS would draw once in ten milliards, and that people write into templates."""


def parse_reference(variable: str, value_from: str) -> ReferenceFacts:
    """What a reference points at, and whether ECS can follow it."""
    arn = _ARN.fullmatch(value_from)
    if arn is not None:
        service, _, _, resource = arn.groups()
        kind, _, name = resource.partition(":")
        if service == "secretsmanager" and kind == "secret":
            return ReferenceFacts(
                variable=variable, kind="secret", reference=value_from, shape=_secret_shape(name.split(":"))
            )
        if service == "ssm" and resource.startswith("parameter/"):
            return ReferenceFacts(variable=variable, kind="parameter", reference=value_from, shape="ok")
        return ReferenceFacts(variable=variable, kind="unknown", reference=value_from, shape="service")
    if _PARAMETER_PATH.fullmatch(value_from):
        return ReferenceFacts(variable=variable, kind="parameter", reference=value_from, shape="ok")
    if value_from.startswith("arn:"):
        return ReferenceFacts(variable=variable, kind="unknown", reference="", shape="fields")
    # ECS takes any other text for the name of a parameter; it may as well be a value in the wrong place.
    return ReferenceFacts(variable=variable, kind="parameter", reference="", shape="ok")


def parameter_name(reference: str) -> str:
    """The name of a parameter in SSM, of its ARN or path; an ARN's resource is ``parameter`` and the path."""
    return reference.partition(":parameter")[2] if reference.startswith("arn:") else reference


def _secret_shape(parts: list[str]) -> Shape:
    # name, or name:json-key:version-stage:version-id with parts that may be empty but not be left out
    if len(parts) not in (1, 4):
        return "fields"
    suffix = _SUFFIX.search(parts[0])
    if suffix is None:
        return "no_suffix"
    return "placeholder" if _PLACEHOLDERS.fullmatch(suffix.group(1)) else "ok"
