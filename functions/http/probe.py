"""The I/O of the `http` family: every address of the name is asked on its own, side by side, under one deadline."""

import json
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.http import Limits, Request, Response, exchange
from auditor.net.probe import CouldNotTellError, Probe
from auditor.net.tls import context_from_file, shared_context
from functions.http.conditions import evaluate
from functions.http.credential import Presented, made_up, read_key
from functions.http.emitter import identify
from functions.http.endpoint import Endpoint, declared_endpoint, endpoint
from functions.http.facts import AddressFacts, AnswerFacts, Hop, HttpFacts
from functions.http.family import HttpSpec
from functions.http.health import read_health
from functions.http.jsonpath import MISSING, load
from functions.http.message import read_message
from functions.http.openapi import read_openapi
from functions.http.redaction import bounded, without
from functions.http.redirects import REDIRECT_STATUSES, destination, leads_inside, origin, refusal, shown

MAX_ADDRESSES = 8
"""What Cloud Map and Route 53 answer at most; more are recorded and not asked."""

_DECIDING_SAMPLES = 3
"""Of five: so many slow ones, or so many others, decide what is typical."""
_SAMPLES_APART = 0.2
"""Seconds between them: what holds one request up for a moment should not hold up the next."""
_REFUSALS = (401, 403)
_TIME_TO_READ_AGAIN = 0.5


async def observe(target: Target[HttpSpec], probe: Probe) -> Observation[HttpFacts]:
    """Resolve the name, then ask every address of it, following redirects as far as the target allows."""
    spec = target.spec
    declared = declared_endpoint(spec.url)
    presented = await _presented(spec, probe)
    lacking = (presented,) if isinstance(presented, Failure) else ()
    if declared.parts.scheme == "https":
        _context(spec)  # loading authorities takes milliseconds that belong to no phase
    began = probe.clock()
    resolution = await probe.resolve(declared.host)
    naming = probe.clock() - began
    if isinstance(resolution, Failure):
        return probe.observation(_facts(spec, declared, (), ()), (resolution, *lacking))
    addresses = _sorted(resolution.addresses)
    asked = enumerate(addresses[:MAX_ADDRESSES])
    chains = [_Chain(spec, probe, presented, number, address) for number, address in asked]
    probed = await probe.loop.together([chain.walk(declared, naming) for chain in chains])
    if isinstance(presented, Presented) and await _was_rotated(spec, presented, probed, probe):
        lacking = (_rotated(spec),)
    failures = tuple(facts.failure for facts in probed if facts.failure is not None and facts.failure not in lacking)
    return probe.observation(_facts(spec, declared, addresses, tuple(probed)), (*failures, *lacking))


