"""What errors are known to say: the fingerprints of a real platform, and silence about everything else."""

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.http.emitter import identify
from functions.http.facts import Emitter, Message
from functions.http.message import read_message

BALANCER = {"server": "awselb/2.0"}
UVICORN = {"server": "uvicorn", "content-type": "application/json"}
HTML = {"content-type": "text/html"}


def _page(title: str) -> bytes:
    head = f"<head><title>{title}</title></head>"
    return f"<html>\r\n{head}\r\n<body><center><h1>{title}</h1></center></body>\r\n</html>\r\n".encode()


def _detail(words: object) -> bytes:
    return json.dumps({"detail": words}).encode()


WERKZEUG_404 = b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
FAILED = "Failed to connect to MLflow server at http://mlflow.hokusai.local:5000"


@pytest.mark.parametrize(
    ("status", "headers", "body", "emitter", "message"),
    [
        (404, BALANCER | {"content-type": "text/plain"}, b"Not Found", Emitter.LOAD_BALANCER, "not_found_default"),
        (404, HTML, WERKZEUG_404, Emitter.SERVICE, "not_found_page"),
        (404, UVICORN, _detail("Not Found"), Emitter.SERVICE, "not_found_route"),
        (502, BALANCER, _page("502 Bad Gateway"), Emitter.LOAD_BALANCER, "target_broken"),
        (503, BALANCER, _page("503 Service Temporarily Unavailable"), Emitter.LOAD_BALANCER, "no_healthy_target"),
        (504, BALANCER, _page("504 Gateway Time-out"), Emitter.LOAD_BALANCER, "target_timeout"),
        (502, UVICORN, _detail(FAILED), Emitter.PROXY, "upstream_connect_failed"),
        (504, UVICORN, _detail("MLflow server request timeout after 30s"), Emitter.PROXY, "upstream_timeout"),
        (503, UVICORN, b'{"error":"persistence_unavailable"}', Emitter.SERVICE, "storage_unavailable"),
        (500, UVICORN, _detail("HuggingFace token not configured"), Emitter.SERVICE, "not_configured"),
        (401, UVICORN, _detail("API key required"), Emitter.SERVICE, "api_key_required"),
        (401, UVICORN, _detail("Authentication service error"), Emitter.SERVICE, "auth_service_failed"),
        (401, UVICORN, _detail("Authentication service timeout"), Emitter.SERVICE, "auth_service_failed"),
        (503, UVICORN, _detail("Authentication service unavailable"), Emitter.SERVICE, "auth_service_failed"),
        (401, UVICORN, _detail("Invalid or expired API key"), Emitter.SERVICE, "invalid_key"),
        (403, UVICORN, _detail({"error": "REGISTRY_ADMIN_REQUIRED"}), Emitter.SERVICE, "permission_denied"),
        (403, UVICORN, _detail("Insufficient permissions"), Emitter.SERVICE, "permission_denied"),
        (
            403,
            {"content-type": "text/plain", "server": "uvicorn"},
            b"Invalid Host header - possible DNS rebinding attack detected",
            Emitter.SERVICE,
            "host_rejected",
        ),
        (
            503,
            {},
            b"upstream connect error or disconnect/reset before headers",
            Emitter.PROXY,
            "upstream_connect_failed",
        ),
        (503, {}, b"no healthy upstream", Emitter.PROXY, "no_healthy_target"),
        (
            504,
            {"server": "nginx"} | HTML,
            _page("504 Gateway Time-out") + b"<hr><center>nginx</center>",
            Emitter.PROXY,
            "upstream_timeout",
        ),
        (401, UVICORN, _detail("Not authenticated"), Emitter.SERVICE, "api_key_required"),
        (200, UVICORN, _detail("API key required"), Emitter.SERVICE, None),
        (500, HTML, b"<html><p>Failed to connect to http://db:5432</p></html>", Emitter.UNKNOWN, None),
        (503, BALANCER, b"closed for the holidays", Emitter.LOAD_BALANCER, None),
        (429, UVICORN, _detail("Too many requests"), Emitter.SERVICE, "rate_limited"),
        (429, BALANCER, _page("429 Too Many Requests"), Emitter.LOAD_BALANCER, None),
        (402, UVICORN, _detail("Insufficient balance"), Emitter.SERVICE, "payment_required"),
        (403, UVICORN, _detail("Insufficient scope"), Emitter.SERVICE, "permission_denied"),
        (403, UVICORN, _detail("Forbidden"), Emitter.SERVICE, "forbidden"),
        (401, UVICORN, _detail("Unknown service_id"), Emitter.SERVICE, "service_unknown"),
        (401, UVICORN, _detail("Service 'reports' is not registered"), Emitter.SERVICE, "service_unknown"),
        (401, UVICORN, _detail("Service error: unknown API key"), Emitter.SERVICE, "invalid_key"),
        (401, UVICORN, _detail("Invalid client_id"), Emitter.SERVICE, None),
        (
            400,
            {"server": "nginx"} | HTML,
            _page("400 The plain HTTP request was sent to HTTPS port") + b"<hr><center>nginx</center>",
            Emitter.PROXY,
            "https_required",
        ),
        (400, {}, b"Client sent an HTTP request to an HTTPS server.\n", Emitter.UNKNOWN, "https_required"),
        (
            400,
            {"server": "nginx"} | HTML,
            _page("400 No required SSL certificate was sent") + b"<hr><center>nginx</center>",
            Emitter.PROXY,
            "client_certificate_required",
        ),
        (422, UVICORN, _detail([{"loc": ["query"], "msg": "api key required"}]), Emitter.SERVICE, None),
        (404, UVICORN, _detail("Model 21 not found"), Emitter.SERVICE, None),
        (500, {}, b"boom", Emitter.UNKNOWN, None),
    ],
)
def test_fingerprints(
    status: int, headers: dict[str, str], body: bytes, emitter: Emitter, message: Message | None
) -> None:
    found, _ = identify(status, headers, body)
    assert found is emitter
    assert read_message(status, found, headers, body)[0] == message


@pytest.mark.parametrize(
    ("body", "upstream"),
    [
        (_detail(FAILED), "mlflow.hokusai.local:5000"),
        (_detail("Failed to connect to http://10.0.1.173:5000/api: refused"), "10.0.1.173:5000"),
        (_detail("Failed to connect to https://joe:S3CR3T@db.example"), "db.example:443"),
        (_detail("Failed to connect to the model server"), ""),
    ],
)
def test_a_proxy_names_what_it_could_not_reach(body: bytes, upstream: str) -> None:
    assert read_message(502, Emitter.PROXY, UVICORN, body) == ("upstream_connect_failed", upstream)


def test_an_upstream_is_read_of_nothing_else() -> None:
    body = _detail("API key required, see http://docs.example/keys")
    assert read_message(401, Emitter.SERVICE, UVICORN, body) == ("api_key_required", "")


@settings(max_examples=80)
@given(
    st.integers(100, 599),
    st.sampled_from(Emitter),
    st.binary()
    | st.text().map(str.encode)
    | st.dictionaries(st.sampled_from(["detail", "error"]), st.text()).map(
        lambda document: json.dumps(document).encode()
    ),
)
def test_it_is_total_and_says_words_of_the_closed_list_only(status: int, emitter: Emitter, body: bytes) -> None:
    message, upstream = read_message(status, emitter, {}, body)
    assert message is None or message in get_args(Message)
    assert message is not None or upstream == ""
