"""The auditor's side of a running platform: single questions, and the baseline that all of them make together."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from sandbox.hokusai import database
from sandbox.hokusai.authority import certificates_in
from sandbox.hokusai.dialling import Answer, Dialler
from sandbox.hokusai.estate import (
    API_NAME,
    API_PORT,
    APPLICATION_ROLE,
    AUTH,
    AUTH_NAME,
    AUTH_PORT,
    DATABASE,
    DATABASE_NAME,
    DATABASE_PORT,
    MAIN,
    MLFLOW_NAME,
    MLFLOW_PORT,
    MONITORING_ROLE,
    PUBLIC_NAMES,
    REDIS_NAME,
    REDIS_PORT,
    REGISTRY,
    HokusaiEstate,
    auditor_side,
)
from sandbox.instance import Instance

SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
PROXY = f"https://{REGISTRY}/api/mlflow{SEARCH}"
MLFLOW = f"http://{MLFLOW_NAME}:{MLFLOW_PORT}"
NO_KEY = '{"detail":"API key required"}'
_SECONDS = 20.0
_CONNECT_SECONDS = 1.0


class Vantage:
    """Asks as the auditor does: through the sandbox's DNS, at the addresses that it dials."""

    def __init__(self, instance: Instance, estate: HokusaiEstate) -> None:
        self._estate = estate
        self._dialler = Dialler(
            resolver=("127.0.0.1", instance.dns_port),
            own_address="127.0.0.1",
            trusted=certificates_in(instance.path).client_context(),
            side=auditor_side,
        )

    def ask(self, url: str, *, key: str | None = None, method: str = "GET") -> Answer:
        """One request, with a key if one is given."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self._dialler.ask(method, url, _SECONDS, headers=headers)

    def ask_with_key(self, url: str) -> Answer:
        """One request with the canary key."""
        return self.ask(url, key=self._estate.canary_key)

    def rcode(self, name: str) -> str:
        """What DNS says of a name."""
        return self._dialler.look_up(name)[0]

    def addresses(self, name: str) -> list[str]:
        """The addresses of a name."""
        return self._dialler.look_up(name)[1]

    def resolved(self, name: str) -> str:
        """The rcode and the addresses of a name, in one line."""
        return " ".join([self.rcode(name), *self.addresses(name)])

    def tcp(self, host: str, port: int) -> str:
        """``open``, ``timeout`` or ``refused``."""
        try:
            self._dialler.connect(host, port, _CONNECT_SECONDS).close()
        except TimeoutError:
            return "timeout"
        except ConnectionRefusedError:
            return "refused"
        return "open"

    def login(self, user: str, password: str) -> str:
        """``ok``, or the SQLSTATE and text of the refusal."""
        settings = {"host": DATABASE_NAME, "port": str(DATABASE_PORT), "user": user, "name": DATABASE}
        try:
            database.run(self._dialler, {**settings, "password": password}, "SELECT 1", _CONNECT_SECONDS * 3)
        except database.RefusedError as error:
            return f"{error.sqlstate} {error}"
        return "ok"

    def redis(self) -> str:
        """What Redis answers to AUTH and PING over TLS."""
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        with (
            closing(self._dialler.connect(REDIS_NAME, REDIS_PORT, _CONNECT_SECONDS)) as plain,
            unverified.wrap_socket(plain) as sock,
        ):
            sock.sendall(f"AUTH {self._estate.redis_token}\r\n".encode())
            accepted = sock.recv(256).decode().strip()
            sock.sendall(b"PING\r\n")
            return f"{accepted} {sock.recv(256).decode().strip()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the baseline."""

    what: str
    expected: str
    found: str

    @property
    def passed(self) -> bool:
        """Whether what was found begins with what was expected."""
        return self.found.startswith(self.expected)


