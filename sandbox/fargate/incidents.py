"""The situations that a sandboxed platform produces with real parts; the platform only says what they meet there.

The ids are those of the recorded incidents; `tests/incidents` holds what is to be found out. ``produce`` is called
before the services start, or later and then the services are started anew.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from sandbox.fargate.estate import auditor_side, platform_side, private_address
from sandbox.fargate.platform import FargatePlatform

_WITHOUT_CACHE = ("H13", "B02")
"""On the day of the first one the cache was not deployed, either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One situation, and how it is brought about on a healthy platform.

    ``absent``: targets that the catalogue of this situation declares as not deployed.
    """

    what: str
    produce: Callable[[FargatePlatform], None]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Health checks that a service does not pass though it is well.

    ``matcher`` does not hold what ``strict`` answers on its checked path; ``moved`` has no page at ``path``.
    """

    strict: str
    matcher: str
    moved: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Load balancers whose rules go wrong.

    On ``balancer`` the rule of ``path`` leads to ``wrong``; ``bare`` loses all rules of 443; ``stopped`` runs nothing.
    """

    balancer: str
    path: str
    wrong: str
    bare: str
    stopped: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What of a platform the situations meet: a service that calls its neighbour by a URL and keeps data in a store.

    ``url`` and ``user`` are variables of the caller, ``cache_settings`` all of those that lead to the cache, and
    ``cache_parameters`` the SSM parameters that some of them can take their value from. ``cache_targets``
    are the catalogue's targets of the cache.
    ``earlier`` and ``hard_coded`` are private addresses where nothing answers: of a task of the neighbour that was
    replaced, and the one that the image tagged ``tag_with_address`` carries in its code. ``password_key`` names the
    password in the database's secret, ``inline_password`` the variables, by service, that hold it in the clear.
    ``without_tls``: the variables, by service, with which a client comes to the database without encryption.
    ``models`` is the service that is an MLflow, and ``allowed_hosts`` its variable with the Host headers that it takes.
    """

    caller: str
    neighbour: str
    url: str
    wrong_namespace: str
    user: str
    wrong_user: str
    cache_settings: tuple[str, ...]
    cache_parameters: Mapping[str, str]
    cache_targets: tuple[str, ...]
    earlier: str
    hard_coded: str
    tag_with_address: str
    password_key: str
    models: str
    allowed_hosts: str
    inline_password: Callable[[str], dict[str, dict[str, str]]] = lambda _: {}
    check: Check
    entrance: Entrance
    without_tls: Callable[[str], dict[str, dict[str, str]]] = lambda _: {}


def incidents(wiring: Wiring) -> dict[str, Incident]:
    """The situations, as they are on one platform."""
    url, caller, neighbour = wiring.url, wiring.caller, wiring.neighbour
    produced: dict[str, tuple[str, Callable[[Wiring, FargatePlatform], None]]] = {
        "H04": (f"{url} is not set; {caller} falls back to localhost", _url_unset),
        "H13": (f"{url} names a namespace that does not exist", _wrong_namespace_and_old_image),
        "H14": (f"{caller} logs in as the wrong database user", _wrong_user),
        "H16": ("the SSM parameters that lead to the cache do not exist", _parameters_missing),
        "H19": (f"{url} holds the address of a task of {neighbour} that was replaced", _stale_address),
        "P08": (f"one of the two addresses of {neighbour} in Cloud Map is of a task that is gone", _dead_instance),
        "P09": (f"the Cloud Map service of {neighbour} was made anew, and ECS registers nobody in it", _unregistered),
        "P14": ("the certificate of the load balancers expired yesterday", _certificate_expired),
        "H27": (f"{wiring.models} takes the Host of its callers no more: the port counts", _host_without_port),
        "P02": ("every connection slot of PostgreSQL is taken", _slots_exhausted),
        "P21": ("the cache's memory is full of a queue that nobody reads, and it may evict nothing", _cache_full),
        "P03": ("a client comes without TLS to a database that demands it", _without_tls),
        "M06": ("the wrong namespace, and a database password that the server does not know", _two_faults),
        "B02": ("the cache is not deployed, by intention", _no_cache),
        "B06": ("protected endpoints answer 401 without a key: nothing is wrong", _nothing),
        "H01": (f"the check of {wiring.check.strict} does not accept what it answers", _strict_matcher),
        "H07": (f"nothing of {wiring.entrance.stopped} runs, its target group is empty", _nothing_runs),
        "H10": (f"the rule of {wiring.entrance.path} forwards to {wiring.entrance.wrong}", _wrong_rule),
        "H20": (f"the rules of {wiring.entrance.bare} stand on port 80 only", _rules_on_80),
        "P16": (f"the check of {wiring.check.moved} asks {wiring.check.path}, which does not exist", _wrong_path),
        "A04": ("the database admits everybody but the auditor", _auditor_not_admitted),
        "H25": ("the cache admits the group that the tasks had before", _cache_trusts_earlier_tasks),
        "P06": ("the network ACL of the private subnets lacks the ephemeral ports", _replies_dropped),
    }
    return {
        id: Incident(
            what=what,
            produce=partial(produce, wiring),
            absent=wiring.cache_targets if id in _WITHOUT_CACHE else (),
        )
        for id, (what, produce) in produced.items()
    }


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


