"""The family's probe against an account in memory."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.aws_account import Asked, Aws, account_in_memory, ask


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with account_in_memory(monkeypatch, "logs") as account:
        yield account


@pytest.fixture(name="ask")
def _ask() -> Callable[..., Asked]:
    return partial(ask, "logs")
