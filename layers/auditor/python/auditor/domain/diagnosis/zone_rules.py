"""Rules about who answers for names: a resolver that fails or invents, a private zone that hides the public one."""

import re
from collections.abc import Iterator

from auditor.domain.diagnosis.addresses import is_private
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import Claim, NameResolves
from auditor.domain.diagnosis.dns_claims import AnsweredOutside, NameDenied, RecordExists, ResolverInvents, ZoneExists
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.names import DENIES, SHOWN, covers, listed, misled, owner_of, plain, seen_at, users_of
from auditor.domain.diagnosis.network_claims import StoreIs
from auditor.domain.diagnosis.network_words import StoreState
from auditor.domain.diagnosis.words import NameOutcome

_FAILS = (NameOutcome.SERVFAIL, NameOutcome.REFUSED, NameOutcome.TIMEOUT)
_ADDRESS_TYPES = ("A", "AAAA", "CNAME")
_ENOUGH_NAMES = 3
_OF_THE_CLOUD = re.compile(r"([a-z0-9-]+\.)?(rds|cache)\.amazonaws\.com")
"""The zones in which AWS writes the names of stores: one a region."""


def resolver_fails(evidence: Evidence) -> Iterator[Candidate]:
    """The network's own resolver fails for several names that have nothing in common, and answers for none."""
    failing = [lookup for lookup in evidence.of(NameResolves) if lookup.outcome in _FAILS]
    names = sorted({plain(lookup.name) for lookup in failing})
    if len({owner_of(name) for name in names}) < 2:
        return  # what all of them have in common is a zone, a delegation or a rule that forwards it
    last = max(seen_at(lookup) for lookup in failing)
    if any(lookup.outcome not in _FAILS and seen_at(lookup) >= last for lookup in evidence.of(NameResolves)):
        return
    component = evidence.only("vpc")
    proof = proof_of(*failing)
    yield Candidate(
        component=component,
        fault=Fault.RESOLVER_FAILURE,
        statement=f"The network's resolver gives no answer for any name: {listed(names)} lie in zones that have "
        "nothing in common.",
        first_action="See the VPC's DNS support and the servers in its DHCP options; if it forwards to servers of "
        "your own, see whether those answer. Do not look at the records before it answers.",
        confidence=Confidence.HIGH if len(names) >= _ENOUGH_NAMES else Confidence.MEDIUM,
        proof=proof,
        shows=proof,
        harms=frozenset({evidence.service_of(component)} - {""}) | users_of(evidence, proof),
        cuts=users_of(evidence, proof),
        named=len(names) >= _ENOUGH_NAMES,
    )


def resolver_invents(evidence: Evidence) -> Iterator[Candidate]:
    """The resolver has addresses for names that cannot exist: nothing that it says is worth anything."""
    for lie in evidence.of(ResolverInvents):
        component = evidence.only("vpc")
        yield Candidate(
            component=component,
            fault=Fault.RESOLVER_FAILURE,
            statement=f"Resolver {lie.resolver} gives an address for a name under .invalid, where nothing exists: it "
            "answers for every name.",
            first_action="See which servers the VPC's DHCP options name and who runs them; go back to the VPC's own "
            "resolver.",
            confidence=Confidence.HIGH,
            proof=lie.proof,
            shows=lie.proof,
            harms=frozenset({evidence.service_of(component)} - {""}),
            named=True,
        )


def private_zone_hides(evidence: Evidence) -> Iterator[Candidate]:
    """A name leads somewhere outside, and inside a private zone of it or above it denies it or leads elsewhere."""
    zones = evidence.of(ZoneExists)
    for answer in evidence.of(AnsweredOutside):
        if answer.outcome is not NameOutcome.RESOLVED or not _differs(answer):
            continue
        private = [zone for zone in zones if zone.private and covers(zone.zone, answer.name)]
        denied = answer.own_outcome in DENIES
        # Without a look at the zones the denial itself says whose it is; another address alone may be meant.
        told = answer.own_zone if denied and "." in plain(answer.own_zone) else ""
        told = told if told and covers(told, answer.name) else ""
        redirected = bool(answer.own_addresses) and all(is_private(address) for address in answer.own_addresses)
        if not private and (zones or not (told or redirected)):
            continue
        hiding = max((zone.zone for zone in private), key=len, default=told)
        yield _hidden(
            evidence,
            answer.component,
            answer.name,
            where=f"{', '.join(answer.addresses[:SHOWN])} outside",
            inside=f"{', '.join(answer.own_addresses[:SHOWN]) or 'nowhere'} inside",
            zone=hiding,
            confidence=Confidence.HIGH if private else Confidence.MEDIUM,
            proofs=[answer, *private, *misled(evidence, answer.name, elsewhere_than=answer.addresses)],
        )
    for record in evidence.of(RecordExists):
        hiding_zones = [zone for zone in zones if zone.private and covers(zone.zone, record.name)]
        held_privately = [r for r in evidence.of(RecordExists) if r.private and plain(r.name) == plain(record.name)]
        denials = [d for d in evidence.of(NameDenied) if plain(d.name) == plain(record.name) and not d.alias]
        if record.private or held_privately or not hiding_zones or not denials or record.type not in _ADDRESS_TYPES:
            continue
        yield _hidden(
            evidence,
            denials[0].component,
            record.name,
            where=f"{', '.join(record.values[:SHOWN])} in the public zone",
            inside="nowhere inside",
            zone=max((zone.zone for zone in hiding_zones), key=len),
            confidence=Confidence.HIGH,
            proofs=[record, *hiding_zones, *denials, *misled(evidence, record.name)],
        )


