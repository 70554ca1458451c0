"""What the fault lab does not show of a real Valkey: what the auditor leaves there, what it may do, and rotation."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.bundle import Run
from auditor.domain.codec import from_json
from auditor.domain.instants import format_instant
from auditor.domain.observation import Failure, Phase, Vantage
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.runtime.run_family import FamilyRunner
from functions.cache.checks import CHECKS
from functions.cache.dialogue import KEY_PREFIX, KEY_SECONDS
from functions.cache.facts import CacheFacts
from functions.cache.family import FAMILY, CacheSpec, QueueSpec
from functions.cache.probe import observe
from sandbox.fargate.valkey import Valkey

TOKEN = "canary-token-4711"
SLOT = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
RULE = "resetkeys ~jobs* ~health-auditor:* +ping +info +llen +zcard +lindex +zrange +set"
"""As docs/families/cache.md says it."""


class Secrets:
    """What is handed out until it is forgotten, and then what is current."""

    def __init__(self, current: str, cached: str | None = None) -> None:
        self._current = current
        self._cached = cached

    def read(self, name: str) -> str | Failure:
        return self._cached or self._current

    def forget(self, name: str) -> None:
        self._cached = None


@dataclass
class World:
    """A Valkey with a password, and the family's runner."""

    port: int
    owner: Any

    def ask(self, secrets: Secrets | None = None, **spec: Any) -> Run:
        values = {"host": "127.0.0.1", "port": self.port, "tls": "disable", "secret": "shop/cache"} | spec
        target = Target(id="main", family="cache", service="s", component="redis", spec=CacheSpec(**values))
        return FamilyRunner(FAMILY, observe, CHECKS).run(
            [target],
            shard=0,
            slot=SLOT,
            request_id="r",
            vantage=Vantage(kind="workstation", name="test"),
            network=Network(resolver=("127.0.0.1", 9)),
            secrets=secrets or Secrets(TOKEN),
            within=timedelta(seconds=20),
        )


def brief(run: Run) -> dict[str, str]:
    return {r.check.removeprefix("cache."): str(r.status) + (f" {r.cause}" if r.cause else "") for r in run.results}


def facts(run: Run) -> CacheFacts:
    return from_json(CacheFacts, run.observations[0].facts)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    server = Valkey(("127.0.0.1", port), TOKEN, tmp_path / "log", settings=[f"user health-auditor on >{TOKEN} {RULE}"])
    server.start()
    owner = server.owner()
    yield World(port, owner)
    owner.close()
    server.stop()


def test_the_auditor_leaves_one_key_that_the_server_forgets_by_itself(world: World) -> None:
    assert set(brief(world.ask(write_check=True)).values()) == {"PASS"}
    assert world.owner.keys() == [f"{KEY_PREFIX}main".encode()]
    assert world.owner.get(f"{KEY_PREFIX}main").decode() == format_instant(SLOT)
    assert 0 < world.owner.ttl(f"{KEY_PREFIX}main") <= KEY_SECONDS == 60


def test_without_leave_it_writes_nothing_and_takes_no_message(world: World) -> None:
    world.owner.lpush("jobs", *["{}"] * 40)
    world.ask(queues=(QueueSpec(name="jobs", dead_letters="dead", max_age=timedelta(minutes=1)),))
    assert world.owner.keys() == [b"jobs"]
    assert world.owner.llen("jobs") == 40


def test_one_refused_ping_a_run_is_all_that_the_servers_counts_show(world: World) -> None:
    for _ in range(3):
        world.ask()
    errors = world.owner.info("errorstats")
    assert {name: value["count"] for name, value in errors.items()} == {"errorstat_NOAUTH": 3}
    assert world.owner.info("stats")["acl_access_denied_auth"] == 0
    assert world.owner.acl_log() == []
    assert facts(world.ask()).server.refused_logins == 0  # type: ignore[union-attr]


def test_the_rule_of_the_documentation_is_enough(world: World) -> None:
    world.owner.lpush("jobs", *['{"timestamp": "2026-11-23T16:46:30Z"}'] * 40)
    queues = (QueueSpec(name="jobs", dead_letters="jobs:dead", max_age=timedelta(minutes=1)),)
    run = world.ask(user="health-auditor", login="own", write_check=True, queues=queues)
    assert set(brief(run).values()) == {"PASS"}
    page = Path(__file__).parents[4].joinpath("docs/families/cache.md").read_text(encoding="utf-8")
    assert RULE.replace("~jobs*", "~mail:*") in page


def test_what_its_user_may_not_do_is_its_own_limit(world: World) -> None:
    world.owner.execute_command("ACL", "SETUSER", "health-auditor", "-lindex", "-set")
    world.owner.lpush("jobs", *["{}"] * 40)
    queues = (QueueSpec(name="jobs", max_age=timedelta(minutes=1)), QueueSpec(name="mail"))
    said = brief(world.ask(user="health-auditor", login="own", write_check=True, queues=queues))
    assert said["accepts_writes"] == "UNKNOWN redis.not_permitted"
    assert said["queues_below_limit"] == "UNKNOWN redis.not_permitted"
    assert said["answers_ping"] == said["memory_suffices"] == "PASS"


def test_a_password_that_was_just_rotated_is_the_auditors_limit_once(world: World) -> None:
    secrets = Secrets(TOKEN, cached="canary-of-yesterday")
    said = brief(world.ask(secrets))
    assert said["authenticated"] == "UNKNOWN self.credentials"
    assert said["reachable"] == "PASS"
    assert brief(world.ask(secrets))["authenticated"] == "PASS"


def test_without_its_secret_it_still_tells_of_the_network_and_that_a_password_is_asked_for(world: World) -> None:
    class Denied(Secrets):
        def read(self, name: str) -> str | Failure:
            return Failure(phase=Phase.PREPARE, cause="aws.denied", detail="no")

    said = brief(world.ask(Denied("")))
    assert said["reachable"] == said["password_demanded"] == "PASS"
    assert said["authenticated"] == said["answers_ping"] == said["accepts_writes"] == "UNKNOWN aws.denied"


def test_a_message_that_is_too_large_costs_only_its_own_time(world: World) -> None:
    world.owner.lpush("jobs", *["x" * 300_000] * 12)
    world.owner.lpush("mail", *['{"timestamp": "2026-11-23T16:46:30Z"}'] * 12)
    age = timedelta(minutes=1)
    run = world.ask(queues=(QueueSpec(name="mail", max_age=age), QueueSpec(name="jobs", max_age=age)))
    assert [queue.oldest for queue in facts(run).queues] == ["read", "too_large"]
    said = brief(run)
    assert said["queues_move"] == "UNKNOWN redis.timestamp_unreadable"
    assert said["queues_below_limit"] == said["responds_in_time"] == "PASS"


def test_every_step_is_a_phase_in_its_order(world: World) -> None:
    phases = world.ask().observations[0].phases
    assert [timing.phase for timing in phases] == [Phase.PREPARE, Phase.TCP, Phase.LOGIN, Phase.QUERY]
    assert all(timing.ok for timing in phases)
