"""The compiled catalogue as files of the code asset: the whole for the aggregator, a part for each shard."""

from auditor.domain.topology import Platform
from auditor.names import CATALOGUE_FILE, shard_file
from catalog.compile import compiled_text


def catalogue_files(platform: Platform) -> dict[str, str]:
    """Texts by path in the asset. A shard's file holds its own targets, so that its runs pay for no other ones."""
    targets = {target.id: target for target in platform.targets}
    files = {CATALOGUE_FILE: compiled_text(platform)}
    for shard in platform.shards:
        files[shard_file(shard.family, shard.number)] = compiled_text([targets[id] for id in shard.targets])
    return files
