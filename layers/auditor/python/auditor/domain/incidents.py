"""The life of incidents: opened, updated, merged, ended; and what is told of it. Pure.

At most one incident is open per service that is at fault, and at most one message is written about it in a slot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from auditor.domain.at_fault import Charge
from auditor.domain.bundle import Bundle
from auditor.domain.incident import Incident, Incidents, KnownRoot, noted
from auditor.domain.instants import format_instant
from auditor.domain.verdict import TargetState, Verdict

REOPENS_WITHIN = timedelta(minutes=30)
"""A trouble that comes back sooner than this after its end is the same incident."""
MERGES_AFTER = timedelta(minutes=2)
"""Another incident must explain all of one for so long: a passing failure elsewhere takes nobody's incident over."""
REMINDS_EVERY = timedelta(hours=4)
_CLOSED_KEPT = timedelta(days=7)
_ROOTS_KEPT = 500
_WELL = (Verdict.HEALTHY, Verdict.NOT_DEPLOYED)


class Kind(StrEnum):
    """What is told of an incident."""

    OPENED = "opened"
    AGAIN = "again"
    """It ended a short while ago and is back."""
    ESCALATED = "escalated"
    """From degraded to down."""
    NEW_ROOT = "new_root"
    FLAPPING = "flapping"
    REMINDER = "reminder"
    MERGED = "merged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A message about an incident, which is as it is after this moment.

    ``wakes``: it also goes to those who are paged, since the alarm of the service is raised already and cannot tell it.
    ``into``: the service whose incident this one became.
    """

    id: str
    kind: Kind
    service: str
    at: datetime
    incident: Incident
    wakes: bool = False
    into: str = ""


def follow(
    bundle: Bundle,
    *,
    targets: Mapping[str, TargetState],
    explained: Mapping[str, tuple[str, ...]],
    charges: Mapping[str, Charge],
    muted: Mapping[str, str],
) -> tuple[Incidents, tuple[Transition, ...]]:
    """The incidents after this moment, and what is told. ``muted``: service to why nothing is told of it now."""
    moment = _Moment(bundle=bundle, targets=targets, explained=explained, charges=charges, muted=muted)
    before = bundle.state.incidents
    is_open: dict[str, Incident] = {}
    closed = {s: each for s, each in before.closed.items() if bundle.as_of - _end(each) <= _CLOSED_KEPT}
    roots = dict(before.roots)
    told: list[Transition] = []
    for service in (service.id for service in bundle.platform.services):
        incident = before.open.get(service)
        kind: Kind | None = None
        if incident is None:
            if service not in charges:
                continue
            incident, kind = moment.begun(service)
        incident = moment.updated(incident, fresh=kind is not None)
        step = moment.decided(incident, kind)
        if step.incident.closed is None:
            is_open[service] = step.incident
            closed.pop(service, None)
        else:
            closed[service] = step.incident
            roots = _remembered(roots, step.incident)
        if step.kind is not None:
            told.append(moment.transition(step, step.kind))
    for transition in told:
        if transition.into in is_open:
            other = is_open[transition.into]
            is_open[transition.into] = replace(other, merged=(*other.merged, transition.incident.id))
    return Incidents(open=is_open, closed=closed, roots=roots), tuple(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """One slot, in which the steps of every incident's life are taken."""

    bundle: Bundle
    targets: Mapping[str, TargetState]
    explained: Mapping[str, tuple[str, ...]]
    charges: Mapping[str, Charge]
    muted: Mapping[str, str]

    def begun(self, service: str) -> tuple[Incident, Kind]:
        """A new incident, or one that ended a short while ago and is back."""
        charge, as_of = self.charges[service], self.bundle.as_of
        last = self.bundle.state.incidents.closed.get(service)
        if last is not None and as_of - _end(last) <= REOPENS_WITHIN and charge.targets & set(last.targets):
            return replace(last, closed=None, well_since=None, told_at=None, turns=last.turns + 1), Kind.AGAIN
        since = min(self.targets[id].bad_since or as_of for id in charge.targets)
        id = f"{self.bundle.stage}/{service}/{format_instant(as_of)}"
        return Incident(id=id, service=service, opened=as_of, since=since, targets=()), Kind.OPENED

    def updated(self, incident: Incident, *, fresh: bool) -> Incident:
        """What it is about, whether all of it is well, and whether others explain all of it."""
        charge, as_of = self.charges.get(incident.service), self.bundle.as_of
        ids = {id for id in incident.targets if id in self.targets} | (charge.targets if charge else set())
        well = charge is None and all(self.targets[id].verdict in _WELL for id in ids)
        turned = not fresh and charge is not None and incident.well_since is not None
        elsewhere = charge is None and not well and bool(self._explaining(ids))
        return replace(
            incident,
            targets=tuple(sorted(ids)),
            turns=incident.turns + turned,
            well_since=(incident.well_since or as_of) if well else None,
            elsewhere_since=(incident.elsewhere_since or as_of) if elsewhere else None,
        )

    def decided(self, incident: Incident, kind: Kind | None) -> "_Step":
        """The one thing that is told of it in this slot, if any, and how it is afterwards."""
        charge, because = self.charges.get(incident.service), self.muted.get(incident.service, "")
        ended = self._ended(incident)
        if ended is not None:
            return ended
        if charge is None:
            return _Step(incident)
        if because:
            # Muting stops messages, never measuring; what still is bad at its end is told then.
            return _Step(self._noted(incident, f"not told: {because}") if kind is not None else incident)
        return self._told(incident, charge, kind)

    def _ended(self, incident: Incident) -> "_Step | None":
        as_of, was_told = self.bundle.as_of, incident.told_at is not None
        after = replace(incident, closed=as_of, paging=False)
        if incident.well_since is not None and as_of - incident.well_since >= incident.settling:
            # Muting never stops the end of what was told.
            return _Step(self._noted(after, "ended"), Kind.RESOLVED if was_told else None)
        if incident.elsewhere_since is not None and as_of - incident.elsewhere_since >= MERGES_AFTER:
            into = self._explaining(incident.targets)
            return _Step(
                self._noted(after, f"became the incident of {into}"), Kind.MERGED if was_told else None, into=into
            )
        return None

    def _told(self, incident: Incident, charge: Charge, kind: Kind | None) -> "_Step":
        as_of = self.bundle.as_of
        news = [root for root in charge.roots if root not in incident.roots]
        down = any(self._is_down(id) for id in charge.targets)
        after = self._with_roots(replace(incident, told_at=as_of, paging=incident.paging or down), news)
        before = self.bundle.state.incidents.open.get(incident.service)
        if incident.told_at is None:
            kind = kind or Kind.OPENED
            return _Step(self._noted(after, "is back" if kind is Kind.AGAIN else "opened"), kind)
        if down and not incident.paging:
            return _Step(self._noted(after, "down"), Kind.ESCALATED)
        if news:
            second = incident.paging and bool(incident.roots) and bool(set(news) & set(charge.own))
            return _Step(self._noted(after, f"root {', '.join(news)}"), Kind.NEW_ROOT, wakes=second)
        if incident.flapping and before is not None and not before.flapping:
            return _Step(self._noted(after, f"flaps: turned bad {incident.turns} times"), Kind.FLAPPING)
        if incident.acknowledged is None and as_of - incident.told_at >= REMINDS_EVERY:
            return _Step(self._noted(after, "reminded"), Kind.REMINDER)
        return _Step(incident)

    def transition(self, step: "_Step", kind: Kind) -> Transition:
        """The message; one incident has at most one in a slot."""
        service = step.incident.service
        return Transition(
            id=f"{self.bundle.stage}/{service}/{kind}/{format_instant(self.bundle.as_of)}",
            kind=kind,
            service=service,
            at=self.bundle.as_of,
            incident=step.incident,
            wakes=step.wakes,
            into=step.into,
        )

    def _explaining(self, ids: Iterable[str]) -> str:
        """A service whose incident explains every one of these targets that is bad; empty where none does."""
        services: set[str] = set()
        for id in ids:
            if self.targets[id].verdict is Verdict.UNKNOWN:
                return ""  # going blind is no proof that others are at fault
            if self.targets[id].verdict.bad:
                through = {id, *self.explained.get(id, ())}
                owners = {service for service, charge in self.charges.items() if charge.targets & through}
                if not owners:
                    return ""
                services |= owners
        return min(services, default="")

    def _is_down(self, id: str) -> bool:
        # A victim with a small trouble of its own is not DOWN by it: only what is charged is asked.
        return self.targets[id].verdict is Verdict.DOWN and self.bundle.platform.target(id).critical

    def _with_roots(self, incident: Incident, news: list[str]) -> Incident:
        known = [self.bundle.state.incidents.roots[root] for root in news if root in self.bundle.state.incidents.roots]
        latest = max(known, key=lambda each: each.closed, default=None)
        return replace(
            incident,
            roots=(*incident.roots, *news),
            recurrences=incident.recurrences + sum(each.count for each in known),
            earlier=latest.last if latest else incident.earlier,
        )

    def _noted(self, incident: Incident, text: str) -> Incident:
        return replace(incident, timeline=noted(incident.timeline, self.bundle.as_of, text))


@dataclass(frozen=True, slots=True)
class _Step:
    """An incident after a slot, and what is told of it."""

    incident: Incident
    kind: Kind | None = None
    wakes: bool = False
    into: str = ""


def _end(incident: Incident) -> datetime:
    return incident.closed or incident.opened


def _remembered(roots: Mapping[str, KnownRoot], incident: Incident) -> dict[str, KnownRoot]:
    """The roots that were ever known, the newest ones, with this incident's counted."""
    after = dict(roots)
    for name in incident.roots:
        before = after.get(name)
        if before is None or before.last != incident.id:
            count = before.count + 1 if before else 1
            after[name] = KnownRoot(count=count, last=incident.id, closed=_end(incident))
    newest = sorted(after, key=lambda name: after[name].closed, reverse=True)[:_ROOTS_KEPT]
    return {name: after[name] for name in sorted(newest)}