def private_zone_hides_store(evidence: Evidence) -> Iterator[Candidate]:
    """The network denies the name under which the cloud says that a store serves: another zone answers for it."""
    for store in evidence.of(StoreIs):
        denials = [d for d in evidence.of(NameDenied) if plain(d.name) == plain(store.host) and not d.alias]
        if store.state is not StoreState.SERVES or not store.host or not denials:
            continue
        zone = denials[0].zone if "." in plain(denials[0].zone) and covers(denials[0].zone, store.host) else ""
        if _OF_THE_CLOUD.fullmatch(plain(zone)):
            continue  # the cloud denies it itself, whatever it says elsewhere
        proof = proof_of(*denials, *misled(evidence, store.host))
        users = users_of(evidence, proof)
        bound = evidence.bound_to("dns", plain(zone)) if zone else ""
        yield Candidate(
            component=bound or evidence.only("vpc") or denials[0].component,
            fault=Fault.PRIVATE_ZONE_SHADOWS,
            statement=f"{store.host} is where {store.component} serves, as the cloud says, and the network's resolver "
            f"denies the name{f' by the zone {zone}' if zone else ''}: a private zone answers in place of the cloud's.",
            first_action=f"Look for a private hosted zone {zone or 'above this name'} that is associated with the VPC, "
            "and disassociate it (or write the record into it).",
            confidence=Confidence.HIGH if zone else Confidence.MEDIUM,
            proof=tuple(sorted({*proof, *store.proof})),
            shows=proof,
            harms=users,
            cuts=users,
            named=True,
            ruled_out=(RuledOut(subject=store.component, why="the cloud says that it serves", proof=store.proof),),
        )


def _hidden(
    evidence: Evidence,
    seen_by: str,
    name: str,
    *,
    where: str,
    inside: str,
    zone: str,
    confidence: Confidence,
    proofs: list[Claim],
) -> Candidate:
    proof = proof_of(*proofs)
    users = users_of(evidence, proof)
    of_zone = f"the private zone {zone}" if zone else "a private zone"
    return Candidate(
        component=_private_zone(evidence, zone) or seen_by,
        fault=Fault.PRIVATE_ZONE_SHADOWS,
        statement=f"{name} leads to {where} and {inside}: {of_zone} answers in place of the public one.",
        first_action=f"Write the record of {name} into {of_zone} too, or disassociate that zone from the VPC.",
        confidence=confidence,
        proof=proof,
        shows=proof,
        harms=users,
        cuts=users,
        named=confidence is Confidence.HIGH,
    )


def _differs(answer: AnsweredOutside) -> bool:
    """Whether inside leads elsewhere; of a load balancer each side may get other addresses of the same alias."""
    if answer.own_outcome in DENIES:
        return True
    common = set(answer.addresses) & set(answer.own_addresses) or set(answer.aliases) & set(answer.own_aliases)
    return answer.own_outcome is NameOutcome.RESOLVED and not common


def _private_zone(evidence: Evidence, zone: str) -> str:
    """The component that private names belong to: the one bound to this zone, else the only one of its kind."""
    watched = {target.component for target in evidence.platform.targets if target.private}
    private = [component for component in evidence.platform.components if component.kind == "dns"]
    private = [component for component in private if component.id in watched]
    bound = [component.id for component in private if plain(component.aws_name) == plain(zone)]
    return bound[0] if bound else private[0].id if len(private) == 1 else ""


RULES = (resolver_fails, resolver_invents, private_zone_hides, private_zone_hides_store)