def baseline(vantage: Vantage, estate: HokusaiEstate) -> Iterator[Line]:
    """The baseline of the incident catalogue, as far as the data plane shows it."""

    def line(what: str, expected: str, find: Callable[[], str]) -> Line:
        try:
            found = find()
        except OSError as error:
            found = f"{type(error).__name__}: {error}"
        return Line(what=what, expected=expected, found=found)

    for what, expected, answer in _requests(vantage):
        yield line(what, expected, partial(_told, answer))
    for name in (*PUBLIC_NAMES, MLFLOW_NAME, API_NAME, AUTH_NAME, DATABASE_NAME, REDIS_NAME):
        expected = f"NOERROR {estate.names[name]}"
        yield line(f"dns {name}", expected, partial(vantage.resolved, name))
    yield line("dns mlflow.hokusai.local", "NXDOMAIN", lambda: vantage.rcode("mlflow.hokusai.local"))
    for host, port in (
        (MLFLOW_NAME, MLFLOW_PORT),
        (API_NAME, API_PORT),
        (AUTH_NAME, AUTH_PORT),
        (DATABASE_NAME, DATABASE_PORT),
        (REDIS_NAME, REDIS_PORT),
    ):
        yield line(f"tcp {host}:{port}", "open", partial(vantage.tcp, host, port))
    yield line("postgres login mlflow", "ok", lambda: vantage.login(APPLICATION_ROLE, estate.application_password))
    yield line("postgres login auditor", "ok", lambda: vantage.login(MONITORING_ROLE, estate.monitoring_password))
    yield line("redis AUTH, PING", "+OK +PONG", vantage.redis)


def _requests(vantage: Vantage) -> tuple[tuple[str, str, Callable[[], Answer]], ...]:
    registry, main, auth = f"https://{REGISTRY}", f"https://{MAIN}", f"https://{AUTH}"

    def get(url: str) -> Callable[[], Answer]:
        return lambda: vantage.ask(url)

    return (
        ("registry / without key", f"401 {NO_KEY}", get(f"{registry}/")),
        ("registry /health", '200 {"status":"healthy"', get(f"{registry}/health")),
        ("registry /health detailed", '200 {"status":"healthy"', get(f"{registry}/health?detailed=true")),
        ("registry /health/mlflow", '200 {"circuit_breaker_state":"CLOSED"', get(f"{registry}/health/mlflow")),
        ("registry /ready", '200 {"ready":true,"can_serve_traffic":true', get(f"{registry}/ready")),
        ("registry /live", '200 {"alive":true', get(f"{registry}/live")),
        ("registry /version", '200 {"version"', get(f"{registry}/version")),
        ("registry /docs", "200 <!DOCTYPE html>", get(f"{registry}/docs")),
        ("registry /openapi.json", '200 {"openapi":"3.1.0"', get(f"{registry}/openapi.json")),
        ("registry /mlflow/ UI", "200 <!doctype html>", get(f"{registry}/mlflow/")),
        ("proxy without key", f"401 {NO_KEY}", get(PROXY)),
        (
            "proxy with a wrong key",
            '401 {"detail":"Invalid or expired API key"}',
            lambda: vantage.ask(PROXY, key="hk_made_up_by_nobody"),
        ),
        ("proxy with the canary key", '200 {"experiments":[{', lambda: vantage.ask_with_key(PROXY)),
        ("registry port 80", "301 https://registry.hokus.ai:443/", get(f"http://{REGISTRY}/")),
        ("api /health", '200 {"status":"healthy"', get(f"{main}/health")),
        ("api /api/v1/models without key", f"401 {NO_KEY}", get(f"{main}/api/v1/models")),
        ("api task /live", '200 {"alive":true', get(f"http://{API_NAME}:{API_PORT}/live")),
        ("mlflow /mlflow", f"308 {MLFLOW}/mlflow/", get(f"{MLFLOW}/mlflow")),
        ("mlflow /mlflow/health", "200 OK", get(f"{MLFLOW}/mlflow/health")),
        ("mlflow /health", "404 <!doctype html>", get(f"{MLFLOW}/health")),
        ("mlflow experiments/search", '200 {"experiments":[{', get(f"{MLFLOW}{SEARCH}")),
        (
            "mlflow search without max_results",
            '400 {"error_code":"INVALID_PARAMETER_VALUE"',
            get(f"{MLFLOW}{SEARCH.partition('?')[0]}"),
        ),
        ("auth /health", '200 {"status":"healthy"', get(f"{auth}/health")),
        (
            "auth validate without key",
            "401 ",
            lambda: vantage.ask(f"{auth}/api/v1/keys/validate", method="POST"),
        ),
        ("auth task /health", '200 {"status":"healthy"', get(f"http://{AUTH_NAME}:{AUTH_PORT}/health")),
    )


def _told(ask: Callable[[], Answer]) -> str:
    answer = ask()
    location = dict(answer.headers).get("Location")
    return f"{answer.status} {location or ' '.join(answer.body.decode(errors='replace').split())[:300]}"
