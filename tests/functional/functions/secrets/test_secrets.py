"""The family against Secrets Manager in memory; the situations of the fault lab are run there."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.target import Target
from auditor.family import AwsScope
from functions.secrets.family import FAMILY, SecretSpec
from tests.aws_account import CANARY

Ask = Callable[[SecretSpec], Any]
NAME = "shop/orders-db"
SPEC = SecretSpec(secret=NAME, keys=("password",), user="orders")


def test_a_good_secret_passes_with_the_declared_number_of_calls(aws: Any, ask: Ask) -> None:
    value = json.dumps({"username": "orders", "password": CANARY})
    aws.client("secretsmanager").create_secret(Name=NAME, SecretString=value)
    aws.calls.clear()
    asked = ask(SPEC)
    assert len(aws.calls) == FAMILY.calls_per_target
    assert {status for status, _ in asked.brief().values()} == {"PASS"}
    assert asked.facts.versions.current_since is not None


def test_a_value_of_which_nothing_is_declared_is_not_read(aws: Any, ask: Ask) -> None:
    aws.client("secretsmanager").create_secret(Name=NAME, SecretString=CANARY)
    aws.calls.clear()
    ask(SecretSpec(secret=NAME))
    assert "GetSecretValue" not in aws.calls


def test_a_new_value_is_current_since_it_was_put(aws: Any, ask: Ask) -> None:
    manager = aws.client("secretsmanager")
    manager.create_secret(Name=NAME, SecretString="{}")
    first = ask(SecretSpec(secret=NAME)).facts.versions.current_since
    manager.put_secret_value(SecretId=NAME, SecretString='{"password": "' + CANARY + '"}')
    assert ask(SecretSpec(secret=NAME)).facts.versions.current_since >= first


@pytest.mark.parametrize("document", ["[" * 5000, '{"password": NaN', "\x00"])
def test_a_text_that_is_no_json_object_is_said_without_any_of_it(aws: Any, ask: Ask, document: str) -> None:
    aws.answers("secretsmanager", "GetSecretValue", lambda _: {"SecretString": document, "Name": NAME})
    aws.client("secretsmanager").create_secret(Name=NAME, SecretString=CANARY)
    assert ask(SPEC).brief()["keys_present"] == ("FAIL", "secrets.not_json")


@pytest.mark.parametrize("operation", ["DescribeSecret", "ListSecretVersionIds", "GetSecretValue"])
def test_what_the_role_may_not_do_is_named(aws: Any, ask: Ask, operation: str) -> None:
    value = json.dumps({"username": "orders", "password": CANARY})
    aws.client("secretsmanager").create_secret(Name=NAME, SecretString=value)
    aws.refuses("secretsmanager", operation, "AccessDeniedException")
    asked = ask(SPEC)
    (failure,) = asked.facts.unread.values()
    assert (failure.cause, f"secretsmanager:{operation}" in failure.detail) == ("aws.denied", True)
    assert "FAIL" not in {status for status, _ in asked.brief().values()}


def test_only_secrets_of_which_a_value_is_declared_may_be_read() -> None:
    scope = AwsScope(partition="aws", region="us-east-1", account="123456789012")
    targets = [
        Target(id="t", family="secrets", service="shop", component="secret.a", spec=spec)
        for spec in (SPEC, SecretSpec(secret="shop/plain"))
    ]
    granted = {action: p.resources for p in FAMILY.permissions(targets, scope) for action in p.actions}
    prefix = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
    assert granted["secretsmanager:GetSecretValue"] == (f"{prefix}{NAME}-??????",)
    assert granted["secretsmanager:DescribeSecret"] == (f"{prefix}{NAME}-??????", f"{prefix}shop/plain-??????")


@pytest.mark.parametrize(
    ("field", "value"),
    [("secret", "a secret"), ("keys", ("",)), ("user_key", "a\nb"), ("timeout", timedelta(0))],
)
def test_a_target_that_means_nothing_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        SecretSpec(**({"secret": NAME} | {field: value}))
