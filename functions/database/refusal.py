"""PostgreSQL's error answers to causes. The server's text is read here and dropped; only the SQLSTATE stays."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.domain.observation import Phase
from functions.database.facts import CAUSES

_MEANINGS = {cause.id: cause.meaning for cause in CAUSES}
_SQLSTATE = re.compile(r"[0-9A-Z]{5}")

_BY_SQLSTATE = {
    "28P01": "pg.auth_failed",
    "3D000": "pg.no_database",
    "55000": "pg.database_closed",
    "57P03": "pg.starting",
    "57P01": "pg.terminated",
    "57P02": "pg.terminated",
    "57014": "pg.query_timeout",
    "25006": "pg.read_only",
    "53100": "pg.storage_full",
    "53200": "pg.out_of_memory",
    "42501": "pg.no_privilege",
}

_WITHOUT_HBA = {"ClientAuthentication": "pg.certificate_demanded", "auth_failed": "pg.login_failed"}
"""What else 28000 means, by the server's routine: its texts are translated, these names are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the server said no; ``words`` are the auditor's own and complete "<peer> ..."."""

    cause: str
    sqlstate: str
    words: str


def refusal_of(fields: Mapping[str, str], *, phase: Phase, encrypted: bool) -> Refusal:
    """The refusal of an ErrorResponse, whose fields are named by PostgreSQL's one-letter codes.

    ``encrypted`` is what this side knows of its connection, for servers whose text does not say it.
    """
    sqlstate = fields.get("C", "")
    if not _SQLSTATE.fullmatch(sqlstate):
        return Refusal(cause="pg.protocol", sqlstate="", words="sends an error answer without an SQLSTATE")
    cause = _cause_of(sqlstate, fields, encrypted=encrypted)
    if cause is None:
        cause = "pg.query_failed" if phase is Phase.QUERY else "pg.login_failed"
    return Refusal(cause=cause, sqlstate=sqlstate, words=f"answered SQLSTATE {sqlstate}: {_MEANINGS[cause]}")


def _cause_of(sqlstate: str, fields: Mapping[str, str], *, encrypted: bool) -> str | None:
    message, routine = fields.get("M", ""), fields.get("R", "")
    if sqlstate == "28000":
        # The file's name is not translated, whatever language the server speaks.
        if "pg_hba.conf" not in message:
            return _WITHOUT_HBA.get(routine, "pg.not_permitted")
        return "pg.no_hba_no_tls" if _without_encryption(message, encrypted=encrypted) else "pg.no_hba"
    if sqlstate == "53300":
        # One SQLSTATE for three limits. The routine's name tells them apart in every language; poolers send none.
        if routine == "InitializeSessionUserId" or message.startswith("too many connections for role"):
            return "pg.role_limit"
        if routine == "CheckMyDatabase" or message.startswith("too many connections for database"):
            return "pg.database_limit"
        return "pg.slots_full"
    return _BY_SQLSTATE.get(sqlstate)


def _without_encryption(message: str, *, encrypted: bool) -> bool:
    """Whether the server saw plain text. "SSL on" and "SSL off" are the words of PostgreSQL 13 and before."""
    if message.endswith(("no encryption", "SSL off")):
        return True
    if message.endswith(("encryption", "SSL on")):
        return False
    return not encrypted
