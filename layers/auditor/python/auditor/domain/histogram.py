"""A log histogram of latencies: mergeable, small, and every percentile within 1 % of the nearest-rank value.

Bucket ``b`` holds what lies in ``(RATIO ** (b - 1), RATIO ** b]`` milliseconds, so ``b = ceil(ln x / ln RATIO)``. Its
representative ``2 * RATIO ** b / (RATIO + 1)`` is at most ``(RATIO - 1) / (RATIO + 1)`` = 1.0 % from anything in it
(the mapping of DDSketch, Masson et al., VLDB 2019).
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import sub

RATIO = 1.0202
_PER_LN = 1 / math.log(RATIO)
_SHORTEST_MS = 0.001
"""What took no time that a clock saw took a microsecond: zero has no logarithm."""


def buckets_of(milliseconds: Iterable[float | None]) -> list[int | None]:
    """The bucket of each latency; None stays None. All at once, because a call for each costs more than the answer."""
    ceil, per_ln, taken = math.ceil, _PER_LN, list(milliseconds)
    if all(taken):
        return [ceil(ln * per_ln) for ln in map(math.log, taken)]  # type: ignore[arg-type]  # no None is true
    return [None if each is None else ceil(math.log(each or _SHORTEST_MS) * per_ln) for each in taken]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many latencies fell into each bucket."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many latencies it holds."""
        return sum(self.counts.values())

    def percentiles(self, *percents: float) -> tuple[float, ...]:
        """Milliseconds at the nearest ranks, ``ceil(percent / 100 * total)``, each within 1 %; none of an empty one."""
        buckets = sorted(self.counts)
        seen = list(accumulate(map(self.counts.__getitem__, buckets)))
        if not seen:
            return ()
        ranks = (max(1, math.ceil(percent / 100 * seen[-1])) for percent in percents)
        return tuple(2 * RATIO ** buckets[bisect_left(seen, rank)] / (RATIO + 1) for rank in ranks)

    def to_bytes(self) -> bytes:
        """Varints: the first bucket (zigzag), the gaps from each bucket to the next, the counts."""
        buckets = sorted(self.counts)
        if not buckets:
            return b""
        first = buckets[0]
        numbers = [*map(sub, buckets[1:], buckets), *map(self.counts.__getitem__, buckets)]
        return varint(first * 2 if first >= 0 else -first * 2 - 1) + varints(numbers)


def histogram_of(buckets: Iterable[int | None]) -> Histogram:
    """The histogram of latencies whose buckets are known; None is none."""
    counts = Counter(buckets)
    counts.pop(None, None)
    return Histogram(counts)  # type: ignore[arg-type]  # no None is left in it


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """All of them in one; their order and grouping change nothing."""
    counts: dict[int, int] = {}
    known = counts.get
    for histogram in histograms:
        for bucket, count in histogram.counts.items():
            counts[bucket] = known(bucket, 0) + count
    return Histogram(counts)


def histogram_from(packed: bytes) -> Histogram:
    """The histogram that :meth:`Histogram.to_bytes` wrote."""
    if not packed:
        return Histogram()
    zigzag, at = read_varint(packed, 0)
    first = zigzag // 2 if zigzag % 2 == 0 else -(zigzag + 1) // 2
    numbers = read_varints(packed[at:])
    gaps = len(numbers) // 2
    return Histogram(dict(zip(accumulate([first, *numbers[:gaps]]), numbers[gaps:], strict=True)))


def varint(number: int) -> bytes:
    """A whole number of at least 0 in 7 bits a byte, low bits first; all but the last byte have the high bit set."""
    packed = bytearray()
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def read_varint(packed: bytes, at: int) -> tuple[int, int]:
    """The number that begins at an offset, and the offset behind it."""
    number = shift = 0
    while True:
        byte = packed[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7


def varints(numbers: Sequence[int]) -> bytes:
    """Numbers one behind the other."""
    try:
        packed = bytes(numbers)
    except ValueError:
        packed = b"\xff"
    # Nearly always each of them is one byte: then there is no loop.
    return packed if packed.isascii() else b"".join(map(varint, numbers))


def read_varints(packed: bytes) -> Sequence[int]:
    """All numbers that :func:`varints` wrote."""
    if packed.isascii():
        return packed
    numbers, at = [], 0
    while at < len(packed):
        number, at = read_varint(packed, at)
        numbers.append(number)
    return numbers
