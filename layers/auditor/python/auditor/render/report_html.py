"""The report as one HTML file: no script, nothing loaded, light and dark, for a phone, a desk and paper."""

from base64 import b64encode
from hashlib import sha256

from auditor.domain.report import Report
from auditor.render.history_words import score_text
from auditor.render.html_history import levels, score, since_last, trend
from auditor.render.html_incidents import incidents
from auditor.render.html_parts import moment, section, verdict_badge
from auditor.render.html_problems import unseen, warnings, wrong
from auditor.render.html_roots import noticed, roots
from auditor.render.html_suites import suites
from auditor.render.html_tables import checks, response_times, result_ids, runs, services
from auditor.render.markup import Child, Html, element, join, text
from auditor.render.method import NOTES, VERDICT_MEANINGS, coverage_note
from auditor.render.outline import Outline, outline
from auditor.render.stylesheet import stylesheet
from auditor.render.wording import coverage_text, instant_text, pace_text, verdict_word


def render_html(report: Report) -> str:
    """The report as a self-contained HTML document."""
    arranged = outline(report)
    page = element("html", _head(report), _body(report, arranged), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _head(report: Report) -> Html:
    style = stylesheet()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    # Should a value ever escape its escaping, the browser still runs and loads nothing, not even a style.
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = f"{verdict_word(report.verdict)} – {report.title} – {instant_text(report.as_of)}"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )


def _body(report: Report, arranged: Outline) -> Html:
    parts: list[tuple[str, str, Html | None]] = [
        ("roots", "Root cause", roots(report)),
        ("wrong", "What is wrong" if arranged.wrong else "Is anything wrong?", wrong(report, arranged)),
        ("incidents", "Incidents", incidents(report)),
        *_noticed(report, arranged),
        ("noticed", "Also noticed", noticed(report)),
        ("unseen", f"Not seen ({len(report.coverage_gaps):,})", unseen(report)),
        ("since", "Since the last report", since_last(report)),
        ("services", "Services", services(report)),
        ("levels", "Availability", levels(report)),
        ("score", "Score", score(report)),
        ("trend", "Trend", trend(report)),
        ("response-times", "Response times", response_times(report)),
        ("checks", "Checks", checks(report)),
        ("suites", "Test suites", suites(report)),
        ("runs", "Runs", runs(report)),
        ("reproduce", "Reproduce", _reproduce(report)),
        ("method", "Method", _method(report)),
    ]
    present = [(anchor, label, part) for anchor, label, part in parts if part is not None]
    entries = (element("li", element("a", label, href=f"#{anchor}")) for anchor, label, _ in present)
    contents = element("nav", element("ul", *entries), aria_label="Contents")
    main = element("main", *(part for _, _, part in present))
    return element("body", _header(report), contents, main)


def _noticed(report: Report, arranged: Outline) -> list[tuple[str, str, Html | None]]:
    labels = []
    if arranged.warnings:
        labels.append(("warnings", f"Warnings ({len(arranged.warnings):,})"))
    if arranged.findings:
        labels.append(("findings", f"Findings ({len(arranged.findings):,})"))
    parts = warnings(report, arranged)
    return [(anchor, label, part) for (anchor, label), part in zip(labels, parts, strict=True)]


def _header(report: Report) -> Html:
    vantages = ", ".join(report.vantages) or "no vantage: nothing was probed"
    facts = [
        element("li", element("bdi", report.platform), " · stage ", element("bdi", report.stage)),
        element("li", "region ", element("bdi", report.region)) if report.region else "",
        element("li", "as of ", moment(report.as_of)),
        element("li", "seen from ", element("bdi", vantages)),
    ]
    pace = pace_text(report)
    parts: list[Child] = [
        element("h1", report.title),
        element("ul", *facts, class_="facts"),
        element("p", verdict_badge(report.verdict), " ", element("bdi", report.headline), class_="lead"),
        element("p", coverage_text(report), f" {score_text(report.score)}" if report.score else ""),
    ]
    if pace:
        parts.append(element("p", pace, class_="pace"))
    return element("header", *parts, class_=report.verdict.lower())


def _reproduce(report: Report) -> Html | None:
    if not report.reproduce:
        return None
    commands = element(
        "pre", element("code", Html("\n".join([text(" ".join(line.split())) for line in report.reproduce])))
    )
    said = element("p", "The same bundle always gives this report, byte for byte.", class_="soft")
    return section("reproduce", "How to reproduce", said, commands)


def _method(report: Report) -> Html:
    meanings = [join(element("dt", verdict_badge(v)), element("dd", meaning)) for v, meaning in VERDICT_MEANINGS]
    notes = [element("li", note) for note in (coverage_note(report), *NOTES)]
    return section(
        "method",
        "How this was judged",
        element("dl", *meanings),
        element("ul", *notes, class_="notes"),
        result_ids(report.services),
    )
