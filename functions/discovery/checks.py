"""The questions asked of a registered name; a later one has its turn only where the earlier ones went well."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, passed, skipped, unknown
from functions.discovery.facts import DiscoveryFacts, InstanceFacts, RecordFacts
from functions.discovery.family import DiscoverySpec, normal
from functions.discovery.judged import (
    MAX_LISTED,
    DiscoveryObservation,
    DiscoveryTarget,
    after,
    facts_of,
    failing,
    listed,
    missing,
    not_read,
    unless_passed,
)


def _namespace_exists(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    facts = facts_of(observation)
    if facts.namespaces is None:
        return not_read("namespaces", facts)
    wanted, names = str(target.spec.namespace), [namespace.name for namespace in facts.namespaces]
    if any(normal(name) == normal(wanted) for name in names):
        return passed(f"The Cloud Map namespace {wanted} exists.", namespace=wanted)
    return missing("discovery.no_namespace", f"The Cloud Map namespace {wanted} does not exist", wanted, names)


def _namespace_unique(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    facts = facts_of(observation)
    earlier = unless_passed(_namespace_exists(target, observation), "discovery.namespace_exists")
    if earlier is not None:
        return earlier
    wanted = str(target.spec.namespace)
    same = [n for n in facts.namespaces or () if normal(n.name) == normal(wanted) and n.type != "HTTP"]
    ids = ", ".join(sorted(n.id for n in same)[:MAX_LISTED])
    if len(same) <= 1:
        return passed(f"No other namespace is called {wanted}.", ids=ids)
    summary = f"{len(same)} namespaces are called {wanted} ({ids}): which one clients get depends on their VPC."
    return replace(failing("discovery.namespace_doubled", summary, ids=ids), status=Status.WARN)


def _service_registered(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    facts = facts_of(observation)
    earlier = unless_passed(_namespace_exists(target, observation), "discovery.namespace_exists")
    if earlier is not None:
        return earlier
    if facts.services is None:
        return not_read("services", facts)
    wanted = str(target.spec.service)
    if facts.service is not None:
        return passed(
            f"{target.spec.name} is a Cloud Map service with records of type {', '.join(facts.service.record_types)}.",
            record_types=", ".join(facts.service.record_types),
            ttl_seconds=facts.service.ttl_seconds,
            arn=facts.service.arn,
        )
    what = f"The namespace {target.spec.namespace} has no service {wanted}"
    return missing("discovery.no_service", what, wanted, list(facts.services))


def _ttl_short(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    earlier = unless_passed(_service_registered(target, observation), "discovery.service_registered")
    if earlier is not None:
        return earlier
    service, limit = facts_of(observation).service, target.spec.max_ttl_seconds
    ttl = service.ttl_seconds if service is not None else None
    if ttl is None:
        return skipped(f"{target.spec.name} has no records with a TTL.")
    evidence: dict[str, Scalar] = {"ttl_seconds": ttl, "allowed": limit}
    if ttl <= limit:
        return passed(f"Records of {target.spec.name} live {ttl} s.", **evidence)
    summary = f"Records of {target.spec.name} live {ttl} s; after a task has gone clients may go on to it for so long."
    return replace(failing("discovery.ttl_long", summary, **evidence), status=Status.WARN)


def _instances_registered(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    instances = _instances(target, observation)
    if isinstance(instances, Answer):
        return instances
    total = facts_of(observation).instances_total
    return passed(
        f"{total} instance{'s are' if total != 1 else ' is'} registered as {target.spec.name}: {listed(instances)}.",
        instances=total,
        addresses=listed(instances),
    )


def _instances_on_port(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    instances = _instances(target, observation)
    if isinstance(instances, Answer):
        return after(instances, "discovery.instances_registered")
    declared = target.spec.port
    named = {instance.port for instance in instances if instance.port is not None}
    if not named:
        return skipped(
            f"The instances of {target.spec.name} are registered without a port, so clients bring their own."
        )
    evidence: dict[str, Scalar] = {"declared_port": declared, "registered_ports": ", ".join(map(str, sorted(named)))}
    if named == {declared}:
        return passed(f"The instances of {target.spec.name} are registered with port {declared}.", **evidence)
    summary = (
        f"Instances of {target.spec.name} are registered with port {evidence['registered_ports']}; "
        f"declared is {declared}."
    )
    return failing("discovery.port_differs", summary, **evidence)


def _instances_healthy(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    instances = _instances(target, observation)
    if isinstance(instances, Answer):
        return after(instances, "discovery.instances_registered")
    facts = facts_of(observation)
    if facts.service is not None and facts.service.health_check == "none":
        return skipped(f"Cloud Map checks no health for {target.spec.name}.")
    if "health" in facts.unread:
        return not_read("health", facts)
    unhealthy = [instance for instance in instances if instance.health == "UNHEALTHY"]
    untold = [instance for instance in instances if instance.health not in ("HEALTHY", "UNHEALTHY")]
    counts = {"instances": len(instances), "unhealthy": len(unhealthy)}
    if unhealthy:
        summary = (
            f"{len(unhealthy)} of {len(instances)} instances of {target.spec.name} are marked unhealthy: "
            f"{listed(unhealthy)}."
        )
        answer = failing("discovery.instances_unhealthy", summary, addresses=listed(unhealthy), **counts)
        return answer if len(unhealthy) == len(instances) else replace(answer, status=Status.WARN)
    if untold:
        detail = f"Cloud Map does not tell the health of {listed(untold)} of {target.spec.name}"
        return unknown(
            Failure(phase=Phase.ANSWER, cause="discovery.health_not_told", detail=detail),
            None,
            instances=len(instances),
        )
    return passed(f"All {len(instances)} instances of {target.spec.name} are healthy.", **counts)


def _record_registered(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    facts, spec = facts_of(observation), target.spec
    if facts.zones is None:
        return not_read("zones", facts)
    zone = str(spec.zone_name)
    names = [found.name for found in facts.zones]
    if not any(normal(name) == normal(zone) for name in names):
        return missing("discovery.no_zone", f"The hosted zone {zone} does not exist", zone, [normal(n) for n in names])
    if facts.records is None:
        return not_read("records", facts)
    fitting = [record for record in facts.records if record.type == spec.type]
    kinds = ", ".join(sorted({record.type for record in facts.records}))
    if fitting:
        values = sorted({value for record in fitting for value in (*record.values, record.alias) if value})
        return passed(
            f"{spec.record} has a record of type {spec.type}: {', '.join(values[:MAX_LISTED])}.",
            values=", ".join(values[:MAX_LISTED]),
            ttl_seconds=min((r.ttl_seconds for r in fitting if r.ttl_seconds is not None), default=None),
        )
    if facts.records:
        summary = f"{spec.record} has records of type {kinds}, and none of the declared type {spec.type}."
        return failing("discovery.record_type_differs", summary, declared_type=spec.type, types=kinds)
    return failing("discovery.no_record", f"The hosted zone {zone} has no record of the name {spec.record}.", zone=zone)


def _record_as_declared(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    earlier = unless_passed(_record_registered(target, observation), "discovery.record_registered")
    if earlier is not None:
        return earlier
    spec = target.spec
    declared = _place(str(spec.points_to))
    fitting = [record for record in facts_of(observation).records or () if record.type == spec.type]
    right = [record for record in fitting if declared in _places(record)]
    places = sorted({place for record in fitting for place in _places(record)})
    evaluated = {record.evaluates_health for record in fitting if record.alias}
    evidence: dict[str, Scalar] = {
        "declared": declared,
        "places": ", ".join(places[:MAX_LISTED]),
        "evaluates_health": next(iter(evaluated)) if len(evaluated) == 1 else None,
    }
    if len(right) == len(fitting):
        return passed(f"{spec.record} leads to {declared}, as declared.", **evidence)
    summary = f"{spec.record} leads to {', '.join(places[:MAX_LISTED]) or 'nothing'}; declared is {declared}."
    answer = failing("discovery.record_differs", summary, **evidence)
    # Of several records of one name clients get one or the other.
    return replace(answer, status=Status.WARN) if right else answer


def _places(record: RecordFacts) -> set[str]:
    return {_place(place) for place in (*record.values, record.alias) if place}


def _place(name: str) -> str:
    """A name or address as it is compared; an alias to a balancer is written with a word in front that it lacks."""
    return normal(name).removeprefix("dualstack.")


def _instances(target: DiscoveryTarget, observation: DiscoveryObservation) -> tuple[InstanceFacts, ...] | Answer:
    """The instances, at least one; or the answer that ``instances_registered`` gives without them."""
    facts = facts_of(observation)
    earlier = unless_passed(_service_registered(target, observation), "discovery.service_registered")
    if earlier is not None:
        return earlier
    if facts.instances is None:
        return not_read("instances", facts)
    if not facts.instances:
        summary = f"{target.spec.name} exists in Cloud Map and no instance is registered under it."
        return failing("discovery.no_instances", summary, instances=0)
    return facts.instances


def _is_cloud_map(target: DiscoveryTarget) -> bool:
    return target.spec.namespace is not None


CHECKS: tuple[Check[DiscoverySpec, DiscoveryFacts], ...] = (
    Check(
        id="discovery.namespace_exists",
        severity=Severity.HIGH,
        judge=_namespace_exists,
        asks=_is_cloud_map,
        remediation="Compare the namespace in the catalogue and in the clients' settings with those that exist.",
    ),
    Check(
        id="discovery.service_registered",
        severity=Severity.HIGH,
        judge=_service_registered,
        asks=_is_cloud_map,
        remediation="Compare the service's name with those of the namespace.",
    ),
    Check(
        id="discovery.instances_registered",
        severity=Severity.HIGH,
        judge=_instances_registered,
        asks=_is_cloud_map,
        remediation="See whether tasks run, and whether their ECS service names this registry.",
    ),
    Check(
        id="discovery.instances_on_port",
        severity=Severity.MEDIUM,
        judge=_instances_on_port,
        asks=lambda target: target.spec.port is not None,
        remediation="Compare the port in the ECS service's serviceRegistries with the container's.",
    ),
    Check(
        id="discovery.instances_healthy",
        severity=Severity.MEDIUM,
        judge=_instances_healthy,
        asks=_is_cloud_map,
        remediation="See whether the task behind the address runs; deregister the instance if it does not.",
    ),
    Check(
        id="discovery.record_registered",
        severity=Severity.HIGH,
        judge=_record_registered,
        asks=lambda target: target.spec.zone_name is not None,
        remediation="Compare the record in the hosted zone with the catalogue.",
    ),
    Check(
        id="discovery.namespace_unique",
        severity=Severity.ADVISORY,
        judge=_namespace_unique,
        asks=_is_cloud_map,
        remediation="See which VPC each of them belongs to, and delete the one that nobody uses.",
    ),
    Check(
        id="discovery.ttl_short",
        severity=Severity.ADVISORY,
        judge=_ttl_short,
        asks=_is_cloud_map,
        remediation="Lower the TTL of the Cloud Map service's records.",
    ),
    Check(
        id="discovery.record_as_declared",
        severity=Severity.HIGH,
        judge=_record_as_declared,
        asks=lambda target: target.spec.points_to is not None,
        remediation="Compare the record in the hosted zone with the catalogue.",
    ),
)
