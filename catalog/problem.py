"""What is wrong with a catalogue: where, which key and value, why, and what is allowed instead."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

KeyPath = tuple[str | int, ...]

HIDDEN = "…"
MAX_PROBLEMS = 100
_LONGEST_VALUE = 60
_LONGEST_OPTIONS = 12
_MOST_OPTIONS_COMPARED = 500
_SECRET_KEY = re.compile(
    r"passw|secret_value|token|api_?key|private_?key|credential|authorization|cookie", re.IGNORECASE
)
_BETWEEN_WORDS = re.compile(r"([\s\"']+)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.$/-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason why a catalogue is refused. ``line`` and ``column`` count from 1; 0 speaks of the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    key: str = ""
    message: str
    value: str = ""
    allowed: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        details = "; ".join(
            f"{label} {text}" for label, text in (("value", self.value), ("allowed", self.allowed)) if text
        )
        text = ": ".join(filter(None, (place, self.key, self.message))) + (f" ({details})" if details else "")
        # What an owner pasted must not steer the terminal that shows it.
        return text if text.isprintable() else text.encode("unicode_escape").decode()


class CatalogueError(Exception):
    """When a catalogue is refused; it holds every problem, sorted by line, up to ``MAX_PROBLEMS``."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        by_place = sorted(problems, key=lambda p: (p.line, p.column, p.key))
        self.problems: tuple[Problem, ...] = tuple(by_place[:MAX_PROBLEMS])
        lines = [str(problem) for problem in self.problems]
        if len(by_place) > MAX_PROBLEMS:
            lines.append(f"only the first {MAX_PROBLEMS} problems are shown")
        super().__init__("\n".join(lines))


def key_text(path: KeyPath) -> str:
    """A key path as people write it: ``targets[0].spec.url``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = shorten(part if _PLAIN_KEY.fullmatch(part) else json.dumps(part))
            text += f".{shown}" if text else shown
    return text


def value_text(value: object, path: KeyPath) -> str:
    """A value as a message may show it: never a secret's, never a whole mapping or list, never very long."""
    if any(isinstance(part, str) and _SECRET_KEY.search(part) for part in path):
        return HIDDEN
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return shorten(without_credentials(json.dumps(value, ensure_ascii=False)))


def without_credentials(text: str) -> str:
    """The text with ``user:password@`` and the queries of URLs hidden; rather too much than too little."""
    return "".join(_word_without_credentials(word) for word in _BETWEEN_WORDS.split(text))


def _word_without_credentials(word: str) -> str:
    before, _, host = word.rpartition("@")
    if ":" in before or "//" in before:
        scheme, slashes, _ = before.partition("//")
        word = f"{scheme}//{HIDDEN}@{host}" if slashes and _SCHEME.fullmatch(scheme) else f"{HIDDEN}@{host}"
    address, question, query = word.partition("?")
    return f"{address}?{HIDDEN}" if "//" in address and question and query else word


def shorten(text: str) -> str:
    """The text, cut where it is longer than a message should quote."""
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + HIDDEN


def one_of(options: Sequence[str]) -> str:
    """The options as a list in a sentence; a long list is cut."""
    shown = ", ".join(shorten(option) for option in options[:_LONGEST_OPTIONS])
    more = len(options) - _LONGEST_OPTIONS
    return f"{shown} and {more} more" if more > 0 else shown


def did_you_mean(word: object, options: Sequence[str]) -> str:
    """The end of a message that names the nearest option, or nothing when none is near."""
    # Comparing one word with thousands is what would make a hostile file slow.
    if not isinstance(word, str) or len(word) > _LONGEST_VALUE or len(options) > _MOST_OPTIONS_COMPARED:
        return ""
    nearest = get_close_matches(word, options, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else ""
