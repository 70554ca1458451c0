"""The auditor's side of a running platform: single questions, and what a healthy platform answers to them."""

from collections.abc import Iterator, Mapping

from sandbox.fargate import cache, database
from sandbox.fargate.authority import certificates_in
from sandbox.fargate.dialling import Answer, Dialler
from sandbox.fargate.estate import Estate, auditor_side
from sandbox.instance import Instance

_SECONDS = 20.0
_CONNECT_SECONDS = 1.0


class Vantage:
    """Asks as the auditor does: through the sandbox's DNS, at the addresses that it dials."""

    def __init__(self, instance: Instance, estate: Estate) -> None:
        self._estate = estate
        self._dialler = Dialler(
            resolver=("127.0.0.1", instance.dns_port),
            own_address="127.0.0.1",
            trusted=certificates_in(instance.path).client_context(),
            side=auditor_side,
        )

    def ask(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """One request."""
        return self._dialler.ask(method, url, _SECONDS, headers=dict(headers or {}))

    def rcode(self, name: str) -> str:
        """What DNS says of a name."""
        return self._dialler.look_up(name)[0]

    def addresses(self, name: str) -> list[str]:
        """The addresses of a name."""
        return self._dialler.look_up(name)[1]

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
        store = self._estate.database.store
        settings = {
            "host": store.name,
            "port": str(store.port),
            "user": user,
            "name": self._estate.database.database,
        }
        try:
            database.run(self._dialler, {**settings, "password": password}, "SELECT 1", _CONNECT_SECONDS * 3)
        except database.RefusedError as error:
            return f"{error.sqlstate} {error}"
        return "ok"

    def ping_cache(self) -> str:
        """What Valkey answers to AUTH and PING over TLS."""
        store, token = self._estate.cache.store, self._estate.credentials.cache_token
        return cache.ping(self._dialler, store.name, store.port, token, _CONNECT_SECONDS)


def told(answer: Answer) -> str:
    """An answer in one line: status, then where it leads or what it says."""
    location = answer.header("Location")
    return f"{answer.status} {location or ' '.join(answer.body.decode(errors='replace').split())[:300]}"


def differences(vantage: Vantage, estate: Estate) -> Iterator[str]:
    """What is not as on a healthy platform: names, ports, logins."""
    for name, address in estate.names.items():
        if vantage.addresses(name) != [address]:
            yield f"{name}: {vantage.rcode(name)} {vantage.addresses(name)}"
    ports = [(estate.internal(service.name), service.port) for service in estate.services]
    ports += [(store.name, store.port) for store in (estate.database.store, estate.cache.store)]
    yield from (f"{host}:{port}" for host, port in ports if vantage.tcp(host, port) != "open")
    for role, password in (
        (estate.database.application_role, estate.credentials.application_password),
        (estate.database.monitoring_role, estate.credentials.monitoring_password),
    ):
        if (login := vantage.login(role, password)) != "ok":
            yield f"{role}: {login}"
    if (pong := vantage.ping_cache()) != "+OK +PONG":
        yield f"cache: {pong}"
