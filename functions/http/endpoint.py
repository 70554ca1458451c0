"""A URL taken apart once: what a probe needs of it in several places. Pure."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlsplit

from functions.http.redaction import authority
from functions.http.refusals import DEFAULT_PORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """``asks`` is the path with its query as a request names it, ``authority`` what the Host header says."""

    parts: SplitResult
    host: str
    port: int
    asks: str
    authority: str
    query_names: tuple[str, ...]


def endpoint(parts: SplitResult) -> Endpoint:
    """The endpoint of a URL whose scheme, host and port were found usable."""
    return Endpoint(
        parts=parts,
        host=parts.hostname or "",
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        asks=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        authority=authority(parts),
        query_names=tuple(dict.fromkeys(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))),
    )


@lru_cache(maxsize=4096)
def declared_endpoint(url: str) -> Endpoint:
    """The endpoint of a catalogue's URL: the same ones in every run, and without a credential."""
    return endpoint(urlsplit(url))
