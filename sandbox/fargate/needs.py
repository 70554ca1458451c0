"""What a service needs, really tried with what its task was given: the stand-ins' health pages speak of it."""

from collections.abc import Mapping

from sandbox.fargate import cache, database
from sandbox.fargate.dialling import NO_ANSWER, Dialler

_DATABASE_SECONDS = 3.0
_CACHE_SECONDS = 2.0


def upstream_error(dialler: Dialler, url: str, patience: float) -> str | None:
    """Why a neighbour does not serve a URL; 404 is an answer of a neighbour that does."""
    try:
        answer = dialler.ask("GET", url, patience)
    except TimeoutError:
        return f"connect timeout={patience:g}"
    except NO_ANSWER as error:
        return f"{type(error).__name__}: {error}"
    return None if answer.status in (200, 404) else f"it answered {answer.status}"


def database_error(dialler: Dialler, settings: Mapping[str, str]) -> str | None:
    """Why the database does not serve; ``settings`` as for ``database.run``."""
    try:
        database.run(dialler, settings, "SELECT 1", _DATABASE_SECONDS)
    except database.RefusedError as error:
        return str(error)
    return None


def cache_serves(dialler: Dialler, host: str, port: int, token: str) -> bool:
    """Whether Valkey takes the token and answers."""
    try:
        return cache.ping(dialler, host, port, token, _CACHE_SECONDS) == "+OK +PONG"
    except OSError:
        return False
