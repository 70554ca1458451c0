"""Incident files and their deviations: an incident that changes the healthy bundle, or one error with places."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.bundle import Bundle
from auditor.domain.codec import from_json
from catalog.problem import Problem
from cli.deviations import deviated
from cli.incidents import IncidentError, load_incident
from cli.replay import BundleError, replay

from .material import altered, mangled, texts

FOLDER = Path(__file__).resolve().parents[1] / "incidents"
BUNDLE = from_json(Bundle, json.loads((FOLDER / "bundles" / "hokusai-development.json").read_text(encoding="utf-8")))
GOOD = [path.read_bytes() for path in sorted(FOLDER.glob("H*.yaml"))]
PATHS = texts(
    ["probed", "[*]", "[0]", "[9]", ".", "answer", "status", "[name=db]", "[=x]", "health", "hops", "[", "]", "facts"],
    8,
)


def applied(text: bytes) -> None:
    """Nothing but the one error."""
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(text)
        file.flush()
        assert all(str(problem).isprintable() for problem in _problems(Path(file.name)))


def _problems(path: Path) -> tuple[Problem, ...]:
    try:
        replay(deviated(BUNDLE, load_incident(path)))
    except IncidentError as error:
        return error.problems
    except BundleError:
        pass
    return ()


@given(st.sampled_from(GOOD).flatmap(mangled))
def test_mangled(text: bytes) -> None:
    applied(text)


@given(PATHS, st.one_of(st.none(), st.booleans(), st.integers(-5, 600), st.text(max_size=10), st.just([]), st.just({})))
def test_paths(path: str, value: Any) -> None:
    document = {
        "title": "a",
        "platform": "hokusai-development",
        "truth": {"roots": []},
        "deviations": {"registry-health": {"facts": {path: value}, "remove": [path]}},
    }
    applied(json.dumps(document).encode())


@given(
    altered(
        {
            "title": "a",
            "platform": "hokusai-development",
            "tracked": {"a": 1},
            "needs": ["x"],
            "truth": {"roots": [{"component": "taskdef.api", "fault": "ENV_MISSING"}], "victims": ["app.api"]},
            "deviations": {
                "registry-health": {
                    "fails": [{"phase": "tcp", "cause": "tcp.refused", "after_ms": 3}],
                    "deployed": True,
                }
            },
        }
    )
)
def test_altered(document: Any) -> None:
    applied(json.dumps(document).encode())
