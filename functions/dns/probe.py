"""The I/O of the `dns` family: one question to one resolver, and what its answer gives reason to ask besides."""

import re
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net import dns, resolve
from auditor.net.causes import PeerFaultError
from auditor.net.loop import Loop
from auditor.net.network import AddressRefusedError, Network
from auditor.net.probe import Probe
from functions.dns.facts import DEFINITE, DnsFacts, PublicFacts, RecordFacts
from functions.dns.family import DnsSpec, parse_resolver

_NUMBERS = {"A": dns.TYPE_A, "AAAA": dns.TYPE_AAAA, "CNAME": dns.TYPE_CNAME, "SRV": dns.TYPE_SRV}
_WORDS = {number: word for word, number in _NUMBERS.items()}
_IN_PLACE_OF = {"A": ("AAAA", "SRV"), "AAAA": ("A", "SRV"), "CNAME": ()}
"""The types that a registry of services writes; a question for any type is refused by most servers."""
_UNUSUAL = re.compile(r"[^a-z0-9_.-]")

Exchange = Callable[[str, int, Network, Loop, float], Coroutine[Any, Any, dns.Answer]]


async def observe(target: Target[DnsSpec], probe: Probe) -> Observation[DnsFacts]:
    """What the resolver says about the name. Only an exchange without a usable answer is a failure of a phase."""
    spec = target.spec
    facts, failure = await _first_found(spec, _Resolver(spec.resolver, probe))
    if failure is not None:
        return probe.observation(facts, (failure,))
    # What is asked besides is no phase of this probe: its time says nothing of the resolver that answered.
    beside = probe.again()
    try:
        facts = await _with_more(facts, spec, beside)
    finally:
        beside.close()
    return probe.observation(facts)


class _Resolver:
    """Whom questions are put to: the network's own resolver, or one that the catalogue names."""

    def __init__(self, named: str | None, probe: Probe) -> None:
        self._probe = probe
        self._own = named is None
        self._named = probe.network.resolver if named is None else parse_resolver(named)

    @property
    def place(self) -> str:
        """The resolver as the catalogue or the network names it."""
        host, port = self._named
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def ask(self, name: str, type: str) -> tuple[dns.Answer | Failure, bool]:
        """One question over UDP, and over TCP if the answer was cut, which is told too."""
        answer = await self._phase(resolve.ask_over_udp, name, type, "dns.timeout", "did not answer")
        if not isinstance(answer, dns.Answer) or not answer.truncated:
            return answer, False
        answer = await self._phase(resolve.ask_over_tcp, name, type, "dns.truncated", "did not answer over TCP")
        if isinstance(answer, Failure) and answer.cause == "dns.unreachable":
            answer = replace(answer, cause="dns.truncated", detail=f"{answer.detail} over TCP")
        return answer, True

    async def has(self, name: str, type: str) -> bool | None:
        """Whether the name leads to a record of a type; None without a usable answer."""
        answer, _ = await self.ask(name, type)
        if isinstance(answer, Failure) or _rcode_word(answer.rcode) not in DEFINITE or _is_lame(answer):
            return None
        try:
            return bool(_chain(answer, name, type)[1])
        except dns.MalformedError:
            return None

    async def _phase(
        self, exchange: Exchange, name: str, type: str, timeout_cause: str, timeout_words: str
    ) -> dns.Answer | Failure:
        return await self._probe.step(
            Phase.NAME,
            self._exchange(exchange, name, type),
            peer=f"resolver {self.place}",
            timeout_cause=timeout_cause,
            timeout_words=f"{timeout_words} for {name}",
        )

    async def _exchange(self, exchange: Exchange, name: str, type: str) -> dns.Answer:
        probe = self._probe
        return await exchange(name, _NUMBERS[type], self._network(), probe.loop, probe.deadline)

    def _network(self) -> Network:
        """The network with this resolver; its own one stands in it as it is dialled."""
        network = self._probe.network
        if self._own:
            return network
        try:
            return replace(network, resolver=network.translate(*self._named))
        except AddressRefusedError as error:
            raise PeerFaultError("dns.unreachable", f"is not asked: {error}") from error


async def _first_found(spec: DnsSpec, resolver: _Resolver) -> tuple[DnsFacts, Failure | None]:
    """The answer for the first full name that has records; without any, the one for the name as it is written."""
    written: DnsFacts | None = None
    searched: list[str] = []
    for name in spec.asked_names:
        facts, failure = await _asked(name, spec, resolver)
        if spec.search:
            searched.append(name)
            facts = replace(facts, searched=tuple(searched), found_as=name if facts.records else "")
        if failure is not None or facts.records or facts.rcode not in DEFINITE:
            return facts, failure
        if name == spec.asked:
            written = facts
    assert written is not None, "the name as it is written is among those that are asked"
    return replace(written, searched=tuple(searched)), None


