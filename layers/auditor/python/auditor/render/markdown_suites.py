"""The table of test suites in the Markdown report."""

from auditor.domain.report import Report
from auditor.render.markdown_text import plain, table
from auditor.render.suite_words import CAPTION, COLUMNS, SUM_OF, counts, result_word, sums
from auditor.render.wording import instant_text


def suites(report: Report) -> list[str]:
    """What test suites of others said; columns and rows add up."""
    if not report.suites:
        return []
    rows = [
        (plain(line.name), result_word(line), instant_text(line.at), *map(str, counts(line))) for line in report.suites
    ]
    rows.append((f"**{SUM_OF}**", "", "", *map(str, sums(report.suites))))
    return ["## Test suites", "", f"{CAPTION}.", "", *table(COLUMNS, rows)]
