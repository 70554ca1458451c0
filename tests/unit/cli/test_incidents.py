"""Incident files: read strictly, turned into bundles, replayed, and compared with the truth."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.bundle import BUNDLE_VERSION, Bundle, Run, State
from auditor.domain.codec import from_json, to_json
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.observation import Observation, Phase, PhaseTiming, Vantage
from auditor.domain.topology import Component
from auditor.domain.tracked import Series
from catalog.compile import compile_catalogue
from catalog.load import load
from cli.deviations import deviated
from cli.incidents import IncidentError, load_incident
from cli.replay_incidents import contrast_sets, replay_command, replay_incident, replay_incidents, score_table
from functions.database.facts import ActivityFacts, DatabaseFacts, SecretAgreement, ServerFacts
from functions.http.facts import AddressFacts, AnswerFacts, Condition, Emitter, HttpFacts

ROOT = Path(__file__).resolve().parents[3]
SLOT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VANTAGE = Vantage(kind="function", name="auditor", region="us-east-1", in_vpc=True)
PAGE_CONDITIONS = {
    "web-home": Condition(part="body", name="body contains 'Minimal shop'", met=True, observed="contained"),
    "web-orders": Condition(part="json", name="json $.orders.database equals 'ok'", met=True, observed="'ok'"),
}


def _phases(*names: str) -> tuple[PhaseTiming, ...]:
    common = ("name", "prepare")
    return tuple(
        PhaseTiming(
            phase=Phase(name),
            start_ms=float(number),
            duration_ms=1.0,
            ok=True,
            address="" if name in common else "10.0.1.7",
        )
        for number, name in enumerate(names)
    )


def _page(target: str, path: str) -> Observation[Any]:
    answer = AnswerFacts(
        status=200,
        http_version="1.1",
        emitter=Emitter.SERVICE,
        emitter_evidence="server: uvicorn",
        server="uvicorn",
        content_type="text/html",
        retry_after="",
        body_bytes=100,
        conditions=(PAGE_CONDITIONS[target],),
    )
    facts = HttpFacts(
        method="GET",
        scheme="http",
        host="web.minimal.internal",
        port=80,
        path=path,
        query_names=(),
        resolved=("10.0.1.7",),
        probed=(AddressFacts(address="10.0.1.7", answer=answer, failure=None, hops=(), total_ms=9.0),),
    )
    phases = _phases("name", "tcp", "request", "first_byte", "transfer")
    return _observation("http", target, facts, phases)


def _login(target: str, *, own: bool) -> Observation[Any]:
    server = ServerFacts(
        version="15.4",
        user="auditor" if own else "shop",
        database="orders",
        in_recovery=False,
        connections_used=7,
        connections_max=97,
        connections_of_own_role=1,
        role_is_monitor=own,
        activity=ActivityFacts() if own else None,
    )
    facts = DatabaseFacts(
        addresses=("10.0.2.9",),
        resolver="10.0.0.2:53",
        encrypted=False,
        login="own" if own else "application",
        secret_agrees=SecretAgreement(user=True),
        server=server,
    )
    return _observation("database", target, facts, _phases("prepare", "name", "tcp", "login", "query"))


def _observation(family: str, target: str, facts: Any, phases: tuple[PhaseTiming, ...]) -> Observation[Any]:
    return Observation(family=family, target=target, slot=SLOT, vantage=VANTAGE, facts=to_json(facts), phases=phases)


@pytest.fixture(scope="module")
def healthy() -> Bundle:
    """The minimal platform, all well, with a secret that can be at fault."""
    platform = compile_catalogue(load(str(ROOT / "catalog" / "minimal.yaml")))
    secret = Component(id="secret.orders", service="database", aws_name="minimal/orders-db/application")
    platform = replace(platform, components=(*platform.components, secret))
    observations: Mapping[str, tuple[Observation[Any], ...]] = {
        "http": (_page("web-home", "/"), _page("web-orders", "/orders")),
        "database": (_login("orders-database", own=True), _login("orders-database-login", own=False)),
    }
    runs = tuple(
        Run(
            family=family,
            shard=0,
            slot=SLOT,
            request_id=f"healthy-{family}",
            vantage=VANTAGE,
            observations=seen,
            results=(),
        )
        for family, seen in observations.items()
    )
    return Bundle(schema_version=BUNDLE_VERSION, stage="test", as_of=SLOT, platform=platform, runs=runs, state=State())


@pytest.fixture
def folder(tmp_path: Path, healthy: Bundle) -> Path:
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "minimal.json").write_text(json.dumps(to_json(healthy)), encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str, name: str = "X01.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


SLOTS_FULL = """\
title: All slots of the orders database are taken
platform: minimal
deviations:
  orders-database: &no
