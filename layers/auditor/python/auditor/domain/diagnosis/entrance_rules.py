"""Rules about the platform's own public entrance: neighbours reached through it, and a port of it that is closed."""

import ipaddress
from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import NameResolves, PortAnswers, RegisteredAs, SettingPointsTo
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.names import users_of
from auditor.domain.diagnosis.network_claims import EntranceAdmits
from auditor.domain.diagnosis.network_rules import component_of_names
from auditor.domain.diagnosis.routing_claims import PathAnswers, RequestRouted
from auditor.domain.diagnosis.words import PortOutcome, Saying

_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")))
"""Of IPv4; the standard library also calls ranges private that are only set aside for documentation."""
_WEB = (80, 443)
"""The ports of a public entrance."""


def own_entrance_used(evidence: Evidence) -> Iterator[Candidate]:
    """A setting leads to a host with public addresses behind which a service of this platform answers.

    A finding while it works. It is the root where the service's own answers complain of that host while others are
    served there.
    """
    for setting in evidence.of(SettingPointsTo):
        service, host = evidence.service_of(setting.component), setting.host.lower().rstrip(".")
        pages = [
            p
            for p in evidence.of(PathAnswers)
            if p.host.lower().rstrip(".") == host and evidence.service_of(p.component)
        ]
        lookups = [c for c in evidence.of(NameResolves) if c.name.lower().rstrip(".") == host and c.addresses]
        addresses = {page.address for page in pages} | {a for claim in lookups for a in claim.addresses}
        if not service or not pages or not addresses or not all(_is_public(address) for address in addresses):
            continue
        behind = sorted({evidence.service_of(page.component) for page in pages})
        inside = [c for c in evidence.of(RegisteredAs) if c.addresses and evidence.service_of(c.component) in behind]
        complaints = [
            answer
            for answer in evidence.answers_naming(service, host, setting.port)
            if answer.saying is not Saying.USES_UPSTREAM
        ]
        served = [page for page in pages if page.as_declared]
        broken = bool(complaints and served)
        name = f"{inside[0].name}" if inside else "a name of the private network"
        yield Candidate(
            component=setting.component,
            fault=Fault.HAIRPIN_URL,
            statement=f"{setting.setting} in {setting.component} leads to {host}, the platform's own public entrance "
            f"({', '.join(sorted(addresses))}), behind which {', '.join(behind)} stands"
            + (f"; inside it is registered as {inside[0].name}." if inside else "."),
            first_action=f"Set {setting.setting} to {name} and deploy the service again.",
            confidence=Confidence.HIGH if broken else Confidence.LOW,
            proof=proof_of(setting, *pages, *lookups, *inside, *complaints),
            shows=proof_of(*complaints) if broken else (),
            harms=frozenset({service}) if broken else frozenset(),
            named=broken,
            ruled_out=tuple(
                RuledOut(subject=page.component, why=f"{host} serves others", proof=page.proof) for page in served[:1]
            )
            if broken
            else (),
        )


def entrance_closed(evidence: Evidence) -> Iterator[Candidate]:
    """Nobody answers at a balancer's port that its groups do not admit everybody to, while they do to another one.

    A host is a balancer's by the rules that were read. Of the only one whose rules were not read it may be one that is
    open at the other of the two ports of the web.
    """
    entrances = evidence.of(EntranceAdmits)
    routed = {(claim.balancer, claim.host.lower().rstrip(".")) for claim in evidence.of(RequestRouted)}
    read, hosts = {balancer for balancer, _ in routed}, {host for _, host in routed}
    unread = [claim.balancer for claim in entrances if claim.balancer not in read]
    tried = evidence.of(PortAnswers)
    answered = {(claim.address, claim.port) for claim in tried if claim.outcome is PortOutcome.OPEN}
    for admits in entrances:
        component = component_of_names(evidence, "sg", admits.groups)
        closed = [
            claim
            for claim in tried
            if claim.outcome is PortOutcome.TIMEOUT
            and not _admitted(admits, claim.port)
            and (claim.address, claim.port) not in answered
            and _is_public(claim.address)
        ]
        open_at = {address for address, port in answered if port in _WEB and _admitted(admits, port)}
        sure = [claim for claim in closed if (admits.balancer, claim.host.lower().rstrip(".")) in routed]
        likely = [
            claim
            for claim in closed
            if unread == [admits.balancer]
            and claim.host.lower().rstrip(".") not in hosts
            and claim.port in _WEB
            and claim.address in open_at
        ]
        silent = sure or likely
        if not component or not admits.ports or not silent:
            continue
        port, proof = silent[0].port, proof_of(*sure, *likely)
        users = users_of(evidence, proof)
        others = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in admits.ports)
        yield Candidate(
            component=component,
            fault=Fault.SG_MISSING_INGRESS,
            statement=f"{component} does not admit everybody to port {port} of {admits.balancer} (it does to "
            f"{others}): connections to {silent[0].host} get no answer there.",
            first_action=f"Add to {component} an ingress rule for tcp {port} from those who should come (0.0.0.0/0 for "
            "a public entrance).",
            confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
            proof=tuple(sorted({*proof, *admits.proof})),
            shows=proof,
            harms=users,
            cuts=users,
            named=True,
        )


def _admitted(admits: EntranceAdmits, port: int) -> bool:
    return any(first <= port <= last for first, last in admits.ports)


def _is_public(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 4 and not any(address in network for network in _PRIVATE)


RULES = (own_entrance_used, entrance_closed)
