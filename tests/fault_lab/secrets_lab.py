"""Secrets in an account in memory."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.secrets.family import SecretSpec
from tests.aws_account import CANARY, SLOT, Aws, account_in_memory
from tests.fault_lab.situation import Situation

NAME = "shop/orders-db"
_GOOD = {"username": "orders", "password": f"{CANARY}-p", "host": "db.shop.example"}
_KEYS = ("password", "host")

Arrange = Callable[[Aws], None]


def _holding(aws: Aws, value: Any) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    aws.client("secretsmanager").create_secret(Name=NAME, SecretString=text)


def _binary(aws: Aws) -> None:
    aws.client("secretsmanager").create_secret(Name=NAME, SecretBinary=CANARY.encode())


def _deleted(aws: Aws) -> None:
    _holding(aws, _GOOD)
    aws.client("secretsmanager").delete_secret(SecretId=NAME, RecoveryWindowInDays=7)


def _refused(aws: Aws, operation: str, code: str) -> None:
    _holding(aws, _GOOD)
    aws.refuses("secretsmanager", operation, code)


def _versions(aws: Aws, *versions: tuple[timedelta, tuple[str, ...]]) -> None:
    """Versions made so long before the slot, with these labels."""
    _holding(aws, _GOOD)
    listed = [
        {"VersionId": f"{number:032}", "VersionStages": list(stages), "CreatedDate": SLOT - age}
        for number, (age, stages) in enumerate(versions)
    ]
    aws.answers("secretsmanager", "ListSecretVersionIds", lambda _: {"Versions": listed, "Name": NAME})


def _rotation(aws: Aws, **told: bool | datetime) -> None:
    _holding(aws, _GOOD)
    aws.answers("secretsmanager", "DescribeSecret", lambda _: {"Name": NAME, **told})


def _rotates(due: timedelta) -> Arrange:
    return partial(
        _rotation, RotationEnabled=True, LastRotatedDate=SLOT - timedelta(days=7), NextRotationDate=SLOT + due
    )


_DAYS, _MINUTES = timedelta(days=30), timedelta(minutes=2)
_USER = {"user": "orders", "keys": ()}
_ARRANGED: Mapping[str, tuple[Arrange, dict[str, Any]]] = {
    "secrets-plain": (partial(_holding, value=f"{CANARY} as it is"), {"keys": ()}),
    "secrets-json": (partial(_holding, value=_GOOD), {}),
    "secrets-more-keys": (partial(_holding, value=_GOOD | {"port": 5432, "note": "new"}), {}),
    "secrets-user-right": (partial(_holding, value=_GOOD), _USER),
    "secrets-absent": (lambda _: None, {}),
    "secrets-deleted": (_deleted, {}),
    "secrets-no-current": (lambda aws: _versions(aws, (_DAYS, ("AWSPREVIOUS",))), {}),
    "secrets-denied": (partial(_refused, operation="DescribeSecret", code="AccessDeniedException"), {}),
    "secrets-value-denied": (partial(_refused, operation="GetSecretValue", code="AccessDeniedException"), {}),
    "secrets-throttled": (partial(_refused, operation="DescribeSecret", code="ThrottlingException"), {}),
    "secrets-key-missing": (partial(_holding, value={"username": "orders", "host": "db"}), {}),
    "secrets-key-empty": (partial(_holding, value=_GOOD | {"password": ""}), {}),
    "secrets-not-json": (partial(_holding, value=f"password={CANARY}"), {}),
    "secrets-json-list": (partial(_holding, value=["password", CANARY]), {}),
    "secrets-binary": (_binary, {}),
    "secrets-user-wrong": (partial(_holding, value=_GOOD | {"username": f"{CANARY}-user"}), _USER),
    "secrets-user-absent": (partial(_holding, value={"password": CANARY}), _USER),
    "secrets-rotation-off-undeclared": (partial(_holding, value=_GOOD), {}),
    "secrets-rotation-off": (partial(_holding, value=_GOOD), {"rotates": True}),
    "secrets-rotation-overdue": (_rotates(timedelta(days=-3)), {"rotates": True}),
    "secrets-rotation-right": (_rotates(timedelta(days=21)), {"rotates": True}),
    "secrets-rotation-failed": (
        lambda aws: _versions(aws, (_DAYS, ("AWSCURRENT",)), (timedelta(days=2), ("AWSPENDING",))),
        {},
    ),
    "secrets-rotation-runs": (
        lambda aws: _versions(aws, (_DAYS, ("AWSCURRENT",)), (_MINUTES, ("AWSPENDING",))),
        {},
    ),
    "secrets-pending-is-current": (lambda aws: _versions(aws, (_DAYS, ("AWSCURRENT", "AWSPENDING"))), {}),
}


@contextmanager
def _situation(arrange: Arrange, changes: dict[str, Any]) -> Iterator[Situation]:
    with pytest.MonkeyPatch.context() as patch, account_in_memory(patch, "secrets") as aws:
        arrange(aws)
        spec = SecretSpec(**({"secret": NAME, "keys": _KEYS} | changes))
        target = Target(id="t", family="secrets", service="shop", component="secret.orders_db", spec=spec)
        yield Situation(target=target, network=Network(resolver=("127.0.0.1", 9)), slot=SLOT)


SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    id: partial(_situation, *arranged) for id, arranged in _ARRANGED.items()
}
