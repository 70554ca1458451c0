"""Whether a body is an OpenAPI document: pure."""

import re

from functions.http.facts import OpenApiFacts
from functions.http.jsonpath import MISSING, load

_VERSION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}")


def read_openapi(body: bytes) -> OpenApiFacts:
    """What of an OpenAPI document the body has."""
    document = load(body)
    if not isinstance(document, dict):
        return OpenApiFacts(is_json=document is not MISSING, version="", paths=0)
    version = document.get("openapi", document.get("swagger"))
    paths = document.get("paths")
    return OpenApiFacts(
        is_json=True,
        version=version if isinstance(version, str) and _VERSION.fullmatch(version) else "",
        paths=len(paths) if isinstance(paths, dict) else 0,
    )
