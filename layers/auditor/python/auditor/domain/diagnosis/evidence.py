"""What the rules reason over: the claims by kind, in one order whatever order they came in, and the topology."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from auditor.domain.blame import needed_services
from auditor.domain.diagnosis.cache_claims import CredentialInjected
from auditor.domain.diagnosis.claims import (
    AnswerSays,
    Claim,
    HealthReports,
    NameResolves,
    SettingMissing,
    SettingPointsTo,
)
from auditor.domain.diagnosis.proof import Proof
from auditor.domain.topology import Component, Platform

C = TypeVar("C")
_PLACES = ("url", "host")
"""The parts of a target's spec that say where it asks."""


class Evidence:
    """Claims about components of one platform. Equal sets of claims give equal evidence."""

    def __init__(self, claims: Iterable[Claim], platform: Platform) -> None:
        self.platform = platform
        self._components = {component.id: component for component in platform.components}
        self._of_kind: dict[str, list[Component]] = {}
        for component in platform.components:
            self._of_kind.setdefault(component.kind, []).append(component)
        self._claims: dict[type, list[Any]] = {}
        for claim in sorted(set(claims), key=repr):
            self._claims.setdefault(type(claim), []).append(claim)
        self._specs = "\n".join(text.lower() for target in platform.targets for text in _texts(target.spec))
        asked: dict[str, list[str]] = {}
        for target in platform.targets:
            places = [target.spec.get(key, "") for key in _PLACES] if isinstance(target.spec, Mapping) else []
            asked.setdefault(target.service, []).extend(place.lower() for place in places if isinstance(place, str))
        self._asked = {service: "\n".join(places) for service, places in asked.items()}

    @cached_property
    def needs(self) -> dict[str, frozenset[str]]:
        """Per service id all services that it needs, directly or through others."""
        return needed_services(self.platform)

    def of(self, kind: type[C]) -> Sequence[C]:
        """All claims of one kind."""
        return self._claims.get(kind, ())

    def service_of(self, component: str) -> str:
        """The service that a component belongs to; empty for what the catalogue does not know."""
        known = self._components.get(component)
        return known.service if known else ""

    def same_service(self, one: str, other: str) -> bool:
        """Whether two components belong to one service of the catalogue."""
        return bool(self.service_of(one)) and self.service_of(one) == self.service_of(other)

    def sibling(self, component: str, kind: str) -> str:
        """The component of another kind that belongs to the same thing; empty where the catalogue has none.

        In the same service: the same name first (``taskdef.x`` beside ``ecs.x``), then the one without a name, then
        the only one of the kind.
        """
        service, name = self.service_of(component), component.partition(".")[2]
        of_kind = [c.id for c in self._of_kind.get(kind, ()) if c.service == service]
        same_name = [id for id in of_kind if id.partition(".")[2] == name]
        candidates = same_name or [id for id in of_kind if id == kind] or of_kind
        return candidates[0] if service and len(candidates) == 1 else ""

    def only(self, kind: str) -> str:
        """The platform's only component of a kind; empty where it has none or several."""
        of_kind = [c.id for c in self._of_kind.get(kind, ())]
        return of_kind[0] if len(of_kind) == 1 else ""

    def has(self, kind: str) -> bool:
        """Whether the platform has any component of a kind."""
        return kind in self._of_kind

    def bound_to(self, kind: str, aws_name: str) -> str:
        """The component of a kind that stands for a name or ARN in AWS; empty where none or several do."""
        found = [c.id for c in self._of_kind.get(kind, ()) if _stands_for(c, aws_name)]
        return found[0] if len(found) == 1 else ""

    def parent_path(self, kind: str, path: str) -> str:
        """The component of a kind whose name is this path or the longest beginning of it."""
        above = [
            c for c in self._of_kind.get(kind, ()) if c.aws_name and f"{path}/".startswith(f"{c.aws_name.rstrip('/')}/")
        ]
        return max(above, key=lambda c: (len(c.aws_name), c.id)).id if above else ""

    def declares(self, host: str) -> bool:
        """Whether the catalogue itself leads to this host: then it is meant, whatever resolvers say of it now."""
        if any(lookup.meant_absent and lookup.name.lower() == host.lower() for lookup in self.of(NameResolves)):
            return False
        return _names(self._specs, host)

    def asked_at(self, service: str, host: str) -> bool:
        """Whether a target of a service asks at this host."""
        return _names(self._asked.get(service, ""), host)

    def answers_naming(self, service: str, host: str, port: int | None) -> tuple[AnswerSays, ...]:
        """A service's answers that name this place as the one behind it."""
        return tuple(
            answer
            for answer in self.of(AnswerSays)
            if answer.upstream_host.lower() == host.lower() != ""
            and (None in (port, answer.upstream_port) or answer.upstream_port == port)
            and self.service_of(answer.component) == service
        )

    def complaints(self, service: str, dependency: str) -> tuple[HealthReports, ...]:
        """What a service's own health pages say is wrong with something that it needs."""
        return tuple(
            report
            for report in self.of(HealthReports)
            if not report.healthy and report.dependency == dependency and self.service_of(report.component) == service
        )

    def settings_read(self, service: str) -> list[Claim]:
        """What was read of a service's running revision; empty where it was not read."""
        read: list[SettingPointsTo | SettingMissing | CredentialInjected] = [
            *self.of(SettingPointsTo),
            *self.of(SettingMissing),
            *self.of(CredentialInjected),
        ]
        return [claim for claim in read if self.service_of(claim.component) == service]


def _names(texts: str, host: str) -> bool:
    """Whether a host stands in a text, whole."""
    return re.search(rf"(?<![a-z0-9.-]){re.escape(host.lower())}(?![a-z0-9-]|\.[a-z0-9])", texts) is not None


def _texts(document: object) -> Iterator[str]:
    """Every text in a target's spec, which is plain JSON here."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for value in document.values():
            yield from _texts(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from _texts(value)


def _stands_for(component: Component, aws_name: str) -> bool:
    """Whether the catalogue's name of a component is this name; an ARN ends with it, and secrets with six letters."""
    name = component.aws_name
    if not name or not aws_name:
        return False
    return name == aws_name or aws_name.endswith((f":{name}", f"/{name}")) or f":{name}-" in aws_name


def proof_of(*claims: Claim) -> Proof:
    """The proofs of several claims as one, each once, in order."""
    return tuple(sorted({id for claim in claims for id in claim.proof}))
