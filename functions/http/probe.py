"""The I/O of the `http` family: every address of the name is asked on its own, side by side, under one deadline."""

import ipaddress
import ssl
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.http import Limits, Request, Response, exchange
from auditor.net.probe import CouldNotTellError, Probe
from auditor.net.tls import context_from_file, shared_context
from functions.http.conditions import evaluate
from functions.http.emitter import identify
from functions.http.facts import AddressFacts, AnswerFacts, Hop, HttpFacts
from functions.http.family import DEFAULT_PORTS, HttpSpec
from functions.http.redaction import authority, bounded
from functions.http.redirects import REDIRECT_STATUSES, destination, leads_inside, refusal, shown

MAX_ADDRESSES = 8
"""What Cloud Map and Route 53 answer at most; more are recorded and not asked."""


async def observe(target: Target[HttpSpec], probe: Probe) -> Observation[HttpFacts]:
    """Resolve the name, then ask every address of it, following redirects as far as the target allows."""
    spec = target.spec
    url = urlsplit(spec.url)
    if url.scheme == "https":
        _context(spec)  # loading authorities takes milliseconds that belong to no phase
    began = time.monotonic()
    resolution = await probe.resolve(url.hostname or "")
    naming = time.monotonic() - began
    if isinstance(resolution, Failure):
        return probe.observation(_facts(spec, url, (), ()), (resolution,))
    addresses = _sorted(resolution.addresses)
    chains = [_Chain(spec, probe, number, address) for number, address in enumerate(addresses[:MAX_ADDRESSES])]
    probed = await probe.loop.together([chain.walk(url, naming) for chain in chains])
    failures = tuple(facts.failure for facts in probed if facts.failure is not None)
    return probe.observation(_facts(spec, url, addresses, tuple(probed)), failures)


class _Chain:
    """One address of the target, and the redirects that it answers with."""

    def __init__(self, spec: HttpSpec, probe: Probe, number: int, address: str) -> None:
        self._spec = spec
        self._probe = probe
        self._number = number
        self._origin = address
        self._hops: list[Hop] = []

    async def walk(self, url: SplitResult, naming: float) -> AddressFacts:
        """Ask, follow, and say what came of it."""
        began = time.monotonic()
        answer = await self._last_response(url)
        failure = answer if isinstance(answer, Failure) else None
        return AddressFacts(
            address=self._origin,
            answer=None if isinstance(answer, Failure) else _answer(self._spec, answer),
            failure=failure,
            hops=tuple(self._hops),
            total_ms=round((naming + time.monotonic() - began) * 1000, 3),
        )

    async def _last_response(self, url: SplitResult) -> Response | Failure:
        address: str | Failure = self._origin
        pinned = {url.hostname: self._origin}
        method: str = self._spec.method
        urls: tuple[SplitResult, ...] = (url,)
        while True:
            if isinstance(address, Failure):
                return address
            response = await self._ask(urls[-1], address, method)
            if isinstance(response, Failure):
                return response
            location = response.header("location") if response.status in REDIRECT_STATUSES else None
            if location is None:
                return response
            there = destination(urls[-1], location)
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
            address = pinned.get(there.hostname) or await self._address_of(urls[-2], there, address)
            if isinstance(address, str):
                pinned[there.hostname] = address

    async def _ask(self, url: SplitResult, address: str, method: str) -> Response | Failure:
        stream = await self._probe.connect(address, url.port or DEFAULT_PORTS[url.scheme])
        if isinstance(stream, Failure):
            return stream
        try:
            if url.scheme == "https":
                secured = await self._probe.secure(stream, _context(self._spec), url.hostname or "")
                if isinstance(secured, Failure):
                    return secured
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            headers = tuple(self._spec.headers.items())
            request = Request(host=authority(url), path=path, method=method, headers=headers)
            return await exchange(self._probe, stream, request, Limits(body_bytes=self._spec.max_body))
        finally:
            stream.close()

    async def _address_of(self, here: SplitResult, there: SplitResult, from_address: str) -> str | Failure:
        """An address of another host that a redirect leads to; with several, the chains take turns."""
        resolution = await self._probe.resolve(there.hostname or "")
        if isinstance(resolution, Failure):
            return replace(resolution, detail=f"redirected to {shown(there)}: {resolution.detail}")
        addresses = _sorted(resolution.addresses)
        if any(leads_inside(self._origin, address) for address in addresses):
            words = f"redirects to {shown(there)}, an address of the auditor's own host or of a metadata service"
            return self._refused("http.redirect", words, here, from_address)
        return addresses[self._number % len(addresses)]

    @staticmethod
    def _refused(cause: str, words: str, here: SplitResult, address: str) -> Failure:
        return Failure(phase=Phase.ANSWER, cause=cause, detail=f"{shown(here)} {words}", address=address)


def _answer(spec: HttpSpec, response: Response) -> AnswerFacts:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in response.headers:
        values[name] = (*values.get(name, ()), value)
    emitter, evidence = identify(response.status, {n: ", ".join(v) for n, v in values.items()}, response.body)
    return AnswerFacts(
        status=response.status,
        http_version=response.version,
        emitter=emitter,
        emitter_evidence=evidence,
        server=bounded(response.header("server") or ""),
        content_type=bounded(response.header("content-type") or ""),
        retry_after=bounded(response.header("retry-after") or ""),
        body_bytes=len(response.body),
        conditions=evaluate(spec.expect, values, response.body),
    )


def _facts(spec: HttpSpec, url: SplitResult, resolved: tuple[str, ...], probed: tuple[AddressFacts, ...]) -> HttpFacts:
    return HttpFacts(
        method=spec.method,
        scheme=url.scheme,
        host=url.hostname or "",
        port=spec.port,
        path=url.path or "/",
        query_names=tuple(dict.fromkeys(name for name, _ in parse_qsl(url.query, keep_blank_values=True))),
        resolved=resolved,
        probed=probed,
    )


def _sorted(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(addresses, key=lambda text: (":" in text, int(ipaddress.ip_address(text)))))


def _context(spec: HttpSpec) -> ssl.SSLContext:
    if spec.ca_file is None:
        return shared_context()
    try:
        return context_from_file(Path(spec.ca_file))
    except OSError as error:  # ssl.SSLError is one, too
        detail = (
            f"ca_file {spec.ca_file} cannot be used ({type(error).__name__}); allowed is a PEM file in the code asset"
        )
        raise CouldNotTellError(Failure(phase=Phase.PREPARE, cause="self.bug", detail=detail)) from error