class _Chain:
    """One address of the target, and the redirects that it answers with."""

    def __init__(
        self, spec: HttpSpec, probe: Probe, presented: Presented | Failure | None, number: int, address: str
    ) -> None:
        self._spec = spec
        self._probe = probe
        self._presented = presented
        self._number = number
        self._origin = address
        self._hops: list[Hop] = []

    async def walk(self, declared: Endpoint, naming: float) -> AddressFacts:
        """Ask, follow, and say what came of it."""
        began = self._probe.clock()
        answer = await self._last_response(declared)
        failure = answer if isinstance(answer, Failure) else None
        total_ms = round((naming + self._probe.clock() - began) * 1000, 3)
        return AddressFacts(
            address=self._origin,
            answer=None if isinstance(answer, Failure) else _answer(self._spec, answer),
            failure=failure,
            hops=tuple(self._hops),
            total_ms=total_ms,
            samples_ms=(total_ms,) if failure is not None else await self._samples(declared, naming, total_ms),
        )

    async def _samples(self, declared: Endpoint, naming: float, first_ms: float) -> tuple[float, ...]:
        """Up to five times of the same request where the first one is slow, until three of a kind decide.

        One slow answer of five is nothing; and who answers in time is asked once.
        """
        limit_ms = self._spec.slow_after.total_seconds() * 1000
        samples, slow = [first_ms], 1
        if first_ms <= limit_ms or self._spec.method == "POST":
            return (first_ms,)
        again = self._probe.again()
        try:
            while max(slow, len(samples) - slow) < _DECIDING_SAMPLES and again.remaining() > _SAMPLES_APART:
                await self._probe.loop.sleep(_SAMPLES_APART)
                chain = _Chain(self._spec, again, self._presented, self._number, self._origin)
                began = again.clock()
                if isinstance(await chain._last_response(declared), Failure):
                    break
                samples.append(round((naming + again.clock() - began) * 1000, 3))
                slow += samples[-1] > limit_ms
        finally:
            again.close()
        return tuple(samples)

    async def _last_response(self, here: Endpoint) -> Response | Failure:
        address: str | Failure = self._origin
        pinned = {here.host: self._origin}
        method: str = self._spec.method
        urls: tuple[SplitResult, ...] = (here.parts,)
        while True:
            if isinstance(address, Failure):
                return address
            response = await self._ask(here, address, method)
            if isinstance(response, Failure):
                return response
            location = response.header("location") if response.status in REDIRECT_STATUSES else None
            if location is None:
                return response
            places = {value for name, value in response.headers if name == "location"}
            there = destination(urls[-1], location) if len(places) == 1 else None  # two places are none
            self._hops.append(Hop(address=address, status=response.status, location=shown(there)))
            if self._spec.follow_redirects == 0:
                return response
            refused = refusal(self._spec, urls, there)
            if refused is not None or there is None:
                if len(urls) > self._spec.follow_redirects and response.status in self._spec.expect.status:
                    return response
                return self._refused(refused.cause, refused.words, urls[-1], address) if refused else response
            if response.status == 303 and method != "HEAD":
                method = "GET"
            urls = (*urls, there)
            here = endpoint(there)
            address = pinned.get(here.host) or await self._address_of(urls[-2], here, address)
            if isinstance(address, str):
                pinned[here.host] = address

    async def _ask(self, here: Endpoint, address: str, method: str) -> Response | Failure:
        stream = await self._probe.connect(address, here.port)
        if isinstance(stream, Failure):
            return stream
        try:
            if here.parts.scheme == "https":
                secured = await self._probe.secure(stream, _context(self._spec), here.host)
                if isinstance(secured, Failure):
                    return secured
            if isinstance(self._presented, Failure):
                # The way there was seen; what would be answered to a request without the key was not asked.
                return self._presented
            headers = (*self._spec.headers.items(), *self._key_for(here.parts))
            request = Request(host=here.authority, path=here.asks, method=method, headers=headers)
            answer = await exchange(self._probe, stream, request, Limits(body_bytes=self._spec.max_body))
        finally:
            stream.close()
        if isinstance(self._presented, Presented) and self._presented.withheld and isinstance(answer, Response):
            # Here, before anything is read: so a peer that repeats the key can put it neither into facts nor into the
            # place that a redirect leads to.
            return _without_key(answer, self._presented.withheld)
        return answer

    def _key_for(self, url: SplitResult) -> tuple[tuple[str, str], ...]:
        if not isinstance(self._presented, Presented) or origin(url) != origin(urlsplit(self._spec.url)):
            return ()
        return ((self._presented.header, self._presented.value),)

    async def _address_of(self, here: SplitResult, there: Endpoint, from_address: str) -> str | Failure:
        """An address of another host that a redirect leads to; with several, the chains take turns."""
        resolution = await self._probe.resolve(there.host)
        if isinstance(resolution, Failure):
            return replace(resolution, detail=f"redirected to {shown(there.parts)}: {resolution.detail}")
        addresses = _sorted(resolution.addresses)
        if any(leads_inside(self._origin, address) for address in addresses):
            words = f"redirects to {shown(there.parts)}, an address of the auditor's own host or of a metadata service"
            return self._refused("http.redirect", words, here, from_address)
        return addresses[self._number % len(addresses)]

    @staticmethod
    def _refused(cause: str, words: str, here: SplitResult, address: str) -> Failure:
        return Failure(phase=Phase.ANSWER, cause=cause, detail=f"{shown(here)} {words}", address=address)


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


def _without_key(response: Response, key: str) -> Response:
    headers = tuple((name, without(key, value)) for name, value in response.headers)
    # Every byte is one character of Latin-1, so what is not the key comes back as it was.
    body = without(key, response.body.decode("latin-1")).encode("latin-1")
    document = load(body)
    written = "" if document is MISSING else json.dumps(document)
    if key in written or json.dumps(key)[1:-1] in written:  # spelt with JSON's own escapes
        body = without(json.dumps(key)[1:-1], without(key, written)).encode()
    return replace(response, headers=headers, body=body)


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


def _order(address: str) -> tuple[bool, bytes]:
    """By number, version 4 first."""
    is_6 = ":" in address
    return is_6, socket.inet_pton(socket.AF_INET6 if is_6 else socket.AF_INET, address)


def _sorted(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(addresses, key=_order))


def _context(spec: HttpSpec) -> ssl.SSLContext:
    if spec.ca_file is None:
        return shared_context()
    try:
        return context_from_file(spec.ca_file)
    except OSError as error:  # ssl.SSLError is one, too
        detail = (
            f"ca_file {spec.ca_file} cannot be used ({type(error).__name__}); allowed is a PEM file in the code asset"
        )
        raise CouldNotTellError(Failure(phase=Phase.PREPARE, cause="self.bug", detail=detail)) from error
