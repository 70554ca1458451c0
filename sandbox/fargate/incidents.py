"""The situations that a sandboxed platform produces with real parts; the platform only says what they meet there.

The ids are those of the recorded incidents; `tests/incidents` holds what is to be found out. ``produce`` is called
before the services start, or later and then the services are started anew.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sandbox.fargate.estate import private_address
from sandbox.fargate.platform import FargatePlatform


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One situation, and how it is brought about on a healthy platform."""

    what: str
    produce: Callable[[FargatePlatform], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What of a platform the situations meet: a service that calls its neighbour by a URL and keeps data in a store.

    ``url`` and ``user`` are variables of the caller, ``cache_settings`` all of those that lead to the cache.
    ``earlier`` and ``hard_coded`` are private addresses where nothing answers: of a task of the neighbour that was
    replaced, and the one that the image tagged ``tag_with_address`` carries in its code. ``password_key`` names the
    password in the database's secret, ``inline_password`` the variables, by service, that hold it in the clear.
    ``models`` is the service that is an MLflow, and ``allowed_hosts`` its variable with the Host headers that it takes.
    """

    caller: str
    neighbour: str
    url: str
    wrong_namespace: str
    user: str
    wrong_user: str
    cache_settings: tuple[str, ...]
    earlier: str
    hard_coded: str
    tag_with_address: str
    password_key: str
    models: str
    allowed_hosts: str
    inline_password: Callable[[str], dict[str, dict[str, str]]] = lambda _: {}


def incidents(wiring: Wiring) -> dict[str, Incident]:
    """The situations, as they are on one platform."""
    url, caller, neighbour = wiring.url, wiring.caller, wiring.neighbour
    produced: dict[str, tuple[str, Callable[[Wiring, FargatePlatform], None]]] = {
        "H04": (f"{url} is not set; {caller} falls back to localhost", _url_unset),
        "H13": (f"{url} names a namespace that does not exist", _wrong_namespace_and_old_image),
        "H14": (f"{caller} logs in as the wrong database user", _wrong_user),
        "H19": (f"{url} holds the address of a task of {neighbour} that was replaced", _stale_address),
        "H27": (f"{wiring.models} takes the Host of its callers no more: the port counts", _host_without_port),
        "P02": ("every connection slot of PostgreSQL is taken", _slots_exhausted),
        "M06": ("the wrong namespace, and a database password that the server does not know", _two_faults),
        "B02": ("the cache is not deployed, by intention", _no_cache),
        "B06": ("protected endpoints answer 401 without a key: nothing is wrong", _nothing),
        "A04": ("the database admits everybody but the auditor", _auditor_not_admitted),
    }
    return {id: Incident(what=what, produce=partial(produce, wiring)) for id, (what, produce) in produced.items()}


def _url_unset(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.control_plane.change(wiring.caller, **{wiring.url: None})


def _wrong_namespace(wiring: Wiring, platform: FargatePlatform) -> None:
    port = platform.estate.service(wiring.neighbour).port
    wrong = f"http://{wiring.neighbour}.{wiring.wrong_namespace}:{port}"
    platform.control_plane.change(wiring.caller, **{wiring.url: wrong})


def _wrong_namespace_and_old_image(wiring: Wiring, platform: FargatePlatform) -> None:
    """As recorded: the image of that day carried a stale address too, and the cache was gone a revision before."""
    _no_cache(wiring, platform)
    platform.control_plane.change(wiring.caller, tag=wiring.tag_with_address)
    _wrong_namespace(wiring, platform)
    _swallow_neighbour(wiring, platform, wiring.hard_coded)


def _wrong_user(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.control_plane.change(wiring.caller, **{wiring.user: wiring.wrong_user})


def _stale_address(wiring: Wiring, platform: FargatePlatform) -> None:
    address, port = _swallow_neighbour(wiring, platform, wiring.earlier)
    platform.control_plane.change(wiring.caller, **{wiring.url: f"http://{address}:{port}"})


def _host_without_port(wiring: Wiring, platform: FargatePlatform) -> None:
    """As after an upgrade whose list was written for an MLflow that compared names alone."""
    service = platform.estate.service(wiring.models)
    internal = platform.estate.internal(service.name)
    listed = service.variables[wiring.allowed_hosts].replace(f"{internal}:{service.port}", internal)
    platform.control_plane.change(wiring.models, **{wiring.allowed_hosts: listed})


def _slots_exhausted(_wiring: Wiring, platform: FargatePlatform) -> None:
    platform.fill_database_slots()


def _two_faults(wiring: Wiring, platform: FargatePlatform) -> None:
    """The secret gets a new password and every service is deployed with it; the server keeps the old one."""
    _wrong_namespace(wiring, platform)
    password = secrets.token_urlsafe(18)
    platform.control_plane.change_secret(platform.estate.database.application_secret, **{wiring.password_key: password})
    for service, variables in wiring.inline_password(password).items():
        platform.control_plane.change(service, **variables)


def _no_cache(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.control_plane.change(wiring.caller, **dict.fromkeys(wiring.cache_settings))
    platform.take_cache_away()


def _nothing(_wiring: Wiring, _platform: FargatePlatform) -> None:
    """The healthy platform is the situation."""


def _auditor_not_admitted(_wiring: Wiring, platform: FargatePlatform) -> None:
    store = platform.estate.database.store
    platform.swallow(store.address, store.port, auditor_only=True)


def _swallow_neighbour(wiring: Wiring, platform: FargatePlatform, rest: str) -> tuple[str, int]:
    address, port = private_address(platform.estate.network, rest), platform.estate.service(wiring.neighbour).port
    platform.swallow(address, port)
    return address, port
