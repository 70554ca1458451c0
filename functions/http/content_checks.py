"""The questions about documents that a service publishes about itself: health, circuit breaker, OpenAPI."""

from collections.abc import Iterable

from auditor.domain.check import Check
from auditor.domain.result import Answer, Scalar, Severity, Status, passed
from functions.http.answers import Problem, partly, unlike_declared, warned, with_remedy
from functions.http.facts import AddressFacts, AnswerFacts, HealthFacts, HttpFacts, State
from functions.http.family import HttpSpec
from functions.http.judged import HttpObservation, HttpTarget, facts_of, lacking, no_turn, usable, was_reached
from functions.http.wording import names, url

_WORST_FIRST: tuple[State, ...] = ("unhealthy", "degraded")
_UNREADABLE: tuple[State, ...] = ("missing", "unrecognised")


def _asks_health(target: HttpTarget) -> bool:
    return target.spec.health is not None and target.spec.health.asks_state


def _asks_breaker(target: HttpTarget) -> bool:
    return target.spec.health is not None and target.spec.health.breaker is not None


def _asks_openapi(target: HttpTarget) -> bool:
    return target.spec.expect.openapi


def _documents(target: HttpTarget, observation: HttpObservation) -> list[tuple[AddressFacts, HealthFacts | None]]:
    """What each address published; under an unexpected status, too, if it is a health document all the same.

    Many services answer 503 when they are not well, and say in the body what is not.
    """
    if lacking(observation) is not None:
        return []
    good = usable(target, observation)
    found: list[tuple[AddressFacts, HealthFacts | None]] = []
    for address in facts_of(observation).probed:
        answer = address.answer
        if not was_reached(address) or not isinstance(answer, AnswerFacts):
            continue
        if address in good or (answer.health is not None and _says_something(answer.health)):
            found.append((address, answer.health))
    return found


def _says_something(health: HealthFacts) -> bool:
    known = (health.status, health.breaker, *(d.state for d in health.dependencies))
    return any(word not in (None, *_UNREADABLE) for word in known)


def _health_reports_well(target: HttpTarget, observation: HttpObservation) -> Answer:
    facts = facts_of(observation)
    documents = _documents(target, observation)
    if not documents:
        return no_turn(observation)
    bad: list[Problem] = []
    doubtful: list[Problem] = []
    for address, health in documents:
        status, words = _judged_health(target, health)
        if status is not Status.PASS:
            cause = "http.health_unreadable" if _is_unreadable(target, health) else "http.health_bad"
            problem = address, unlike_declared(cause, f"{url(facts)} ({address.address}) {words}.", address)
            (bad if status is Status.FAIL else doubtful).append(problem)
    shown, health = next(
        ((a, h) for a, h in documents if any(a is problem[0] for problem in (*bad, *doubtful))), documents[0]
    )
    evidence = {"url": url(facts), **_evidence(health)}
    judged = [address for address, _ in documents]
    if bad:
        return with_remedy(partly(judged, bad, **evidence))
    if doubtful:
        address, failure = doubtful[0]
        return with_remedy(warned(failure, failure.detail, address=shown.address, **evidence))
    return passed(f"{url(facts)} says that all is well ({names(judged)}).", **evidence)


def _judged_health(target: HttpTarget, health: HealthFacts | None) -> tuple[Status, str]:
    """How well a health document speaks of its service, in words that complete "<url> ..."."""
    declared = target.spec.health
    if health is None or declared is None:
        return Status.FAIL, "serves no JSON where the catalogue expects its health document"
    names_bad = _named(health, _WORST_FIRST)
    because = f", and names {names_bad}" if names_bad else ""
    if declared.status is not None:
        if health.status == "missing":
            return Status.FAIL, f"says nothing at {declared.status}"
        if health.status == "unhealthy":
            return Status.FAIL, f"says that it is unhealthy{because}"
        if health.status == "degraded":
            return Status.WARN, f"says that it is degraded{because}"
        if health.status != "healthy":
            return Status.WARN, f"says a word at {declared.status} that the auditor does not know"
    if declared.services is not None and not health.dependencies:
        return Status.WARN, f"names nothing that it needs at {declared.services}"
    if names_bad:
        overall = "says that it is healthy and yet names" if declared.status is not None else "names"
        alone_unhealthy = declared.status is None and _named(health, ("unhealthy",))
        return (Status.FAIL if alone_unhealthy else Status.WARN), f"{overall} {names_bad}"
    return Status.PASS, ""