"""

FULL = """\
title: All slots of the orders database are taken
platform: minimal
deviations:
  orders-database:
    facts: { sqlstate: "53300", server: null }
    fails: { phase: login, cause: pg.slots_full, after_ms: 4 }
  orders-database-login:
    facts: { sqlstate: "53300", server: null }
    fails: { phase: login, cause: pg.slots_full }
  web-orders:
    facts:
      "probed[*].answer.status": 503
truth:
  roots:
    - { component: rds, fault: DB_CONNECTIONS_EXHAUSTED }
  victims: [app.web]
  must_not_blame: [secret.orders, app.web]
"""

OUT_OF_SYNC = """\
title: The secret was changed and the server was not
platform: minimal
deviations:
  orders-database-login:
    facts: { sqlstate: 28P01, server: null }
    fails: { phase: login, cause: pg.auth_failed }
truth:
  roots:
    - { component: secret.orders, fault: DB_PASSWORD_OUT_OF_SYNC }
  must_not_blame: [rds]
"""

NOT_DEPLOYED = """\
title: The database is declared not to exist yet
platform: minimal
deviations:
  orders-database: { deployed: false }
  orders-database-login: { deployed: false }
truth:
  roots: []
"""

AUDITOR_OUTSIDE = """\
title: Only the auditor is not admitted to the database
platform: minimal
deviations:
  orders-database:
    facts: { server: null, encrypted: null }
    fails: { phase: tcp, cause: tcp.timeout, after_ms: 2000 }
  orders-database-login:
    facts: { server: null, encrypted: null }
    fails: { phase: tcp, cause: tcp.timeout, after_ms: 2000 }
truth:
  roots: []
  must_not_blame: [rds]
