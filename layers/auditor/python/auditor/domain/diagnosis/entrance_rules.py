"""A rule about neighbours that are reached through the platform's own public entrance."""

import ipaddress
from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import NameResolves, RegisteredAs, SettingPointsTo
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.routing_claims import PathAnswers
from auditor.domain.diagnosis.words import Saying

_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")))
"""Of IPv4; the standard library also calls ranges private that are only set aside for documentation."""


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


def _is_public(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 4 and not any(address in network for network in _PRIVATE)


RULES = (own_entrance_used,)
