"""The family against Cloud Map in memory: what exists, what does not, and what may not be read."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.discovery.family import FAMILY, DiscoverySpec

Ask = Callable[[DiscoverySpec], Any]

NAMESPACE = "shop-development.local"
OF_NAMESPACES = {"namespace_exists", "namespace_unique"}
HEALTHY = {*OF_NAMESPACES, "service_registered", "ttl_short", "instances_registered", "instances_healthy"}


def spec(**changes: Any) -> DiscoverySpec:
    return DiscoverySpec(**({"namespace": NAMESPACE, "service": "orders"} | changes))


def registered(aws: Any, *addresses: str, custom_health: bool = True, **attributes: str) -> str:
    """A namespace with the service `orders` and these instances; the service's id."""
    cloud_map = aws.client("servicediscovery")
    cloud_map.create_private_dns_namespace(Name=NAMESPACE, Vpc="vpc-1")
    (namespace,) = cloud_map.list_namespaces()["Namespaces"]
    health: dict[str, Any] = {"HealthCheckCustomConfig": {"FailureThreshold": 1}} if custom_health else {}
    service = cloud_map.create_service(
        Name="orders", NamespaceId=namespace["Id"], DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]}, **health
    )["Service"]["Id"]
    for address in addresses:
        cloud_map.register_instance(
            ServiceId=service, InstanceId=f"i-{address}", Attributes={"AWS_INSTANCE_IPV4": address, **attributes}
        )
        if custom_health:
            cloud_map.update_instance_custom_health_status(
                ServiceId=service, InstanceId=f"i-{address}", Status="HEALTHY"
            )
    return str(service)


def test_a_registered_service_passes_with_its_addresses_and_keeps_no_other_attribute(aws: Any, ask: Ask) -> None:
    registered(aws, "10.0.1.7", ECS_SERVICE_NAME="orders-service", api_password="canary-4711")
    asked = ask(spec())
    assert asked.brief() == dict.fromkeys(HEALTHY, ("PASS", None))
    (instance,) = asked.facts.instances
    assert (instance.address, instance.port, instance.health) == ("10.0.1.7", None, "HEALTHY")
    assert instance.ecs_service == "orders-service"
    assert asked.facts.service.record_types == ("A",)
    assert (asked.facts.service.ttl_seconds, asked.facts.service.health_check) == (10, "custom")
    assert [n.name for n in asked.facts.namespaces] == [NAMESPACE]


def test_a_registered_service_takes_as_many_calls_as_the_family_declares(aws: Any, ask: Ask) -> None:
    registered(aws, "10.0.1.7")
    aws.calls.clear()
    ask(spec())
    assert len(aws.calls) == FAMILY.calls_per_target


def test_a_namespace_that_does_not_exist_names_the_nearest_that_does(aws: Any, ask: Ask) -> None:
    registered(aws, "10.0.1.7")
    asked = ask(spec(namespace="shop.local"))
    result = asked.results["namespace_exists"]
    assert (result.status, result.cause) == ("FAIL", "discovery.no_namespace")
    assert result.evidence["nearest"] == NAMESPACE
    assert {asked.results[name].status for name in HEALTHY - {"namespace_exists"}} == {"SKIPPED"}


def test_without_any_namespace_the_message_says_so(aws: Any, ask: Ask) -> None:
    result = ask(spec()).results["namespace_exists"]
    assert (result.status, result.evidence["nearest"]) == ("FAIL", None)
    assert "none at all" in result.summary


def test_a_service_of_another_name_is_named(aws: Any, ask: Ask) -> None:
    registered(aws)
    asked = ask(spec(service="order"))
    assert asked.brief()["service_registered"] == ("FAIL", "discovery.no_service")
    assert asked.results["service_registered"].evidence["nearest"] == "orders"
    assert asked.facts.services == ("orders",)


def test_no_instance_is_a_failure_and_its_health_is_not_asked(aws: Any, ask: Ask) -> None:
    registered(aws)
    brief = ask(spec()).brief()
    assert brief["instances_registered"] == ("FAIL", "discovery.no_instances")
    assert brief["instances_healthy"] == ("SKIPPED", None)


def test_one_unhealthy_instance_warns_and_all_fail(aws: Any, ask: Ask) -> None:
    service = registered(aws, "10.0.1.7", "10.0.3.9")
    cloud_map = aws.client("servicediscovery")
    cloud_map.update_instance_custom_health_status(ServiceId=service, InstanceId="i-10.0.3.9", Status="UNHEALTHY")
    asked = ask(spec())
    assert asked.brief()["instances_healthy"] == ("WARN", "discovery.instances_unhealthy")
    assert asked.results["instances_healthy"].evidence["addresses"] == "10.0.3.9"
    cloud_map.update_instance_custom_health_status(ServiceId=service, InstanceId="i-10.0.1.7", Status="UNHEALTHY")
    assert ask(spec()).brief()["instances_healthy"] == ("FAIL", "discovery.instances_unhealthy")


def test_without_a_health_check_health_is_not_asked(aws: Any, ask: Ask) -> None:
    registered(aws, "10.0.1.7", custom_health=False)
    assert ask(spec()).brief()["instances_healthy"] == ("SKIPPED", None)


@pytest.mark.parametrize(("port", "said"), [(5000, ("PASS", None)), (8000, ("FAIL", "discovery.port_differs"))])
def test_a_declared_port_is_compared_with_the_registered_one(aws: Any, ask: Ask, port: int, said: Any) -> None:
    registered(aws, "10.0.1.7", AWS_INSTANCE_PORT="5000")
    assert ask(spec(port=port)).brief()["instances_on_port"] == said


@pytest.mark.parametrize(
    ("operation", "blind"),
    [
        ("ListNamespaces", HEALTHY),
        ("ListServices", HEALTHY - OF_NAMESPACES),
        ("ListInstances", {"instances_registered", "instances_healthy"}),
        ("GetInstancesHealthStatus", {"instances_healthy"}),
    ],
)
@pytest.mark.parametrize(
    ("code", "cause"), [("AccessDeniedException", "aws.denied"), ("InternalServerError", "aws.failed")]
)
def test_a_call_that_is_refused_leaves_unknown_what_needs_it_and_nothing_else(
    aws: Any, ask: Ask, operation: str, blind: set[str], code: str, cause: str
) -> None:
    registered(aws, "10.0.1.7")
    aws.refuses("servicediscovery", operation, code)
    asked = ask(spec())
    expected = {name: ("UNKNOWN", cause) if name in blind else ("PASS", None) for name in HEALTHY}
    assert asked.brief() == expected
    named = [asked.results[name] for name in blind]
    assert all(operation in result.summary and result.remediation for result in named)


def test_pages_are_followed_to_their_end_and_no_further(aws: Any, ask: Ask) -> None:
    registered(aws, "10.0.1.7")
    (real,) = aws.client("servicediscovery").list_namespaces()["Namespaces"]

    def page(parameters: Any, last: int) -> Any:
        number = int(parameters.get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number < last else {}
        other = {"Id": f"ns-{number}", "Name": f"n{number}", "Type": "HTTP"}
        return {"Namespaces": [real if number == last else other], **more}

    aws.answers("servicediscovery", "ListNamespaces", lambda parameters: page(parameters, 3))
    asked = ask(spec())
    assert asked.brief()["namespace_exists"] == ("PASS", None)
    assert len(asked.facts.namespaces) == 4
    aws.answers("servicediscovery", "ListNamespaces", lambda parameters: page(parameters, 1_000))
    assert ask(spec()).brief()["namespace_exists"] == ("UNKNOWN", "aws.failed")
