"""The engine: weighs what the rules propose against what fails. Deterministic, and indifferent to any order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from auditor.domain.attribution import Reading
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.model import Diagnosis, Root, Victim
from auditor.domain.diagnosis.next_observation import cheapest
from auditor.domain.diagnosis.proof import seen_in
from auditor.domain.diagnosis.rules import RULES
from auditor.domain.diagnosis.strangers import without_strangers
from auditor.domain.observation import Phase
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from auditor.domain.topology import Platform

_NOT_REACHED = (Phase.NAME, Phase.TCP, Phase.TLS)
"""Failing here, a target was not reached: only what cuts it off explains that, never what it needs for its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Symptom:
    """A failing result and whose it is.

    ``partly``: a warning, as where one of two addresses is dead. It can show what is wrong as well as a failure does;
    but most warnings have no root, so that it is never undecided, and only a root beyond doubt explains one.
    """

    result: Result
    target: Target[Any]

    @property
    def partly(self) -> bool:
        return self.result.status is Status.WARN

    @property
    def reached(self) -> bool:
        return self.result.phase not in _NOT_REACHED


def diagnose(claims: Iterable[Claim], platform: Platform, readings: Sequence[Reading]) -> Diagnosis:
    """The roots of what fails. ``readings`` are the attributed results; what the auditor could not see gives no root.

    A claim whose observation was laid to the vantage is not heard: its silence speaks of the auditor.
    """
    targets = {target.id: target for target in platform.targets if target.deployed}
    vantage = {seen_in(r.result) for r in readings if r.why_not and r.result.status is Status.FAIL}
    heard = without_strangers(claim for claim in claims if not vantage & set(claim.proof))
    evidence = Evidence(heard, platform)
    symptoms = tuple(
        _Symptom(result=reading.result, target=targets[reading.result.target])
        for reading in sorted(readings, key=lambda reading: reading.result.id)
        if reading.speaks
        and reading.result.status in (Status.FAIL, Status.WARN)
        and reading.result.severity is not Severity.ADVISORY
        and reading.result.target in targets
    )
    known = {component.id for component in platform.components}
    proposed = [candidate for rule in RULES for candidate in rule(evidence) if candidate.component in known]
    needs = evidence.needs
    merged = _merged(proposed)
    candidates = tuple(c for c in merged if not _may_be_for_want(c, merged, needs))
    explains = {c: frozenset(s.result.id for s in symptoms if _explains(c, s, needs)) for c in candidates}
    own = {c: frozenset(s.result.id for s in symptoms if not s.partly and _shown(c, s)) for c in candidates}
    standing = (c for c in candidates if _stands(c, explains[c], symptoms) and not _outdone(c, explains, own))
    roots = tuple(sorted(standing, key=lambda c: _weight(c, symptoms)))
    explained = {id for candidate in roots for id in explains[candidate]}
    unexplained = [symptom for symptom in symptoms if not symptom.partly and symptom.result.id not in explained]
    return Diagnosis(
        roots=tuple(_root(c, sorted(explains[c])) for c in roots),
        findings=tuple(_root(c, ()) for c in candidates if c not in roots),
        victims=_victims(roots, explains, symptoms),
        ruled_out=_ruled_out(roots, symptoms, readings, targets),
        unexplained=tuple(symptom.result.id for symptom in unexplained),
        next_observation=cheapest([(s.result, s.target) for s in unexplained], evidence),
    )


def _explains(candidate: Candidate, symptom: _Symptom, needs: Mapping[str, frozenset[str]]) -> bool:
    """Whether this root would make this result fail: it shows the fault, or what it harms is needed for it."""
    if symptom.partly and not (candidate.named and candidate.confidence is Confidence.HIGH):
        return False
    service = symptom.target.service
    if seen_in(symptom.result) in candidate.shows or service in candidate.cuts:
        return True
    broken = candidate.harms | candidate.cuts
    return symptom.reached and (service in broken or bool(needs.get(service, frozenset()) & broken))


def _shown(candidate: Candidate, symptom: _Symptom) -> bool:
    """Whether the fault shows itself in what failed."""
    return seen_in(symptom.result) in candidate.shows


def _stands(candidate: Candidate, explained: frozenset[str], symptoms: Sequence[_Symptom]) -> bool:
    """Whether it explains a failure, or shows itself in a warning: of a warning elsewhere alone nobody is the root."""
    return any(
        not symptom.partly or seen_in(symptom.result) in candidate.shows
        for symptom in symptoms
        if symptom.result.id in explained
    )


