"""The report as JSON: the whole model, for machines, for comparing two reports and for what people are not shown."""

import json
import math

from auditor.domain.codec import CodecError, Json, from_json, to_json
from auditor.domain.report import Report


def render_json(report: Report) -> str:
    """The report as indented JSON with sorted keys, each category with its ``total``; in ASCII, so nothing can hide."""
    document = to_json(report)
    for category, line in zip(report.categories, document["categories"], strict=True):
        line["total"] = category.total
    return json.dumps(_strict(document), indent=2, sort_keys=True, allow_nan=False) + "\n"


def parse_json(text: str) -> Report:
    """The report that :func:`render_json` wrote; CodecError when a category does not add up to its total."""
    document = json.loads(text)
    totals = [_pop_total(line) for line in _categories(document)]
    report = from_json(Report, document)
    for index, (category, total) in enumerate(zip(report.categories, totals, strict=True)):
        if category.total != total:
            raise CodecError(f"Report.categories[{index}].total is {total!r}; its numbers add up to {category.total}")
    return report


def _categories(document: Json) -> list[Json]:
    found = document.get("categories") if isinstance(document, dict) else None
    return [line for line in found if isinstance(line, dict)] if isinstance(found, list) else []


def _pop_total(line: dict[str, Json]) -> Json:
    return line.pop("total", None)


def _strict(document: Json) -> Json:
    """NaN and Infinity, which JSON lacks and a probed answer can carry into evidence, as texts."""
    if isinstance(document, float) and not math.isfinite(document):
        return str(document)
    if isinstance(document, dict):
        return {key: _strict(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_strict(value) for value in document]
    return document
