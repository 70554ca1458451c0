"""When the next probe may start."""

import time

import pytest

from auditor.net.gates import CpuBudget, IdleGate


def test_it_is_open_when_nothing_waits_and_shut_while_something_does() -> None:
    gate = IdleGate()
    assert gate.opens(events_wait=False, now=0.0)
    assert not gate.opens(events_wait=True, now=0.0)
    assert not gate.opens(events_wait=True, now=0.04)
    assert gate.opens(events_wait=False, now=0.045)


def test_endless_events_do_not_shut_it_for_ever() -> None:
    gate = IdleGate()
    opened = [gate.opens(events_wait=True, now=step / 100) for step in range(100)]
    assert 10 <= sum(opened) <= 20


def burn(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_used_cpu_has_to_be_earned_by_waiting(share: float) -> None:
    budget = CpuBudget(share, now=0.0)
    burn(0.02)
    pause = budget.seconds_until_open(0.0)
    assert pause >= 0.02 / share, "at this pace the process stays below its share"
    assert budget.seconds_until_open(10 * pause) == 0.0


def test_a_pause_of_any_length_earns_little() -> None:
    """After a second of nothing to do there is not a second's worth of probes to start at once."""
    budget = CpuBudget(0.25, now=0.0)
    assert budget.seconds_until_open(1.0) == 0.0
    burn(0.05)
    assert budget.seconds_until_open(1.0) > 0.05


def test_once_closed_it_opens_for_several_starts() -> None:
    """What starts together is cheaper than one start after the other, each at its own wake-up."""
    budget = CpuBudget(0.25, now=0.0)
    burn(0.05)
    pause = budget.seconds_until_open(0.0)
    assert budget.seconds_until_open(0.9 * pause) > 0.0, "the used is earned by now, and nothing is saved"
    assert budget.seconds_until_open(1.1 * pause) == 0.0
    burn(0.01)
    assert budget.seconds_until_open(1.1 * pause) == 0.0, "what was saved pays for it"
    burn(0.05)
    assert budget.seconds_until_open(1.1 * pause) > 0.0


def test_a_whole_core_is_never_waited_for() -> None:
    budget = CpuBudget(1.0, now=0.0)
    burn(0.02)
    assert budget.seconds_until_open(0.0) == 0.0
