"""What stands in a sandboxed platform: names, addresses, roles, settings. Nothing here knows a process."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auditor.net.sandbox_network import translate

RAW_PORT_OFFSET = 10_000
"""PostgreSQL and Valkey themselves speak no TLS; they stand on their address this much above the port of the front."""

_PEER_OFFSET = 100
"""As in the minimal estate the platform dials 100 networks above the auditor, so that either can be shut out alone."""
_PUBLIC_BLOCKS = 80
"""Of three public addresses each; sandboxes whose networks differ by less than this do not meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What one sandbox makes up for itself."""

    application_password: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    monitoring_password: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    cache_token: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    signing_key: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    canary_key: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A data store behind TLS: the name that clients use, and the address behind it."""

    name: str
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """PostgreSQL: what it serves, to whom. ``schema`` makes the tables that the services read.

    ``identifier`` is its name in RDS. ``versions``: columns in which a tool of migrations keeps what it has applied,
    as schema.table.column.
    """

    identifier: str
    store: Store
    database: str
    application_role: str
    application_secret: str
    monitoring_role: str
    schema: tuple[str, ...]
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Valkey, the secret with its token, and the SSM parameters that tell where it is.

    ``identifier`` is its name in ElastiCache. ``queue`` is the list that producers push to; ``envelope`` makes the
    message of a number, as they write it.
    """

    identifier: str
    store: Store
    secret: str
    parameters: Mapping[str, str]
    queue: str
    envelope: Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of ECS with one task, as the control plane should say it. ``name`` is its name in Cloud Map.

    ``references``: by variable, either ``secret:key`` with the name of a secret, or the path of an SSM parameter.
    ``health`` is the path that the container's own check asks, ``check`` path and matcher of the target group's.
    """

    name: str
    ecs_name: str
    container: str
    address: str
    port: int
    size: tuple[str, str]
    health: str
    target_group: str
    check: tuple[str, str]
    log_group: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """One public load balancer: 443 forwards by path, 80 redirects. ``rules``: priority, path pattern, service."""

    name: str
    host: str
    address: str
    default: str
    rules: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkNames:
    """What the parts of the network are called: Name tags of VPC, private subnets, their list and NAT gateway; groups.

    ``earlier_tasks`` is the group that the tasks had before the one that they have.
    """

    vpc: str
    subnet: str
    acl: str
    nat: str
    tasks: str
    earlier_tasks: str
    database: str
    cache: str
    balancers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """One platform in 10.``network``.0.0/16.

    ``services_module`` runs its services; ``secrets`` are the texts by name; ``certificate`` is the public name that
    its load balancers show; ``roles`` are the names of execution role and task role; ``release`` is the images' tag;
    ``queues`` are SQS's, each with the one that takes its dead letters; ``test_results`` are the bucket and the folder
    that CI writes to.
    """

    network: int
    network_names: NetworkNames
    services_module: str
    namespace: str
    cluster: str
    certificate: str
    roles: tuple[str, str]
    release: str
    database: Database
    cache: Cache
    services: tuple[Service, ...]
    load_balancers: tuple[LoadBalancer, ...]
    credentials: Credentials = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    queues: Mapping[str, str] = field(default_factory=dict)
    test_results: tuple[str, str] = ("", "")

    def service(self, name: str) -> Service:
        """One of the services."""
        (found,) = (service for service in self.services if service.name == name)
        return found

    def internal(self, name: str) -> str:
        """The name of a service in the platform's own namespace."""
        return f"{name}.{self.namespace}"

    @property
    def names(self) -> Mapping[str, str]:
        """The records of the sandbox's DNS; every other name does not exist."""
        public = {balancer.host: balancer.address for balancer in self.load_balancers}
        tasks = {self.internal(service.name): service.address for service in self.services}
        stores = {store.name: store.address for store in (self.database.store, self.cache.store)}
        return {**public, **tasks, **stores}


def private_address(network: int, rest: str) -> str:
    """An address of the VPC: ``1.221`` is 10.N.1.221."""
    return f"10.{network}.{rest}"


def public_address(network: int, number: int) -> str:
    """One of three public addresses in 203.0.113.0/24."""
    return f"203.0.113.{10 + 3 * (network % _PUBLIC_BLOCKS) + number}"


def auditor_side(address: str, port: int) -> tuple[str, int]:
    """Where the auditor's dial of an address ends."""
    return translate(address, port)


def platform_side(address: str, port: int) -> tuple[str, int]:
    """Where the platform's own services dial an address; a public one is the same for everybody."""
    host, dialled = translate(address, port)
    if not address.startswith("10."):
        return host, dialled
    first, second, rest = host.split(".", 2)
    return f"{first}.{int(second) + _PEER_OFFSET}.{rest}", dialled
