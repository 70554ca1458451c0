"""Secrets Manager: read once, refused by name, never shown."""

from typing import Any

import pytest

from auditor.adapters.aws import aws_failure
from auditor.adapters.secrets import Secrets
from auditor.domain.observation import Failure, Phase

NAME = "minimal/orders-db/auditor"


class Counting:
    """A client that counts its reads."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.reads = 0

    def get_secret_value(self, **arguments: Any) -> Any:
        self.reads += 1
        return self._real.get_secret_value(**arguments)


def test_a_secret_is_read_once_until_it_is_forgotten(aws: Any) -> None:
    aws.secretsmanager.create_secret(Name=NAME, SecretString="hunter2")
    client = Counting(aws.secretsmanager)
    secrets = Secrets(client)
    assert [secrets.read(NAME), secrets.read(NAME)] == ["hunter2", "hunter2"]
    assert client.reads == 1
    aws.secretsmanager.put_secret_value(SecretId=NAME, SecretString="rotated")
    assert secrets.read(NAME) == "hunter2"
    secrets.forget(NAME)
    assert secrets.read(NAME) == "rotated"
    assert client.reads == 2


def test_a_value_is_read_anew_after_ten_minutes(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.secretsmanager.create_secret(Name=NAME, SecretString="old")
    now = [1000.0]
    monkeypatch.setattr("auditor.adapters.secrets.time.monotonic", lambda: now[0])
    secrets = Secrets(aws.secretsmanager)
    assert secrets.read(NAME) == "old"
    aws.secretsmanager.put_secret_value(SecretId=NAME, SecretString="new")
    now[0] += 599
    assert secrets.read(NAME) == "old"
    now[0] += 2
    assert secrets.read(NAME) == "new"


def test_the_value_is_in_no_representation(aws: Any) -> None:
    aws.secretsmanager.create_secret(Name=NAME, SecretString="hunter2")
    secrets = Secrets(aws.secretsmanager)
    secrets.read(NAME)
    assert "hunter2" not in f"{secrets!r} {secrets}"


def test_a_missing_secret_is_named(aws: Any) -> None:
    failure = Secrets(aws.secretsmanager).read(NAME)
    assert isinstance(failure, Failure)
    assert (failure.cause, failure.phase) == ("aws.not_found", Phase.PREPARE)
    assert NAME in failure.detail


def test_a_binary_secret_cannot_be_used(aws: Any) -> None:
    aws.secretsmanager.create_secret(Name=NAME, SecretBinary=b"hunter2")
    failure = Secrets(aws.secretsmanager).read(NAME)
    assert isinstance(failure, Failure)
    assert failure.cause == "self.secret_malformed"
    assert NAME in failure.detail
    assert "hunter2" not in str(failure)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("AccessDeniedException", "aws.denied"),
        ("ThrottlingException", "aws.throttled"),
        ("ResourceNotFoundException", "aws.not_found"),
        ("InternalServiceError", "aws.failed"),
    ],
)
def test_a_refusal_names_the_action_and_the_secret_and_is_asked_again(refuse: Any, code: str, cause: str) -> None:
    refuser = refuse(code)
    secrets = Secrets(refuser.client("secretsmanager"))
    failure = secrets.read(NAME)
    assert isinstance(failure, Failure)
    assert (failure.cause, failure.phase) == (cause, Phase.PREPARE)
    assert "secretsmanager:GetSecretValue" in failure.detail
    assert NAME in failure.detail
    assert "hunter2" not in failure.detail, "the server's own words are not kept"
    before = len(refuser.calls)
    secrets.read(NAME)
    assert len(refuser.calls) > before, "a refusal is not remembered"


def test_an_endpoint_that_does_not_answer_is_unreachable(refuse: Any) -> None:
    gone = refuse("X")
    gone.url = "http://127.0.0.1:9"
    failure = Secrets(gone.client("secretsmanager")).read(NAME)
    assert isinstance(failure, Failure)
    assert failure.cause == "aws.unreachable"
    assert "EndpointConnectionError" in failure.detail


def test_an_error_of_another_kind_is_named_by_its_type() -> None:
    assert "KeyError" in aws_failure(KeyError("hunter2"), "s3:GetObject", "object x").detail