def _is_unreadable(target: HttpTarget, health: HealthFacts | None) -> bool:
    declared = target.spec.health
    if health is None or declared is None or health.status in _UNREADABLE:
        return True
    return declared.services is not None and not health.dependencies and health.status in (None, "healthy")


def _named(health: HealthFacts, states: Iterable[State]) -> str:
    """``mlflow (unhealthy), redis (degraded)``: the worst first."""
    named = [f"{d.name} ({d.state})" for state in states for d in health.dependencies if d.state == state]
    return ", ".join(named)


def _evidence(health: HealthFacts | None) -> dict[str, Scalar]:
    if health is None:
        return {}
    evidence: dict[str, Scalar] = {
        "reported_status": health.status,
        "not_well": _named(health, _WORST_FIRST) or None,
        "unrecognised": ", ".join(d.name for d in health.dependencies if d.state in _UNREADABLE) or None,
        "breaker": health.breaker,
        "upstream": health.upstream or None,
    }
    return {name: value for name, value in evidence.items() if value is not None}


def _breaker_closed(target: HttpTarget, observation: HttpObservation) -> Answer:
    facts = facts_of(observation)
    documents = _documents(target, observation)
    if not documents:
        return no_turn(observation)
    problems: list[Problem] = []
    for address, health in documents:
        state = health.breaker if health is not None else "missing"
        if state == "closed":
            continue
        where = f"{url(facts)} ({address.address})"
        if state in ("open", "half_open"):
            upstream = f" to {health.upstream}" if health is not None and health.upstream else ""
            word = "open" if state == "open" else "half open"
            detail = f"{where} says that its circuit breaker{upstream} is {word}."
            problems.append((address, unlike_declared("http.breaker_open", detail, address)))
        else:
            detail = f"{where} does not say in which state its circuit breaker is."
            problems.append((address, unlike_declared("http.health_unreadable", detail, address)))
    judged = [address for address, _ in documents]
    if problems:
        shown, failure = problems[0]
        health = next(h for a, h in documents if a is shown)
        return with_remedy(warned(failure, failure.detail, url=url(facts), address=shown.address, **_evidence(health)))
    return passed(
        f"{url(facts)} says that its circuit breaker is closed ({names(judged)}).",
        url=url(facts),
        **_evidence(documents[0][1]),
    )


def _openapi_served(target: HttpTarget, observation: HttpObservation) -> Answer:
    facts = facts_of(observation)
    good = usable(target, observation)
    if not good:
        return no_turn(observation)
    problems: list[Problem] = []
    for address in good:
        words = _openapi_problem(address)
        if words:
            detail = f"{url(facts)} ({address.address}) {words}."
            problems.append((address, unlike_declared("http.openapi", detail, address)))
    if problems:
        return partly(good, problems, url=url(facts))
    found = good[0].answer.openapi if good[0].answer else None
    version, paths = (found.version, found.paths) if found else ("", 0)
    summary = f"{url(facts)} serves an OpenAPI {version} document with {paths} paths ({names(good)})."
    return passed(summary, url=url(facts), openapi_version=version, openapi_paths=paths)


def _openapi_problem(address: AddressFacts) -> str:
    found = address.answer.openapi if address.answer else None
    if found is None or not found.is_json:
        return "serves no JSON where its OpenAPI document should be"
    if not found.version:
        return "serves JSON that names no version of OpenAPI"
    return "" if found.paths else "serves an OpenAPI document without paths"


CONTENT_CHECKS: tuple[Check[HttpSpec, HttpFacts], ...] = (
    Check(
        id="http.health_reports_well",
        severity=Severity.MEDIUM,
        asks=_asks_health,
        judge=_health_reports_well,
        remediation="Look at the dependency that the health document names, and at the address by which it is reached.",
    ),
    Check(
        id="http.breaker_closed",
        severity=Severity.MEDIUM,
        asks=_asks_breaker,
        judge=_breaker_closed,
        remediation="Look at what the service calls behind the breaker, and at the address by which it does.",
    ),
    Check(
        id="http.openapi_served",
        severity=Severity.LOW,
        asks=_asks_openapi,
        judge=_openapi_served,
        remediation="See whether the running version publishes its OpenAPI document under this path, without a key.",
    ),
)
