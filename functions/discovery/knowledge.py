"""What an observation of the registry of names says in the diagnosis's vocabulary: facts to claims, pure."""

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import dns_claims as of_names
from auditor.domain.diagnosis.deployment_claims import RegistryIs
from auditor.domain.diagnosis.proof import observation_id
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.discovery.facts import DiscoveryFacts
from functions.discovery.family import DiscoverySpec


def claims(target: Target[DiscoverySpec], observation: Observation[DiscoveryFacts]) -> tuple[says.Claim, ...]:
    """Which namespaces and zones exist, and what they hold of the declared name; of what was not read, nothing."""
    facts = observation.facts
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = [
        # A namespace of type HTTP has no names that resolve.
        says.NamespaceExists(namespace=namespace.name, proof=proof)
        for namespace in facts.namespaces or ()
        if namespace.type != "HTTP"
    ]
    if facts.service is not None and facts.service.arn:
        whole = target.spec.name.rstrip(".").lower()
        found.append(RegistryIs(component=target.component, name=whole, arn=facts.service.arn, proof=proof))
    if facts.service is not None and facts.instances is not None:
        addresses = {instance.address for instance in facts.instances}
        # A part of the list, or an instance without an address, leaves open what is registered.
        if len(facts.instances) == facts.instances_total and "" not in addresses:
            name = target.spec.name.rstrip(".").lower()
            registered = tuple(sorted(addresses))
            found.append(says.RegisteredAs(component=target.component, name=name, addresses=registered, proof=proof))
    found += [
        of_names.ZoneExists(zone=zone.name.rstrip(".").lower(), private=zone.private, proof=proof)
        for zone in facts.zones or ()
    ]
    found += [
        of_names.RecordExists(
            component=target.component,
            name=target.spec.name.rstrip(".").lower(),
            type=record.type,
            values=(*record.values, *((record.alias,) if record.alias else ())),
            private=record.private,
            proof=proof,
        )
        for record in facts.records or ()
    ]
    return tuple(dict.fromkeys(found))
