"""The report as JSON: the whole model, for machines, for comparing two reports and for what people are not shown."""

import json

from auditor.domain.codec import CodecError, Json, from_json, json_text, to_json
from auditor.domain.report import Report


def render_json(report: Report) -> str:
    """The report as JSON with sorted keys, each category with its ``total``; in ASCII, so nothing can hide."""
    document = to_json(report)
    for category, line in zip(report.categories, document["categories"], strict=True):
        line["total"] = category.total
    return json_text(document)


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
