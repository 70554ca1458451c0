"""A figure that is measured in rounds: its median decides, its spread is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.row import Row

ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """``values`` holds one measurement a round; without any, ``not_measured`` says why there are none."""

    claim: str
    reach: str
    unit: str
    values: tuple[float, ...] = ()
    reached: Callable[[float], bool] = bool
    not_measured: str = ""
    note: str = ""

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return median(self.values)

    def row(self) -> Row:
        """The line of the bench's table."""
        if not self.values:
            return Row(property=self.claim, reach=self.reach, measured=self.not_measured, verdict="NOT MEASURED")
        spread = f"{min(self.values):.3g} to {max(self.values):.3g} in {len(self.values)} rounds"
        measured = f"{self.middle:.3g} {self.unit} ({spread})" + (f"; {self.note}" if self.note else "")
        verdict = "reached" if self.reached(self.middle) else "missed"
        return Row(property=self.claim, reach=self.reach, measured=measured, verdict=verdict)


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
