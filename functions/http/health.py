"""A service's own health document: where the catalogue says its words stand, and what they mean. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from functions.http.facts import Breaker, DependencyState, HealthFacts, State
from functions.http.jsonpath import MISSING, JsonPathError, find, load, parse_path
from functions.http.redaction import bounded
from functions.http.upstream import named_upstream

_STATES: dict[State, tuple[str, ...]] = {
    "healthy": ("healthy", "ok", "up", "pass", "passing", "ready", "alive", "available", "connected", "true"),
    "degraded": ("degraded", "warn", "warning", "partial"),
    "unhealthy": (
        "unhealthy",
        "error",
        "fail",
        "failed",
        "failing",
        "down",
        "critical",
        "timeout",
        "unavailable",
        "disconnected",
        "not_ready",
        "false",
    ),
    "not_used": ("disabled", "skipped", "not_used", "not_configured", "not_deployed", "none"),
}
_STATE_OF: dict[str, State] = {word: state for state, words in _STATES.items() for word in words}
_BREAKERS: dict[str, Breaker] = {"closed": "closed", "open": "open", "half_open": "half_open"}
_STATE_FIELDS = ("status", "state", "healthy", "passed", "connected", "ok")
_HARMLESS: tuple[State, ...] = ("healthy", "not_used")
_MOST_DEPENDENCIES = 50
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthDocument:
    """JSON paths into the endpoint's health document; what is left out is not asked.

    ``status``: the overall word. ``services``: an object of dependency and word, or a list of objects with a name.
    ``breaker``: the state of the circuit breaker. ``upstream_url``: the address that the service says it uses.
    """

    status: str | None = None
    services: str | None = None
    breaker: str | None = None
    upstream_url: str | None = None

    def __post_init__(self) -> None:
        paths = {field.name: getattr(self, field.name) for field in fields(self)}
        if not any(paths.values()):
            raise ValueError("health names no path; give status, services, breaker or upstream_url")
        for name, path in paths.items():
            if path is None:
                continue
            try:
                parse_path(path)
            except JsonPathError as error:
                raise ValueError(f"health.{name}: {error}") from error

    @property
    def asks_state(self) -> bool:
        """Whether a word about the service or what it needs is declared."""
        return self.status is not None or self.services is not None


def read_health(declared: HealthDocument, body: bytes) -> HealthFacts | None:
    """What the body says at the declared paths; None where it is not JSON."""
    document = load(body)
    if document is MISSING:
        return None
    status = None if declared.status is None else _state(_at(document, declared.status))
    breaker = None if declared.breaker is None else _breaker(_at(document, declared.breaker))
    listed = MISSING if declared.services is None else _at(document, declared.services)
    url = MISSING if declared.upstream_url is None else _at(document, declared.upstream_url)
    return HealthFacts(
        status=status,
        dependencies=_worth_keeping(list(_dependencies(listed))),
        breaker=breaker,
        upstream=named_upstream(url) if isinstance(url, str) else "",
    )


def _at(document: Any, path: str) -> Any:
    return find(document, parse_path(path))


def _worth_keeping(found: list[tuple[str, State]]) -> tuple[DependencyState, ...]:
    """At most so many; a sick one is never pushed out by well ones."""
    if len(found) > _MOST_DEPENDENCIES:
        found.sort(key=lambda dependency: dependency[1] in _HARMLESS)
    kept = found[:_MOST_DEPENDENCIES]
    return tuple(DependencyState(name=bounded(name, _LONGEST_NAME), state=state) for name, state in kept)


def _dependencies(listed: Any) -> Iterator[tuple[str, State]]:
    """Names as they came, and states."""
    if isinstance(listed, dict):
        for name, value in listed.items():
            yield name, _state(value)
    elif isinstance(listed, list):
        for entry in listed:
            if isinstance(entry, dict) and isinstance(name := entry.get("name"), str):
                yield name, _state(entry)


def _state(value: Any) -> State:
    if isinstance(value, Mapping):
        value = next((value[name] for name in _STATE_FIELDS if name in value), MISSING)
    if value is MISSING:
        return "missing"
    if isinstance(value, bool | str):
        return _STATE_OF.get(_word(value), "unrecognised")
    return "unrecognised"


def _breaker(value: Any) -> Breaker:
    if value is MISSING:
        return "missing"
    return _BREAKERS.get(_word(value), "unrecognised") if isinstance(value, str) else "unrecognised"


def _word(value: bool | str) -> str:
    return str(value).strip().lower().replace(" ", "_").replace("-", "_")
