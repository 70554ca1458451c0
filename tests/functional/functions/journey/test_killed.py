"""Killed at any step, a journey leaves what the next ones take away."""

from datetime import timedelta

import pytest

from functions.journey.naming import ORPHANED_AFTER
from tests.fault_lab.journey_lab import mlflow, serving
from tests.functional.functions.journey.conftest import ALL_WELL, SLOT, journey, killed_journey

REQUESTS = 23
"""Of a whole journey: a sweep that finds nothing, four stages, the cleanup and its look at what is left."""
LATER = SLOT + ORPHANED_AFTER


def test_a_whole_journey_has_so_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(mlflow()) as port:
        assert killed_journey(f"http://127.0.0.1:{port}", monkeypatch, REQUESTS)
        assert not killed_journey(f"http://127.0.0.1:{port}", monkeypatch, REQUESTS + 1)


@pytest.mark.parametrize("at", range(1, REQUESTS + 1))
def test_a_journey_that_was_killed_at_a_step_is_taken_away_by_a_later_one(
    monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    server = mlflow()
    with serving(server) as port:
        url = f"http://127.0.0.1:{port}"
        assert killed_journey(url, monkeypatch, at)
        left = server.names() - {"Default"}
        assert bool(left) is (3 <= at <= 20), "from the creation of the experiment to its deletion something is there"
        later = journey(url, slot=LATER)
    assert later.brief() == ALL_WELL
    assert server.names() == {"Default"}
    assert server.files == {}
    remains = later.facts.remains
    assert remains is not None
    assert remains.orphans == remains.orphans_removed == (3 <= at <= 20) + (12 <= at <= 16), "experiment, and model"


def test_what_a_run_that_may_still_live_has_made_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    server = mlflow()
    with serving(server) as port:
        url = f"http://127.0.0.1:{port}"
        assert killed_journey(url, monkeypatch, 14)
        left = server.names()
        soon = journey(url, slot=LATER - timedelta(minutes=15))
        assert soon.brief() == ALL_WELL, "what is another's is no remains of this one"
        assert server.names() == left
        journey(url, slot=LATER)
        assert server.names() == {"Default"}
