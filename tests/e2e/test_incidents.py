"""Recorded incidents, really produced beside the deployed auditor: the root it publishes, whom it wakes, what it tells.

What is to be found out is read from the incident files; what those cannot know, pages and stories, is asserted here.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from auditor.domain.codec import from_json
from auditor.domain.report import Report
from auditor.domain.story import SMS_LENGTH, Story
from cli.incidents import Incident, load_incident
from sandbox.deploy import synthesize
from sandbox.instance import ROOT
from sandbox.platforms import FARGATE
from tests.e2e.conftest import Deployed, deployed_beside

pytestmark = pytest.mark.slow

WITH_ROOTS = ["H19", "P02", "P21", "M06"]
WITHOUT_ROOT = ["B02", "B06", "A04"]
TOLD_SECONDS = 40.0
QUIET_SECONDS = 20.0
"""Two slots more."""


class Produce(Protocol):
    def __call__(self, id: str) -> AbstractContextManager[Deployed]: ...


@pytest.fixture(scope="module")
def produced(tmp_path_factory: pytest.TempPathFactory) -> Produce:
    """Deploys the auditor of the Hokusai platform beside an incident; the stack is synthesized once a catalogue."""
    assemblies: dict[tuple[str, ...], Path] = {}

    @contextmanager
    def produce(id: str) -> Iterator[Deployed]:
        folder = tmp_path_factory.mktemp(id)
        absent = FARGATE["hokusai"].incidents[id].absent
        if absent not in assemblies:
            assemblies[absent] = folder / "cdk.out"
            synthesize(assemblies[absent], folder / "cdk.log", estate="hokusai", incident=id)
        with deployed_beside(folder, assemblies[absent], estate="hokusai", incident=id) as world:
            yield world

    return produce


def incident(id: str) -> Incident:
    return load_incident(ROOT / "tests" / "incidents" / f"{id}.yaml")


class Watch:
    """Reads every report on the way to the one that says it all, so that a blame that is taken back is seen too."""

    def __init__(self, world: Deployed, told: Incident) -> None:
        self._world = world
        self._allowed = {(b.component, str(b.fault)) for b in (*told.truth.roots, *told.truth.also_right)}
        self._wanted = {(b.component, str(b.fault)) for b in told.truth.roots}
        self._forbidden = {placed.value for placed in told.truth.must_not_blame}

    def settled(self) -> Report:
        """The first report in which every family had its say and the roots are all named."""
        return self._world.report(self._is_settled)

    def _is_settled(self, report: Report) -> bool:
        named = {(root.component, root.fault) for root in report.roots}
        assert named <= self._allowed, f"blamed wrongly at {report.as_of}: {named - self._allowed}"
        assert not {component for component, _ in named} & self._forbidden
        return named >= self._wanted and all(not run.stale for run in report.runs)


@dataclass(frozen=True)
class Told:
    """Whom the topics reached: ``woken`` are services, each as often as its alarm fired."""

    woken: tuple[str, ...]
    stories: tuple[Story, ...]


def told(world: Deployed, *, pages: int, stories: int) -> Told:
    """As soon as that many have come or the time is over, and what two more slots bring."""
    seconds = TOLD_SECONDS if pages else 0.0
    paged = world.messages("pages", lambda found: len(_woken(found)) >= pages, seconds)
    heard = world.messages("stories", lambda found: len(_stories(found)) >= stories, seconds)
    paged += world.messages("pages", lambda found: False, QUIET_SECONDS)
    heard += world.messages("stories", lambda found: False, seconds=1.0)
    return Told(woken=tuple(_woken(paged)), stories=tuple(_stories(heard)))


def _woken(messages: list[dict[str, Any]]) -> list[str]:
    """Not of the alarm for a silent aggregator: how soon it first speaks is a matter of this machine."""
    alarms = [json.loads(message["Message"]) for message in messages]
    fired = [alarm["AlarmName"] for alarm in alarms if alarm["NewStateValue"] == "ALARM"]
    return [name.removeprefix("sandbox-").removesuffix("-open-incident") for name in fired if "silent" not in name]


def _stories(messages: list[dict[str, Any]]) -> list[Story]:
    """Each once, as a subscriber sees them who heeds the deduplication id; alarms have no attributes."""
    told = [message for message in messages if "MessageAttributes" in message]
    once = {message["MessageAttributes"]["id"]["Value"]: json.loads(message["Message"]) for message in told}
    return [from_json(Story, document) for document in once.values()]


def newest_of_each(stories: Sequence[Story]) -> list[Story]:
    """Each incident's newest story. It is told once, or twice where it was seen in part before it was seen whole.

    After a deployment the families report in any order: who finds the wrong setting first tells of a degraded service,
    and when the users' page has failed too, that becomes an outage.
    """
    told: dict[str, list[Story]] = {}
    for story in stories:
        told.setdefault(story.incident, []).append(story)
    for of_one in told.values():
        assert [story.kind for story in of_one] in (["opened"], ["opened", "escalated"])
    return [of_one[-1] for of_one in told.values()]


@pytest.mark.parametrize("id", WITH_ROOTS)
def test_the_roots_are_named_and_their_owners_are_woken_and_told_once(produced: Produce, id: str) -> None:
    situation = incident(id)
    with produced(id) as world:
        watch = Watch(world, situation)
        report = watch.settled()
        at_fault = sorted({root.service for root in report.roots})
        heard = told(world, pages=len(at_fault), stories=len(situation.truth.roots))
        watch.settled()
    assert sorted(heard.woken) == at_fault
    assert len(newest_of_each(heard.stories)) == len(situation.truth.roots)
    assert {story.service for story in heard.stories} == set(at_fault)


def test_a_root_that_only_degrades_is_told_to_its_owner_and_wakes_nobody(produced: Produce) -> None:
    """H16: the service runs on without its cache; who owns the missing parameters is told, once."""
    with produced("H16") as world:
        watch = Watch(world, incident("H16"))
        (root,) = watch.settled().roots
        heard = told(world, pages=0, stories=1)
        watch.settled()
    assert heard.woken == ()
    assert [(story.kind, story.service) for story in heard.stories] == [("opened", root.service)]


@pytest.mark.parametrize("id", WITHOUT_ROOT)
def test_what_is_no_incident_opens_nothing(produced: Produce, id: str) -> None:
    situation = incident(id)
    with produced(id) as world:
        watch = Watch(world, situation)
        report = watch.settled()
        heard = told(world, pages=0, stories=0)
        later = watch.settled()
    assert later.as_of > report.as_of
    assert heard == Told(woken=(), stories=())
    unseen = {deviation.target for deviation in situation.deviations if deviation.fails}
    for each in (report, later):
        assert each.roots == ()
        assert [problem.summary for problem in each.problems if problem.status == "FAIL"] == []
        assert {line.id for line in each.services if line.at_fault} == set()
        # The rules that keep the auditor out are a gap of their own where they are what differs.
        gaps = {gap.target for gap in each.coverage_gaps}
        assert unseen <= gaps <= unseen | {deviation.target for deviation in situation.deviations}


def test_p08_where_every_other_request_fails_its_owner_alone_is_told_and_woken_at_most(produced: Produce) -> None:
    """Whether two of three minutes are bad is a matter of chance, and so whether it is degraded only, or down."""
    situation = incident("P08")
    with produced("P08") as world:
        watch = Watch(world, situation)
        report = watch.settled()
        heard = told(world, pages=0, stories=1)
        later = watch.settled()
    for each in (report, later):
        assert {line.id for line in each.services if line.at_fault} == {"mlflow"}
    assert set(heard.woken) <= {"mlflow"}
    assert {story.service for story in heard.stories} == {"mlflow"}
    assert heard.stories[0].kind == "opened"
    assert "cloudmap.mlflow STALE_INSTANCE" in heard.stories[0].text


def test_h13_from_the_configured_name_to_one_page_and_one_story(produced: Produce) -> None:
    situation = incident("H13")
    with produced("H13") as world:
        watch = Watch(world, situation)
        report = watch.settled()
        heard = told(world, pages=1, stories=1)
        watch.settled()
    (root,) = (root for root in report.roots if root.component == "taskdef.api")
    proof = {id.partition("@")[0] for id in root.proof}
    # What is configured, and the namespace that exists.
    assert {"configuration/settings-api", "discovery/registered-mlflow"} <= proof
    services = {line.id: line for line in report.services}
    targets = {target.id: target.verdict for line in report.services for target in line.targets}
    assert [services[id].verdict for id in ("database", "auth", "mlflow")] == ["HEALTHY"] * 3
    assert [targets[id] for id in ("registered-mlflow", "registered-api", "name-mlflow")] == ["HEALTHY"] * 3
    assert targets["registry-proxy-key"] == "DOWN"

    assert heard.woken == ("registry",)
    (story,) = newest_of_each(heard.stories)
    first_line = story.text.splitlines()[0]
    assert len(first_line) <= SMS_LENGTH
    registry = services["registry"]
    assert f"{registry.title} is DOWN" in first_line
    for part in (root.component, root.fault, root.confidence, root.first_action):
        assert part in story.text
    victims = {problem.target for problem in report.problems if problem.result_id in root.explains}
    assert "registry-proxy-key" in victims
    assert {target for target in victims if target not in story.text} == set()
    for part in (registry.owner, registry.contact, registry.runbook, "/report.html"):
        assert part in story.text
