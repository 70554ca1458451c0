"""The score: one number from 0 to 100 by a formula that is printed with it. Pure.

    score = 100 x earned / possible, but never more than 100 x critical targets judged / critical targets

Every judged, non-advisory check of a target weighs what a FAIL of it would be worth (WEIGHTS, twice on a critical
target). A pass earns the whole weight, a warning half, a failure nothing. A check that had no turn because another
check of its target fails earns nothing either. What could not be judged is left out, and is told as coverage; the cap
keeps an auditor that sees little from saying that all is well.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.domain.attribution import Reading
from auditor.domain.result import Severity, Status
from auditor.domain.target import Target
from auditor.domain.topology import Platform

WEIGHTS: Mapping[Severity, int] = {Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 4, Severity.CRITICAL: 8}
CRITICAL_TARGET = 2
_EARNS = {Status.PASS: 1.0, Status.WARN: 0.5, Status.FAIL: 0.0}
_WORST_FIRST = (Status.FAIL, Status.WARN, Status.PASS, Status.UNKNOWN, Status.SKIPPED)
FORMULA = (
    "Score = 100 × earned weight / possible weight of the judged checks that are not advisory, and at most "
    "100 × critical targets judged / critical targets. Weights: low 1, medium 2, high 4, critical 8, twice that on a "
    "critical target. A pass earns all of it, a warning half, a failure nothing, nor does a check that had no turn "
    "because its target fails."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceShare:
    """A service's part of the sums; the parts add up to the score's own."""

    service: str
    earned: float
    possible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What mending would give: ``points`` of the score, when the results of these ids passed and nothing else changed.

    ``fix`` is a root's component where ``root``, otherwise a target none of whose roots is known.
    """

    fix: str
    root: bool
    points: float
    result_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """``value`` is None when nothing was judged. ``cap``: the share of critical targets that were, in percent."""

    value: float | None
    earned: float
    possible: int
    cap: float
    services: tuple[ServiceShare, ...]
    gains: tuple[Gain, ...]


@dataclass(frozen=True, slots=True)
class _Sums:
    earned: float
    possible: int


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All that is weighed: deployed targets, their readings by check, and their sums."""

    targets: Mapping[str, Target[Any]]
    asked: Mapping[str, Mapping[str, Reading]]
    sums: Mapping[str, _Sums]
    total: _Sums
    cap: float

    def value(self, mended: frozenset[str] = frozenset(), touched: Collection[str] = ()) -> float | None:
        """The score, where the results of ``mended``, which are of the targets ``touched``, count as passes."""
        after = [_sums(self.targets[id], self.asked[id], mended) for id in touched]
        earned = self.total.earned + sum(s.earned for s in after) - sum(self.sums[id].earned for id in touched)
        possible = self.total.possible + sum(s.possible for s in after) - sum(self.sums[id].possible for id in touched)
        return min(100 * earned / possible, self.cap) if possible else None


def score_of(platform: Platform, readings: Iterable[Reading], roots: Iterable[tuple[str, Sequence[str]]] = ()) -> Score:
    """The score of a moment, and what each fix would give.

    ``roots``: component and the ids of the results that it explains. The order and repetition of readings change
    nothing.
    """
    targets = {target.id: target for target in platform.targets if target.deployed}
    asked = _asked(targets, readings)
    critical = [id for id, target in targets.items() if target.critical]
    judged = sum(any(reading.speaks for reading in asked[id].values()) for id in critical)
    sums = {id: _sums(targets[id], checks) for id, checks in asked.items()}
    sheet = _Sheet(
        targets=targets,
        asked=asked,
        sums=sums,
        total=_Sums(sum(s.earned for s in sums.values()), sum(s.possible for s in sums.values())),
        cap=100 * judged / len(critical) if critical else 100.0,
    )
    return Score(
        value=sheet.value(),
        earned=sheet.total.earned,
        possible=sheet.total.possible,
        cap=sheet.cap,
        services=_shares(platform, sheet),
        gains=_gains(sheet, roots),
    )


def _shares(platform: Platform, sheet: _Sheet) -> tuple[ServiceShare, ...]:
    by_service: dict[str, list[_Sums]] = {service.id: [] for service in platform.services}
    for id, target in sheet.targets.items():
        by_service[target.service].append(sheet.sums[id])
    return tuple(
        ServiceShare(service=id, earned=sum(s.earned for s in sums), possible=sum(s.possible for s in sums))
        for id, sums in by_service.items()
        if sums
    )


def _asked(targets: Collection[str], readings: Iterable[Reading]) -> dict[str, dict[str, Reading]]:
    """Per target and check the newest reading that is not advisory; of two in one slot the worse one."""
    found: dict[str, dict[str, Reading]] = {id: {} for id in targets}
    for reading in readings:
        result = reading.result
        if result.severity is Severity.ADVISORY or result.target not in found:
            continue
        known = found[result.target].get(result.check)
        if known is None or _order(reading) < _order(known):
            found[result.target][result.check] = reading
    return found


def _order(reading: Reading) -> tuple[float, int, int]:
    result = reading.result
    return (-result.slot.timestamp(), _WORST_FIRST.index(result.status), -WEIGHTS[result.severity])


def _sums(target: Target[Any], checks: Mapping[str, Reading], mended: frozenset[str] = frozenset()) -> _Sums:
    """A target's weights, where the results of ``mended`` count as passes."""
    factor = CRITICAL_TARGET if target.critical else 1
    fails = any(
        reading.speaks and reading.result.status is Status.FAIL and reading.result.id not in mended
        for reading in checks.values()
    )
    earned, possible = 0.0, 0
    for reading in checks.values():
        result = reading.result
        weight = factor * WEIGHTS[result.severity]
        if reading.speaks:
            possible += weight
            earned += weight * (1.0 if result.id in mended else _EARNS[result.status])
        elif fails and result.status is Status.SKIPPED:
            possible += weight
    return _Sums(earned, possible)


def _gains(sheet: _Sheet, roots: Iterable[tuple[str, Sequence[str]]]) -> tuple[Gain, ...]:
    """Of every root, and of every target with something bad that no root explains; the greatest first."""
    now = sheet.value()
    if now is None:
        return ()
    bad = {
        reading.result.id: id
        for id, checks in sheet.asked.items()
        for reading in checks.values()
        if reading.speaks and reading.result.status is not Status.PASS
    }
    fixes = {(component, True): bad.keys() & set(ids) for component, ids in roots}
    for id in bad.keys() - {id for ids in fixes.values() for id in ids}:
        fixes.setdefault((bad[id], False), set()).add(id)
    gains = []
    for (fix, root), ids in fixes.items():
        then = sheet.value(frozenset(ids), {bad[id] for id in ids})
        if ids and then is not None:
            gains.append(Gain(fix=fix, root=root, points=then - now, result_ids=tuple(sorted(ids))))
    return tuple(sorted(gains, key=lambda gain: (-gain.points, gain.fix, gain.root)))
