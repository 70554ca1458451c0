"""The family's probe against an account in memory and a real resolver on loopback that knows some names."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from dnslib import QTYPE, RR, A, DNSRecord

from tests.aws_account import Asked, Aws, account_in_memory, ask
from tests.resolver import Resolver, message


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with account_in_memory(monkeypatch, "configuration") as account:
        yield account


class Names:
    """What a resolver knows: addresses by name, and names with another answer. ``asked`` notes every question."""

    def __init__(self) -> None:
        self.addresses: dict[str, tuple[str, ...]] = {}
        self.rcodes: dict[str, str] = {}
        self.silent: set[str] = set()
        self.asked: list[str] = []

    def answer(self, query: bytes) -> Sequence[bytes]:
        """The datagrams that answer a query."""
        question = DNSRecord.parse(query).q
        name = str(question.qname).rstrip(".")
        self.asked.append(name)
        if name in self.silent:
            return []
        addresses = self.addresses.get(name, ()) if question.qtype == QTYPE.A else ()
        rcode = self.rcodes.get(name, "NOERROR" if name in self.addresses else "NXDOMAIN")
        records = [RR(name, QTYPE.A, rdata=A(address), ttl=5) for address in addresses]
        return [message(query, *records, rcode=rcode).pack()]


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture(name="ask")
def _ask(names: Names) -> Iterator[Callable[..., Asked]]:
    resolver = Resolver(names.answer, None)
    with contextlib.closing(resolver):
        yield partial(ask, "configuration", resolver=resolver.address)
