"""Lines of a log to classes: pure. What a line says goes no further than here."""

import re

from functions.logs.facts import FatalKind

MAX_LENGTH = 2_000
"""Of a line; what decides stands at its beginning."""

_FATAL: tuple[tuple[FatalKind, re.Pattern[str]], ...] = (
    (FatalKind.WRONG_ARCHITECTURE, re.compile(r"exec format error", re.I)),
    (
        FatalKind.FILE_MISSING,
        re.compile(
            r"\b(ModuleNotFoundError|NoClassDefFoundError|ClassNotFoundException)\b|Cannot find module|"
            r"^FileNotFoundError|\bexec: .{0,200}: (no such file or directory|not found)",
        ),
    ),
    (
        FatalKind.SETTING_MISSING,
        re.compile(
            r"(?-i:^KeyError: '[A-Z][A-Z0-9_]+')|"
            r"environment variable.{0,100}\b(not set|missing|required|undefined)|"
            r"\b(password|secret|token|credential)s? (was )?not (found|set|configured)|"
            r"\bmissing required (setting|environment|config)",
            re.I,
        ),
    ),
    (FatalKind.LOGIN_REFUSED, re.compile(r"password authentication failed for user|\b28P01\b|Access denied for user")),
    (
        FatalKind.SCHEMA_MISSING,
        re.compile(r'relation "[^"]{1,200}" does not exist|\bUndefinedTable\b|Can.t locate revision identified by'),
    ),
    (
        FatalKind.BUCKET_DENIED,
        re.compile(r"\(AccessDenied\) when calling the (PutObject|GetObject|ListObjects\w*|CreateMultipartUpload)"),
    ),
    (
        FatalKind.OUT_OF_MEMORY,
        re.compile(r"\bOutOfMemoryError\b|^MemoryError|Cannot allocate memory|JavaScript heap out of memory"),
    ),
    (
        FatalKind.CRASHED,
        re.compile(
            r"\b(SyntaxError|IndentationError|TabError)\b|^panic: |^Traceback \(most recent call last\)|"
            r"\bUnhandledPromiseRejection|^Exception in thread ",
        ),
    ),
)
_ERROR = re.compile(
    r'"level":\s*"(error|critical|fatal)"|'
    r"(^|[\s\[|:])(ERROR|CRITICAL|FATAL|SEVERE)(?=$|[\s\]|:])|"
    r"^[A-Za-z_.]{0,100}(Error|Exception): ",
    re.I,
)


def fatal_kind(line: str) -> FatalKind | None:
    """What a fatal line says; None for every other line."""
    text = line[:MAX_LENGTH]
    return next((kind for kind, pattern in _FATAL if pattern.search(text)), None)


def is_error(line: str) -> bool:
    """Whether a line says of itself that it is an error."""
    return _ERROR.search(line[:MAX_LENGTH]) is not None