"""


@pytest.mark.parametrize(
    ("text", "roots"),
    [
        (FULL, [("rds", "DB_CONNECTIONS_EXHAUSTED")]),
        (OUT_OF_SYNC, [("secret.orders", "DB_PASSWORD_OUT_OF_SYNC")]),
        (NOT_DEPLOYED, []),
        (AUDITOR_OUTSIDE, []),
    ],
    ids=["slots full", "password out of sync", "not deployed", "auditor outside"],
)
def test_an_incident_is_replayed_and_right(folder: Path, text: str, roots: list[tuple[str, str]]) -> None:
    outcome = replay_incident(write(folder, text))
    assert outcome.why == ()
    assert outcome.right
    assert [(r.component, str(r.fault)) for r in outcome.diagnosis.roots] == roots
    assert not outcome.diagnosis.undecided
    assert bool(outcome.coverage_gaps) == (text == AUDITOR_OUTSIDE)


@pytest.mark.parametrize(
    ("text", "old", "new", "why", "blamed"),
    [
        (FULL, "component: rds,", "component: app.web,", "app.web DB_CONNECTIONS_EXHAUSTED is a root", ["rds"]),
        (FULL, "DB_CONNECTIONS_EXHAUSTED", "DB_RESTARTING", "rds DB_RESTARTING is a root", ["rds"]),
        (FULL, "roots:\n    - { component: rds, fault: DB_CONNECTIONS_EXHAUSTED }", "roots: []", "rds was", ["rds"]),
        (NOT_DEPLOYED, "roots: []", "roots: [{ component: rds, fault: DB_RESTARTING }]", "was not named", []),
    ],
)
def test_a_diagnosis_that_differs_from_the_truth_is_wrong(
    folder: Path, text: str, old: str, new: str, why: str, blamed: list[str]
) -> None:
    assert old in text
    text = text.replace(old, new).replace("  must_not_blame: [secret.orders, app.web]\n", "")
    outcome = replay_incident(write(folder, text))
    assert not outcome.right
    assert any(why in line for line in outcome.why)
    assert list(outcome.blamed_wrongly) == blamed


def test_also_right_may_be_named_and_need_not(folder: Path) -> None:
    truth = "truth:\n  roots: []\n  also_right: [{ component: rds, fault: DB_CONNECTIONS_EXHAUSTED }]\n"
    outcome = replay_incident(write(folder, FULL.partition("truth:")[0] + truth))
    assert outcome.blamed_wrongly == ()


def test_an_outage_that_nobody_is_to_open_is_wrong_when_a_story_is_told(folder: Path) -> None:
    text = FULL.replace("pg.slots_full", "pg.database_closed").partition("truth:")[0] + "truth:\n  roots: []\n"
    outcome = replay_incident(write(folder, text))
    assert outcome.diagnosis.undecided
    assert any("a story was opened" in line for line in outcome.why)


def test_what_needs_a_family_that_is_not_built_counts_as_wrong(folder: Path) -> None:
    outcome = replay_incident(write(folder, NOT_DEPLOYED + "needs: [vpc]\n"))
    assert not outcome.right
    assert "vpc" in outcome.why[0]


COURSE = NOT_DEPLOYED + "tracked: { <course> }\n"

REFUSED = [
    (COURSE.replace("<course>", "web-homer/slow: [1, 2]"), 8, "is no course of a tracked fact"),
    (COURSE.replace("<course>", "web-home/slow: 5"), 8, "is no course of a tracked fact"),
    (
        COURSE.replace("<course>", "web-home/slow: [1, x]"),
        8,
        "allowed <target>/<name> with a list of 1 to 12 numbers, newest last",
    ),
    (COURSE.replace("<course>", "web-home/slow: [true]"), 8, "is no course of a tracked fact"),
    (COURSE.replace("<course>", "web-home/slow: []"), 8, "is no course of a tracked fact"),
    (COURSE.replace("<course>", f"web-home/slow: {[1] * 13}"), 8, "is no course of a tracked fact"),
    (NOT_DEPLOYED + "tracked: [1]\n", 8, "is no mapping"),
    ("titel: x\n", 1, "unknown key; did you mean title?"),
    ("title: x\nplatform: minimal\n", 1, "truth: is missing"),
    (f"{NOT_DEPLOYED}verdict: DOWN\n", 8, "unknown key"),
    (NOT_DEPLOYED.replace("deployed: false", "verdict: DOWN", 1), 4, "a conclusion, which a deviation never sets"),
    (NOT_DEPLOYED.replace("deployed: false", "results: []", 1), 4, "a conclusion, which a deviation never sets"),
    (NOT_DEPLOYED.replace("deployed: false", "deployed: 1", 1), 4, "allowed true or false"),
    (NOT_DEPLOYED.replace("orders-database:", "order-database:"), 4, "did you mean orders-database?"),
    (NOT_DEPLOYED.replace("platform: minimal", "platform: maximal"), 2, "no healthy bundle of this platform"),
    (NOT_DEPLOYED.replace("roots: []", "roots: [{ component: rds, fault: DB_FULL }]"), 7, "is no fault"),
    (NOT_DEPLOYED.replace("roots: []", "roots: [{ component: rds, fault: AUDITOR_BLIND }]"), 7, "coverage gap"),
    (NOT_DEPLOYED.replace("roots: []", "roots: [{ component: rdx, fault: OOM_KILLED }]"), 7, "no component rdx"),
    (NOT_DEPLOYED.replace("roots: []", "roots: []\n  victims: [app.nobody]"), 8, "no component app.nobody"),
    (NOT_DEPLOYED.replace("roots: []", "roots: rds"), 7, "is no list"),
    (FULL.replace("phase: login", "phase: answer", 1), 6, "no phase that a probe writes"),
    (FULL.replace("pg.slots_full", "pg.slots_ful", 1), 6, "did you mean pg.slots_full?"),
    (FULL.replace("sqlstate:", "sqlstat:", 1), 5, "did you mean sqlstate?"),
    (FULL.replace("sqlstate:", "state:", 1), 5, "(allowed addresses, resolver, encrypted, login, "),
    (FULL.replace('"53300"', "53300", 1), 4, "allowed is a text"),
    (FULL.replace("probed[*]", "probed[7]"), 12, "no element fits [7]; the list has 1 (allowed [0] to [0])"),
    (FULL.replace("probed[*]", "probed[address=10.9.9.9]"), 12, "the list has 1 (allowed 10.0.1.7)"),
    (FULL.replace("probed[*]", "probed[addres=10.9.9.9]"), 12, "(allowed as a field address, "),
    (FULL.replace("probed[*]", "resolved[=10.9.9.9]"), 12, "the list has 1 (allowed 10.0.1.7)"),
    (FULL.replace("probed[*]", "method[*]"), 12, "[*] is asked of a text, which is no list"),
    (FULL.replace("probed[*]", "probed[0].failure"), 12, "'answer' is asked of null, which has no fields"),
    (FULL.replace("probed[*]", "probed[*"), 12, "cannot be read"),
    (FULL.replace("facts: {", "causes: [x]\n    facts: {", 1), 5, "is a conclusion"),
    ("- a list\n", 1, "the incident file is not a mapping"),
    ("title: [\n", 2, "not YAML"),
    (SLOTS_FULL, 4, "an anchor"),
]


@pytest.mark.parametrize(("text", "line", "words"), REFUSED, ids=[row[2] for row in REFUSED])
def test_a_mistake_is_refused_with_its_line(folder: Path, text: str, line: int, words: str) -> None:
    path = write(folder, text)
    with pytest.raises(IncidentError) as refused:
        replay_incident(path)
    told = [str(problem) for problem in refused.value.problems]
    assert any(problem.startswith(f"{path}:{line}:") and words in problem for problem in told), told


def test_every_mistake_of_a_file_is_told_at_once(folder: Path) -> None:
    text = NOT_DEPLOYED.replace("orders-database:", "x:").replace("roots: []", "roots: [{ component: y, fault: NONE }]")
    with pytest.raises(IncidentError) as refused:
        load_incident(write(folder, text + "more: 1\n"))
    assert len(refused.value.problems) == 2


def test_a_deviation_changes_what_it_names_and_nothing_else(folder: Path, healthy: Bundle) -> None:
    changed = deviated(healthy, load_incident(write(folder, FULL)))
    by_target = {o.target: o for run in changed.runs for o in run.observations}
    before = {o.target: o for run in healthy.runs for o in run.observations}
    assert by_target["web-home"] == before["web-home"]
    assert changed.platform == healthy.platform
    login = by_target["orders-database"]
    assert login.facts == {**before["orders-database"].facts, "sqlstate": "53300", "server": None}
    assert [(f.phase, f.cause) for f in login.failures] == [(Phase.LOGIN, "pg.slots_full")]
    assert [(t.phase, t.ok) for t in login.phases] == [
        (Phase.PREPARE, True),
        (Phase.NAME, True),
        (Phase.TCP, True),
        (Phase.LOGIN, False),
    ]
    assert login.phases[-1].duration_ms == 4
    assert before["orders-database"].facts["server"] is not None, "the healthy bundle stays as it was"


def test_an_element_can_be_removed_and_a_limit_of_the_auditor_be_said(folder: Path, healthy: Bundle) -> None:
    text = """\
