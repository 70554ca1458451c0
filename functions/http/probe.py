"""The I/O of the `http` family: every address of the name is asked on its own, side by side, under one deadline."""

import time
from collections.abc import Sequence

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.http import Response
from auditor.net.probe import Probe
from functions.http import clock, store_trouble
from functions.http.chain import Chain, context, in_order
from functions.http.conditions import evaluate
from functions.http.credential import Presented, made_up, read_key
from functions.http.emitter import identify
from functions.http.endpoint import Endpoint, declared_endpoint
from functions.http.facts import AddressFacts, AnswerFacts, HttpFacts
from functions.http.family import HttpSpec
from functions.http.health import read_health
from functions.http.message import read_message
from functions.http.openapi import read_openapi
from functions.http.redaction import bounded

MAX_ADDRESSES = 8
"""What Cloud Map and Route 53 answer at most; more are recorded and not asked."""

_DECIDING_SAMPLES = 3
"""Of five: so many slow ones, or so many in time, decide what is typical. Two would cry wolf: of a service that is slow
once in twenty times, two in a row are seen in two of three runs every other day somewhere among twenty targets."""
_SAMPLES_APART = 0.2
"""Seconds between them: what holds one request up for a moment should not hold up the next."""
_AFTER_SLOW = 0.1
"""Seconds that a further sample waits beyond ``slow_after``: it is slow by then, and its end would tell no more."""
_REFUSALS = (401, 403)
_TIME_TO_READ_AGAIN = 0.5


async def observe(target: Target[HttpSpec], probe: Probe) -> Observation[HttpFacts]:
    """Resolve the name, then ask every address of it, following redirects as far as the target allows."""
    spec = target.spec
    declared = declared_endpoint(spec.url)
    presented = await _presented(spec, probe)
    lacking = (presented,) if isinstance(presented, Failure) else ()
    if declared.parts.scheme == "https":
        context(spec)  # loading authorities takes milliseconds that belong to no phase
    began = probe.clock()
    resolution = await probe.resolve(declared.host)
    naming = probe.clock() - began
    if isinstance(resolution, Failure):
        return probe.observation(_facts(spec, declared, (), ()), (resolution, *lacking))
    addresses = in_order(resolution.addresses)
    asked = enumerate(addresses[:MAX_ADDRESSES])
    chains = [Chain(spec, probe, presented, number, address) for number, address in asked]
    probed = await probe.loop.together([_walk(chain, declared, naming) for chain in chains])
    if isinstance(presented, Presented) and await _was_rotated(spec, presented, probed, probe):
        lacking = (_rotated(spec),)
    failures = tuple(facts.failure for facts in probed if facts.failure is not None and facts.failure not in lacking)
    return probe.observation(_facts(spec, declared, addresses, tuple(probed)), (*failures, *lacking))


async def _walk(chain: Chain, declared: Endpoint, naming: float) -> AddressFacts:
    """Ask, follow, and say what came of it."""
    began = chain.probe.clock()
    answer = await chain.last_response(declared)
    failure = answer if isinstance(answer, Failure) else None
    total_ms = round((naming + chain.probe.clock() - began) * 1000, 3)
    return AddressFacts(
        address=chain.address,
        answer=None if isinstance(answer, Failure) else _answer(chain.spec, answer),
        failure=failure,
        hops=tuple(chain.hops),
        total_ms=total_ms,
        samples_ms=(total_ms,) if failure is not None else await _samples(chain, declared, naming, total_ms),
    )


