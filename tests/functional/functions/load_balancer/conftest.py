"""The family's probe against an account whose answers are documents, and against one in memory."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.aws_account import Asked, Aws, account_in_memory, ask
from tests.balancer_account import Account, asked_for, healthy


@pytest.fixture
def account() -> Iterator[Account]:
    with asked_for(healthy()) as given:
        yield given


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with account_in_memory(monkeypatch, "load_balancer") as given:
        yield given


@pytest.fixture(name="ask")
def _ask() -> Callable[..., Asked]:
    return partial(ask, "load_balancer")
