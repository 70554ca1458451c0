"""Which lines are fatal, and which only look so."""

import pytest

from functions.logs.facts import FatalKind
from functions.logs.lines import MAX_LENGTH, fatal_kind, is_error


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("exec /app/run: exec format error", FatalKind.WRONG_ARCHITECTURE),
        ("standard_init_linux.go:228: exec user process caused: exec format error", FatalKind.WRONG_ARCHITECTURE),
        ("Error: Cannot find module '/app/server.js'", FatalKind.FILE_MISSING),
        ('exec: "gunicorn": executable file not found in $PATH', None),
        ("exec: gunicorn: not found", FatalKind.FILE_MISSING),
        ("KeyError: 'DB_HOST'", FatalKind.SETTING_MISSING),
        ("KeyError: 'basket'", None),
        ("ValueError: Database password not found", FatalKind.SETTING_MISSING),
        ("environment variable REDIS_HOST is not set", FatalKind.SETTING_MISSING),
        ('psycopg2.OperationalError: FATAL:  password authentication failed for user "x"', FatalKind.LOGIN_REFUSED),
        ("  File 'a.py', line 3\nSyntaxError: invalid", FatalKind.CRASHED),
        ("panic: runtime error", FatalKind.CRASHED),
        ("INFO no panic: all is well", None),
        ("user asked for page not found", None),
        ("", None),
        ("x" * MAX_LENGTH + " exec format error", None),
    ],
)
def test_a_fatal_line_has_its_class(line: str, kind: FatalKind | None) -> None:
    assert fatal_kind(line) is kind


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("2026-11-23 ERROR checkout failed", True),
        ("[error] upstream timed out", True),
        ('{"ts": 1, "level": "ERROR", "msg": "x"}', True),
        ('{"level":"info","msg":"error page shown"}', False),
        ("requests.exceptions.ConnectionError: refused", True),
        ('GET /errors/last HTTP/1.1" 200', False),
        ("INFO 0 errors", False),
        ("level=error msg=x", False),
    ],
)
def test_an_error_says_so_itself(line: str, error: bool) -> None:
    assert is_error(line) is error