async def _samples(chain: Chain, declared: Endpoint, naming: float, first_ms: float) -> tuple[float, ...]:
    """Up to five times of the same request where the first one is slow, until three of a kind decide.

    One slow answer of five is nothing; and who answers in time is asked once. A further sample is given up once it is
    slow, so that a target that is slow costs little more than its first answer.
    """
    limit = chain.spec.slow_after.total_seconds()
    samples, slow = [first_ms], 1
    if first_ms <= limit * 1000 or chain.spec.method == "POST":
        return (first_ms,)
    while max(slow, len(samples) - slow) < _DECIDING_SAMPLES and chain.probe.remaining() > _SAMPLES_APART:
        await chain.probe.loop.sleep(_SAMPLES_APART)
        again = chain.probe.again(limit + _AFTER_SLOW)
        try:
            began = again.clock()
            answer = await chain.again(again).last_response(declared)
            took = round((naming + again.clock() - began) * 1000, 3)
        finally:
            again.close()
        if isinstance(answer, Failure) and took <= limit * 1000:
            break
        samples.append(took)
        slow += took > limit * 1000
    return tuple(samples)


async def _presented(spec: HttpSpec, probe: Probe) -> Presented | Failure | None:
    """The key that goes along, or why the auditor does not have it."""
    credential = spec.credential
    if credential is None:
        return None
    if credential.wrong:
        return made_up(credential)
    text = await probe.secret(credential.secret)
    return text if isinstance(text, Failure) else read_key(text, credential)


async def _was_rotated(spec: HttpSpec, used: Presented, probed: Sequence[AddressFacts], probe: Probe) -> bool:
    """Whether the secret has a newer key than the one that was refused, which may be minutes old."""
    credential = spec.credential
    refused = any(
        facts.answer.status in _REFUSALS and facts.answer.status not in spec.expect.status
        for facts in probed
        if facts.answer is not None
    )
    # Without time left nothing could be read any more, and the refusal would be lost with it.
    if credential is None or credential.wrong or not refused or probe.remaining() < _TIME_TO_READ_AGAIN:
        return False
    probe.secrets.forget(credential.secret)
    text = await probe.secret(credential.secret)
    now = text if isinstance(text, Failure) else read_key(text, credential)
    return isinstance(now, Presented) and now != used


def _rotated(spec: HttpSpec) -> Failure:
    secret = spec.credential.secret if spec.credential else ""
    detail = (
        f"the secret {secret} was changed since the auditor had read it, and the old key was refused; "
        "the next run uses the new one"
    )
    return Failure(phase=Phase.PREPARE, cause="self.credentials", detail=detail)


def _answer(spec: HttpSpec, response: Response) -> AnswerFacts:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in response.headers:
        values[name] = (*values.get(name, ()), value)
    headers = {name: ", ".join(of) for name, of in values.items()}
    emitter, evidence = identify(response.status, headers, response.body)
    message, upstream = read_message(response.status, emitter, headers, response.body)
    return AnswerFacts(
        status=response.status,
        http_version=response.version,
        emitter=emitter,
        emitter_evidence=evidence,
        server=bounded(headers.get("server", "")),
        content_type=bounded(headers.get("content-type", "")),
        retry_after=bounded(headers.get("retry-after", "")),
        body_bytes=len(response.body),
        conditions=evaluate(spec.expect, values, response.body),
        message=message,
        names_upstream=upstream,
        health=read_health(spec.health, response.body) if spec.health else None,
        openapi=read_openapi(response.body) if spec.expect.openapi else None,
        store_trouble=store_trouble.of_health_page(response.body)
        if spec.health
        else store_trouble.of_error(response.status, response.body),
        clock_ahead_seconds=clock.ahead_seconds(headers, time.time()),
    )


def _facts(
    spec: HttpSpec, declared: Endpoint, resolved: tuple[str, ...], probed: tuple[AddressFacts, ...]
) -> HttpFacts:
    return HttpFacts(
        method=spec.method,
        scheme=declared.parts.scheme,
        host=declared.host,
        port=declared.port,
        path=declared.parts.path or "/",
        query_names=declared.query_names,
        resolved=resolved,
        probed=probed,
        credential="none" if spec.credential is None else "wrong" if spec.credential.wrong else "canary",
    )
