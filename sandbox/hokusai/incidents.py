"""The recorded incidents that this sandbox produces with real parts. ``produce`` is called before the services start.

The ids are those of the incident catalogue; `tests/incidents/<id>.yaml` holds what is to be found out.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.hokusai.estate import DATABASE_PORT, MLFLOW_PORT
from sandbox.hokusai.platform import HokusaiPlatform
from sandbox.hokusai.seed import RELEASE_WITH_HARD_CODED_ADDRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One situation, and how it is brought about on a healthy platform."""

    what: str
    produce: Callable[[HokusaiPlatform], None]


def _url_unset(platform: HokusaiPlatform) -> None:
    platform.control_plane.change_api(MLFLOW_SERVER_URL=None)


def _wrong_namespace(platform: HokusaiPlatform) -> None:
    """With it the stale address that the image of that day carried; Redis was gone a revision before, as recorded."""
    platform.take_redis_away()
    platform.control_plane.change_api(
        tag=RELEASE_WITH_HARD_CODED_ADDRESS, MLFLOW_SERVER_URL=f"http://mlflow.hokusai.local:{MLFLOW_PORT}"
    )
    platform.swallow(platform.estate.hard_coded_mlflow, MLFLOW_PORT)


def _wrong_database_user(platform: HokusaiPlatform) -> None:
    platform.control_plane.change_api(DB_USER="postgres")


def _stale_address(platform: HokusaiPlatform) -> None:
    platform.control_plane.change_api(MLFLOW_SERVER_URL=f"http://{platform.estate.earlier_mlflow}:{MLFLOW_PORT}")
    platform.swallow(platform.estate.earlier_mlflow, MLFLOW_PORT)


def _slots_exhausted(platform: HokusaiPlatform) -> None:
    platform.fill_database_slots()


def _namespace_and_credentials(platform: HokusaiPlatform) -> None:
    """The secret gets a new password and both services are deployed with it; the server keeps the old one."""
    _wrong_namespace(platform)
    password = secrets.token_urlsafe(18)
    platform.control_plane.change_application_password(password)
    platform.control_plane.change_mlflow(password)


def _auditor_not_admitted(platform: HokusaiPlatform) -> None:
    platform.swallow(platform.estate.database, DATABASE_PORT, auditor_only=True)


INCIDENTS: dict[str, Incident] = {
    "H04": Incident(what="MLFLOW_SERVER_URL is not set; the proxy falls back to localhost", produce=_url_unset),
    "H13": Incident(what="MLFLOW_SERVER_URL names a namespace that does not exist", produce=_wrong_namespace),
    "H14": Incident(what="the API logs in as the wrong database user", produce=_wrong_database_user),
    "H19": Incident(what="MLFLOW_SERVER_URL holds the address of a task that was replaced", produce=_stale_address),
    "P02": Incident(what="every connection slot of PostgreSQL is taken", produce=_slots_exhausted),
    "M06": Incident(
        what="the wrong namespace, and a database password that the server does not know",
        produce=_namespace_and_credentials,
    ),
    "B02": Incident(what="Redis is not deployed, by intention", produce=HokusaiPlatform.take_redis_away),
    "B06": Incident(what="protected endpoints answer 401 without a key: nothing is wrong", produce=lambda _: None),
    "A04": Incident(what="the database admits everybody but the auditor", produce=_auditor_not_admitted),
}
