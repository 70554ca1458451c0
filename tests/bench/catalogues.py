"""Catalogues of any size for the benches: services of 125 targets, mostly pages, some names, a few databases."""

import json

from tests.bench.estate import DATABASE, DATABASE_HOST, DATABASE_USER, HOSTS, SECRET

TARGETS_A_SERVICE = 125
_NAMES, _DATABASES = 10, 5


def catalogue_text(targets: int, *, network: int, broken_every: int = 0, secret_id: str = SECRET) -> str:
    """A catalogue of so many targets, whose every ``broken_every``-th page answers 503. JSON, which is YAML.

    Its addresses lie in 10.``network``.0.0/16.
    """
    services = [f"svc-{number:03}" for number in range(-(-targets // TARGETS_A_SERVICE))]
    document = {
        "schema_version": 1,
        "platform": {"name": "bench", "title": f"A platform of {targets:,} targets", "region": "us-east-1"},
        "services": [{"id": id, "title": f"Service {id}", "owner": "bench-team"} for id in services],
        "components": [{"id": f"app.{id.replace('-', '_')}", "service": id} for id in services],
        "targets": [
            _target(number, services[number // TARGETS_A_SERVICE], network, broken_every=broken_every, secret=secret_id)
            for number in range(targets)
        ],
        # Every service needs the first one, as every service of a platform needs its login or its bus.
        "dependencies": [{"service": id, "needs": services[0]} for id in services[1:]],
    }
    return json.dumps(document, indent=1)


def _target(number: int, service: str, network: int, *, broken_every: int, secret: str) -> dict[str, object]:
    place = number % TARGETS_A_SERVICE
    host = f"host-{number % HOSTS:02}.bench.internal"
    common = {"service": service, "component": f"app.{service.replace('-', '_')}"}
    if place < _DATABASES:
        spec: dict[str, object] = {"host": DATABASE_HOST, "database": DATABASE, "user": DATABASE_USER}
        spec |= {"secret": secret, "tls": "disable", "login": "application"}
        return {"id": f"{service}-db-{place}", "family": "database", **common, "spec": spec}
    if place < _DATABASES + _NAMES:
        spec = {"name": host, "within": [f"10.{network}.0.0/16"]}
        return {"id": f"{service}-name-{place:02}", "family": "dns", **common, "spec": spec}
    page = "broken" if broken_every and place % broken_every == 0 else "page"
    spec = {"url": f"http://{host}/{page}", "expect": {"json": [{"path": "$.status", "equals": "ok"}]}}
    proves = [f"{service}-db-{place % _DATABASES}"] if place >= TARGETS_A_SERVICE - _NAMES else []
    return {"id": f"{service}-page-{place:02}", "family": "http", **common, "proves": proves, "spec": spec}
