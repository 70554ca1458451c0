"""How much of a very large report a page shows, so that a browser opens it and a chat takes it.

What is left out is counted, and report.json and the bundle hold all of it.
"""

from collections.abc import Sequence

from auditor.render.wording import counted

CARDS = 50
"""Of what is wrong, warns or was not seen: nobody reads further, and a platform that is all down has thousands."""
VICTIMS = 25
"""Under one root."""
TARGETS = 500
"""A platform with more has no row for each healthy target, and none for each probe and each result."""
BAD_TARGETS = 20
"""Rows of one service on such a platform."""
NAMED = 3
"""Ids in the middle of a sentence."""


def left_out(number: int, noun: str) -> str:
    """The sentence that stands where a list ends early; empty when it does not."""
    return f"{counted(number, f'more {noun}')}: report.json holds all of them." if number > 0 else ""


def named(ids: Sequence[str]) -> str:
    """The first ids of many, and how many there are beside them."""
    more = len(ids) - NAMED
    return ", ".join(ids[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
