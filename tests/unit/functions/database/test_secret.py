"""What a secret's text may be, and that no value of it can be seen."""

import json
from typing import Any

import pytest

from auditor.domain.observation import Failure, Phase
from functions.database.facts import SecretAgreement
from functions.database.family import DatabaseSpec
from functions.database.secret import Credentials, read_credentials


def spec(**changes: Any) -> DatabaseSpec:
    values: dict[str, Any] = {"host": "db.test", "database": "shop", "user": "shop", "secret": "platform/db"}
    return DatabaseSpec(**(values | changes))


def read(text: str, **changes: str) -> Credentials | Failure:
    return read_credentials(text, spec(**changes))


@pytest.mark.parametrize("password", ["plain", "with space", "p/#+@ss", '"quoted"', "4711", "пароль", "[1]"])
def test_a_text_that_is_no_object_is_the_password(password: str) -> None:
    credentials = read(password)
    assert isinstance(credentials, Credentials)
    assert credentials.password == password
    assert credentials.agreement == SecretAgreement()


def test_an_object_holds_it_under_the_key_that_the_target_names() -> None:
    credentials = read(json.dumps({"database_password": "a", "password": "b"}), password_key="database_password")
    assert isinstance(credentials, Credentials)
    assert credentials.password == "a"


@pytest.mark.parametrize(
    ("said", "agreement"),
    [
        ({"username": "shop", "host": "DB.test.", "port": "5432", "dbname": "shop"}, (True, True, True, True)),
        ({"username": "Shop", "host": "db", "port": 5433, "dbname": "mlflow"}, (False, False, False, False)),
        ({"username": None, "port": 5432}, (None, None, True, None)),
    ],
)
def test_what_else_it_says_is_compared(
    said: dict[str, object], agreement: tuple[bool | None, bool | None, bool | None, bool | None]
) -> None:
    credentials = read(json.dumps({"password": "x"} | said))
    assert isinstance(credentials, Credentials)
    seen = credentials.agreement
    assert (seen.user, seen.host, seen.port, seen.database) == agreement


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"password": "canary"',
        "{}",
        '{"Password": "canary"}',
        '{"password": null}',
        '{"password": 4711}',
        '{"password": ["canary"]}',
        '{"password": ""}',
        '{"password": "canary\\n"}',
        "canary\n",
        "canary\x00",
        '{"a":' * 30_000,
    ],
)
def test_an_unusable_one_is_a_failure_that_names_the_secret_and_not_its_content(text: str) -> None:
    failure = read(text)
    assert isinstance(failure, Failure)
    assert (failure.phase, failure.cause) == (Phase.PREPARE, "self.secret_malformed")
    assert "platform/db" in failure.detail
    assert "canary" not in failure.detail
    assert "4711" not in failure.detail


def test_credentials_do_not_show_the_password() -> None:
    assert "canary" not in repr(read("canary"))


@pytest.mark.parametrize("password", ["a@b", "a/b", "a?b", "a#b", "a%41", "a[b", "a]b"])
def test_a_password_that_cannot_stand_in_a_url_is_known_as_one_and_not_by_which_character(password: str) -> None:
    credentials = read(password)
    assert isinstance(credentials, Credentials)
    assert credentials.breaks_url is True
    assert password not in repr(credentials)


@pytest.mark.parametrize("password", ["plain", "a:b", "a+b", "a b", "a&b=c;d", "-_.~!$'()*,", "пароль"])
def test_what_clients_take_as_it_is_breaks_nothing(password: str) -> None:
    credentials = read(password)
    assert isinstance(credentials, Credentials)
    assert credentials.breaks_url is False
