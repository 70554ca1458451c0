"""Kinds of trouble with a database as files about the invented shop: from facts through checks to the root."""

from typing import Any

import pytest

from tests.unit.cli.test_incident_kinds import NOT_READY, outcome_of, shop_bundle

__all__ = ["outcome_of", "shop_bundle"]  # fixtures

STORE = "orders.db.shop.example"
SAYS = '      "probed[*].answer.store_trouble": {}\n'
DEMANDS = """
  orders-watch: { facts: { server.forces_tls: true } }
"""
URL = """
  front-settings:
    facts:
      "container.settings[variable=DB_NAME]":
        variable: DATABASE_URL
        form: url
        scheme: postgresql
        host: "{host}"
        database: "{database}"
        sslmode: "{sslmode}"
        has_credentials: {login}
        problem: "{problem}"
"""


def url(
    *, host: str = STORE, database: str = "orders", sslmode: str = "require", login: str = "false", problem: str = ""
) -> str:
    """The storefront's settings with the URL of its store in place of the database's name."""
    return URL.format(host=host, database=database, sslmode=sslmode, login=login, problem=problem)


LOCKED = """
  orders-watch:
    facts:
      server.activity:
        waiting: [{ role: clerk, seconds: 61.5 }, { role: clerk, seconds: 14.0 }]
        blockers: [{ pid: 4711, role: clerk, state: idle_in_transaction, seconds: 900.0, blocks: 2 }]
        oldest: [{ pid: 4711, role: clerk, state: idle_in_transaction, seconds: 900.0 }]
"""
BROKEN = url(host="", database="", login="true", problem="has two @: one in a password must be percent-encoded")
UNFIT = """
  orders-login: { facts: { password_breaks_url: true } }
"""

KINDS = {
    "locks are held": (LOCKED + NOT_READY, "rds", "DB_LOCK_CONTENTION"),
    "the disk is full": (
        """
  orders-watch:
    facts: { sqlstate: "53100", server: null }
    fails: { phase: login, cause: pg.storage_full }
  orders-login:
    facts: { sqlstate: "53100", server: null }
    fails: { phase: login, cause: pg.storage_full }
"""
        + NOT_READY,
        "rds",
        "DB_STORAGE_FULL",
    ),
    "TLS is switched off": (DEMANDS + url(sslmode="disable") + NOT_READY, "taskdef.front", "DB_TLS_REQUIRED"),
    "TLS is demanded of who says nothing of it": (
        DEMANDS + url(sslmode="") + NOT_READY + SAYS.format("encryption_demanded"),
        "taskdef.front",
        "DB_TLS_REQUIRED",
    ),
    "a login of its own is refused": (
        url(login="true") + NOT_READY + SAYS.format("login_refused"),
        "taskdef.front",
        "DB_BAD_PASSWORD",
    ),
    "the password breaks the URL of a setting": (UNFIT + BROKEN + NOT_READY, "taskdef.front", "SECRET_BREAKS_URL"),
    "the password breaks the URL that code builds": (
        UNFIT + NOT_READY + SAYS.format("address_unusable"),
        "code.front",
        "SECRET_BREAKS_URL",
    ),
    "a URL is unusable and no password is to blame": (BROKEN + NOT_READY, "taskdef.front", "CONFIG_VALUE_MALFORMED"),
    "a database that does not exist": (
        """
  front-settings: { facts: { "container.settings[variable=DB_NAME].text": oders } }
"""
        + NOT_READY
        + SAYS.format("no_such_database"),
        "taskdef.front",
        "DB_NAME_WRONG",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_trouble_with_a_database_is_traced_to_its_root(outcome_of: Any, kind: str) -> None:
    deviations, component, fault = KINDS[kind]
    truth = f"{{ roots: [{{ component: {component}, fault: {fault} }}] }}"
    outcome = outcome_of(deviations, truth)
    assert outcome.why == ()
    assert not outcome.diagnosis.undecided


UNDECIDED = {
    "a complaint alone": NOT_READY,
    "settings that leave TLS to the driver": DEMANDS + url(sslmode="") + NOT_READY,
    "a login of its own and no word of it": url(login="true") + NOT_READY,
    "a password of marks and no word of it": UNFIT + NOT_READY,
    "words of a refused login and none of its own": NOT_READY + SAYS.format("login_refused"),
    "words about a schema that nobody declared": NOT_READY + SAYS.format("schema_differs"),
}


@pytest.mark.parametrize("case", UNDECIDED)
def test_what_the_evidence_does_not_show_stays_undecided(outcome_of: Any, case: str) -> None:
    outcome = outcome_of(UNDECIDED[case])
    assert outcome.diagnosis.roots == ()
    assert outcome.diagnosis.undecided


WELL = {
    "short waits": LOCKED.replace("61.5", "9.5").replace("14.0", "0.2"),
    "a server that forces TLS": DEMANDS,
    "a password of marks": UNFIT,
    "a replica of the primary": """
  orders-watch: { facts: { server.replicas: 1, server.replicas_lag_seconds: 900.0 } }
""",
}


@pytest.mark.parametrize("case", WELL)
def test_what_is_well_opens_nothing(outcome_of: Any, case: str) -> None:
    outcome = outcome_of(WELL[case])
    assert outcome.right
    assert outcome.diagnosis.roots == ()
    assert not outcome.diagnosis.undecided
