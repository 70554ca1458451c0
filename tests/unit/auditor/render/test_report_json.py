"""The JSON report: the whole model, strict, and readable back."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.domain.codec import CodecError
from auditor.domain.report import Report
from auditor.render.report_json import parse_json, render_json


@pytest.mark.parametrize("name", ["healthy", "empty", "gap_only", "database_down"])
def test_it_reads_back_as_the_same_report(name: str, request: pytest.FixtureRequest) -> None:
    report = request.getfixturevalue(name)
    assert parse_json(render_json(report)) == report


@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_survives_in_plain_ascii(filled_with: Callable[[str], Report], text: str) -> None:
    report = filled_with(text)
    document = render_json(report)
    assert document.isascii()
    assert parse_json(document) == report


def test_categories_carry_the_total_that_they_add_up_to(database_down: Report) -> None:
    document = json.loads(render_json(database_down))
    assert [line["total"] for line in document["categories"]] == [12, 6, 3]
    document["categories"][1]["total"] = 7
    with pytest.raises(CodecError, match=r"categories\[1\].total is 7; its numbers add up to 6"):
        parse_json(json.dumps(document))


@pytest.mark.parametrize("document", ["[]", "{}", '{"categories": 3}', '{"categories": [1]}'])
def test_what_is_no_report_is_refused(document: str) -> None:
    with pytest.raises(CodecError):
        parse_json(document)


def _objects(document: str) -> list[list[tuple[str, Any]]]:
    """Every object of a document as its keys and values, in the order in which they stand there."""
    found: list[list[tuple[str, Any]]] = []
    json.loads(document, object_pairs_hook=lambda pairs: (found.append(pairs), dict(pairs))[1])
    return found


def test_keys_are_sorted_and_evidence_order_changes_nothing(database_down: Report) -> None:
    document = render_json(database_down)
    order = [[key for key, _ in pairs] for pairs in _objects(document)]
    assert len(order) > 20
    assert all(keys == sorted(keys) for keys in order)
    root = database_down.problems[2]
    turned = replace(root, evidence=dict(reversed(list(root.evidence.items()))))
    assert render_json(replace(database_down, problems=(*database_down.problems[:2], turned))) == document


def test_numbers_that_json_lacks_become_texts(database_down: Report) -> None:
    odd = replace(database_down.problems[0], evidence={"load": float("nan"), "limit": float("inf")})
    document = render_json(replace(database_down, problems=(odd,)))
    assert json.loads(document, parse_constant=pytest.fail)["problems"][0]["evidence"] == {
        "load": "nan",
        "limit": "inf",
    }
