"""What a probe of a log group keeps, and why it can fail. Of a line its class and its time, never a word of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure


class FatalKind(StrEnum):
    """What a fatal line says: a closed list, in the order in which one explains more than another."""

    WRONG_ARCHITECTURE = "wrong_architecture"
    FILE_MISSING = "file_missing"
    """A module or file that the code needs."""
    SETTING_MISSING = "setting_missing"
    LOGIN_REFUSED = "login_refused"
    """By a database."""
    SCHEMA_MISSING = "schema_missing"
    BUCKET_DENIED = "bucket_denied"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    """An error of the code itself: it cannot be compiled, or nobody handles its exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FatalFacts:
    """Lines of one class, and when the last of them was written."""

    kind: FatalKind
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsFacts:
    """The group's lines in the window. None means "not read", and then ``unread`` says why under the field's name.

    ``exists`` is False where there is no such group. ``lines`` were looked at, ``errors`` of them are errors;
    ``more``: there are further ones in the window that were not looked at. ``newest_at`` is None without any line.
    """

    exists: bool | None = None
    lines: int | None = None
    errors: int = 0
    more: bool = False
    newest_at: datetime | None = None
    fatal: tuple[FatalFacts, ...] = ()
    unread: Mapping[str, Failure] = field(default_factory=dict)
    """Per field (``lines``) why it is not read."""


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("logs.absent", "no log group has this name"),
    _cause("logs.silent", "the group has received no line for longer than allowed"),
    _cause("logs.many_errors", "more of the lines are errors than allowed"),
    _cause("logs.wrong_architecture", "a line says that the image is for another processor"),
    _cause("logs.file_missing", "a line says that a file or module is not there"),
    _cause("logs.setting_missing", "a line says that a setting is not there"),
    _cause("logs.login_refused", "a line says that a database refused the login"),
    _cause("logs.schema_missing", "a line says that the database lacks a table or revision"),
    _cause("logs.bucket_denied", "a line says that a bucket may not be used"),
    _cause("logs.out_of_memory", "a line says that memory ran out"),
    _cause("logs.crashed", "a line says that the code failed by its own error"),
)

FACTS = LogsFacts
"""What an observation of this family holds; a replay reads it back by this name."""
