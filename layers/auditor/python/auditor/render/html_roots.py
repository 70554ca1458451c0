"""The root causes in HTML: what explains the failures, how sure that is, what to do first, what was ruled out."""

from auditor.domain.report import Report, RootCause
from auditor.render.html_parts import code, facts, section, service_title
from auditor.render.markup import Html, element, folded, join
from auditor.render.method import undecided_note


def roots(report: Report) -> Html | None:
    """The section, or nothing where nothing fails."""
    if not report.roots and not report.unexplained:
        return None
    note = undecided_note(report)
    cards = [_root(root, report) for root in report.roots]
    return section("roots", "Root cause", *cards, element("p", note) if note else "")


def noticed(report: Report) -> Html | None:
    """What the diagnosis found besides: defects, and planes that disagree."""
    if not report.noticed:
        return None
    items = (
        element("li", code(found.component), " ", code(found.fault), ": ", found.statement, " ", found.first_action)
        for found in report.noticed
    )
    said = element("p", "Found by diagnosis; it explains no failing result and opens no incident.", class_="soft")
    return section("noticed", "Also noticed", said, element("ul", *items))


def _root(root: RootCause, report: Report) -> Html:
    service = service_title(report, root.service)
    parts = [
        element("h3", element("bdi", service), " · " if service else "", code(root.component)),
        element("p", root.statement, class_="summary"),
        facts(
            ("Fault", join(code(root.fault), f" – {root.fault_meaning}")),
            ("Confidence", root.confidence),
            ("Explains", f"{len(root.explains):,} failing results"),
        ),
        element("p", element("strong", "What to do first"), root.first_action, class_="remedy"),
    ]
    if root.ruled_out:
        listed = element("ul", *(element("li", each) for each in root.ruled_out))
        parts.append(folded(f"Ruled out ({len(root.ruled_out)})", listed))
    if root.proof:
        listed = element("ul", *(element("li", code(each)) for each in root.proof))
        parts.append(folded(f"Proof ({len(root.proof)} observations)", listed))
    return element("article", *parts, class_="card down")
