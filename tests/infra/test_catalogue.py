"""What of the compiled catalogue travels in the asset: all of it once, and each target again in its shard's file."""

import json

from infra.catalogue import catalogue_files
from tests.infra.synthesis import MADE_UP


def test_the_aggregator_gets_the_whole_and_every_shard_its_own_targets() -> None:
    files = {name: json.loads(text) for name, text in catalogue_files(MADE_UP).items()}
    whole = files.pop("catalogue.json")
    assert [target["id"] for target in whole["targets"]] == ["a", "b", "c", "d"]
    assert {name: [target["id"] for target in targets] for name, targets in files.items()} == {
        "shards/plain_data-0.json": ["a", "b"],
        "shards/plain_data-1.json": ["c"],
        "shards/control-0.json": ["d"],
    }
    assert files["shards/plain_data-1.json"] == [whole["targets"][2]]