def _parameters_missing(wiring: Wiring, platform: FargatePlatform) -> None:
    """ECS starts no task of such a revision; the one of before runs on, and falls back to its own host."""
    platform.control_plane.refer(wiring.caller, wiring.cache_parameters)
    platform.control_plane.remove_parameters()


def _cache_full(_wiring: Wiring, platform: FargatePlatform) -> None:
    platform.fill_cache()


def _dead_instance(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.register_dead_task(wiring.neighbour, private_address(platform.estate.network, wiring.earlier))


def _unregistered(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.recreate_registry(wiring.neighbour)


def _certificate_expired(_wiring: Wiring, platform: FargatePlatform) -> None:
    platform.let_certificate_expire()


def _host_without_port(wiring: Wiring, platform: FargatePlatform) -> None:
    """As after an upgrade whose list was written for an MLflow that compared names alone."""
    service = platform.estate.service(wiring.models)
    internal = platform.estate.internal(service.name)
    listed = service.variables[wiring.allowed_hosts].replace(f"{internal}:{service.port}", internal)
    platform.control_plane.change(wiring.models, **{wiring.allowed_hosts: listed})


def _slots_exhausted(_wiring: Wiring, platform: FargatePlatform) -> None:
    platform.fill_database_slots()


def _without_tls(wiring: Wiring, platform: FargatePlatform) -> None:
    for service, variables in wiring.without_tls(platform.estate.credentials.application_password).items():
        platform.control_plane.change(service, **variables)


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


def _strict_matcher(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.control_plane.entrances.check(wiring.check.strict, matcher=wiring.check.matcher)


def _wrong_path(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.control_plane.entrances.check(wiring.check.moved, path=wiring.check.path)


def _nothing_runs(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.control_plane.stop_tasks(wiring.entrance.stopped)


def _wrong_rule(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.control_plane.entrances.forward(wiring.entrance.balancer, wiring.entrance.path, wiring.entrance.wrong)


def _rules_on_80(wiring: Wiring, platform: FargatePlatform) -> None:
    platform.control_plane.entrances.put_rules_on_80(wiring.entrance.bare)


def _nothing(_wiring: Wiring, _platform: FargatePlatform) -> None:
    """The healthy platform is the situation."""


def _auditor_not_admitted(_wiring: Wiring, platform: FargatePlatform) -> None:
    store = platform.estate.database.store
    platform.control_plane.network.shut_out_auditor()
    platform.swallow(store.address, store.port, sides=(auditor_side,))


def _cache_trusts_earlier_tasks(_wiring: Wiring, platform: FargatePlatform) -> None:
    store = platform.estate.cache.store
    platform.control_plane.network.admit_only_earlier_tasks()
    platform.swallow(store.address, store.port, sides=(platform_side,))


def _replies_dropped(_wiring: Wiring, platform: FargatePlatform) -> None:
    """Between subnets; of what really is in between here these two are what everybody needs."""
    platform.control_plane.network.drop_replies()
    for store in (platform.estate.database.store, platform.estate.cache.store):
        platform.swallow(store.address, store.port)


def _swallow_neighbour(wiring: Wiring, platform: FargatePlatform, rest: str) -> tuple[str, int]:
    address, port = private_address(platform.estate.network, rest), platform.estate.service(wiring.neighbour).port
    platform.swallow(address, port)
    return address, port
