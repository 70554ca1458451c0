"""The platform's network in the emulator, as the family that reads networks sees it: healthy, and after each change."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from functions.vpc.family import EdgeSpec, VpcSpec
from sandbox.fargate.control_plane import ControlPlane
from sandbox.fargate.owner import owner_client
from sandbox.hokusai.estate import hokusai_estate
from sandbox.supervisor import start_emulator
from tests.aws_account import Asked, ask
from tests.functional.sandbox_fargate.staging import new_instance

NETWORK = 94
API, MLFLOW = (f"ecs:hokusai-development/hokusai-{name}-development" for name in ("api", "mlflow"))
TO_CACHE = EdgeSpec(source=API, to="redis:hokusai-redis-development", port=6379)
TO_DATABASE = EdgeSpec(source=API, to="rds:hokusai-mlflow-development", port=5432)
TO_NEIGHBOUR = EdgeSpec(source=API, to=MLFLOW, port=5000)
OUT = EdgeSpec(source=API, to="outside", port=443)
FROM_BALANCER = EdgeSpec(source="alb:hokusai-registry-development", to=API, port=8001)


@dataclass(frozen=True)
class Described:
    """A seeded platform, and the clients of its emulator."""

    plane: ControlPlane
    client: Any


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    instance = replace(new_instance(tmp_path_factory.mktemp("emulator"), NETWORK), auth=False)
    with ExitStack() as ends:
        start_emulator(instance, ends)
        client = cache(lambda service: owner_client(instance.endpoint, service))
        plane = ControlPlane(client, hokusai_estate(NETWORK), instance.endpoint)
        plane.seed()
        yield Described(plane, client)


@pytest.fixture
def judge(described: Described, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("functions.vpc.probe.client", described.client)

    def judge(*edges: EdgeSpec, **spec: str) -> Asked:
        return ask("vpc", VpcSpec(**({"vpc": "hokusai-development", "edges": edges} | spec) if edges else spec))

    return judge


def test_the_healthy_platform_is_admitted_and_its_stores_are_available(judge: Any) -> None:
    asked = judge(TO_CACHE, TO_DATABASE, TO_NEIGHBOUR, OUT, FROM_BALANCER)
    assert set(asked.brief().values()) == {("PASS", None)}
    addresses = {end.end: end.addresses for end in asked.facts.ends}
    assert addresses[API] == (f"10.{NETWORK}.1.150",)
    assert addresses[TO_DATABASE.to] == (f"10.{NETWORK}.2.20",)
    assert set(judge(database="hokusai-mlflow-development").brief().values()) == {("PASS", None)}
    assert set(judge(cache="hokusai-redis-development").brief().values()) == {("PASS", None)}


def test_each_change_of_an_incident_is_what_the_rules_then_say(judge: Any, described: Described) -> None:
    network = described.plane.network
    network.admit_only_earlier_tasks()
    asked = judge(TO_CACHE, TO_DATABASE)
    assert asked.brief()["edges_admitted"] == ("FAIL", "vpc.group_does_not_admit")
    assert asked.results["edges_admitted"].evidence["stopped"] == TO_CACHE.text
    assert "hokusai-ecs-tasks" in asked.results["references_live"].summary
    network.drop_replies()
    asked = judge(TO_DATABASE, TO_NEIGHBOUR)
    assert asked.brief()["edges_admitted"] == ("FAIL", "vpc.acl_drops_requests")
    assert asked.results["edges_admitted"].evidence["stopped"] == TO_DATABASE.text, "neighbours share a subnet"
