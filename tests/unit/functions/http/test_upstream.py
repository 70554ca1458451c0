"""Host and port of an address that a peer names; its credentials never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.http.upstream import named_upstream

CANARY = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "upstream"),
    [
        ("http://mlflow.local:5000", "mlflow.local:5000"),
        ("at http://MLflow.Local:5000/api/2.0?x=1#y.", "mlflow.local:5000"),
        ("at 'https://web.example'", "web.example:443"),
        ("http://localhost", "localhost:80"),
        ("http://[fd00::1]:8080/x", "[fd00::1]:8080"),
        (f"http://joe:{CANARY}@db.example:1234/x", "db.example:1234"),
        (f"http://joe:{CANARY}/a#b@c@db.example:1234/x", "db.example:1234"),
        (f"http://joe:{CANARY} and@db.example", ""),
        ("http://joe:1234 5678@db.example", ""),
        ("http://db.example:99999", ""),
        ("http://db.example:port", ""),
        ("http://", ""),
        ("http://[::1", ""),
        ("ftp://db.example", ""),
        ("db.example:5000", ""),
        ("", ""),
    ],
)
def test_host_and_port(text: str, upstream: str) -> None:
    assert named_upstream(text) == upstream


@given(st.text(max_size=60), st.text(max_size=30))
def test_what_stands_before_the_last_at_sign_is_never_kept(password: str, behind: str) -> None:
    kept = named_upstream(f"could not reach http://joe:{password}{CANARY}@db.example:5432/{behind}")
    assert CANARY not in kept
