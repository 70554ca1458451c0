"""What answers mean, by their status, header and body; no text of a peer comes out."""

import json

import pytest

from auditor.domain.diagnosis.words import Emitter
from functions.journey.facts import CallFacts
from functions.journey.reading import document_of, refusal

PSYCOPG = '(psycopg2.OperationalError) connection to server at "10.0.2.20", port 5432 failed: '
NO_ENTRY = 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "m", database "d"'
TEXT, HTML, JSON = "text/plain", "text/html; charset=utf-8", "application/json"
WERKZEUG = "<!doctype html>\n<html lang=en>\n<title>{0}</title>\n<h1>{0}</h1>\n"


def read(status: int, body: str, kind: str = JSON, *, server: str = "uvicorn", **asked: bool) -> CallFacts:
    headers = {"content-type": kind, "server": server}
    asked = {"key_sent": False, "of_artifact": False} | asked
    return refusal("runs/create", status, headers, body.encode(), **asked)


def detail(text: str) -> str:
    return json.dumps({"detail": text})


def error(code: str, message: str = "-") -> str:
    return json.dumps({"error_code": code, "message": message})


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (403, "Invalid Host header - possible DNS rebinding attack detected", TEXT, "host_rejected"),
        (400, "Invalid Host header", TEXT, "host_rejected"),
        (401, "", TEXT, "auth_demanded"),
        (401, detail("API key required"), JSON, "auth_demanded"),
        (401, detail("Not authenticated"), JSON, "auth_demanded"),
        (401, "You are not authenticated. Please see https://www.mlflow.org/", TEXT, "auth_demanded"),
        (401, detail("Invalid or expired API key"), JSON, "key_refused"),
        (401, detail("Authentication service error"), JSON, "auth_service_failed"),
        (503, detail("Authentication service unavailable"), JSON, "auth_service_failed"),
        (402, detail("Insufficient balance"), JSON, "not_permitted"),
        (403, detail("Insufficient permissions"), JSON, "not_permitted"),
        (403, "Permission denied", TEXT, "not_permitted"),
        (404, WERKZEUG.format("404 Not Found"), HTML, "not_served"),
        (404, detail("Not Found"), JSON, "not_served"),
        (404, "Not Found", TEXT, "not_served"),
        (404, error("RESOURCE_DOES_NOT_EXIST"), JSON, "unexpected_status"),
        (404, error("ENDPOINT_NOT_FOUND"), JSON, "not_served"),
        (302, "", TEXT, "redirected"),
        (308, WERKZEUG.format("Redirecting..."), HTML, "redirected"),
        (502, detail("Failed to connect to MLflow server at http://localhost:5000"), JSON, "upstream_unreachable"),
        (504, detail("MLflow server request timeout after 30s"), JSON, "upstream_timeout"),
        (503, "no healthy upstream", TEXT, "no_healthy_target"),
        (500, WERKZEUG.format("500 Internal Server Error"), HTML, "server_error"),
        (500, error("INTERNAL_ERROR", "The following failures occurred: request timeout"), JSON, "server_error"),
        (503, error("TEMPORARILY_UNAVAILABLE"), JSON, "store_unavailable"),
        (
            400,
            error("BAD_REQUEST", "(psycopg2.errors.ReadOnlySqlTransaction)"),
            JSON,
            "store_unavailable",
        ),
        (400, error("INVALID_PARAMETER_VALUE"), JSON, "unexpected_status"),
        (405, WERKZEUG.format("405 Method Not Allowed"), HTML, "unexpected_status"),
        (429, "slow down", TEXT, "unexpected_status"),
        (418, "", TEXT, "unexpected_status"),
        (599, "\x00\xff", "", "server_error"),
    ],
)
def test_what_a_refusal_says(status: int, body: str, kind: str, says: str) -> None:
    assert read(status, body, kind).says == says


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, detail("API key required"), "key_dropped"),
        (401, detail("Invalid or expired API key"), "key_refused"),
        (401, "", "key_refused"),
        (429, detail("Rate limit exceeded"), "not_permitted"),
        (403, detail("REGISTRY_ADMIN_REQUIRED"), "not_permitted"),
    ],
)
def test_what_a_refusal_says_to_who_sent_a_key(status: int, body: str, says: str) -> None:
    assert read(status, body, key_sent=True).says == says


