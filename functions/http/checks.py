"""The questions asked of an HTTP observation; a later one has its turn only where the earlier ones went well."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, failed, passed, skipped, unknown
from functions.http import remedies
from functions.http.answers import Problem, answer_evidence, partly, unlike_declared, warned, with_remedy
from functions.http.conditions import declared
from functions.http.content_checks import CONTENT_CHECKS
from functions.http.facts import CAUSES, AddressFacts, HttpFacts, Part
from functions.http.family import HttpSpec
from functions.http.judged import (
    OWN_KEY,
    PATH_PHASES,
    HttpObservation,
    HttpTarget,
    facts_of,
    key_lacking,
    no_turn,
    status_problem,
    usable,
    was_reached,
)
from functions.http.redaction import place
from functions.http.wording import count, milliseconds, names, one_of, sentences, url

_CAUSES = cause_index(KERNEL_CAUSES, CAUSES)
_ENOUGH_SAMPLES = 3

Judge = Callable[[HttpTarget, HttpObservation], Answer]


def _reachable(_: HttpTarget, observation: HttpObservation) -> Answer:
    facts = facts_of(observation)
    reached = [a for a in facts.probed if was_reached(a)]
    problems = [f for f in observation.failures if f.phase in PATH_PHASES]
    problems += [a.failure for a in facts.probed if a.failure and not was_reached(a) and a.failure not in problems]
    evidence: dict[str, Scalar] = {
        "url": url(facts),
        "addresses": ", ".join(facts.resolved),
        "addresses_probed": len(facts.probed),
        "addresses_reached": len(reached),
    }
    if not problems and reached:
        return passed(f"{url(facts)} was reached on {count(len(reached), 'address')} ({names(reached)}).", **evidence)
    if not problems:
        raise ValueError("no address was probed and no failure says why")
    # A refusal proves the path where a timeout does not; it must not be hidden behind one and laid to the vantage.
    problems.sort(key=lambda failure: not _CAUSES[failure.cause].proves_path)
    first = problems[0]
    evidence["failing_addresses"] = ", ".join(sorted({f.address for f in problems if f.address}))
    details = sentences([f.detail for f in problems])
    if not reached:
        return with_remedy(failed(first, f"{url(facts)} could not be reached: {details}", **evidence))
    part = f"{len(reached)} of {count(len(facts.probed), 'address')} ({names(reached)})"
    return with_remedy(warned(first, f"{url(facts)} was reached on {part} only: {details}", **evidence))


def _status_expected(target: HttpTarget, observation: HttpObservation) -> Answer:
    facts = facts_of(observation)
    reached = [a for a in facts.probed if was_reached(a)]
    if not reached:
        return skipped(f"{url(facts)} could not be reached, so no status was seen.")
    if (answer := key_lacking(observation)) is not None:
        return answer
    problems = [problem for a in reached if (problem := status_problem(target, facts, a)) is not None]
    if not problems:
        statuses = one_of(sorted({a.answer.status for a in reached if a.answer}))
        return passed(
            f"{facts.method} {url(facts)} answered {statuses} as expected ({names(reached)}).",
            url=url(facts),
            **answer_evidence(reached[0]),
        )
    problems.sort(key=lambda problem: problem[1].cause == OWN_KEY)
    address, failure = problems[0]
    evidence = {"url": url(facts), "expected": one_of(target.spec.expect.status), **answer_evidence(address)}
    if failure.cause == OWN_KEY:
        said = address.answer.message if address.answer else None
        return unknown(failure, None, remedy=remedies.for_own_key(said) if said else None, **evidence)
    answer = partly(reached, problems, **evidence)
    if failure.cause == "http.status" and address.answer is not None:
        return replace(answer, remedy=remedies.for_status(address.answer, facts.credential))
    return with_remedy(answer)


def _asks_redirect(target: HttpTarget) -> bool:
    return target.spec.expect.redirect_to is not None or target.spec.follow_redirects > 0


def _redirect_expected(target: HttpTarget, observation: HttpObservation) -> Answer:
    wanted = target.spec.expect.redirect_to
    facts = facts_of(observation)
    broken = [
        (a, a.failure) for a in facts.probed if a.failure and a.failure.cause in ("http.redirect", "http.redirect_loop")
    ]
    good = usable(target, observation)
    if not good and not broken:
        return no_turn(observation)
    problems: list[Problem] = [*broken]
    for address in good:
        seen = address.hops[-1].location if address.hops else "nowhere"
        if wanted is not None and seen != place(wanted):
            detail = f"{url(facts)} redirects to {seen} ({address.address}); expected {place(wanted)}."
            problems.append((address, unlike_declared("http.redirect", detail, address)))
    evidence: dict[str, Scalar] = {"url": url(facts), "expected": place(wanted) if wanted else ""}
    judged = [*good, *(a for a, _ in broken)]
    shown = problems[0][0] if problems else judged[0]
    evidence["hops"] = " -> ".join(f"{hop.status} {hop.location}" for hop in shown.hops)
    if problems:
        return with_remedy(partly(judged, problems, **evidence))
    if wanted is None:
        hops = len(good[0].hops)
        how = f"redirects within bounds ({count(hops, 'hop')})" if hops else "answers without redirecting"
        return passed(f"{url(facts)} {how}.", **evidence)
    return passed(f"{url(facts)} redirects to {place(wanted)} as expected.", **evidence)


def _asks(part: Part) -> Callable[[HttpTarget], bool]:
    return lambda target: bool(declared(target.spec.expect, part))


def _conditions_met(part: Part, cause: str) -> Judge:
    def judge_part(target: HttpTarget, observation: HttpObservation) -> Answer:
        wanted = declared(target.spec.expect, part)
        facts = facts_of(observation)
        good = usable(target, observation)
        if not good:
            return no_turn(observation)
        problems: list[Problem] = []
        evidence: dict[str, Scalar] = {"url": url(facts), "conditions": len(wanted)}
        for address in good:
            unmet = _unmet(address, part, wanted)
            if unmet:
                listed = "; ".join(f"{name}, observed {observed}" for name, observed in unmet)
                detail = (
                    f"{facts.method} {url(facts)} ({address.address}) does not meet {len(unmet)} of "
                    f"{count(len(wanted), f'{part} condition')}: {listed}."
                )
                problems.append((address, unlike_declared(cause, detail, address)))
                evidence.setdefault("condition", unmet[0][0])
                evidence.setdefault("observed", unmet[0][1])
        if problems:
            return partly(good, problems, **evidence)
        return passed(f"{url(facts)} meets {count(len(wanted), f'{part} condition')} ({names(good)}).", **evidence)

    return judge_part


def _unmet(address: AddressFacts, part: Part, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """Declared conditions without a met outcome; one that was never evaluated is not met."""
    answer = address.answer
    outcomes = {c.name: c for c in answer.conditions if c.part == part} if answer else {}
    unmet = []
    for name in wanted:
        outcome = outcomes.get(name)
        if outcome is None or not outcome.met:
            unmet.append((name, outcome.observed if outcome else "nothing recorded"))
    return unmet


def _responds_in_time(target: HttpTarget, observation: HttpObservation) -> Answer:
    facts = facts_of(observation)
    good = usable(target, observation)
    if not good:
        return no_turn(observation)
    limit = target.spec.slow_after.total_seconds() * 1000
    slowest = max(good, key=_typical_ms)
    evidence: dict[str, Scalar] = {
        "url": url(facts),
        "slowest_ms": round(slowest.total_ms, 1),
        "samples": max(1, len(slowest.samples_ms)),
        "slow_samples": sum(took > limit for took in slowest.samples_ms or (slowest.total_ms,)),
        "slow_after_ms": limit,
        "slowest_address": slowest.address,
    }
    if _typical_ms(slowest) <= limit:
        once = f" once, and typically {_typical_ms(slowest):.0f} ms" if slowest.total_ms > limit else ""
        answered = f"{url(facts)} answered within {milliseconds(slowest)}{once} ({slowest.address})"
        return passed(f"{answered}; the limit is {limit:.0f} ms.", **evidence)
    phase = _longest_phase(observation, slowest.address)
    took = f"took {milliseconds(slowest)} on {slowest.address}, most of it in the phase {phase.value}"
    detail = f"{url(facts)} {took}; the limit is {limit:.0f} ms."
    failure = Failure(phase=phase, cause="http.slow", detail=detail, address=slowest.address)
    return warned(failure, detail, **evidence)


def _typical_ms(address: AddressFacts) -> float:
    """The median where enough samples were taken: one slow answer of five is nothing.

    Above ``slow_after`` it says that and no more: further samples were given up there.
    """
    return median(address.samples_ms) if len(address.samples_ms) >= _ENOUGH_SAMPLES else address.total_ms


def _longest_phase(observation: HttpObservation, address: str) -> Phase:
    timings = [t for t in observation.phases if t.address in ("", address)]
    return max(timings, key=lambda t: t.duration_ms).phase if timings else Phase.ANSWER


CHECKS: tuple[Check[HttpSpec, HttpFacts], ...] = (
    Check(
        id="http.reachable",
        severity=Severity.CRITICAL,
        judge=_reachable,
        remediation="Follow the failing phase: the name in DNS, then the path and the listening process, then "
        "the certificate.",
    ),
    Check(
        id="http.status_expected",
        severity=Severity.CRITICAL,
        judge=_status_expected,
        remediation="See who wrote the answer (emitter) and read the log of that one at this time.",
    ),
    Check(
        id="http.redirect_expected",
        severity=Severity.MEDIUM,
        asks=_asks_redirect,
        judge=_redirect_expected,
        remediation="Correct the redirect where it is made (listener rule, proxy, application), or redirect_to "
        "in the catalogue.",
    ),
    Check(
        id="http.headers_expected",
        severity=Severity.HIGH,
        asks=_asks("header"),
        judge=_conditions_met("header", "http.header"),
        remediation="See which of balancer, proxy and service sets or strips this header, and what its last "
        "change was.",
    ),
    Check(
        id="http.body_expected",
        severity=Severity.HIGH,
        asks=_asks("body"),
        judge=_conditions_met("body", "http.body"),
        remediation="Request the page by hand and compare: most often another service or an error page answers "
        "with this status.",
    ),
    Check(
        id="http.json_expected",
        severity=Severity.HIGH,
        asks=_asks("json"),
        judge=_conditions_met("json", "http.json"),
        remediation="The service itself reports this field: follow the dependency that it names, then the "
        "service's own log.",
    ),
    Check(
        id="http.responds_in_time",
        severity=Severity.MEDIUM,
        judge=_responds_in_time,
        remediation="Look at the phase that took longest: name and TCP point to the network, first byte to the "
        "service and what it waits for, transfer to the size of the answer.",
    ),
    *CONTENT_CHECKS,
)