title: x
platform: minimal
deviations:
  web-home: { remove: ["probed[0].answer.conditions[part=body]"] }
  orders-database: { could_not_tell: { phase: prepare, cause: aws.denied } }
truth: { roots: [] }
"""
    changed = deviated(healthy, load_incident(write(folder, text)))
    by_target = {o.target: o for run in changed.runs for o in run.observations}
    assert by_target["web-home"].facts["probed"][0]["answer"]["conditions"] == []
    assert by_target["orders-database"].facts is None
    assert by_target["orders-database"].could_not_tell.cause == "aws.denied"  # type: ignore[union-attr]


def test_a_course_ends_in_the_slot_of_its_targets_run(folder: Path, healthy: Bundle) -> None:
    text = COURSE.replace("<course>", "web-home/slow: [3, 5, 8.5]")
    changed = deviated(healthy, load_incident(write(folder, text)))
    assert changed.tracked == {
        "web-home/slow": Series(slots=tuple(SLOT - n * timedelta(minutes=1) for n in (2, 1, 0)), values=(3.0, 5.0, 8.5))
    }
    assert from_json(Bundle, to_json(changed)).tracked == changed.tracked


def test_the_recorded_results_of_a_bundle_mean_nothing(folder: Path) -> None:
    path = write(folder, FULL)
    first = replay_incident(path).diagnosis
    file = folder / "bundles" / "minimal.json"
    document = json.loads(file.read_text())
    lie = from_json(Bundle, document)
    assert all(run.results == () for run in lie.runs)
    assert replay_incident(path).diagnosis == first


def run_command(*paths: Path, **options: Any) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    code = replay_command(paths, out, errors, **{"as_json": False, **options})
    return code, out.getvalue(), errors.getvalue()


def test_the_command_prints_json_of_the_promised_shape(folder: Path) -> None:
    code, out, _ = run_command(write(folder, FULL, "P02.yaml"), write(folder, NOT_DEPLOYED, "B02.yaml"), as_json=True)
    assert code == 0
    first, second = json.loads(out)
    assert first.pop("milliseconds") > 0
    assert first == {
        "id": "P02",
        "right": True,
        "roots": [{"component": "rds", "fault": "DB_CONNECTIONS_EXHAUSTED", "confidence": "high"}],
        "blamed_wrongly": [],
        "coverage_gaps": [],
        "undecided": False,
    }
    assert second["id"] == "B02"
    assert second["roots"] == []


def test_the_exit_code_says_right_wrong_or_refused(folder: Path) -> None:
    right, wrong = write(folder, FULL, "A.yaml"), write(folder, NOT_DEPLOYED + "needs: [vpc]\n", "B.yaml")
    refused = write(folder, "titel: x\n", "C.yaml")
    assert run_command(right)[0] == 0
    assert run_command(right, wrong)[0] == 1
    code, out, errors = run_command(right, wrong, refused)
    assert code == 2
    assert "C.yaml: refused" in errors
    assert "A  right" in out, "a refused file does not hide the others"


def test_the_text_tells_root_proof_action_and_victims(folder: Path) -> None:
    _, out, _ = run_command(write(folder, FULL))
    for words in (
        "X01  right",
        "rds DB_CONNECTIONS_EXHAUSTED (high)",
        "proof   database/orders-database@",
        "victim    app.web",
    ):
        assert words in out


def test_the_score_counts_within_every_set(folder: Path) -> None:
    outcomes = replay_incidents(
        [write(folder, FULL, "P02.yaml"), write(folder, NOT_DEPLOYED + "needs: [x]\n", "A01.yaml")]
    )
    table = score_table(outcomes, {"database 'unreachable'": ["P02", "P03", "A01"], "404": ["H10"]})
    assert "1 of 2 right, 0 blame somebody wrongly" in table
    assert "1/2    database 'unreachable': P02 A01!" in table
    assert "404" not in table


def test_the_score_of_one_platform_stands_apart_from_that_of_another(folder: Path) -> None:
    (outcome,) = replay_incidents([write(folder, FULL, "P02.yaml")])
    elsewhere = replace(outcome, platform="elsewhere", right=False)
    table = score_table([outcome, elsewhere], {"database 'unreachable'": ["P02"]})
    here, there = table.split("elsewhere: ")
    assert here.startswith(f"{outcome.platform}: 1 of 1 right")
    assert "1/1    database 'unreachable': P02\n" in here
    assert there.startswith("0 of 1 right")
    assert "0/1    database 'unreachable': P02!\n" in there


def test_every_recorded_incident_can_be_read_and_stands_in_known_sets() -> None:
    files = sorted((ROOT / "tests" / "incidents").glob("*.yaml"))
    incidents = {path.stem: load_incident(path) for path in files}
    assert len(incidents) == 40
    for symptom, members in contrast_sets().items():
        assert set(members) <= set(incidents), symptom
    for incident in incidents.values():
        right = {blame.component for blame in (*incident.truth.roots, *incident.truth.also_right)}
        # H16 holds its own root's neighbour both as victim and as not to be blamed: a victim listed as victim is right.
        assert not right & {placed.value for placed in incident.truth.must_not_blame}, incident.id
        assert all(blame.fault in Fault for blame in incident.truth.roots)
