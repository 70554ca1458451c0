"""The handler that every family shares: run, store, and only then count."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from auditor.adapters.runs import NotStoredError, RunStore
from auditor.domain.bundle import Run
from auditor.domain.instants import format_instant
from auditor.domain.observation import Vantage
from auditor.runtime.event import EventError

from .conftest import SLOT, Deployed, PageSpec

Deploy = Callable[..., Deployed]


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The EMF documents that were printed since the last look."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def stored(deployed: Deployed) -> Run:
    table = deployed.dynamodb.Table("runs")
    store = RunStore(stage="test", table=table, s3=deployed.s3, bucket="observations")
    commit = store.latest("page", 0).scheduled
    assert commit is not None
    return store.load(commit)


def test_a_run_is_probed_judged_stored_and_counted(
    deploy: Deploy, listening: int, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = deploy(
        good=PageSpec(mode="connects", port=listening),
        bug=PageSpec(mode="raises"),
        slow=PageSpec(mode="hangs", port=listening),
        gone=PageSpec(mode="connects", port=9),
    )
    begun = time.monotonic()
    answer = deployed.invoke(milliseconds=5_000)
    assert time.monotonic() - begun < 4, "it ends before Lambda's own limit, whatever hangs"
    assert answer == {"slot": format_instant(SLOT), "results": 4, "stored": True}
    run = stored(deployed)
    assert {r.target: (str(r.status), r.cause) for r in run.results} == {
        "good": ("PASS", None),
        "bug": ("UNKNOWN", "self.bug"),
        "slow": ("UNKNOWN", "self.deadline"),
        "gone": ("FAIL", "tcp.refused"),
    }
    assert run.vantage == Vantage(kind="function", name="auditor-page", region="us-east-1", in_vpc=True)
    assert run.request_id == "request-1"
    assert {r.slot for r in run.results} == {SLOT}
    hung = next(o for o in run.observations if o.target == "slow")
    assert [p.phase for p in hung.phases] == ["tcp"], "the phases so far are kept"
    assert run.observations[0].facts == {"reached": True}
    assert "hunter2" not in str(run)
    (document,) = metrics(capsys)
    assert (document["Stage"], document["Family"]) == ("test", "page")
    assert (document["Runs"], document["FailedChecks"], document["UnknownChecks"]) == ([1.0], [1.0], [2.0])
    assert document["_aws"]["Timestamp"] == int(SLOT.timestamp() * 1000)


def test_the_second_delivery_changes_nothing_not_even_a_metric(
    deploy: Deploy, listening: int, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = deploy(good=PageSpec(mode="connects", port=listening))
    assert deployed.invoke()["stored"] is True
    assert len(metrics(capsys)) == 1
    before = deployed.items()
    assert deployed.invoke(aws_request_id="request-2")["stored"] is False
    assert deployed.invoke(aws_request_id="request-1")["stored"] is False
    assert metrics(capsys) == []
    assert deployed.items() == before
    assert stored(deployed).request_id == "request-1"


@pytest.mark.parametrize("missing", ["table", "bucket"])
def test_what_could_not_be_stored_is_raised_and_not_counted(
    deploy: Deploy, listening: int, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    deployed = deploy(good=PageSpec(mode="connects", port=listening), **{missing: False})
    with pytest.raises(NotStoredError, match=r"run page/0 of slot .* could not be stored: (Resource|NoSuchBucket)"):
        deployed.invoke()
    assert metrics(capsys) == []


def test_the_metric_is_printed_only_after_the_commit(
    deploy: Deploy, listening: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = deploy(good=PageSpec(mode="connects", port=listening))
    printed_before: list[int] = []
    real = RunStore.append

    def append(store: RunStore, run: Run) -> bool:
        printed_before.append(len(metrics(capsys)))
        return real(store, run)

    monkeypatch.setattr(RunStore, "append", append)
    deployed.invoke()
    assert printed_before == [0]
    assert len(metrics(capsys)) == 1


def test_an_extra_run_is_stored_beside_the_scheduled_one_and_counted_nowhere(
    deploy: Deploy, listening: int, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = deploy(gone=PageSpec(mode="connects", port=9))
    assert deployed.invoke(extra=True) == {"slot": format_instant(SLOT), "results": 1, "stored": True}
    assert metrics(capsys) == []
    assert [item["sk"] for item in deployed.items()] == [f"{format_instant(SLOT)}#extra"]
    assert deployed.invoke(extra=True, aws_request_id="request-2")["stored"] is False, "once per slot"
    assert deployed.invoke()["stored"] is True
    assert not stored(deployed).extra
    assert [document["Runs"] for document in metrics(capsys)] == [[1.0]]


@pytest.mark.parametrize("change", [{"stage": "prod"}, {"shard": True}, {"time": None}])
def test_an_event_of_another_stage_or_shape_probes_and_stores_nothing(
    deploy: Deploy, listening: int, capsys: pytest.CaptureFixture[str], change: dict[str, Any]
) -> None:
    deployed = deploy(good=PageSpec(mode="connects", port=listening))
    with pytest.raises(EventError):
        deployed.invoke(**change)
    assert deployed.items() == []
    assert metrics(capsys) == []


def test_a_function_whose_time_is_nearly_over_still_says_so(deploy: Deploy, listening: int) -> None:
    deployed = deploy(slow=PageSpec(mode="hangs", port=listening))
    deployed.invoke(milliseconds=100)
    assert [r.cause for r in stored(deployed).results] == ["self.deadline"]
