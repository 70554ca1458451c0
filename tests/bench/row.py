"""One line of the bench's table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A property, the figure to reach, what was measured with its spread; ``reached``, ``missed`` or NOT MEASURED."""

    property: str
    reach: str
    measured: str
    verdict: str
