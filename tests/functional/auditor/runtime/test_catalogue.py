"""The compiled catalogue, read as a function reads it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.domain.codec import CodecError, to_json
from auditor.domain.topology import Shard
from auditor.runtime.catalogue import UnknownShardError, read_catalogue, targets_of
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


def test_a_shards_targets_have_the_familys_own_type() -> None:
    specs = {"a": PageSpec(mode="x", timeout=timedelta(seconds=2)), "b": PageSpec(mode="y"), "s": PageSpec(mode="z")}
    where = replace(TWO, targets=tuple(replace(t, spec=to_json(specs[t.id])) for t in TWO.targets))
    (only,) = targets_of(where, RUNNER.family, 0)
    assert only == replace(TWO.target("a"), spec=specs["a"])
    assert [t.id for t in targets_of(where, RUNNER.family, 1)] == ["b"]
    with pytest.raises(UnknownShardError, match="has no shard 2; the catalogue gives it"):
        targets_of(where, RUNNER.family, 2)


def test_a_spec_of_another_shape_is_named() -> None:
    where = replace(TWO, targets=tuple(replace(t, spec={"mode": 1}) for t in TWO.targets))
    with pytest.raises(CodecError, match=r"a\.spec\.mode is 1"):
        targets_of(where, RUNNER.family, 0)


@pytest.mark.parametrize("text", ["", "[]", '{"schema_version": 1}'])
def test_a_broken_asset_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(text)
    with pytest.raises(ValueError):
        read_catalogue(path)
    with pytest.raises(OSError):
        read_catalogue(tmp_path / "missing.json")
