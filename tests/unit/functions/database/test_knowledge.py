"""What one probe of PostgreSQL lets one say of name, port, login and slots."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import LoginAnswered, NameResolves, PortAnswers, SlotsUsed
from auditor.domain.diagnosis.store_claims import (
    DemandsEncryption,
    LocksHeld,
    PasswordUnfitForUrl,
    SchemaRevision,
    StoreCertificate,
)
from auditor.domain.diagnosis.store_words import Holding, Trust
from auditor.domain.diagnosis.words import LoginOutcome, NameOutcome, PortOutcome
from auditor.domain.observation import Phase
from functions.database.facts import (
    ActivityFacts,
    DatabaseFacts,
    OpenTransaction,
    SchemaFacts,
    SecretAgreement,
    ServerFacts,
    WaitingSession,
)
from functions.database.family import DatabaseSpec, SchemaVersion
from tests.knowing import claims

HOST = "db.shop.internal"
THERE = ("10.0.1.5", "10.0.2.5")
NAMED = (Phase.NAME,)
CONNECTED = (Phase.NAME, Phase.TCP)
LOGGED_IN = (Phase.NAME, Phase.TCP, Phase.LOGIN)


def spec(**changes: Any) -> DatabaseSpec:
    values = {"host": HOST, "database": "orders", "user": "shop", "secret": "shop/db", "login": "application"}
    return DatabaseSpec(**(values | changes))


def said(
    kind: type[Any],
    ok: tuple[Phase, ...] = LOGGED_IN,
    failure: tuple[Phase, str] | None = None,
    *,
    of: DatabaseSpec | None = None,
    **facts: Any,
) -> list[Any]:
    values = {"login": "application", "addresses": THERE, **facts}
    found = claims("database", of or spec(), DatabaseFacts(**values), component="rds", ok=ok, failure=failure)
    return [claim for claim in found if isinstance(claim, kind)]


def test_a_name_that_resolved_has_all_its_addresses() -> None:
    (claim,) = said(NameResolves, NAMED, (Phase.TCP, "tcp.timeout"))
    assert (claim.name, claim.outcome, claim.addresses) == (HOST, NameOutcome.RESOLVED, THERE)


@pytest.mark.parametrize("word", ["nxdomain", "nodata", "servfail", "refused", "timeout"])
def test_a_name_that_did_not_is_quoted(word: str) -> None:
    (claim,) = said(NameResolves, (), (Phase.NAME, f"dns.{word}"), addresses=())
    assert (claim.outcome, claim.addresses) == (NameOutcome(word), ())
    assert said(PortAnswers, (), (Phase.NAME, f"dns.{word}"), addresses=()) == []


@pytest.mark.parametrize("cause", ["dns.malformed", "dns.unreachable"])
def test_a_resolver_that_was_not_understood_says_nothing_of_the_name(cause: str) -> None:
    assert said(object, (), (Phase.NAME, cause), addresses=()) == []


def test_a_literal_address_was_not_looked_up() -> None:
    assert said(NameResolves, of=spec(host="10.0.1.5"), addresses=("10.0.1.5",)) == []
    (port,) = said(PortAnswers, of=spec(host="10.0.1.5"), addresses=("10.0.1.5",))
    assert port.outcome is PortOutcome.OPEN


def test_a_connection_proves_the_port_of_the_first_address_whatever_comes_later() -> None:
    for failure in (None, (Phase.TLS, "tls.expired"), (Phase.LOGIN, "pg.auth_failed")):
        (claim,) = said(PortAnswers, CONNECTED, failure)
        assert (claim.host, claim.address, claim.port, claim.outcome) == (HOST, "10.0.1.5", 5432, PortOutcome.OPEN)


@pytest.mark.parametrize("word", ["timeout", "refused", "reset", "unreachable"])
def test_a_refused_connection_is_quoted(word: str) -> None:
    (claim,) = said(PortAnswers, NAMED, (Phase.TCP, f"tcp.{word}"))
    assert claim.outcome is PortOutcome(word)
    assert said(LoginAnswered, NAMED, (Phase.TCP, f"tcp.{word}")) == []


def test_a_probe_that_ended_before_the_connection_says_nothing_of_the_port() -> None:
    assert said(PortAnswers, NAMED) == []


def test_an_accepted_login_says_whose_it_is_and_where() -> None:
    (claim,) = said(LoginAnswered, secret_agrees=SecretAgreement(user=True))
    assert (claim.host, claim.user, claim.database, claim.secret) == (HOST, "shop", "orders", "shop/db")
    assert (claim.outcome, claim.of_platform, claim.secret_names_user) == (LoginOutcome.ACCEPTED, True, True)
    (own,) = said(LoginAnswered, login="own", of=spec(login="own"))
    assert (own.of_platform, own.secret_names_user) == (False, None)


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("pg.auth_failed", LoginOutcome.CREDENTIALS_REFUSED),
        ("pg.not_permitted", LoginOutcome.NOT_PERMITTED),
        ("pg.no_database", LoginOutcome.NO_SUCH_DATABASE),
        ("pg.no_hba_no_tls", LoginOutcome.ENCRYPTION_DEMANDED),
        ("pg.slots_full", LoginOutcome.SLOTS_FULL),
        ("pg.starting", LoginOutcome.STARTING),
        ("pg.storage_full", LoginOutcome.STORAGE_FULL),
        ("pg.certificate_demanded", LoginOutcome.REFUSED_OTHERWISE),
        ("pg.role_limit", LoginOutcome.REFUSED_OTHERWISE),
        ("pg.no_privilege", LoginOutcome.REFUSED_OTHERWISE),
    ],
)
def test_a_refused_login_is_quoted(cause: str, outcome: LoginOutcome) -> None:
    (claim,) = said(LoginAnswered, CONNECTED, (Phase.LOGIN, cause))
    assert claim.outcome is outcome


@pytest.mark.parametrize("cause", ["pg.login_timeout", "pg.protocol", "pg.auth_unsupported", "tcp.reset"])
def test_a_login_that_was_not_answered_is_neither_accepted_nor_refused(cause: str) -> None:
    assert said(LoginAnswered, CONNECTED, (Phase.LOGIN, cause)) == []


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("pg.no_privilege", LoginOutcome.ACCEPTED),
        ("pg.query_timeout", LoginOutcome.ACCEPTED),
        ("pg.terminated", LoginOutcome.ACCEPTED),
        ("pg.starting", LoginOutcome.STARTING),
        ("pg.slots_full", LoginOutcome.SLOTS_FULL),
    ],
)
def test_who_may_not_read_was_let_in_and_what_a_server_says_of_itself_counts_later_too(
    cause: str, outcome: LoginOutcome
) -> None:
    (claim,) = said(LoginAnswered, LOGGED_IN, (Phase.QUERY, cause))
    assert claim.outcome is outcome


SERVER = ServerFacts(
    version="16.3",
    user="shop",
    database="orders",
    in_recovery=False,
    connections_used=7,
    connections_max=97,
    connections_of_own_role=1,
    role_is_monitor=True,
    activity=ActivityFacts(),
)


def test_slots_are_counted_where_the_query_was_answered() -> None:
    (claim,) = said(SlotsUsed, server=SERVER)
    assert (claim.component, claim.used, claim.allowed) == ("rds", 7, 97)
    assert said(SlotsUsed) == []
    assert claims("database", spec(), None) == []


def activity(*seconds: float, blocker: OpenTransaction | None = None) -> ServerFacts:
    waiting = tuple(WaitingSession(role="shop", seconds=each) for each in seconds)
    return replace(SERVER, activity=ActivityFacts(waiting=waiting, blockers=(blocker,) if blocker else ()))


def test_locks_are_spoken_of_beyond_the_catalogues_limits_only() -> None:
    blocker = OpenTransaction(pid=4711, role="clerk", state="idle_in_transaction", seconds=310.0, blocks=2)
    (claim,) = said(LocksHeld, server=activity(42.0, 12.0, 3.0, blocker=blocker))
    assert (claim.waiting, claim.longest_wait, claim.held_for) == (2, 42.0, 310.0)
    assert (claim.holding, claim.process, claim.role) == (Holding.IDLE, 4711, "clerk")
    assert said(LocksHeld, server=activity(10.0, blocker=blocker)) == []
    assert said(LocksHeld, server=activity(42.0, 12.0), of=spec(max_blocked=2)) == []
    (alone,) = said(LocksHeld, server=activity(42.0))
    assert (alone.holding, alone.process) == (Holding.UNKNOWN, 0)
    assert said(LocksHeld, server=replace(SERVER, activity=None)) == []


def test_a_server_that_forces_encryption_says_so() -> None:
    assert said(DemandsEncryption, server=SERVER) == []
    (claim,) = said(DemandsEncryption, server=replace(SERVER, forces_tls=True))
    assert claim.host == HOST


@pytest.mark.parametrize(
    ("cause", "trust"),
    [
        ("tls.untrusted", Trust.UNKNOWN_AUTHORITY),
        ("tls.self_signed", Trust.UNKNOWN_AUTHORITY),
        ("tls.expired", Trust.EXPIRED),
        ("tls.name_mismatch", Trust.OTHER_NAME),
        ("tls.not_yet_valid", Trust.WRONG_OTHERWISE),
    ],
)
def test_a_certificate_that_was_verified_is_spoken_of(cause: str, trust: Trust) -> None:
    (claim,) = said(StoreCertificate, CONNECTED, (Phase.TLS, cause), of=spec(tls="verify"))
    assert (claim.host, claim.trust) == (HOST, trust)
    assert said(StoreCertificate, CONNECTED, (Phase.TLS, cause)) == []


def test_a_certificate_that_was_believed_is_spoken_of_and_one_that_nobody_looked_at_is_not() -> None:
    seen = (*CONNECTED, Phase.TLS)
    (claim,) = said(StoreCertificate, seen, (Phase.LOGIN, "pg.auth_failed"), of=spec(tls="verify"))
    assert claim.trust is Trust.TRUSTED
    assert said(StoreCertificate, seen) == []
    assert said(StoreCertificate, CONNECTED, (Phase.TLS, "tls.timeout"), of=spec(tls="verify")) == []


@pytest.mark.parametrize(("breaks", "count"), [(True, 1), (False, 0), (None, 0)])
def test_a_password_that_no_url_takes_as_it_is_belongs_to_a_secret(breaks: bool | None, count: int) -> None:
    found = said(PasswordUnfitForUrl, password_breaks_url=breaks)
    assert [(claim.host, claim.secret) for claim in found] == [(HOST, "shop/db")] * count


DECLARED = (SchemaVersion(table="alembic_version", expected=("a1", "b2")),)


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (SchemaFacts(table="alembic_version", outcome="read", revisions=("a1",)), [("a1",)]),
        (SchemaFacts(table="alembic_version", outcome="absent"), [()]),
        (SchemaFacts(table="alembic_version", outcome="read", revisions=("b2", "a1")), []),
        (SchemaFacts(table="alembic_version", outcome="denied"), []),
        (SchemaFacts(table="alembic_version", outcome="failed"), []),
    ],
)
def test_a_schema_is_spoken_of_where_it_was_read_and_is_another(
    schema: SchemaFacts, found: list[tuple[str, ...]]
) -> None:
    told = said(SchemaRevision, schema=(schema,), of=spec(schema_versions=DECLARED))
    assert [claim.found for claim in told] == found
    assert all(claim.expected == ("a1", "b2") and claim.database == "orders" for claim in told)
