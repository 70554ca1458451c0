"""The host and port that a peer's text names, without whatever else stands in its URL: pure."""

import re
from urllib.parse import urlsplit

_URL = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}")
_PORTS = {"http": 80, "https": 443}
_PUNCTUATION = ".,;:)!?"


def named_upstream(text: str) -> str:
    """``host:port`` of the first URL in a text; empty where there is none, or where it cannot be told for sure."""
    match = _URL.search(text)
    if match is None:
        return ""
    # A password may hold "/", "#" and blanks, so with an "@" anywhere behind only what follows the last one is a host;
    # and if that is not part of this URL, nobody can tell where its password ends.
    if "@" in text[match.end() :]:
        return ""
    scheme, _, rest = match[0].rstrip(_PUNCTUATION).partition("://")
    try:
        parts = urlsplit(f"{scheme.lower()}://{rest.rpartition('@')[2]}")
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except ValueError:
        return ""
    if not _HOST.fullmatch(host):
        return ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
