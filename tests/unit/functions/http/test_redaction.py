"""What may be kept of a peer's text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.http.redaction import OBSERVED_LIMIT, bounded, bounded_place, names_a_credential, place

CANARY = "S3CR3T"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"postgres://joe:{CANARY}@db.example/x", "postgres://<withheld>@db.example/x"),
        (f"postgres://joe:{CANARY}/a@b@db.example/x", "postgres://<withheld>@db.example/x"),
        (f"redis://{CANARY}@cache.example", "redis://<withheld>@cache.example"),
        (f"sent Bearer {CANARY}, refused", "sent Bearer <withheld>, refused"),
        (f'password="{CANARY} {CANARY}" rejected', "password=<withheld> rejected"),
        (f"{{'db_password': '{CANARY}'}}", "{'db_password': <withheld>}"),
        (f"api_key={CANARY}&a=b", "api_key=<withheld>&a=b"),
        (f"X-Api-Key: {CANARY}", "X-Api-Key: <withheld>"),
        (f"bearer password: {CANARY}", "bearer <withheld> <withheld>"),
        (f"Authorization: Bearer {CANARY}", "Authorization: <withheld>"),
        (f"Password: 'secret' = '{CANARY}'", "Password: <withheld>"),
        (f"eyJhbGciOi.{CANARY}.{CANARY}", "<withheld>"),
        (
            f"see https://bucket.example/a?sig={CANARY}&x={CANARY} for more",
            "see https://bucket.example/a?<withheld> for more",
        ),
        ("AKIAABCDEFGHIJKLMNOP is no longer valid", "<withheld> is no longer valid"),
    ],
)
def test_credentials_are_masked_wherever_they_stand(text: str, kept: str) -> None:
    assert bounded(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "healthy",
        "http://mlflow.example:5000/api/v1",
        "could not translate host name",
        "5 of 8 up",
        "Authentication service error",
        "gunicorn/21.2.0",
        "nginx/1.18.0 (Ubuntu)",
        "AmazonS3",
        "text/html; charset=utf-8",
        "application/vnd.shop+json",
        "PostgreSQL 15.4 on x86_64, OpenSSH_9.2",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "2026-11-23T16:45:00.123Z",
        "timeout after 30s, 5xx",
        "10.0.3.219:5000",
        "日本語",
        "ungültig",
    ],
)
def test_honest_text_stays(text: str) -> None:
    assert bounded(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Server: hk_live_51HxYz2eZvKYlo2C", "Server: hk_live_<withheld>"),
        (f"uvicorn {CANARY}-canary", "uvicorn <withheld>-canary"),
        ("hunter2", "<withheld>"),
        ("550e8400e29b41d4a716446655440000", "<withheld>"),
        ("dGhlIHNlY3JldCBvZiB0aGUgbGFi", "<withheld>"),
        ("qzxkvwjyhgbpmnrtlsdcfaeiou", "<withheld>"),
        ("%53%33%43%52%33%54", "<withheld>"),
        ("1234567890", "<withheld>"),
        ("qXzKwPvR", "<withheld>"),
    ],
)
def test_what_is_no_word_is_withheld_without_any_label(text: str, kept: str) -> None:
    assert bounded(text) == kept


def test_a_word_that_the_cut_made_is_none() -> None:
    assert bounded("x" * 401, limit=200) == "…"
    assert bounded("again " * 99, limit=20) == "again again again a…"


@given(st.text(min_size=150, max_size=195), st.sampled_from(["password=", "://u:", "token: ", "Bearer "]))
def test_a_credential_at_the_cut_is_masked_first(filler: str, prefix: str) -> None:
    secret = CANARY * 40
    assert CANARY not in bounded(f"{filler} {prefix}{secret}@")


@given(st.text())
def test_what_is_kept_is_bounded_and_can_be_written_anywhere(text: str) -> None:
    kept = bounded(text)
    assert len(kept) <= OBSERVED_LIMIT
    assert kept.isprintable()
    kept.encode("utf-8")


def test_a_lone_surrogate_is_replaced() -> None:
    assert bounded("a\ud800b") == "a?b"


@pytest.mark.parametrize(
    "name", ["Authorization", "Set-Cookie", "X-API-Key", "$.db.Password", "access_token", "clientSecret", "PGPWD"]
)
def test_names_of_credentials(name: str) -> None:
    assert names_a_credential(name)


@pytest.mark.parametrize("name", ["status", "content-type", "$.services.auth", "author", "server"])
def test_names_of_other_things(name: str) -> None:
    assert not names_a_credential(name)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (f"https://joe:{CANARY}@Web.Example:443/a;session={CANARY}?q={CANARY}#{CANARY}", "https://web.example/a"),
        ("http://web.example", "http://web.example/"),
        ("http://web.example:8001/x", "http://web.example:8001/x"),
        ("http://[fd00::1]:80/x", "http://[fd00::1]/x"),
    ],
)
def test_a_place_is_scheme_host_port_and_path(url: str, kept: str) -> None:
    assert place(url) == kept == bounded_place(url)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (f"https://web.example/reset/{CANARY}/now", "https://web.example/reset/<withheld>/now"),
        ("https://k7q2.web.example/a", "https://k7q2.web.example/a"),
        ("http://web.example/caf%E9%20bar", "http://web.example/caf%E9%20bar"),
        ("http://web.example/" + "a/" * 500, ("http://web.example/" + "a/" * 500)[:199] + "…"),
    ],
)
def test_of_a_peers_place_the_path_is_kept_as_far_as_it_is_words(url: str, kept: str) -> None:
    assert bounded_place(url) == kept
