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
class RoleUse:
    """A role's connections. ``idle_in_transaction`` is None where the own role may not see what others do."""

    role: str
    connections: int
    idle_in_transaction: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingSession:
    """A client's session that waits for a lock that another holds, and for how long already."""

    role: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransaction:
    """A transaction that is open: whose, what it does now, and for how long it is open.

    ``pid`` is the server's process, 0 for a prepared transaction, which has none. ``state``: ``active`` runs a
    statement, ``idle_in_transaction`` waits for its client. ``seconds`` is None where the server does not say it.
    ``blocks``: sessions that wait for its locks; 0 too where that was not the question.
    """

    pid: int
    role: str
    state: Literal["active", "idle_in_transaction", "prepared", "other"]
    seconds: float | None
    blocks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFacts:
    """What the sessions of others do, which only a role of pg_monitor sees. Each list begins with the longest.

    ``waiting``: sessions that wait for a lock, at most 20; not for advisory locks, for which a stand-in waits for ever.
    ``blockers``: what they wait for in the end, without those that wait themselves, at most 5. ``oldest``: the three
    oldest transactions of clients.
    """

    waiting: tuple[WaitingSession, ...] = ()
    blockers: tuple[OpenTransaction, ...] = ()
    oldest: tuple[OpenTransaction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What the server said about itself and its connections.

    ``connections_max`` is what ordinary roles may use: max_connections without the reserved slots. ``role_is_monitor``:
    the own role may see what others do. ``offers_tls``: its setting ``ssl``; ``forces_tls``: RDS refuses clients
    without (``rds.force_ssl``). ``read_only_by_default``: what begins a transaction without a word may not write;
    ``read_only_is_of_role``: because the own role is set so. ``replay_lag_seconds``: how far a standby is behind, None
    where that cannot be told; ``replicas``: who replicates from this server, and the worst lag among them.
    ``roles``: who holds the connections, the most first, at most 8.
    """

    version: str
    user: str
    database: str
    in_recovery: bool
    connections_used: int
    connections_max: int
    connections_of_own_role: int
    role_is_monitor: bool
    offers_tls: bool = False
    forces_tls: bool = False
    read_only_by_default: bool = False
    read_only_is_of_role: bool = False
    replay_lag_seconds: float | None = None
    replicas: int = 0
    replicas_lag_seconds: float | None = None
    roles: tuple[RoleUse, ...] = ()
    activity: ActivityFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFacts:
    """One declared version table. ``revisions``: what it holds, where it was ``read``, at most 10.

    ``denied``: the own role may not read the column; ``failed``: the reading itself failed, such as for a lock that a
    migration holds; ``unfit``: what the column holds are no revisions.
    """

    table: str
    outcome: Literal["read", "absent", "denied", "failed", "unfit"]
    revisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """One probe, as far as it came: ``server`` is None unless the query was answered.

    ``addresses`` holds every address of the name; the first one was asked, as PostgreSQL's own clients do.
    ``encrypted`` is None until the phase that decides it is over. ``sqlstate`` is the server's code of a refusal.
    ``password_breaks_url``: the secret's password holds a character that must be percent-encoded in a URL; None where
    the secret was not read. ``schema``: the declared version tables.
    """

    addresses: tuple[str, ...] = ()
    resolver: str = ""
    encrypted: bool | None = None
    login: Literal["own", "application"]
    secret_agrees: SecretAgreement = field(default_factory=SecretAgreement)
    password_breaks_url: bool | None = None
    sqlstate: str = ""
    server: ServerFacts | None = None
    schema: tuple[SchemaFacts, ...] = ()


def _cause(id: str, meaning: str) -> Cause:
    # Each of these needs an established connection, so packets went there and back.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("pg.tls_refused", "the server does not offer TLS"),
    _cause("pg.auth_failed", "wrong password, unknown user or expired password; the server does not say which"),
    _cause("pg.not_permitted", "the role may not log in"),
    _cause("pg.no_hba", "the server's pg_hba.conf admits no such client, user and database"),
    _cause("pg.no_hba_no_tls", "the server's pg_hba.conf admits no such client without encryption"),
    _cause("pg.certificate_demanded", "the server demands a client certificate, which was not presented"),
    _cause("pg.no_privilege", "the role lacks the privilege to connect to the database or to read what is asked"),
    _cause("pg.no_database", "the database does not exist"),
    _cause("pg.database_closed", "the database exists and accepts no connections"),
    _cause("pg.slots_full", "all connection slots of the server are taken"),
    _cause("pg.role_limit", "the role has used up its own connection limit"),
    _cause("pg.database_limit", "the database has used up its own connection limit"),
    _cause("pg.starting", "the server is starting, stopping or recovering"),
    _cause("pg.terminated", "the server ended the session by an administrator's command or its own shutdown"),
    _cause("pg.read_only", "the server is a standby and refuses writes"),
    _cause("pg.not_replica", "the server is a primary where the catalogue declares a replica"),
    _cause("pg.read_only_default", "transactions in this database are read-only unless they say otherwise"),
    _cause("pg.storage_full", "the server has no space left on its disk"),
    _cause("pg.out_of_memory", "the server has no memory left"),
    _cause("pg.auth_unsupported", "the server demands a login method that the auditor does not offer"),
    _cause("pg.login_timeout", "the server took the connection and did not finish the login in time"),
    _cause("pg.login_failed", "the server refused the login for another reason"),
    _cause("pg.query_timeout", "the login succeeded and the query was not answered in time"),
    _cause("pg.query_failed", "the server refused the query"),
    _cause("pg.protocol", "what the peer sent is not the PostgreSQL protocol"),
    _cause("pg.connections_high", "more connection slots are taken than the catalogue's threshold allows"),
    _cause("pg.sessions_blocked", "sessions wait for locks for longer than the catalogue allows"),
    _cause("pg.transaction_long", "a transaction is open for longer than the catalogue allows"),
    _cause("pg.replica_behind", "a replica is further behind than the catalogue allows"),
    _cause("pg.lag_not_told", "the server does not say how far behind it is"),
    _cause("pg.schema_differs", "the database's schema has another revision than the catalogue declares"),
    _cause("pg.schema_absent", "the table that should hold the schema's revision does not exist"),
    _cause("pg.schema_unread", "the schema's revision could not be read"),
    _cause("pg.slow", "the whole probe took longer than a healthy database needs"),
    Cause(
        id="pg.ca_file_unusable",
        meaning="the auditor cannot use the CA file that the catalogue names",
        proves_path=False,
    ),
)

FACTS = DatabaseFacts
"""What an observation of this family holds; a replay reads it back by this name."""
