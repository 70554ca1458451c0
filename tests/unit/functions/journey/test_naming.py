"""By its name everything that a journey makes is told from everything else."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from functions.journey.artifacts import served_root
from functions.journey.naming import ORPHANED_AFTER, is_orphan, made_name, slot_in

SLOT = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)
MARKER = "health-auditor"
NAME = made_name(MARKER, "registration", SLOT, "0123abcd")


def test_a_name_tells_its_run() -> None:
    assert NAME == "health-auditor-registration-20261123T164500Z-0123abcd"
    assert slot_in(NAME, MARKER) == SLOT
    elsewhere = SLOT.astimezone(timezone(timedelta(hours=-8)))
    assert made_name(MARKER, "registration", elsewhere, "0123abcd") == NAME


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Default",
        "health-auditor",
        "health-auditor-",
        "health-auditor-registration",
        "health-auditor-of-somebody-20261123T164500Z",
        "health-auditor-registration-20261123T164500Z-0123abc",
        "health-auditor-registration-20261123T164500Z-0123ABCD",
        "health-auditor-registration-20269923T164500Z-0123abcd",
        "health-auditor-registration-20261123T164500Z-0123abcd\n",
        "health-auditor-registration-20261123T164500Z-0123abcd'; --",
        "health-auditors-registration-20261123T164500Z-0123abcd",
        "my-health-auditor-registration-20261123T164500Z-0123abcd",
        "health-auditor-\u0665-20261123T164500Z-0123abcd",
        "health-auditor-registration-\u0662\u0660261123T164500Z-0123abcd",
    ],
)
def test_what_others_name_is_never_ours(name: str) -> None:
    assert slot_in(name, MARKER) is None
    assert not is_orphan(name, MARKER, SLOT + timedelta(days=999))


@pytest.mark.parametrize(
    ("later", "orphan"),
    [(ORPHANED_AFTER, True), (ORPHANED_AFTER - timedelta(seconds=1), False), (timedelta(minutes=-15), False)],
)
def test_only_a_run_that_is_surely_over_has_orphans(later: timedelta, orphan: bool) -> None:
    assert is_orphan(NAME, MARKER, SLOT + later) is orphan


RUN = "05c7991e797a47229ee815d908f81733"


@pytest.mark.parametrize(
    ("uri", "root"),
    [
        (f"mlflow-artifacts:/1/{RUN}/artifacts", f"1/{RUN}/artifacts"),
        (f"mlflow-artifacts://mlflow.example:5000/1/{RUN}/artifacts/", f"1/{RUN}/artifacts"),
        (f"https://mlflow.example/api/2.0/mlflow-artifacts/artifacts/1/{RUN}/artifacts", f"1/{RUN}/artifacts"),
        (f"s3://bucket/1/{RUN}/artifacts", ""),
        (f"file:///tmp/1/{RUN}/artifacts", ""),
        (f"/tmp/1/{RUN}/artifacts", ""),
        (f"https://elsewhere.example/1/{RUN}/artifacts", ""),
        ("mlflow-artifacts:/1/artifacts", ""),
        ("mlflow-artifacts:/", ""),
        (f"mlflow-artifacts:/../{RUN}/artifacts", ""),
        (f"mlflow-artifacts:/1/{RUN}/arti facts", ""),
        (f"mlflow-artifacts:/1/{RUN}/a?b#c%2e%2e", f"1/{RUN}/a"),
        ("mlflow-artifacts://[/", ""),
        ("", ""),
    ],
)
def test_artifacts_are_touched_only_below_the_runs_own_id(uri: str, root: str) -> None:
    assert served_root(uri, RUN) == root


def test_without_a_run_nothing_is_touched() -> None:
    assert served_root("mlflow-artifacts:/1//artifacts", "") == ""
