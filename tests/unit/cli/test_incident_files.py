"""Every incident file is diagnosed right: what was mended once stays mended."""

from pathlib import Path

import pytest

from cli.replay_incidents import replay_incident

INCIDENTS = Path(__file__).resolve().parents[2] / "incidents"
FILES = [
    path for folder in (INCIDENTS, INCIDENTS / "shop", INCIDENTS / "unseen") for path in sorted(folder.glob("*.yaml"))
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(INCIDENTS)))
def test_it_is_diagnosed_right(path: Path) -> None:
    outcome = replay_incident(path)
    assert outcome.right, "; ".join(outcome.why)
