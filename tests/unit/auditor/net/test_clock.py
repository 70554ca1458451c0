"""The peers' clock: it runs from a question to its answer, and stands while the auditor is busy or late."""

from auditor.net.clock import PeerClock


def test_only_the_time_from_question_to_answer_counts() -> None:
    clock = PeerClock(0.0, 100.0)
    clock.asked(101.0)
    clock.noticed(103.0)
    assert clock.read() == 2.0
    clock.asked(110.0)  # seven seconds of computing in between
    assert clock.read() == 2.0
    clock.noticed(110.5)
    assert clock.read() == 2.5


def test_the_moment_of_arrival_outdoes_the_moment_of_noticing() -> None:
    clock = PeerClock(0.0, 0.0)
    clock.asked(1.0)
    clock.noticed(9.0)
    clock.came(1.25)
    assert clock.read() == 0.25


def test_what_was_read_before_is_never_taken_back() -> None:
    """A second piece that had come together with the first one, or a stamp from before the question."""
    clock = PeerClock(0.0, 0.0)
    clock.asked(1.0)
    clock.noticed(3.0)
    assert clock.read() == 2.0
    clock.noticed(5.0)
    clock.came(2.0)
    assert clock.read() == 2.0
    clock.asked(6.0)
    clock.came(5.5)
    assert clock.read() == 2.0


def test_pieces_that_follow_each_other_count_up_to_the_last() -> None:
    clock = PeerClock(0.0, 0.0)
    clock.asked(0.0)
    for stamp in (1.0, 2.0, 4.0):
        clock.noticed(stamp + 0.5)
        clock.came(stamp)
    assert clock.read() == 4.0


def test_an_answer_that_came_while_the_question_was_still_being_asked_takes_no_time() -> None:
    clock = PeerClock(7.0, 0.0)
    clock.asked(1.0)
    clock.came(1.0)
    assert clock.read() == 7.0
