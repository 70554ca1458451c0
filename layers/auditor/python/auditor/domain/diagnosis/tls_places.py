"""Whose the certificate at a place is: who issues it, the place itself, or the listener that it is attached to."""

from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.routing_claims import CertificateStands, RequestRouted
from auditor.domain.diagnosis.tls_claims import CertificateShown


def to_change(evidence: Evidence, claim: CertificateShown, *, issued: bool) -> str:
    """The component that the first action changes: who issues the certificate, or the place where it is shown.

    A certificate of ACM is renewed there for every place that shows it; which one is shown is a matter of the place.
    """
    managed = _managed(evidence, claim)
    of_place = place_of(evidence, claim.host)
    if not of_place and claim.component.partition(".")[0] == "tls":
        of_place = claim.component
    listener = _listener(evidence, claim)
    in_order = (managed, of_place, listener) if issued else (of_place, listener, managed)
    return next((component for component in in_order if component), claim.component)


def place_of(evidence: Evidence, name: str) -> str:
    """The component that stands for what is shown under a name; empty where the catalogue has none."""
    return evidence.bound_to("tls", name)


def _listener(evidence: Evidence, claim: CertificateShown) -> str:
    """The listener of a balancer that serves a place, where a declared request of this host comes in by it."""
    ways = _entrances(evidence, claim)
    found = {evidence.bound_to("listener", f"{balancer}/{claim.port}") for balancer in ways} - {""}
    return found.pop() if len(found) == 1 else ""


def attached_at(evidence: Evidence, claim: CertificateShown) -> list[CertificateStands]:
    """The certificates of the balancer by which a place is reached."""
    ways = _entrances(evidence, claim)
    return [stands for stands in evidence.of(CertificateStands) if stands.balancer in ways]


def _entrances(evidence: Evidence, claim: CertificateShown) -> set[str]:
    """The balancers that declared requests to this place come in by."""
    here = (claim.host, claim.port)
    return {routed.balancer for routed in evidence.of(RequestRouted) if (routed.host.lower(), routed.port) == here}


def _managed(evidence: Evidence, claim: CertificateShown) -> str:
    """The certificate of ACM for this host: by its domain, or at a public place the only one, if its name is none.

    Where it was read which certificates are attached there, it is one of those.
    """
    known = [c for c in evidence.platform.components if c.kind == "acm"]
    attached = {stands.domain.lower() for stands in attached_at(evidence, claim)}
    attached = {domain for domain in attached if includes(domain, claim.host)}
    named = [
        c.id
        for c in known
        if includes(c.aws_name.lower(), claim.host) and (not attached or c.aws_name.lower() in attached)
    ]
    if len(named) == 1:
        return named[0]
    only = [c.id for c in known if not _is_domain(c.aws_name)]
    return only[0] if not claim.private and len(known) == len(only) == 1 else ""


def includes(domain: str, host: str) -> bool:
    """Whether a certificate for this domain, which may begin with a star, is one for the host."""
    return domain == host or (domain.startswith("*.") and host.partition(".")[2] == domain[2:])


def _is_domain(name: str) -> bool:
    return "." in name and not set(name) & set(":/ ")
