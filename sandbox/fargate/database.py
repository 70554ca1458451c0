"""One login at PostgreSQL as the stand-ins make it: by name, over TLS, with what their task was given."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from sandbox.fargate.authority import unverified
from sandbox.fargate.dialling import Dialler


class RefusedError(Exception):
    """When the database does not serve; the text is what a driver would print."""

    def __init__(self, text: str, sqlstate: str = "") -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def run(dialler: Dialler, settings: Mapping[str, str], statement: str, timeout: float) -> list[list[Any]]:
    """Logs in, runs one statement, leaves. ``settings`` are host, port, user, name, password, and maybe sslmode.

    As libpq's: ``disable`` does not encrypt. Some drivers do not either where nothing is said: then it is empty.
    """
    encrypts = settings.get("sslmode", "require") not in ("", "disable")
    try:
        with closing(dialler.connect(settings["host"], int(settings["port"]), timeout)) as sock:
            connection = pg8000.native.Connection(
                settings["user"],
                database=settings["name"],
                password=settings["password"],
                sock=sock,
                ssl_context=unverified() if encrypts else False,
            )
            with closing(connection):
                rows: list[list[Any]] = connection.run(statement) or []
                return rows
    except DatabaseError as error:
        fields = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        text = f"{fields.get('S', 'FATAL')}:  {fields.get('M', 'refused')}"
        raise RefusedError(text, str(fields.get("C", ""))) from None
    except (InterfaceError, OSError) as error:
        raise RefusedError(f"connection to server at {settings['host']} failed: {type(error).__name__}") from None
