"""Values to parts: what clients would understand, and that nothing of a credential stays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.codec import to_json
from functions.configuration.values import parse_setting


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("http://mlflow.shop.local:5000", {"form": "url", "scheme": "http", "host": "mlflow.shop.local", "port": 5000}),
        ("HTTPS://Auth.Example./x?y=1", {"scheme": "https", "host": "auth.example", "port": None}),
        ("http://10.0.1.173:5000", {"host": "10.0.1.173", "is_literal_address": True, "is_loopback": False}),
        ("http://[::1]:5000/", {"host": "::1", "port": 5000, "is_literal_address": True, "is_loopback": True}),
        ("http://localhost:5000", {"host": "localhost", "is_loopback": True, "is_literal_address": False}),
        ("s3://artifacts/mlflow", {"scheme": "s3", "host": "artifacts"}),
        ("sqlite:///local.db", {"scheme": "sqlite", "host": "", "problem": ""}),
        (
            "postgresql+psycopg2://u:p@db.internal:5432/orders?sslmode=require",
            {"host": "db.internal", "database": "orders", "sslmode": "require", "has_credentials": True},
        ),
        ("jdbc:postgresql://db.internal/orders", {"host": "db.internal", "database": "orders"}),
        ("mongodb://a.x:1,b.x:2/db", {"items": ("a.x:1", "b.x:2"), "host": "", "problem": ""}),
        ("db.internal", {"form": "address", "host": "db.internal", "port": None}),
        ("db.internal:5432", {"form": "address", "host": "db.internal", "port": 5432}),
        ("mlflow-server:5000", {"form": "address", "host": "mlflow-server", "port": 5000}),
        ("127.0.0.1", {"form": "address", "is_loopback": True}),
        ("mlflow_db", {"form": "word", "text": "mlflow_db", "host": "mlflow_db"}),
        ("5432", {"form": "word", "text": "5432", "host": ""}),
        ("a.x:5000,B.x:5000,*", {"form": "list", "items": ("a.x:5000", "b.x:5000", "*")}),
        ("some words", {"form": "unreadable", "text": "", "host": "", "problem": ""}),
    ],
)
def test_a_value_has_the_parts_that_a_client_would_see(value: str, parts: dict[str, Any]) -> None:
    setting = parse_setting("X", value)
    assert {name: getattr(setting, name) for name in parts} == parts


@pytest.mark.parametrize(
    "value",
    [
        "",
        "http://",
        "http://host:port",
        "http://host:0",
        "http://host:99999",
        "http://ho st",
        "http://host ",
        "http://host\n",
        "postgresql://u:p/w@db:5432/x",
        "postgresql://u:p#w@db:5432/x",
        "postgresql://u:12/w@db:5432/x",
        "postgresql://u:p@w@db:5432/x",
    ],
)
def test_a_value_that_no_client_can_use_has_a_problem_and_no_host(value: str) -> None:
    setting = parse_setting("X", value)
    assert setting.problem
    assert (setting.host, setting.port, setting.text, setting.database) == ("", None, "", "")


def test_a_word_is_no_host_where_the_catalogue_wants_one() -> None:
    assert parse_setting("X", "mlflow", is_address=True).form == "address"
    assert parse_setting("X", "two words", is_address=True).problem
    assert not parse_setting("X", "two words").problem


SIGNS = st.text(alphabet="/?#@:+%&=.[]-_ é", max_size=4)


@given(
    before=SIGNS, after=SIGNS, place=st.sampled_from(["{}@db:5432/x", "u:{}@db:5432/x?y=1", "db:5432/x?password={}"])
)
def test_whatever_signs_a_password_has_nothing_of_it_stays(before: str, after: str, place: str) -> None:
    value = "postgresql://" + place.format(f"{before}canary{after}")
    assert "canary" not in json.dumps(to_json(parse_setting("X", value))), value
