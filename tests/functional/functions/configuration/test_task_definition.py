"""The family against task definitions and parameters in memory."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from functions.configuration.family import FAMILY, ConfigurationSpec, ExpectedHost

Ask = Callable[[ConfigurationSpec], Any]

REGISTRY = "registry.shop-development.local"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbC123:password::"
SETTINGS = {"REGISTRY_URL": f"http://{REGISTRY}:5000", "DB_HOST": "db.shop.internal", "DB_NAME": "orders"}
ALL = {
    "required_present",
    "hosts_as_declared",
    "hosts_resolve",
    "values_well_formed",
    "no_loopback_default",
    "no_literal_address",
    "references_exist",
    "nothing_dropped",
}


@pytest.fixture(autouse=True)
def known(names: Any) -> None:
    """The names that exist, unless a test says otherwise."""
    names.addresses |= {REGISTRY: ("10.0.1.5",), "db.shop.internal": ("10.0.2.5",)}


def spec(**changes: Any) -> ConfigurationSpec:
    values: dict[str, Any] = {
        "task_definition": "orders",
        "expected_hosts": (ExpectedHost(variable="REGISTRY_URL", host=REGISTRY, port=5000),),
        "required": ("REGISTRY_URL", "DB_HOST", "DB_PASSWORD"),
        "read_variables": ("DB_HOST", "DB_NAME"),
    }
    return ConfigurationSpec(**(values | changes))


def register(
    aws: Any,
    settings: Mapping[str, str],
    secrets: Mapping[str, str] | None = None,
    image: str = "orders:1",
    **more: Any,
) -> str:
    """One more revision of the family `orders`."""
    app = {
        "name": "app",
        "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{image}",
        "memory": 256,
        "environment": [{"name": name, "value": value} for name, value in settings.items()],
        "secrets": [{"name": name, "valueFrom": place} for name, place in (secrets or {"DB_PASSWORD": SECRET}).items()],
        **more,
    }
    side = {"name": "side", "image": "proxy:1", "memory": 64}
    made = aws.client("ecs").register_task_definition(family="orders", containerDefinitions=[app, side])
    return str(made["taskDefinition"]["taskDefinitionArn"])


def test_a_configuration_as_declared_passes(aws: Any, ask: Ask) -> None:
    register(aws, SETTINGS)
    asked = ask(spec())
    assert asked.brief() == dict.fromkeys(ALL, ("PASS", None)) | {"nothing_dropped": ("SKIPPED", None)}
    container = asked.facts.container
    assert (container.revision, container.image, container.name) == ("orders:1", "orders:1", "app")
    assert asked.facts.change is None
    assert ask(spec(container="side", required=(), expected_hosts=())).facts.container.image == "proxy:1"


def test_no_value_outside_the_allow_list_and_no_credential_inside_it_is_kept(aws: Any, ask: Ask) -> None:
    secret = "canary-4711"
    register(aws, {"REGISTRY_URL": "http://old.example"})
    planted = {
        "API_TOKEN": secret,
        "REGISTRY_URL": f"http://user:{secret}@{REGISTRY}:5000/?token={secret}",
        "DB_HOST": f"postgresql://orders:{secret}/x@db.internal:5432/orders",
        "DB_NAME": f"a {secret}",
        "STORE": f"postgresql://orders:{secret}@db.internal/orders?sslmode=require&password={secret}",
    }
    register(aws, planted, {"DB_PASSWORD": secret})
    asked = ask(spec(read_variables=("DB_HOST", "DB_NAME", "STORE")))
    settings = {setting.variable: setting for setting in asked.facts.container.settings}
    assert settings["REGISTRY_URL"].has_credentials
    assert settings["REGISTRY_URL"].host == REGISTRY
    assert (settings["STORE"].database, settings["STORE"].sslmode) == ("orders", "require")
    assert (settings["DB_HOST"].host, settings["DB_HOST"].port) == ("", None)
    assert asked.facts.container.references[0].reference == ""
    assert "API_TOKEN" in asked.facts.container.variables


def test_a_host_in_a_namespace_that_is_not_declared_fails_with_both(aws: Any, ask: Ask) -> None:
    register(aws, SETTINGS | {"REGISTRY_URL": "http://registry.shop.local:5000"})
    result = ask(spec()).results["hosts_as_declared"]
    assert (result.status, result.cause) == ("FAIL", "configuration.host_differs")
    assert result.evidence["REGISTRY_URL.observed"] == "registry.shop.local:5000"
    assert result.evidence["REGISTRY_URL.declared"] == f"{REGISTRY}:5000"
    register(aws, SETTINGS | {"REGISTRY_URL": f"http://{REGISTRY}:5001"})
    assert ask(spec()).brief()["hosts_as_declared"] == ("FAIL", "configuration.host_differs")


def test_addresses_and_loopback_are_told_apart(aws: Any, ask: Ask) -> None:
    register(aws, SETTINGS | {"DB_HOST": "10.0.1.173"})
    brief = ask(spec()).brief()
    assert brief["no_literal_address"] == ("WARN", "configuration.literal_address")
    assert brief["no_loopback_default"] == ("PASS", None)
    assert "no_literal_address" not in ask(spec(literal_ok=True)).brief()
    register(aws, SETTINGS | {"DB_HOST": "localhost"})
    brief = ask(spec()).brief()
    assert brief["no_loopback_default"] == ("FAIL", "configuration.loopback")
    declared = (ExpectedHost(variable="DB_HOST", host="localhost"),)
    assert ask(spec(expected_hosts=declared)).brief()["no_loopback_default"] == ("PASS", None)


def test_what_this_revision_dropped_is_named(aws: Any, ask: Ask) -> None:
    register(aws, SETTINGS)
    register(aws, {"DB_HOST": "other.internal", "NEW": "x"}, image="orders:2")
    asked = ask(spec())
    assert asked.brief()["required_present"] == ("FAIL", "configuration.variable_missing")
    assert asked.brief()["hosts_as_declared"] == ("FAIL", "configuration.variable_missing")
    assert asked.results["required_present"].evidence["removed_by_this_revision"] == "REGISTRY_URL"
    change = asked.facts.change
    assert (change.revision, change.added, change.changed) == ("orders:1", ("NEW",), ("DB_HOST",))
    assert (change.removed, change.image_changed) == (("DB_NAME", "REGISTRY_URL"), True)


def test_a_file_that_adds_variables_leaves_open_what_is_missing(aws: Any, ask: Ask) -> None:
    register(aws, {}, environmentFiles=[{"value": "arn:aws:s3:::shop/app.env", "type": "s3"}])
    brief = ask(spec()).brief()
    assert brief["required_present"] == ("UNKNOWN", "configuration.value_not_seen")
    assert brief["hosts_as_declared"] == ("UNKNOWN", "configuration.value_not_seen")


@pytest.mark.parametrize(
    ("reference", "status"),
    [
        (SECRET, "PASS"),
        (SECRET.replace("AbC123", "RANDOM"), "FAIL"),
        (SECRET.removesuffix("::"), "FAIL"),
        (SECRET.replace("-AbC123", ""), "WARN"),
        ("arn:aws:s3:::shop/secret", "FAIL"),
    ],
)
def test_a_reference_must_have_the_shape_that_leads_to_a_secret(
    aws: Any, ask: Ask, reference: str, status: str
) -> None:
    register(aws, SETTINGS, {"DB_PASSWORD": reference})
    cause = None if status == "PASS" else "configuration.reference_malformed"
    assert ask(spec()).brief()["values_well_formed"] == (status, cause)


def test_a_parameter_that_does_not_exist_is_found_without_reading_any(aws: Any, ask: Ask) -> None:
    ssm = aws.client("ssm")
    ssm.put_parameter(Name="/shop/redis/endpoint", Value="canary-4711", Type="String")
    ssm.put_parameter(Name="flat", Value="canary-4711", Type="SecureString")
    prefix = "arn:aws:ssm:us-east-1:123456789012:parameter"
    places = {"REDIS_HOST": "/shop/redis/endpoint", "FLAT": f"{prefix}/flat", "DEEP": f"{prefix}/shop/redis/endpoint"}
    register(aws, SETTINGS, places)
    assert ask(spec()).brief()["references_exist"] == ("PASS", None)
    register(aws, SETTINGS, places | {"REDIS_PORT": "/shop/redis/port"})
    result = ask(spec()).results["references_exist"]
    assert (result.status, result.cause) == ("FAIL", "configuration.parameter_missing")
    assert result.evidence == {"REDIS_PORT": "/shop/redis/port"}
    assert not {"GetParameter", "GetParameters"} & set(aws.calls)
    aws.refuses("ssm", "DescribeParameters", "AccessDeniedException")
    brief = ask(spec()).brief()
    assert brief["references_exist"] == ("UNKNOWN", "aws.denied")
    assert brief["hosts_as_declared"] == ("PASS", None)


def test_of_a_service_the_revision_counts_that_runs_not_the_one_that_is_wanted(aws: Any, ask: Ask) -> None:
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop")
    old, new = register(aws, SETTINGS), register(aws, {})
    ecs.create_service(cluster="shop", serviceName="orders", taskDefinition=new, desiredCount=1)
    by_service = spec(task_definition=None, cluster="shop", service="orders")

    def service(*running: tuple[str, str, int]) -> None:
        deployments = [{"status": s, "taskDefinition": arn, "runningCount": count} for s, arn, count in running]
        told = {"services": [{"taskDefinition": new, "deployments": deployments}]}
        aws.answers("ecs", "DescribeServices", lambda _: told)

    service(("PRIMARY", new, 0), ("ACTIVE", old, 1))
    asked = ask(by_service)
    assert (asked.facts.container.revision, asked.facts.wanted_revision) == ("orders:1", "orders:2")
    assert asked.brief()["required_present"] == ("PASS", None)
    service(("PRIMARY", new, 1), ("ACTIVE", old, 1))
    assert ask(by_service).facts.container.revision == "orders:2"
    service(("PRIMARY", new, 0))
    assert ask(by_service).facts.container.revision == "orders:2"


def test_a_changed_container_of_a_service_takes_as_many_calls_as_the_family_declares(aws: Any, ask: Ask) -> None:
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop")
    aws.client("ssm").put_parameter(Name="/shop/redis/host", Value="canary-4711", Type="String")
    register(aws, {})
    made = aws.client("secretsmanager").create_secret(Name="shop/db", SecretString="canary-4711")["ARN"]
    places = {"REDIS_HOST": "/shop/redis/host", "DB_PASSWORD": f"{made}:password::", "DB_USER": f"{made}:user::"}
    wanted = register(aws, SETTINGS, places)
    ecs.create_service(cluster="shop", serviceName="orders", taskDefinition=wanted, desiredCount=1)
    aws.calls.clear()
    ask(spec(task_definition=None, cluster="shop", service="orders", describe_secrets=True))
    assert len(aws.calls) == FAMILY.calls_per_target


@pytest.mark.parametrize(
    "changes",
    [
        {"task_definition": "order"},
        {"container": "worker"},
        {"task_definition": None, "cluster": "shop", "service": "order"},
        {"task_definition": None, "cluster": "shops", "service": "orders"},
    ],
)
def test_a_wrong_name_is_the_auditors_mistake(aws: Any, ask: Ask, changes: dict[str, Any]) -> None:
    aws.client("ecs").create_cluster(clusterName="shop")
    register(aws, SETTINGS)
    assert ask(spec(**changes)).brief() == dict.fromkeys(ALL, ("UNKNOWN", "aws.not_found"))


def test_a_refused_call_says_nothing_of_the_platform(aws: Any, ask: Ask) -> None:
    register(aws, SETTINGS)
    aws.refuses("ecs", "DescribeTaskDefinition", "ThrottlingException")
    asked = ask(spec())
    assert asked.brief() == dict.fromkeys(ALL, ("UNKNOWN", "aws.throttled"))
    assert "ecs:DescribeTaskDefinition" in asked.results["required_present"].summary
