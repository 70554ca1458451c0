"""The Hokusai platform's names, addresses and credentials in the sandbox. Nothing here knows a process."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.net.sandbox_network import translate

NAMESPACE = "hokusai-development.local"
CLUSTER = "hokusai-development"
DATABASE = "mlflow_db"
APPLICATION_ROLE = "mlflow"
MONITORING_ROLE = "health_auditor"
APPLICATION_SECRET = "hokusai/app-secrets/development"
MONITORING_SECRET = "hokusai/health-auditor/database"
CANARY_SECRET = "hokusai/health-auditor/canary-api-key"
REDIS_SECRET = "hokusai/redis/development/auth-token"
DATABASE_NAME = "hokusai-mlflow-development.c0ffee0example.us-east-1.rds.amazonaws.com"
REDIS_NAME = "master.hokusai-redis-development.c0ffee.use1.cache.amazonaws.com"
MLFLOW_NAME = f"mlflow.{NAMESPACE}"
API_NAME = f"api.{NAMESPACE}"
AUTH_NAME = f"auth.{NAMESPACE}"
REGISTRY, MAIN, AUTH = "registry.hokus.ai", "api.hokus.ai", "auth.hokus.ai"
PUBLIC_NAMES = (REGISTRY, MAIN, AUTH)
API_PORT, MLFLOW_PORT, AUTH_PORT, DATABASE_PORT, REDIS_PORT = 8001, 5000, 8000, 5432, 6379
RAW_PORT_OFFSET = 10_000
"""PostgreSQL and Valkey themselves speak no TLS; they stand on their address this much above the port of the front."""

_PEER_OFFSET = 100
"""As in the minimal estate the platform dials 100 networks above the auditor, so that either can be shut out alone."""
_PUBLIC_BLOCKS = 80
"""Of three public addresses each; sandboxes whose networks differ by less than this do not meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HokusaiEstate:
    """One platform in 10.``network``.0.0/16, with three public addresses of its own in 203.0.113.0/24."""

    network: int
    application_password: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    monitoring_password: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    redis_token: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    secret_key: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    canary_key: str = field(repr=False, default_factory=lambda: "hk_" + secrets.token_urlsafe(24))

    def private(self, rest: str) -> str:
        """An address of the VPC: ``1.221`` is 10.N.1.221."""
        return f"10.{self.network}.{rest}"

    def public(self, number: int) -> str:
        """One of the three public addresses."""
        return f"203.0.113.{10 + 3 * (self.network % _PUBLIC_BLOCKS) + number}"

    @property
    def mlflow(self) -> str:
        """The MLflow task's address; four of them in a month were recorded, this is the last."""
        return self.private("1.221")

    @property
    def earlier_mlflow(self) -> str:
        """The address of an MLflow task that was replaced; nothing answers there."""
        return self.private("3.219")

    @property
    def hard_coded_mlflow(self) -> str:
        """The address that a released image carries in its code; nothing answers there either."""
        return self.private("1.173")

    @property
    def api(self) -> str:
        """The API task's address."""
        return self.private("1.150")

    @property
    def auth(self) -> str:
        """The authentication task's address."""
        return self.private("2.88")

    @property
    def database(self) -> str:
        """The address behind the RDS endpoint."""
        return self.private("2.20")

    @property
    def redis(self) -> str:
        """The address behind the ElastiCache endpoint."""
        return self.private("2.30")

    @property
    def names(self) -> Mapping[str, str]:
        """The records of the sandbox's DNS; every other name does not exist."""
        balancers = {name: self.public(number) for number, name in enumerate(PUBLIC_NAMES)}
        tasks = {MLFLOW_NAME: self.mlflow, API_NAME: self.api, AUTH_NAME: self.auth}
        return {**balancers, **tasks, DATABASE_NAME: self.database, REDIS_NAME: self.redis}

    @property
    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """The secrets as their owner would have put them."""
        return {
            APPLICATION_SECRET: {
                "secret_key": self.secret_key,
                "database_password": self.application_password,
            },
            MONITORING_SECRET: {"username": MONITORING_ROLE, "password": self.monitoring_password},
            CANARY_SECRET: {"api_key": self.canary_key},
            REDIS_SECRET: {"auth_token": self.redis_token},
        }


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
