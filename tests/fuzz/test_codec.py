"""Documents of bundles: read to a bundle that writes the same again, or refused in words; and replayed."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.bundle import Bundle
from auditor.domain.codec import CodecError, from_json, to_json
from auditor.domain.observation import Observation
from auditor.domain.result import Result
from cli.replay import BundleError, read_bundle, replay

from .material import JSON, altered

RECORDED = Path(__file__).resolve().parents[1] / "incidents" / "bundles" / "hokusai-development.json"
DOCUMENT: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
SMALL = {**DOCUMENT, "runs": [{**run, "observations": run["observations"][:1]} for run in DOCUMENT["runs"][:3]]}


@given(altered(SMALL))
def test_altered(document: Any) -> None:
    try:
        bundle = from_json(Bundle, document)
    except CodecError:
        return
    assert from_json(Bundle, json.loads(json.dumps(to_json(bundle)))) == bundle


@given(JSON, st.sampled_from([Bundle, Observation[Any], Result]))
def test_anything(document: Any, kind: type[Any]) -> None:
    with pytest.raises(CodecError):
        from_json(kind, document)


@given(altered(SMALL["runs"][0]["observations"]))
def test_replays(observations: Any) -> None:
    document = {**SMALL, "runs": [{**SMALL["runs"][0], "observations": observations}]}
    try:
        bundle = from_json(Bundle, document)
    except CodecError:
        return
    try:
        replay(bundle)
    except BundleError:
        return


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps({"schema_version": value}).encode()))
def test_files(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with pytest.raises(BundleError):
            read_bundle(Path(file.name))
