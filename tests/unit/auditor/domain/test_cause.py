"""The closed list of causes."""

import re

import pytest

from auditor.domain.cause import KERNEL_CAUSES, Cause, DuplicateCauseError, cause_index


def test_a_cause_that_two_owners_declare_is_refused() -> None:
    again = Cause(id="tcp.timeout", meaning="mine", proves_path=True)
    with pytest.raises(DuplicateCauseError, match=r"'tcp\.timeout' is declared twice"):
        cause_index(KERNEL_CAUSES, (again,))
    with pytest.raises(DuplicateCauseError):
        cause_index((again, again))


def test_the_index_holds_every_cause_of_every_list() -> None:
    mine = Cause(id="page.status", meaning="m", proves_path=True)
    index = cause_index(KERNEL_CAUSES, (mine,))
    assert len(index) == len(KERNEL_CAUSES) + 1
    assert index["page.status"] is mine


@pytest.mark.parametrize("cause", KERNEL_CAUSES, ids=lambda c: c.id)
def test_a_cause_says_where_and_what(cause: Cause) -> None:
    assert re.fullmatch(r"(dns|tcp|tls|aws|self)\.[a-z]+(_[a-z]+)*", cause.id)
    assert cause.meaning
    assert not cause.meaning.endswith(".")


def test_only_what_came_back_from_the_peer_proves_the_path() -> None:
    proving = {cause.id for cause in KERNEL_CAUSES if cause.proves_path}
    tls = {cause.id for cause in KERNEL_CAUSES if cause.id.startswith("tls.")}
    assert proving == tls | {"tcp.refused", "tcp.reset", "tcp.closed"}
