"""Which bundle is good enough to be what incident files deviate from."""

import json
from collections.abc import Sequence

import pytest

from sandbox.audit import remembers_all


@pytest.mark.parametrize(("known", "all_of_them"), [(["db", "web"], True), (["web"], False), ([], False)])
def test_a_bundle_knows_an_earlier_moment_of_every_target(known: Sequence[str], *, all_of_them: bool) -> None:
    targets = {id: {"verdict": "HEALTHY"} for id in known}
    bundle = {"platform": {"targets": [{"id": "web"}, {"id": "db"}]}, "state": {"targets": targets}}
    assert remembers_all(json.dumps(bundle)) is all_of_them
