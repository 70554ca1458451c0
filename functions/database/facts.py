"""What a probe of a PostgreSQL target keeps, and why it can fail. Nothing of a secret, nor a digest."""

from dataclasses import dataclass, field
from typing import Literal

from auditor.domain.cause import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretAgreement:
    """Whether what the secret says besides the password agrees with the catalogue; None where it says nothing."""

    user: bool | None = None
    host: bool | None = None
    port: bool | None = None
    database: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What the server said about itself and its connections.

    ``connections_max`` is what ordinary roles may use: max_connections without the reserved slots.
    """

    version: str
    user: str
    database: str
    in_recovery: bool
    connections_used: int
    connections_max: int
    connections_of_own_role: int
    role_is_monitor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """One probe, as far as it came: ``server`` is None unless the query was answered.

    ``addresses`` holds every address of the name; the first one was asked, as PostgreSQL's own clients do.
    ``encrypted`` is None until the phase that decides it is over. ``sqlstate`` is the server's code of a refusal.
    """

    addresses: tuple[str, ...] = ()
    resolver: str = ""
    encrypted: bool | None = None
    login: Literal["own", "application"]
    secret_agrees: SecretAgreement = field(default_factory=SecretAgreement)
    sqlstate: str = ""
    server: ServerFacts | None = None


def _cause(id: str, meaning: str) -> Cause:
    # Each of these needs an established connection, so packets went there and back.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("pg.tls_refused", "the server does not offer TLS"),
    _cause("pg.auth_failed", "wrong password, unknown user or expired password; the server does not say which"),
    _cause("pg.not_permitted", "the role may not log in"),
    _cause("pg.no_hba", "the server's pg_hba.conf admits no such client, user and database"),
    _cause("pg.no_hba_no_tls", "the server's pg_hba.conf admits no such client without encryption"),
    _cause("pg.no_privilege", "the role lacks the privilege to connect to the database or to read what is asked"),
    _cause("pg.no_database", "the database does not exist"),
    _cause("pg.database_closed", "the database exists and accepts no connections"),
    _cause("pg.slots_full", "all connection slots of the server are taken"),
    _cause("pg.role_limit", "the role has used up its own connection limit"),
    _cause("pg.database_limit", "the database has used up its own connection limit"),
    _cause("pg.starting", "the server is starting, stopping or recovering"),
    _cause("pg.terminated", "the server ended the session by an administrator's command or its own shutdown"),
    _cause("pg.read_only", "the server is a standby and refuses writes"),
    _cause("pg.auth_unsupported", "the server demands a login method that the auditor does not offer"),
    _cause("pg.login_timeout", "the server took the connection and did not finish the login in time"),
    _cause("pg.login_failed", "the server refused the login for another reason"),
    _cause("pg.query_timeout", "the login succeeded and the query was not answered in time"),
    _cause("pg.query_failed", "the server refused the query"),
    _cause("pg.protocol", "what the peer sent is not the PostgreSQL protocol"),
    _cause("pg.connections_high", "more connection slots are taken than the catalogue's threshold allows"),
    _cause("pg.slow", "the whole probe took longer than a healthy database needs"),
    Cause(
        id="pg.ca_file_unusable",
        meaning="the auditor cannot use the CA file that the catalogue names",
        proves_path=False,
    ),
)

FACTS = DatabaseFacts
"""What an observation of this family holds; a replay reads it back by this name."""
