"""The minimal platform as it stands in the sandbox: names, addresses, roles. Nothing here knows a process."""

import secrets
from dataclasses import dataclass, field

from auditor.net.sandbox_network import translate

DATABASE = "orders"
APPLICATION_ROLE = "shop"
MONITORING_ROLE = "auditor"
APPLICATION_SECRET = "minimal/orders-db/application"
MONITORING_SECRET = "minimal/orders-db/auditor"
DATABASE_PORT = 5432
WEB_PORT = 80

_PEER_OFFSET = 100
"""The platform's own services reach each other 100 networks above the addresses that the auditor dials.

So the auditor alone can be shut out of a destination, as a missing security group rule does, without root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """One platform of the sandbox in the network 10.``network``.0.0/16, so that two sandboxes do not meet."""

    network: int
    application_password: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    monitoring_password: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))

    @property
    def web_address(self) -> str:
        """The web site's address, as DNS names it."""
        return f"10.{self.network}.1.10"

    @property
    def database_address(self) -> str:
        """The database's address, as DNS names it."""
        return f"10.{self.network}.2.20"

    @property
    def names(self) -> dict[str, str]:
        """The records of the sandbox's DNS."""
        return {"web.minimal.internal": self.web_address, "db.minimal.internal": self.database_address}

    def auditor_side(self, address: str, port: int) -> tuple[str, int]:
        """Where the auditor's dial of an address ends."""
        return translate(address, port)

    def platform_side(self, address: str, port: int) -> tuple[str, int]:
        """Where the platform's own services dial an address."""
        host, dialled = translate(address, port)
        first, second, rest = host.split(".", 2)
        return f"{first}.{int(second) + _PEER_OFFSET}.{rest}", dialled
