"""Small pieces of the HTML report that several sections use."""

from datetime import datetime

from auditor.domain.instants import format_instant
from auditor.domain.report import Report, ServiceLine
from auditor.domain.verdict import Verdict
from auditor.render.markup import Child, Html, element, join, link
from auditor.render.wording import age_text, instant_text, verdict_mark, verdict_word


def verdict_badge(verdict: Verdict, *, victim: bool = False) -> Html:
    """The verdict as a word with a sign; the colour only repeats it. A victim's is an outline: it does not shout."""
    kind = f"verdict {verdict.lower()} victim" if victim else f"verdict {verdict.lower()}"
    return element(
        "span", element("span", verdict_mark(verdict), aria_hidden="true"), f" {verdict_word(verdict)}", class_=kind
    )


def moment(instant: datetime) -> Html:
    """An instant in UTC."""
    return element("time", instant_text(instant), datetime=format_instant(instant), class_="when")


def short_moment(instant: datetime, as_of: datetime) -> Html:
    """An instant in a column that says UTC itself; the day only when it is not that of the report."""
    same_day = instant.date() == as_of.date()
    written = f"{instant:%H:%M:%S}" if same_day else f"{instant:%Y-%m-%d %H:%M}"
    return element("time", written, datetime=format_instant(instant), class_="when")


def short_since(instant: datetime, as_of: datetime) -> Html:
    """A short instant and how long ago that was when the report was made."""
    return join(
        short_moment(instant, as_of), " ", element("span", f"for {age_text(instant, as_of)}", class_="soft when")
    )


def since(instant: datetime, as_of: datetime) -> Html:
    """An instant and how long ago that was when the report was made."""
    age = age_text(instant, as_of)
    return join(moment(instant), element("span", f" for {age}", class_="soft when")) if age else moment(instant)


def code(value: str) -> Html:
    """An identifier, kept apart from the sentence around it."""
    return element("code", value)


def facts(*pairs: tuple[str, Child]) -> Html:
    """Names and values; a pair whose value is empty is left out."""
    written = [join(element("dt", name), element("dd", value)) for name, value in pairs if value]
    return element("dl", *written)


def section(anchor: str, title: str, *children: Child) -> Html:
    """A part of the page with its heading."""
    return element(
        "section", element("h2", title, id=f"{anchor}-title"), *children, id=anchor, aria_labelledby=f"{anchor}-title"
    )


def responsible(service: ServiceLine) -> Html:
    """Who owns a service, how to reach them, and where its runbook is."""
    parts: list[Child] = [element("bdi", service.owner or "no owner declared")]
    if service.contact:
        parts += [" · ", link(service.contact)]
    if service.runbook:
        parts += [" · runbook ", link(service.runbook)]
    return join(*parts)


def service_title(report: Report, id: str) -> str:
    """The title of a service, or its id where the report does not list it."""
    return next((service.title or service.id for service in report.services if service.id == id), id)
