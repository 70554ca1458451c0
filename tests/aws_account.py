"""AWS in memory (moto) with single answers replaced where it cannot say something, and a way to ask a family."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.validate import validate_parameters
from moto import mock_aws

from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Observation, Vantage
from auditor.domain.result import Result
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.net.probe import SecretReader
from auditor.net.run import ProbeJob, run_probes

REGION = "us-east-1"
_SESSION = boto3.Session("testing", "testing", "testing", region_name=REGION)
"""One for all tests, since it keeps the services' descriptions."""
CANARY = "canary-4711"
"""Part of every credential that these tests plant; no observation and no result may hold it."""
SLOT = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)


@dataclass
class Aws:
    """Clients of an account in memory. ``calls`` notes every operation that was asked for."""

    clients: dict[str, Any] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    replies: dict[tuple[str, str], Callable[[Any], Any]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The one client of a service."""
        if service not in self.clients:
            made = _SESSION.client(service)
            made.meta.events.register("before-call.*.*", self._note)
            self.clients[service] = made
        return self.clients[service]

    def answers(self, service: str, operation: str, answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """From now on an operation is answered like this; the answer must have the shape that AWS documents."""

        def reply(model: Any) -> tuple[Any, Mapping[str, Any]]:
            given = answer(self.parameters)
            validate_parameters(given, model.output_shape)
            return SimpleNamespace(status_code=200), given

        self._replace(service, operation, reply)

    def refuses(self, service: str, operation: str, code: str) -> None:
        """From now on an operation fails with an error of this code, whose text must not be passed on."""
        error = {"Error": {"Code": code, "Message": f"User {CANARY} is not allowed"}}
        self._replace(service, operation, lambda _model: (SimpleNamespace(status_code=400), error))

    def _replace(self, service: str, operation: str, reply: Callable[[Any], Any]) -> None:
        events = self.client(service).meta.events
        if (service, operation) not in self.replies:
            events.register(f"provide-client-params.{service}.{operation}", self._keep)
            events.register_first(
                f"before-call.{service}.{operation}", lambda model, **_: self.replies[service, operation](model)
            )
        self.replies[service, operation] = reply

    def _keep(self, params: Mapping[str, Any], **_: Any) -> None:
        self.parameters = params

    def _note(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)


@contextmanager
def account_in_memory(monkeypatch: pytest.MonkeyPatch, family: str) -> Iterator[Aws]:
    """An empty account, which the family's probe asks."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        account = Aws()
        monkeypatch.setattr(f"functions.{family}.probe.client", account.client)
        yield account


@dataclass(frozen=True)
class Asked:
    """An observation with its results by check, without the family's name in front."""

    observation: Observation[Any]
    results: Mapping[str, Result]

    @property
    def facts(self) -> Any:
        assert self.observation.facts is not None
        return self.observation.facts

    def brief(self) -> dict[str, tuple[str, str | None]]:
        """Status and cause of each check."""
        return {name: (str(result.status), result.cause) for name, result in self.results.items()}


class NoSecrets(SecretReader):
    """These families read none."""

    def read(self, name: str) -> str:
        raise AssertionError(name)

    def forget(self, name: str) -> None:
        raise AssertionError(name)


def ask(family: str, spec: Any, *, resolver: tuple[str, int] = ("127.0.0.1", 9), in_vpc: bool = True) -> Asked:
    """Probe and judge a target with this spec, as ``judged`` does.

    ``resolver``: the VPC's, which a family may ask for names; without one nothing answers there.
    """
    target = Target(id="t", family=family, service="shop", component="app.web", spec=spec)
    return judged(target, resolver=resolver, in_vpc=in_vpc)


def judged(target: Target[Any], *, resolver: tuple[str, int] = ("127.0.0.1", 9), in_vpc: bool = True) -> Asked:
    """Probe and judge one target, and assert that nothing secret came along and that facts can be read back."""
    family, spec = target.family, target.spec
    parts = {part: import_module(f"functions.{family}.{part}") for part in ("facts", "probe", "checks")}
    (observation,) = run_probes(
        [ProbeJob(target=target.id, timeout=spec.timeout, observe=lambda probe: parts["probe"].observe(target, probe))],
        family=family,
        slot=SLOT,
        vantage=Vantage(kind="function", name="test", in_vpc=in_vpc),
        network=Network(resolver=resolver),
        secrets=NoSecrets(),
        within=spec.timeout * 2,
    )
    results = judge(parts["checks"].CHECKS, target, observation)
    text = json.dumps([to_json(observation), to_json(results)])
    assert CANARY not in text
    facts_type = parts["facts"].FACTS
    assert from_json(Observation[facts_type], json.loads(json.dumps(to_json(observation)))) == observation
    return Asked(observation, {result.check.removeprefix(f"{family}."): result for result in results})
