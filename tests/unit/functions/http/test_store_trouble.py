"""What drivers say of PostgreSQL, as services pass it on, in one word; and what is no word about a store."""

import json
from typing import Any

import pytest

from functions.http.store_trouble import of_error, of_health_page

_SERVER = 'connection to server at "db.internal" (10.0.2.20), port 5432 failed: '
# Measured with PostgreSQL 15.18 and libpq 15 but where a driver is named.
SAID = [
    (_SERVER + 'FATAL:  password authentication failed for user "mlflow"', "login_refused"),
    (
        _SERVER
        + 'FATAL:  password authentication failed for user "mlflow"\n'
        + _SERVER
        + 'FATAL:  no pg_hba.conf entry for host "10.0.1.5", user "mlflow", database "mlflow_db", no encryption',
        "login_refused",
    ),
    (
        'FATAL:  no pg_hba.conf entry for host "10.0.1.5", user "mlflow", database "mlflow_db", no encryption',
        "encryption_demanded",
    ),
    ('FATAL:  pg_hba.conf rejects connection for host "::1", user "a", database "b", SSL off', "encryption_demanded"),
    (_SERVER + 'FATAL:  database "mlflow" does not exist', "no_such_database"),
    (
        _SERVER + "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
        "slots_full",
    ),
    (_SERVER + "FATAL:  sorry, too many clients already", "slots_full"),
    ('could not extend file "base/16384/2619": No space left on device', "storage_full"),
    (_SERVER + "SSL error: certificate verify failed", "certificate_refused"),
    ('root certificate file "/root/.postgresql/root.crt" does not exist', "certificate_refused"),
    ("asyncpg: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed", "certificate_refused"),
    ('invalid integer value "ab" for connection option "port"', "address_unusable"),
    ('could not translate host name "cd@127.0.0.1" to address: Name or service not known', "address_unusable"),
    ("Port could not be cast to integer value as 'ab'", "address_unusable"),
    ("Could not parse SQLAlchemy URL from string 'canary'", "address_unusable"),
    ('(psycopg2.errors.UndefinedTable) relation "registered_models" does not exist', "schema_differs"),
    ("column experiments.lifecycle does not exist", "schema_differs"),
    ("Detected out-of-date database schema (found version a1, but expected b2)", "schema_differs"),
    ("Can't locate revision identified by 'b2c4'", "schema_differs"),
]
NOT_SAID = [
    'FATAL:  no pg_hba.conf entry for host "10.0.1.5", user "mlflow", database "mlflow_db", SSL encryption',
    "requests: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
    "timeout expired",
    _SERVER + "Connection refused",
    'FATAL:  too many connections for role "single"',
    "No space left on device",
    "the database does not exist yet in the plan, says the wizard",
    "Redis: password incorrect",
    "",
]


@pytest.mark.parametrize(("text", "trouble"), SAID)
def test_an_error_passes_it_on(text: str, trouble: str) -> None:
    body = json.dumps({"error_code": "TEMPORARILY_UNAVAILABLE", "message": f"(psycopg2.OperationalError) {text}"})
    assert of_error(503, body.encode()) == trouble
    assert of_error(500, text.upper().encode()) == trouble


@pytest.mark.parametrize("text", NOT_SAID)
def test_other_words_are_none(text: str) -> None:
    assert of_error(503, text.encode()) is None
    assert of_health_page(json.dumps({"database": text}).encode()) is None


def test_below_500_nothing_is_an_error() -> None:
    assert of_error(404, SAID[0][0].encode()) is None


@pytest.mark.parametrize(
    "document",
    [
        {"checks": [{"name": "database", "passed": False, "error": SAID[0][0]}]},
        {"services": {"postgres": "unhealthy"}, "postgres_details": {"error": SAID[0][0]}},
        {"needs": [{"name": "orders-db", "state": "down", "why": {"text": SAID[0][0]}}]},
        {"db": SAID[0][0]},
    ],
)
def test_a_health_page_passes_it_on_under_the_stores_name(document: Any) -> None:
    assert of_health_page(json.dumps(document).encode()) == "login_refused"


@pytest.mark.parametrize(
    "document",
    [
        {"checks": [{"name": "mlflow", "passed": False, "error": SAID[0][0]}]},
        {"mlflow_details": {"error": SAID[0][0]}},
        {"error": SAID[0][0]},
        [SAID[0][0]],
        SAID[0][0],
    ],
)
def test_what_stands_under_another_name_may_be_a_neighbours_words(document: Any) -> None:
    assert of_health_page(json.dumps(document).encode()) is None


def test_a_page_without_end_is_left_at_some_point() -> None:
    deep: Any = {"db": SAID[0][0]}
    for _ in range(50):
        deep = {"a": deep}
    assert of_health_page(json.dumps(deep).encode()) is None
    wide = {"x": [{} for _ in range(100_000)], "db": "FATAL:  " + SAID[0][0]}
    assert of_health_page(json.dumps(wide).encode()) in (None, "login_refused")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 10_000, b'{"db": 1}', b"null"])
def test_what_is_no_document_says_nothing(body: bytes) -> None:
    assert of_health_page(body) is None
    assert of_error(500, body) is None