@pytest.mark.parametrize(
    ("server", "status", "body", "emitter", "says"),
    [
        ("awselb/2.0", 503, "<html>503</html>", Emitter.LOAD_BALANCER, "no_healthy_target"),
        ("awselb/2.0", 502, "<html>502</html>", Emitter.LOAD_BALANCER, "upstream_unreachable"),
        ("awselb/2.0", 504, "<html>504</html>", Emitter.LOAD_BALANCER, "upstream_timeout"),
        ("awselb/2.0", 404, "Not Found", Emitter.LOAD_BALANCER, "not_served"),
        ("nginx", 502, "<center>nginx</center>", Emitter.PROXY, "upstream_unreachable"),
        ("uvicorn", 502, detail("x"), Emitter.PROXY, "upstream_unreachable"),
        ("uvicorn", 500, detail("x"), Emitter.SERVICE, "server_error"),
        ("uvicorn", 500, error("INTERNAL_ERROR"), Emitter.SERVICE, "server_error"),
        ("uvicorn", 500, "x", Emitter.SERVICE, "server_error"),
        ("gunicorn/23.0", 500, "x", Emitter.SERVICE, "server_error"),
        ("", 500, "x", Emitter.UNKNOWN, "server_error"),
    ],
)
def test_who_wrote_it(server: str, status: int, body: str, emitter: Emitter, says: str) -> None:
    found = read(status, body, HTML if body.startswith("<") else JSON, server=server)
    assert (found.emitter, found.says) == (emitter, says)


def test_a_denial_is_the_stores_where_an_artifact_was_asked_for() -> None:
    denied = error("PERMISSION_DENIED", "Failed to list artifacts in s3://b/x: Access Denied")
    assert read(403, denied, of_artifact=True).says == "artifact_store_denied"
    assert read(403, denied).says == "not_permitted"


@pytest.mark.parametrize(
    ("text", "store"),
    [
        ('FATAL:  password authentication failed for user "mlflow"', "credentials_refused"),
        (f"{NO_ENTRY}, no encryption", "encryption_demanded"),
        (f"{NO_ENTRY}, SSL encryption", "not_admitted"),
        (f"{NO_ENTRY}, SSL encryption\nconnection failed: {NO_ENTRY}, no encryption", "not_admitted"),
        ('FATAL:  database "mlflow" does not exist', "no_such_database"),
        ("FATAL:  remaining connection slots are reserved for non-replication superuser connections", "slots_full"),
        ("FATAL:  sorry, too many clients already", "slots_full"),
        ("FATAL:  the database system is starting up", "starting"),
        ("ERROR:  cannot execute INSERT in a read-only transaction", "read_only"),
        ('ERROR:  could not extend file "base/1": No space left on device', "storage_full"),
        ('could not translate host name "rds" to address: Name or service not known', "name_unknown"),
        ("Connection refused", "connection_refused"),
        ("timeout expired", "timeout"),
        ("something else", None),
    ],
)
def test_how_the_store_of_the_server_refuses_it(text: str, store: str | None) -> None:
    found = read(503, error("TEMPORARILY_UNAVAILABLE", PSYCOPG + text))
    assert (found.says, found.store) == ("store_unavailable", store)


def test_nothing_of_a_peers_text_is_kept() -> None:
    body = error("MADE-UP canary", "canary " * 50)
    assert "canary" not in repr(read(500, body))
    assert read(500, body).error_code == "other"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"1", b"{", b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000])
def test_what_is_no_object_is_none(body: bytes) -> None:
    assert document_of(body) is None