def _may_be_for_want(candidate: Candidate, others: Sequence[Candidate], needs: Mapping[str, frozenset[str]]) -> bool:
    """Whether nothing is known of it but that it ended, while something that it needs is surely broken."""
    needed = needs.get(candidate.for_want_of, frozenset())
    return any(
        other.named and other.confidence is Confidence.HIGH and bool((other.harms | other.cuts) & needed)
        for other in others
        if other is not candidate
    )


def _outdone(
    candidate: Candidate,
    explains: Mapping[Candidate, frozenset[str]],
    own: Mapping[Candidate, frozenset[str]],
) -> bool:
    """Whether a root with better evidence explains all of it, while no failing answer names this one.

    In what it shows itself, another one takes its place only by showing itself there, too.
    """
    return not candidate.named and any(
        other is not candidate
        and explains[candidate] <= explains[other]
        and own[candidate] <= own[other]
        and (other.named or other.confidence.rank < candidate.confidence.rank)
        for other in explains
    )


def _weight(candidate: Candidate, symptoms: Sequence[_Symptom]) -> tuple[int, int, int, str]:
    """What is told first: the root that shows itself in the most failures of critical targets, then of any."""
    shown = [symptom for symptom in symptoms if seen_in(symptom.result) in candidate.shows]
    critical = sum(symptom.target.critical for symptom in shown)
    return -critical, -len(shown), candidate.confidence.rank, candidate.component


def _merged(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """One candidate per component and fault: the strongest statement with all proofs."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault((candidate.component, candidate.fault), []).append(candidate)
    return tuple(_one(groups[key]) for key in sorted(groups))


def _one(group: Sequence[Candidate]) -> Candidate:
    first = min(group, key=lambda c: (not c.named, c.confidence.rank, c.statement))
    return replace(
        first,
        proof=tuple(sorted({id for c in group for id in c.proof})),
        shows=tuple(sorted({id for c in group for id in c.shows})),
        harms=frozenset().union(*(c.harms for c in group)),
        cuts=frozenset().union(*(c.cuts for c in group)),
        named=any(c.named for c in group),
        ruled_out=_unique(r for c in group for r in c.ruled_out),
    )


def _root(candidate: Candidate, explains: Sequence[str]) -> Root:
    return Root(
        component=candidate.component,
        fault=candidate.fault,
        statement=candidate.statement,
        proof=candidate.proof,
        ruled_out=candidate.ruled_out,
        confidence=candidate.confidence,
        first_action=candidate.first_action,
        explains=tuple(explains),
    )


def _victims(
    roots: Sequence[Candidate], explains: Mapping[Candidate, frozenset[str]], symptoms: Sequence[_Symptom]
) -> tuple[Victim, ...]:
    blamed = {candidate.component for candidate in roots}
    results: dict[str, set[str]] = {}
    causes: dict[str, set[str]] = {}
    for symptom in symptoms:
        of = {c.component for c in roots if symptom.result.id in explains[c]}
        if of and symptom.target.component not in blamed:
            results.setdefault(symptom.target.component, set()).add(symptom.result.id)
            causes.setdefault(symptom.target.component, set()).update(of)
    return tuple(
        Victim(component=component, of=tuple(sorted(causes[component])), results=tuple(sorted(results[component])))
        for component in sorted(results)
    )


def _ruled_out(
    roots: Sequence[Candidate],
    symptoms: Sequence[_Symptom],
    readings: Sequence[Reading],
    targets: Mapping[str, Target[Any]],
) -> tuple[RuledOut, ...]:
    """What the roots' rules excluded, and every component that was seen well while others fail."""
    if not symptoms:
        return ()
    passed: dict[str, set[str]] = {}
    not_well = {candidate.component for candidate in roots}
    for reading in readings:
        target = targets.get(reading.result.target)
        if target is None:
            continue
        if reading.speaks and reading.result.status is Status.PASS:
            passed.setdefault(target.component, set()).add(reading.result.id)
        elif reading.result.status is not Status.PASS and reading.result.severity is not Severity.ADVISORY:
            not_well.add(target.component)
    seen_well = (
        RuledOut(subject=component, why=f"all that was asked of it passed ({len(ids)})", proof=tuple(sorted(ids)))
        for component, ids in sorted(passed.items())
        if component not in not_well
    )
    return _unique([*(r for c in roots for r in c.ruled_out if r.subject not in not_well), *seen_well])


def _unique(items: Iterable[RuledOut]) -> tuple[RuledOut, ...]:
    """What says the same is one, with all its proofs."""
    proofs: dict[tuple[str, str], set[str]] = {}
    for item in items:
        proofs.setdefault((item.subject, item.why), set()).update(item.proof)
    return tuple(RuledOut(subject=s, why=why, proof=tuple(sorted(proofs[s, why]))) for s, why in sorted(proofs))
