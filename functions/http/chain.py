"""One address of a target is asked, and what it redirects to, inside the limits that the target sets."""

import json
import socket
import ssl
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from auditor.domain.observation import Failure, Phase
from auditor.net.http import Limits, Request, Response, exchange
from auditor.net.probe import CouldNotTellError, Probe
from auditor.net.tls import context_from_file, shared_context
from functions.http.credential import Presented
from functions.http.endpoint import Endpoint, endpoint
from functions.http.facts import Hop
from functions.http.family import HttpSpec
from functions.http.jsonpath import MISSING, load
from functions.http.redaction import without
from functions.http.redirects import REDIRECT_STATUSES, destination, leads_inside, origin, refusal, shown


class Chain:
    """One address of the target, and the redirects that it answers with."""

    def __init__(
        self, spec: HttpSpec, probe: Probe, presented: Presented | Failure | None, number: int, address: str
    ) -> None:
        self.spec = spec
        self.probe = probe
        self._presented = presented
        self._number = number
        self.address = address
        self.hops: list[Hop] = []

    def again(self, probe: Probe) -> "Chain":
        """The same request in a probe of its own."""
        return Chain(self.spec, probe, self._presented, self._number, self.address)

    async def last_response(self, here: Endpoint) -> Response | Failure:
        """Ask the address and follow as far as the target allows; ``hops`` tells the way."""
        address: str | Failure = self.address
        pinned = {here.host: self.address}
        method: str = self.spec.method
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
            self.hops.append(Hop(address=address, status=response.status, location=self._shown(there)))
            if self.spec.follow_redirects == 0:
                return response
            refused = refusal(self.spec, urls, there)
            if refused is not None or there is None:
                if len(urls) > self.spec.follow_redirects and response.status in self.spec.expect.status:
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
        stream = await self.probe.connect(address, here.port)
        if isinstance(stream, Failure):
            return stream
        try:
            if here.parts.scheme == "https":
                secured = await self.probe.secure(stream, context(self.spec), here.host)
                if isinstance(secured, Failure):
                    return secured
            if isinstance(self._presented, Failure):
                # The way there was seen; what would be answered to a request without the key was not asked.
                return self._presented
            headers = (*self.spec.headers.items(), *self._key_for(here.parts))
            body = b"" if self.spec.body is None else json.dumps(dict(self.spec.body)).encode()
            if body and "content-type" not in {name.lower() for name, _ in headers}:
                headers = (*headers, ("Content-Type", "application/json"))
            request = Request(host=here.authority, path=here.asks, method=method, headers=headers, body=body)
            answer = await exchange(self.probe, stream, request, Limits(body_bytes=self.spec.max_body))
        finally:
            stream.close()
        if isinstance(self._presented, Presented) and self._presented.withheld and isinstance(answer, Response):
            # Here, before anything is read: so a peer that repeats the key can put it neither into facts nor into the
            # place that a redirect leads to.
            return _without_key(answer, self._presented.withheld)
        return answer

    def _key_for(self, url: SplitResult) -> tuple[tuple[str, str], ...]:
        if not isinstance(self._presented, Presented) or origin(url) != origin(urlsplit(self.spec.url)):
            return ()
        return ((self._presented.header, self._presented.value),)

    async def _address_of(self, here: SplitResult, there: Endpoint, from_address: str) -> str | Failure:
        """An address of another host that a redirect leads to; with several, the chains take turns."""
        resolution = await self.probe.resolve(there.host)
        if isinstance(resolution, Failure):
            return replace(resolution, detail=f"redirected to {self._shown(there.parts)}: {resolution.detail}")
        addresses = in_order(resolution.addresses)
        if any(leads_inside(self.address, address) for address in addresses):
            leads = f"redirects to {self._shown(there.parts)}"
            words = f"{leads}, an address of the auditor's own host or of a metadata service"
            return self._refused("http.redirect", words, here, from_address)
        return addresses[self._number % len(addresses)]

    def _refused(self, cause: str, words: str, here: SplitResult, address: str) -> Failure:
        return Failure(phase=Phase.ANSWER, cause=cause, detail=f"{self._shown(here)} {words}", address=address)

    def _shown(self, place: SplitResult | None) -> str:
        return shown(place, self.spec.expect.redirect_to)


def _without_key(response: Response, key: str) -> Response:
    headers = tuple((name, without(key, value)) for name, value in response.headers)
    # Every byte is one character of Latin-1, so what is not the key comes back as it was.
    body = without(key, response.body.decode("latin-1")).encode("latin-1")
    document = load(body)
    written = "" if document is MISSING else json.dumps(document)
    if key in written or json.dumps(key)[1:-1] in written:  # spelt with JSON's own escapes
        body = without(json.dumps(key)[1:-1], without(key, written)).encode()
    return replace(response, headers=headers, body=body)


def _order(address: str) -> tuple[bool, bytes]:
    is_6 = ":" in address
    return is_6, socket.inet_pton(socket.AF_INET6 if is_6 else socket.AF_INET, address)


def in_order(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses by number, version 4 first."""
    return tuple(sorted(addresses, key=_order))


def context(spec: HttpSpec) -> ssl.SSLContext:
    """The authorities that a target trusts; raises CouldNotTellError where its own cannot be loaded."""
    if spec.ca_file is None:
        return shared_context()
    try:
        return context_from_file(spec.ca_file)
    except OSError as error:  # ssl.SSLError is one, too
        detail = (
            f"ca_file {spec.ca_file} cannot be used ({type(error).__name__}); allowed is a PEM file in the code asset"
        )
        raise CouldNotTellError(Failure(phase=Phase.PREPARE, cause="self.bug", detail=detail)) from error