async def _asked(name: str, spec: DnsSpec, resolver: _Resolver) -> tuple[DnsFacts, Failure | None]:
    answer, truncated = await resolver.ask(name, spec.type)
    facts = DnsFacts(name=spec.asked, type=spec.type, resolver=resolver.place, truncated=truncated)
    if isinstance(answer, Failure):
        return facts, answer
    try:
        canonical, records = _chain(answer, name, spec.type)
    except dns.MalformedError as error:
        detail = f"resolver {resolver.place} answered for {name} what cannot be followed: {error}"
        return facts, Failure(phase=Phase.NAME, cause="dns.malformed", detail=detail)
    if _is_lame(answer):
        return facts, _lame(resolver.place, name, answer)
    authority = answer.authority
    return (
        replace(
            facts,
            rcode=_rcode_word(answer.rcode),
            records=records,
            canonical=canonical,
            authoritative=answer.authoritative,
            recursive=answer.recursive,
            soa_zone=None if authority is None else _shown(authority.zone) or ".",
            soa_minimum=None if authority is None else authority.negative_ttl,
        ),
        None,
    )


async def _with_more(facts: DnsFacts, spec: DnsSpec, probe: Probe) -> DnsFacts:
    """The facts with what the answer gives reason to ask besides."""
    resolver = _Resolver(spec.resolver, probe)
    name = facts.found_as or facts.name
    if facts.rcode == "NOERROR" and not facts.records:
        has = {type: await resolver.has(name, type) for type in _IN_PLACE_OF[spec.type]}
        if None not in has.values():
            facts = replace(facts, other_types=tuple(type for type, there in has.items() if there))
    if facts.records and (spec.expect_absent or not all(spec.is_expected(r.value) for r in facts.records)):
        # RFC 6761: nothing exists under this domain, so that no wildcard of anybody's can answer for it.
        impossible = f"auditor-{secrets.token_hex(6)}.invalid"
        facts = replace(facts, invents=await resolver.has(impossible, "A"))
    if spec.public_resolver is not None:
        facts = replace(facts, public=await _publicly(spec, _Resolver(spec.public_resolver, probe)))
    return facts


async def _publicly(spec: DnsSpec, resolver: _Resolver) -> PublicFacts:
    seen, failure = await _asked(spec.asked, spec, resolver)
    return PublicFacts(
        resolver=resolver.place,
        rcode=seen.rcode,
        records=seen.records,
        canonical=seen.canonical,
        failure=failure,
    )


def _is_lame(answer: dns.Answer) -> bool:
    """Whether a server without authority says nothing, and asks nobody else or points at others."""
    if answer.rcode != dns.RCODE_NOERROR or answer.records or answer.authoritative or answer.authority is not None:
        return False
    return answer.refers_to is not None or not answer.recursive


def _lame(place: str, name: str, answer: dns.Answer) -> Failure:
    if answer.refers_to is None:
        how = "says nothing: it has not the zone and asks nobody else"
    else:
        how = f"points at the servers of {_shown(answer.refers_to) or 'the root'} instead of asking them"
    detail = f"resolver {place} was asked for {name} and {how}"
    return Failure(phase=Phase.NAME, cause="dns.lame", detail=detail)


def _chain(answer: dns.Answer, name: str, type: str) -> tuple[tuple[RecordFacts, ...], tuple[RecordFacts, ...]]:
    """The aliases from the name on, and the asked records at their end. An asked CNAME is itself the answer."""
    if type == "CNAME":
        own = [r for r in answer.records if r.type == dns.TYPE_CNAME and r.name == name]
        return (), tuple(_record(record) for record in own)
    names, records = dns.follow(answer, name, _NUMBERS[type])
    aliases = {record.name: record for record in answer.records if record.type == dns.TYPE_CNAME}
    owners = (name, *names)[: len(names)]
    return tuple(_record(aliases[owner]) for owner in owners), tuple(_record(record) for record in records)


def _record(record: dns.Record) -> RecordFacts:
    value = _shown(record.value) if record.type == dns.TYPE_CNAME else record.value
    return RecordFacts(type=_WORDS[record.type], value=value, ttl=record.ttl)


def _rcode_word(rcode: int) -> str:
    if rcode == dns.RCODE_NOERROR:
        return "NOERROR"
    return dns.RCODE_CAUSES[rcode][1] if rcode in dns.RCODE_CAUSES else f"RCODE{rcode}"


def _shown(name: str) -> str:
    r"""A name from the wire, which may hold any byte, with the unusual ones as ``\ddd`` (RFC 1035)."""
    return _UNUSUAL.sub(lambda found: f"\\{ord(found.group()):03}", name)
