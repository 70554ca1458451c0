"""Markdown that cannot be injected into: every value is escaped for the middle of a line and of a table cell."""

import re
from collections.abc import Iterable, Sequence

from auditor.render.wording import is_web_address, shown

_ENTITIES = str.maketrans(
    {"\\": "&#92;", "|": "&#124;", "`": "&#96;", "<": "&lt;", ">": "&gt;", "&": "&amp;", "$": "&#36;"}
)
"""As entities and not behind a backslash: how a backslash before a pipe is read differs between parsers."""
_SPECIAL = re.compile(r"[*\[\]~]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_ADDRESS = re.compile(r"(?i):(?=//)|(?<=www)\.|(?<=mailto):|(?<=xmpp):")
"""What GitHub turns into a link without any brackets."""
_BLANKS = re.compile(r"\s+")
_BACKTICKS = re.compile(r"`+")


def plain(value: str) -> str:
    """A text from outside on one line, with nothing in it that Markdown or HTML would read."""
    escaped = _BLANKS.sub(" ", shown(value)).strip().translate(_ENTITIES)
    escaped = _SPECIAL.sub(lambda match: "\\" + match[0], escaped)
    return _ADDRESS.sub(lambda match: f"&#{ord(match[0])};", escaped)


def strong(value: str) -> str:
    """A text from outside as a paragraph of its own: in bold, because at the start of a line it could be a block."""
    escaped = plain(value)
    return f"**{escaped}**" if escaped else "–"


def link(address: str) -> str:
    """A link where the text is a plain web address; the text itself otherwise."""
    return f"<{address}>" if is_web_address(address) else plain(address)


def row(cells: Iterable[str]) -> str:
    """One table row of cells that are Markdown already."""
    return "| " + " | ".join(cells) + " |"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already. A column whose name ends in ``#`` holds numbers."""
    rule = ["---:" if column.endswith("#") else "---" for column in columns]
    return [row(column.rstrip("#") for column in columns), row(rule), *(row(cells) for cells in rows), ""]


def fenced(lines: Iterable[str]) -> list[str]:
    """Lines of code in a fence that none of them can close."""
    body = [_BLANKS.sub(" ", shown(line)) for line in lines]
    longest = max((len(run) for line in body for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}sh", *body, fence, ""]
