"""HTML that cannot be injected into: plain texts are always escaped, only :class:`Html` passes as it is."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from auditor.render.wording import MAX_SHOWN, is_web_address, shown

_VOID = frozenset({"meta", "br"})
_HARMLESS = re.compile(r"[ !#-%(-;=?-~\n]*")
"""Printable ASCII without ``& < > " '``: most texts of a report, which then need no further look."""
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class Html(str):
    """Markup that this package made; everything else is text."""

    __slots__ = ()


Child = str | Html


def text(value: str, limit: int = MAX_SHOWN) -> Html:
    """A text from outside, made visible and escaped."""
    if len(value) <= limit and _HARMLESS.fullmatch(value):
        return Html(value)
    return Html(escape(shown(value, limit), quote=True))


def join(*children: Child) -> Html:
    """Children in a row; plain texts are escaped."""
    return Html("".join([child if isinstance(child, Html) else text(child) for child in children]))


def element(name: str, /, *children: Child, **attributes: str | None) -> Html:
    """One element. ``class_`` and ``data_label`` are written ``class`` and ``data-label``; None leaves one out."""
    written = "".join([f' {_attribute(key)}="{text(value)}"' for key, value in attributes.items() if value is not None])
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


@cache
def _attribute(keyword: str) -> str:
    return keyword.rstrip("_").replace("_", "-")


def link(address: str) -> Html:
    """A link where the text is a plain web or mail address; the text itself otherwise."""
    if is_web_address(address):
        return element("a", address, href=address, rel="noreferrer noopener")
    if _MAIL_ADDRESS.fullmatch(address):
        return element("a", address, href=f"mailto:{address}")
    return element("bdi", address)


def folded(summary: Child, *children: Child, is_open: bool = False) -> Html:
    """A part that opens on demand, and always on paper."""
    return element("details", element("summary", summary), *children, open="" if is_open else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table; its first cell heads it, and its last one spans the columns that are left."""

    cells: tuple[Child, ...]
    kind: str | None = None
    scope: str = "row"


def table(
    caption: str,
    columns: Sequence[str],
    groups: Iterable[Iterable[Row]],
    *,
    foot: Row | None = None,
    kind: str | None = None,
) -> Html:
    """A table with caption and scopes. A column whose name ends in ``#`` holds numbers.

    Roles are written out and cells carry their column's name, because on a narrow screen rows become blocks, which
    takes a table's meaning from it.
    """
    names = [column.rstrip("#") for column in columns]
    kinds = ["number" if column.endswith("#") else None for column in columns]
    head = [
        element("th", name, scope="col", role="columnheader", class_=kind)
        for name, kind in zip(names, kinds, strict=True)
    ]
    parts = [
        element("caption", caption),
        element("thead", element("tr", *head, role="row"), role="rowgroup"),
        *(element("tbody", *(_row(row, names, kinds) for row in group), role="rowgroup") for group in groups),
    ]
    if foot is not None:
        parts.append(element("tfoot", _row(foot, names, kinds), role="rowgroup"))
    return element("table", *parts, role="table", class_=kind)


def _row(row: Row, names: Sequence[str], kinds: Sequence[str | None]) -> Html:
    left = len(names) - len(row.cells)
    spans = [None] * (len(row.cells) - 1) + [str(left + 1) if left else None]
    cells = [element("th", row.cells[0], scope=row.scope, role="rowheader", colspan=spans[0])]
    for cell, name, kind, span in zip(row.cells[1:], names[1:], kinds[1:], spans[1:], strict=False):
        if span is None:
            cells.append(element("td", cell, role="cell", class_=kind, data_label=name))
        else:
            cells.append(element("td", cell, role="cell", class_="wide", colspan=span))
    return element("tr", *cells, role="row", class_=row.kind)
