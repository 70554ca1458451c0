"""Two made-up families whose specs use every type that a spec may have, and a small valid catalogue for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

import pytest

from auditor.family import Cost, Family, Plane
from catalog.load import loads
from catalog.model import Catalogue
from catalog.problem import CatalogueError

Scalar = str | int | float | bool | None


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    path: str
    equals: Scalar = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    status: tuple[int, ...] = (200,)
    json: tuple[Condition, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not all(100 <= status <= 599 for status in self.status):
            raise ValueError(f"wanted.status is {list(self.status)}; write statuses from 100 to 599")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """One page."""

    url: str
    wanted: Wanted = field(default_factory=Wanted)
    timeout: timedelta = timedelta(seconds=5)
    slow_after: timedelta | None = None
    ratio: float = 0.5
    retries: int = 0
    strict: bool = True
    colour: Colour = Colour.RED

    def __post_init__(self) -> None:
        if self.slow_after is not None and self.slow_after > self.timeout:
            raise ValueError("slow_after is longer than the timeout; write less")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSpec:
    host: str
    login: Literal["own", "application"] = "own"
    secret: str = ""
    timeout: timedelta = timedelta(seconds=5)


def _family(name: str, spec_type: type[Any]) -> Family[Any]:
    return Family(
        name=name,
        title=f"the {name} family",
        plane=Plane.DATA,
        spec_type=spec_type,
        period=timedelta(minutes=1),
        timeout=timedelta(seconds=30),
        memory_mb=128,
        cost=Cost(cpu_ms=1.0),
    )


FAMILIES = (_family("page", PageSpec), _family("store", StoreSpec))

VALID = """\
schema_version: 1
platform: {name: shop, title: A shop, region: eu-west-1}
services:
  - id: web
    title: Web site
    owner: web-team
  - {id: data, title: Data, owner: data-team}
components:
  - {id: app.web, service: web}
  - {id: rds, service: data}
targets:
  - id: home
    family: page
    service: web
    component: app.web
    proves: [orders]
    spec:
      url: http://web.internal/
      timeout: 2s
  - id: orders
    family: store
    service: data
    component: rds
    spec: {host: db.internal}
dependencies:
  - {service: web, needs: data}
"""


@pytest.fixture(scope="session")
def families() -> tuple[Family[Any], ...]:
    return FAMILIES


@pytest.fixture(scope="session")
def valid() -> str:
    return VALID


@pytest.fixture(scope="session")
def changed() -> Callable[[str, str], str]:
    """The valid catalogue with one piece exchanged."""

    def change(old: str, new: str) -> str:
        assert VALID.count(old) == 1, f"{old!r} must stand exactly once in the valid catalogue"
        return VALID.replace(old, new)

    return change


@pytest.fixture(scope="session")
def accept() -> Callable[[str], Catalogue]:
    """The catalogue of a text."""
    return lambda text: loads(text, "c.yaml", FAMILIES)


@pytest.fixture(scope="session")
def refuse() -> Callable[[str], list[str]]:
    """The messages with which a text is refused."""

    def messages(text: str) -> list[str]:
        with pytest.raises(CatalogueError) as caught:
            loads(text, "c.yaml", FAMILIES)
        return [str(problem) for problem in caught.value.problems]

    return messages
