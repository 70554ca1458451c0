"""The questions asked of a registered name; a later one has its turn only where the earlier ones went well."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.discovery import remedies
from functions.discovery.facts import DiscoveryFacts, InstanceFacts, nearest
from functions.discovery.family import DiscoverySpec, normal

DiscoveryTarget = Target[DiscoverySpec]
DiscoveryObservation = Observation[DiscoveryFacts]

_MAX_LISTED = 10


def _namespace_exists(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    facts = _facts(observation)
    if facts.namespaces is None:
        return _not_read("namespaces", facts)
    wanted, names = str(target.spec.namespace), [namespace.name for namespace in facts.namespaces]
    if any(normal(name) == normal(wanted) for name in names):
        return passed(f"The Cloud Map namespace {wanted} exists.", namespace=wanted)
    return _missing("discovery.no_namespace", f"The Cloud Map namespace {wanted} does not exist", wanted, names)


def _service_registered(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    facts = _facts(observation)
    earlier = _unless_passed(_namespace_exists(target, observation), "discovery.namespace_exists")
    if earlier is not None:
        return earlier
    if facts.services is None:
        return _not_read("services", facts)
    wanted = str(target.spec.service)
    if facts.service is not None:
        return passed(
            f"{target.spec.name} is a Cloud Map service with records of type {', '.join(facts.service.record_types)}.",
            record_types=", ".join(facts.service.record_types),
            ttl_seconds=facts.service.ttl_seconds,
            arn=facts.service.arn,
        )
    what = f"The namespace {target.spec.namespace} has no service {wanted}"
    return _missing("discovery.no_service", what, wanted, list(facts.services))


def _instances_registered(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    instances = _instances(target, observation)
    if isinstance(instances, Answer):
        return instances
    total = _facts(observation).instances_total
    return passed(
        f"{total} instance{'s are' if total != 1 else ' is'} registered as {target.spec.name}: {_listed(instances)}.",
        instances=total,
        addresses=_listed(instances),
    )


def _instances_on_port(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    instances = _instances(target, observation)
    if isinstance(instances, Answer):
        return _after(instances, "discovery.instances_registered")
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
    return _failed("discovery.port_differs", summary, **evidence)


def _instances_healthy(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    instances = _instances(target, observation)
    if isinstance(instances, Answer):
        return _after(instances, "discovery.instances_registered")
    facts = _facts(observation)
    if facts.service is not None and facts.service.health_check == "none":
        return skipped(f"Cloud Map checks no health for {target.spec.name}.")
    if "health" in facts.unread:
        return _not_read("health", facts)
    unhealthy = [instance for instance in instances if instance.health == "UNHEALTHY"]
    untold = [instance for instance in instances if instance.health not in ("HEALTHY", "UNHEALTHY")]
    counts = {"instances": len(instances), "unhealthy": len(unhealthy)}
    if unhealthy:
        summary = (
            f"{len(unhealthy)} of {len(instances)} instances of {target.spec.name} are marked unhealthy: "
            f"{_listed(unhealthy)}."
        )
        answer = _failed("discovery.instances_unhealthy", summary, addresses=_listed(unhealthy), **counts)
        return answer if len(unhealthy) == len(instances) else replace(answer, status=Status.WARN)
    if untold:
        detail = f"Cloud Map does not tell the health of {_listed(untold)} of {target.spec.name}"
        return unknown(
            Failure(phase=Phase.ANSWER, cause="discovery.health_not_told", detail=detail),
            None,
            instances=len(instances),
        )
    return passed(f"All {len(instances)} instances of {target.spec.name} are healthy.", **counts)


def _record_registered(target: DiscoveryTarget, observation: DiscoveryObservation) -> Answer:
    facts, spec = _facts(observation), target.spec
    if facts.zones is None:
        return _not_read("zones", facts)
    zone = str(spec.zone_name)
    names = [found.name for found in facts.zones]
    if not any(normal(name) == normal(zone) for name in names):
        return _missing("discovery.no_zone", f"The hosted zone {zone} does not exist", zone, [normal(n) for n in names])
    if facts.records is None:
        return _not_read("records", facts)
    fitting = [record for record in facts.records if record.type == spec.type]
    kinds = ", ".join(sorted({record.type for record in facts.records}))
    if fitting:
        values = sorted({value for record in fitting for value in (*record.values, record.alias) if value})
        return passed(
            f"{spec.record} has a record of type {spec.type}: {', '.join(values[:_MAX_LISTED])}.",
            values=", ".join(values[:_MAX_LISTED]),
            ttl_seconds=min((r.ttl_seconds for r in fitting if r.ttl_seconds is not None), default=None),
        )
    if facts.records:
        summary = f"{spec.record} has records of type {kinds}, and none of the declared type {spec.type}."
        return _failed("discovery.record_type_differs", summary, declared_type=spec.type, types=kinds)
    return _failed("discovery.no_record", f"The hosted zone {zone} has no record of the name {spec.record}.", zone=zone)


def _instances(target: DiscoveryTarget, observation: DiscoveryObservation) -> tuple[InstanceFacts, ...] | Answer:
    """The instances, at least one; or the answer that ``instances_registered`` gives without them."""
    facts = _facts(observation)
    earlier = _unless_passed(_service_registered(target, observation), "discovery.service_registered")
    if earlier is not None:
        return earlier
    if facts.instances is None:
        return _not_read("instances", facts)
    if not facts.instances:
        summary = f"{target.spec.name} exists in Cloud Map and no instance is registered under it."
        return _failed("discovery.no_instances", summary, instances=0)
    return facts.instances


def _unless_passed(answer: Answer, check: str) -> Answer | None:
    return None if answer.status is Status.PASS else _after(answer, check)


def _after(answer: Answer, check: str) -> Answer:
    """What an earlier answer makes of a later question: what failed leaves it no turn, what was not read stays so."""
    if answer.status in (Status.FAIL, Status.WARN):
        return skipped(f"Not asked, because {check} failed.", failed_check=check)
    return answer


def _missing(cause: str, what: str, wanted: str, names: list[str]) -> Answer:
    close = nearest(wanted, names)
    if close is not None:
        there = f"the nearest that exists is {close}"
    else:
        there = f"there are {', '.join(sorted(names)[:_MAX_LISTED])}" if names else "there is none at all"
    return _failed(cause, f"{what}; {there}.", wanted=wanted, nearest=close, existing=", ".join(names[:_MAX_LISTED]))


def _failed(cause: str, summary: str, **evidence: Scalar) -> Answer:
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def _not_read(part: str, facts: DiscoveryFacts) -> Answer:
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def _listed(instances: list[InstanceFacts] | tuple[InstanceFacts, ...]) -> str:
    listed = [instance.address or instance.id for instance in instances[:_MAX_LISTED]]
    return ", ".join(listed) + (", …" if len(instances) > _MAX_LISTED else "")


def _facts(observation: DiscoveryObservation) -> DiscoveryFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


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
)
