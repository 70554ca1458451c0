"""The journey against a real MLflow server: it passes, it leaves nothing, killed at any step or not."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from auditor.net.network import Network
from functions.journey.naming import ORPHANED_AFTER
from sandbox.hokusai.estate import DATABASE, MLFLOW_NAME, MLFLOW_PORT
from sandbox.hokusai.real_mlflow import installed
from sandbox.instance import ROOT
from tests.functional.functions.journey.conftest import ALL_WELL, SLOT, Told, journey, killed_journey
from tests.functional.functions.journey.test_killed import REQUESTS
from tests.functional.sandbox_hokusai.conftest import Pair

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed(), reason="NOT MEASURED: no real MLflow is installed (make mlflow)"),
]

URL = f"http://{MLFLOW_NAME}:{MLFLOW_PORT}"
LATER = SLOT + ORPHANED_AFTER
ACTIVE = (
    "SELECT name FROM experiments WHERE lifecycle_stage = 'active' AND name LIKE 'health-auditor%'",
    "SELECT name FROM runs WHERE lifecycle_stage = 'active' AND name LIKE 'health-auditor%'",
    "SELECT name FROM registered_models WHERE name LIKE 'health-auditor%'",
    "SELECT name FROM model_versions WHERE name LIKE 'health-auditor%'",
)


def to_the_real_one(pair: Pair) -> Network:
    return Network(resolver=pair.resolver, translate=lambda _address, _port: pair.real)


def told_of(pair: Pair, **more: Any) -> Told:
    return journey(URL, network=to_the_real_one(pair), **more)


def left(pair: Pair) -> Sequence[Any]:
    """Everything that MLflow's own database and its store of artifacts still have of journeys."""
    rows = [row for query in ACTIVE for row in pair.postgres.execute(query, database=DATABASE)]
    return [*rows, *(path for path in (pair.folder / "mlflow-artifacts").rglob("*") if path.is_file())]


def test_it_registers_a_model_and_nothing_is_left(pair: Pair) -> None:
    assert told_of(pair).brief() == ALL_WELL
    assert left(pair) == []


def test_it_tells_a_rejected_host_and_that_it_is_the_host_alone(pair: Pair) -> None:
    other = journey(f"http://192.168.9.9:{MLFLOW_PORT}", network=to_the_real_one(pair))
    assert other.brief()["experiment_created"] == ("FAIL", "journey.host_rejected")
    assert other.facts.by_other_host is True


def test_it_tells_a_prefix_under_which_nothing_is_served(pair: Pair) -> None:
    wrong = journey(f"{URL}/mlflow", network=to_the_real_one(pair))
    assert wrong.brief()["experiment_created"] == ("FAIL", "journey.not_served")


def test_killed_at_any_step_it_leaves_what_the_next_ones_take_away(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    network = to_the_real_one(pair)
    for at in range(1, REQUESTS + 1):
        assert killed_journey(URL, monkeypatch, at, network=network)
        assert bool(left(pair)) is (3 <= at <= 20)
        later = told_of(pair, slot=LATER)
        assert later.brief() == ALL_WELL, at
        assert left(pair) == [], at


KILLED_PROCESS = """
import os, signal, sys
from auditor.net.network import Network
from functions.journey.exchange import Exchange
from tests.functional.functions.journey.conftest import journey
resolver, real, at = eval(sys.argv[1])
answers, whole = 0, Exchange.finish
def finish(exchange):
    global answers
    answers += 1
    if answers == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(exchange)
Exchange.finish = finish
journey({url!r}, network=Network(resolver=resolver, translate=lambda _address, _port: real))
"""


def test_a_process_that_is_really_killed_between_model_and_version_leaves_what_is_taken_away(pair: Pair) -> None:
    arguments = repr((pair.resolver, pair.real, 12))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_PROCESS.format(url=URL), arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers" / "auditor" / "python")])},
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    assert {type(each) for each in left(pair)} > {type(Path())}, "rows and a file"
    assert told_of(pair, slot=LATER).brief() == ALL_WELL
    assert left(pair) == []


def test_what_mlflow_itself_keeps_is_what_the_documentation_says(pair: Pair) -> None:
    """One deleted experiment and one deleted run a journey, until `mlflow gc`: no API takes them away."""

    def kept() -> tuple[int, int]:
        deleted = "SELECT count(*) FROM {} WHERE lifecycle_stage = 'deleted'"
        rows = [pair.postgres.execute(deleted.format(table), database=DATABASE) for table in ("experiments", "runs")]
        return rows[0][0][0], rows[1][0][0]

    before = kept()
    assert told_of(pair).brief() == ALL_WELL
    assert kept() == (before[0] + 1, before[1] + 1)
