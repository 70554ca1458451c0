"""The I/O of the `dns` family: one question to one resolver, over UDP and, if its answer was cut, over TCP."""

import re
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
from functions.dns.facts import DnsFacts, RecordFacts
from functions.dns.family import DnsSpec, parse_resolver

_NUMBERS = {"A": dns.TYPE_A, "AAAA": dns.TYPE_AAAA, "CNAME": dns.TYPE_CNAME}
_WORDS = {number: word for word, number in _NUMBERS.items()}
_UNUSUAL = re.compile(r"[^a-z0-9_.-]")

Exchange = Callable[[str, int, Network, Loop, float], Coroutine[Any, Any, dns.Answer]]


async def observe(target: Target[DnsSpec], probe: Probe) -> Observation[DnsFacts]:
    """What the resolver says about the name. Only an exchange without a readable answer is a failure of a phase."""
    question = _Question(target.spec, probe)
    facts = DnsFacts(name=target.spec.asked, type=target.spec.type, resolver=question.place)
    answer = await question.ask(resolve.ask_over_udp, "dns.timeout", "did not answer")
    if isinstance(answer, dns.Answer) and answer.truncated:
        facts = replace(facts, truncated=True)
        answer = await question.ask(resolve.ask_over_tcp, "dns.truncated", "did not answer over TCP")
        if isinstance(answer, Failure) and answer.cause == "dns.unreachable":
            answer = replace(answer, cause="dns.truncated", detail=f"{answer.detail} over TCP")
    if isinstance(answer, Failure):
        return probe.observation(facts, (answer,))
    return _told(facts, target.spec, answer, probe)


class _Question:
    """The target's question, and whom it is put to."""

    def __init__(self, spec: DnsSpec, probe: Probe) -> None:
        self._spec = spec
        self._probe = probe
        self._named = probe.network.resolver if spec.resolver is None else parse_resolver(spec.resolver)

    @property
    def place(self) -> str:
        """The resolver as the catalogue or the network names it."""
        host, port = self._named
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def ask(self, exchange: Exchange, timeout_cause: str, timeout_words: str) -> dns.Answer | Failure:
        """One exchange as a phase."""
        return await self._probe.step(
            Phase.NAME,
            self._exchange(exchange),
            peer=f"resolver {self.place}",
            timeout_cause=timeout_cause,
            timeout_words=f"{timeout_words} for {self._spec.asked}",
        )

    async def _exchange(self, exchange: Exchange) -> dns.Answer:
        probe = self._probe
        return await exchange(self._spec.asked, _NUMBERS[self._spec.type], self._network(), probe.loop, probe.deadline)

    def _network(self) -> Network:
        """The network with this question's resolver; its own one stands in it as it is dialled."""
        network = self._probe.network
        if self._spec.resolver is None:
            return network
        try:
            return replace(network, resolver=network.translate(*self._named))
        except AddressRefusedError as error:
            raise PeerFaultError("dns.unreachable", f"is not asked: {error}") from error


def _told(facts: DnsFacts, spec: DnsSpec, answer: dns.Answer, probe: Probe) -> Observation[DnsFacts]:
    try:
        canonical, records = _chain(answer, spec)
    except dns.MalformedError as error:
        detail = f"resolver {facts.resolver} answered for {facts.name} what cannot be followed: {error}"
        return probe.observation(facts, (Failure(phase=Phase.NAME, cause="dns.malformed", detail=detail),))
    authority = answer.authority
    facts = replace(
        facts,
        rcode=_rcode_word(answer.rcode),
        records=records,
        canonical=canonical,
        authoritative=answer.authoritative,
        soa_zone=None if authority is None else _shown(authority.zone) or ".",
        soa_minimum=None if authority is None else authority.negative_ttl,
    )
    return probe.observation(facts)


def _chain(answer: dns.Answer, spec: DnsSpec) -> tuple[tuple[RecordFacts, ...], tuple[RecordFacts, ...]]:
    """The aliases from the name on, and the asked records at their end. An asked CNAME is itself the answer."""
    if spec.type == "CNAME":
        own = [r for r in answer.records if r.type == dns.TYPE_CNAME and r.name == spec.asked]
        return (), tuple(_record(record) for record in own)
    names, records = dns.follow(answer, spec.asked, _NUMBERS[spec.type])
    aliases = {record.name: record for record in answer.records if record.type == dns.TYPE_CNAME}
    owners = (spec.asked, *names)[: len(names)]
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
