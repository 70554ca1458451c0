"""The compiled catalogue, read as a function reads it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.codec import CodecError, to_json
from auditor.domain.topology import Shard
from auditor.names import CATALOGUE_FILE, shard_file
from auditor.runtime.catalogue import UnknownShardError, read_catalogue, read_shard
from tests.fakes import SHOP, platform, target

from .conftest import RUNNER, PageSpec

TWO = platform(
    [target("b", "page", "web"), target("a", "page", "web", critical=False, proves=("b",)), target("s", "store", "db")],
    shards=[
        Shard(family="page", number=0, targets=("a",)),
        Shard(family="page", number=1, targets=("b",)),
        Shard(family="store", number=0, targets=("s",)),
    ],
)


def test_it_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps(to_json(SHOP)))
    assert read_catalogue(path) == SHOP


def _asset(folder: Path, **specs: Any) -> Path:
    """Files of an asset in which the shards a and b of family page hold a target each."""
    (folder / "shards").mkdir()
    for shard, id in enumerate(specs):
        text = json.dumps([to_json(replace(TWO.target(id), spec=to_json(specs[id])))])
        (folder / shard_file("page", shard)).write_text(text)
    return folder / CATALOGUE_FILE


def test_a_shards_targets_have_the_familys_own_type(tmp_path: Path) -> None:
    specs = {"a": PageSpec(mode="x", timeout=timedelta(seconds=2)), "b": PageSpec(mode="y")}
    catalogue = _asset(tmp_path, **specs)
    assert read_shard(catalogue, RUNNER.family, 0) == (replace(TWO.target("a"), spec=specs["a"]),)
    assert [t.id for t in read_shard(catalogue, RUNNER.family, 1)] == ["b"]
    with pytest.raises(UnknownShardError, match=r"has no shard 2; the catalogue gives it .*page-0\.json.*page-1\.json"):
        read_shard(catalogue, RUNNER.family, 2)


def test_a_spec_of_another_shape_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodecError, match=r"a\.spec\.mode is 1"):
        read_shard(_asset(tmp_path, a={"mode": 1}), RUNNER.family, 0)


@pytest.mark.parametrize("text", ["", "{}", '[{"id": "a"}]'])
def test_a_broken_shard_is_refused(tmp_path: Path, text: str) -> None:
    catalogue = _asset(tmp_path, a={})
    (tmp_path / shard_file("page", 0)).write_text(text)
    with pytest.raises(ValueError):
        read_shard(catalogue, RUNNER.family, 0)


@pytest.mark.parametrize("text", ["", "[]", '{"schema_version": 1}'])
def test_a_broken_asset_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(text)
    with pytest.raises(ValueError):
        read_catalogue(path)
    with pytest.raises(OSError):
        read_catalogue(tmp_path / "missing.json")
