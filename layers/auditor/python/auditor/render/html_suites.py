"""The table of test suites in the HTML report."""

from auditor.domain.report import Report
from auditor.render.html_parts import section, short_moment
from auditor.render.markup import Html, Row, element, table
from auditor.render.suite_words import CAPTION, COLUMNS, SUM_OF, counts, result_word, sums


def suites(report: Report) -> Html | None:
    """What test suites of others said; columns and rows add up."""
    if not report.suites:
        return None
    rows = [
        Row(
            cells=(
                element("bdi", line.name),
                result_word(line),
                short_moment(line.at, report.as_of),
                *(f"{number:,}" for number in counts(line)),
            )
        )
        for line in report.suites
    ]
    foot = Row(cells=(SUM_OF, "", "", *(f"{number:,}" for number in sums(report.suites))))
    return section("suites", "Test suites", table(CAPTION, COLUMNS, (rows,), foot=foot))
