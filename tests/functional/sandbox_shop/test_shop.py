"""The shop, really started: its baseline, and the symptoms of every incident that it produces."""

import json
from collections.abc import Callable

import pytest

from sandbox.fargate.dialling import Answer
from sandbox.fargate.estate import private_address
from sandbox.shop.estate import (
    ACCOUNTS,
    ACCOUNTS_NAME,
    ACCOUNTS_PORT,
    HARD_CODED_PRICING,
    MODELS_NAME,
    MODELS_PORT,
    ORDERS_DB,
    ORDERS_PORT,
    ORDERS_SECRET,
    PRICING_NAME,
    PRICING_PORT,
    SESSIONS,
    SESSIONS_ENDPOINT,
    SHOP_APP,
    STOREFRONT_NAME,
    STOREFRONT_PORT,
    TAG_WITH_HARD_CODED_ADDRESS,
    WEB,
    WIRING,
)
from tests.functional.sandbox_fargate.staging import World, emulator_fixture, stage_fixture
from tests.functional.sandbox_fargate.vantage import differences, told

pytestmark = pytest.mark.slow
"""Each incident starts a database and all services: more than `make test` has time for."""

NETWORK = 74
PRICES = f"https://{WEB}/api/prices"
PRICING = f"http://{PRICING_NAME}:{PRICING_PORT}"
MODELS = f"http://{MODELS_NAME}:{MODELS_PORT}"
BASELINE = {
    f"https://{WEB}/": "200 <!doctype html>",
    f"http://{WEB}/": f"301 https://{WEB}:443/",
    f"https://{WEB}/status": '200 {"state":"up"}',
    f"https://{WEB}/status/full": '200 {"state":"up","needs":[{"name":"orders-db","state":"up"}',
    f"https://{WEB}/status/admit": '200 {"accepting":true,"parts":{"orders-db":"up","pricing":"up"}}',
    f"https://{WEB}/status/pricing": f'200 {{"reachable":true,"using":"{PRICING}"',
    f"https://{WEB}/feeds/prices.json": '200 {"currency":"EUR"',
    f"https://{WEB}/nowhere": '404 {"error":{"code":"no_such_page"',
    PRICES: '401 {"error":{"code":"no_key","message":"Missing API key"}}',
    f"https://{WEB}/api/orders": '401 {"error":{"code":"no_key","message":"Missing API key"}}',
    f"http://{STOREFRONT_NAME}:{STOREFRONT_PORT}/status": '200 {"state":"up"}',
    f"{PRICING}/v2/ping": "200 pong",
    f"{PRICING}/v2/prices": '200 {"currency":"EUR","prices":{"cup":690,"teapot":2450}}',
    f"{MODELS}/models/health": "200 OK",
    f"{MODELS}/models/api/2.0/mlflow/experiments/search?max_results=1": '200 { "experiments": [ {',
    f"{MODELS}/api/2.0/mlflow/experiments/search?max_results=1": "404 <!doctype html>",
    f"https://{ACCOUNTS}/up": '200 {"state":"up"}',
    f"http://{ACCOUNTS_NAME}:{ACCOUNTS_PORT}/up": '200 {"state":"up"}',
}


emulator = emulator_fixture(NETWORK)
stage = stage_fixture("shop")


def proxied(world: World, key: str | None = None) -> Answer:
    """A request for prices, with the canary key unless another is given."""
    return world.vantage.ask(PRICES, headers={"X-Shop-Key": key or world.estate.credentials.canary_key})


def complaint(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["error"]["message"]


def status(world: World) -> tuple[int, str, dict[str, str]]:
    answer = world.vantage.ask(f"https://{WEB}/status/full")
    document = json.loads(answer.body)
    return answer.status, document["state"], {need["name"]: need["state"] for need in document["needs"]}


def used(world: World) -> tuple[str, bool]:
    document = json.loads(world.vantage.ask(f"https://{WEB}/status/pricing").body)
    return document["using"], document["reachable"]


def pricing_serves(world: World) -> bool:
    return (
        world.vantage.ask(f"{PRICING}/v2/prices").status == 200
        and world.vantage.ask(f"https://{WEB}/feeds/prices.json").status == 200
    )


def test_b06_nothing_is_wrong_and_protected_pages_ask_for_a_key(stage: Callable[..., World]) -> None:
    world = stage("B06")
    answers = {url: told(world.vantage.ask(url)) for url in BASELINE}
    assert {url: answer for url, answer in answers.items() if not answer.startswith(BASELINE[url])} == {}
    assert list(differences(world.vantage, world.estate)) == []
    assert world.vantage.ask(f"https://{ACCOUNTS}/v1/introspect", method="POST").status == 401
    preflight = world.vantage.ask(PRICES, method="OPTIONS")
    assert (preflight.status, preflight.header("Access-Control-Allow-Origin")) == (204, "*")
    assert proxied(world).status == 200
    assert complaint(proxied(world, "made-up-by-nobody")) == (401, "Unknown API key")
    references = {entry["name"]: entry["valueFrom"] for entry in world.container("storefront")["secrets"]}
    assert references["SESSIONS_ENDPOINT"].endswith(f":parameter{SESSIONS_ENDPOINT}")
    assert status(world)[2]["sessions"] == "up", "the endpoint came from the parameter"


def test_h04_the_proxy_talks_to_itself(stage: Callable[..., World]) -> None:
    world = stage("H04")
    unreached = (502, f"Could not reach the pricing engine at http://localhost:{PRICING_PORT}")
    assert complaint(proxied(world)) == unreached
    assert used(world) == (f"http://localhost:{PRICING_PORT}", False)
    assert "PRICING_URL" not in world.variables("storefront")
    assert pricing_serves(world)


def test_h13_the_namespace_does_not_exist(stage: Callable[..., World]) -> None:
    world = stage("H13")
    wrong = f"http://pricing.shop.internal:{PRICING_PORT}"
    assert complaint(proxied(world)) == (502, f"Could not reach the pricing engine at {wrong}")
    assert world.vantage.rcode("pricing.shop.internal") == "NXDOMAIN"
    assert world.vantage.addresses(PRICING_NAME) == [world.estate.service("pricing").address]
    hard_coded = private_address(NETWORK, HARD_CODED_PRICING)
    assert used(world) == (f"http://{hard_coded}:{PRICING_PORT}", False)
    assert world.vantage.tcp(hard_coded, PRICING_PORT) == "timeout"
    assert world.container("storefront")["image"].endswith(f":{TAG_WITH_HARD_CODED_ADDRESS}")
    needs = {"orders-db": "up", "pricing": "down", "sessions": "not_deployed"}
    assert status(world) == (200, "degraded", needs)
    assert pricing_serves(world)


def test_h14_the_database_user_is_wrong(stage: Callable[..., World]) -> None:
    world = stage("H14")
    assert status(world) == (503, "down", {"orders-db": "down", "pricing": "up", "sessions": "up"})
    assert world.vantage.ask(f"https://{WEB}/status/admit").status == 503
    assert world.variables("storefront")["ORDERS_DB_USER"] == WIRING.wrong_user
    password = world.estate.credentials.application_password
    assert world.vantage.login(SHOP_APP, password) == "ok"
    assert world.vantage.login(WIRING.wrong_user, password).startswith("28P01 ")
    assert pricing_serves(world)


def test_h19_the_address_is_stale(stage: Callable[..., World]) -> None:
    world = stage("H19")
    stale = private_address(NETWORK, WIRING.earlier)
    assert complaint(proxied(world)) == (504, "The pricing engine did not answer: request timed out")
    assert used(world) == (f"http://{stale}:{PRICING_PORT}", False)
    assert world.vantage.tcp(stale, PRICING_PORT) == "timeout"
    assert pricing_serves(world)


def instances(world: World, service: str) -> list[str]:
    """What Cloud Map has registered under a service."""
    client = world.platform.aws("servicediscovery")
    (found,) = [each for each in client.list_services()["Services"] if each["Name"] == service]
    listed = client.list_instances(ServiceId=found["Id"])["Instances"]
    return sorted(each["Attributes"]["AWS_INSTANCE_IPV4"] for each in listed)


def task_addresses(world: World, service: str) -> list[str]:
    """Where ECS says that the tasks of a service run."""
    ecs, cluster = world.platform.aws("ecs"), world.estate.cluster
    arns = ecs.list_tasks(cluster=cluster, serviceName=world.estate.service(service).ecs_name)["taskArns"]
    attachments = [a for task in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] for a in task["attachments"]]
    details = [{d["name"]: d["value"] for d in attachment["details"]} for attachment in attachments]
    return [each["privateIPv4Address"] for each in details]


def test_p08_one_of_two_instances_is_of_a_task_that_is_gone(stage: Callable[..., World]) -> None:
    world = stage("P08")
    living, dead = world.estate.service("pricing").address, private_address(NETWORK, WIRING.earlier)
    assert instances(world, "pricing") == sorted((living, dead))
    assert task_addresses(world, "pricing") == [living]
    assert set(world.vantage.addresses(PRICING_NAME)) == {living, dead}
    assert (world.vantage.tcp(living, PRICING_PORT), world.vantage.tcp(dead, PRICING_PORT)) == ("open", "timeout")
    seen: set[int] = set()
    for _ in range(30):  # each time the name leads to either, so that about every other request fails
        if len(seen) < 2:
            seen.add(proxied(world).status)
    assert seen == {200, 504}


def test_p09_nobody_is_registered_in_the_registry_that_was_made_anew(stage: Callable[..., World]) -> None:
    world = stage("P09")
    living = world.estate.service("pricing").address
    assert instances(world, "pricing") == []
    assert task_addresses(world, "pricing") == [living]
    assert world.vantage.rcode(PRICING_NAME) == "NXDOMAIN"
    assert world.vantage.tcp(living, PRICING_PORT) == "open"
    assert complaint(proxied(world)) == (502, f"Could not reach the pricing engine at {PRICING}")
    ecs = world.platform.aws("ecs").describe_services(cluster=world.estate.cluster, services=["pricing"])["services"][0]
    arns = {each["Arn"] for each in world.platform.aws("servicediscovery").list_services()["Services"]}
    assert ecs["serviceRegistries"][0]["registryArn"] not in arns, "ECS registers in the one that is gone"


def test_h27_the_registry_takes_the_name_of_its_callers_no_more(stage: Callable[..., World]) -> None:
    world = stage("H27")
    rejected = "403 Invalid Host header - possible DNS rebinding attack detected"
    assert told(world.vantage.ask(f"{MODELS}/models/health")) == rejected
    other = {"Host": f"localhost:{MODELS_PORT}"}
    assert world.vantage.ask(f"{MODELS}/models/health", headers=other).status == 200
    assert pricing_serves(world)


def test_p02_the_connection_slots_are_taken(stage: Callable[..., World]) -> None:
    world = stage("P02")
    refusal = world.vantage.login(SHOP_APP, world.estate.credentials.application_password)
    assert refusal.startswith("53300 FATAL:  remaining connection slots are reserved")
    assert world.vantage.tcp(ORDERS_DB, ORDERS_PORT) == "open"
    assert complaint(world.vantage.ask(f"{PRICING}/v2/prices")) == (503, "The price list cannot be read now")
    assert proxied(world).status == 503
    assert status(world)[:2] == (503, "down")
    world.platform.free_database_slots()
    assert status(world)[:2] == (200, "up")


def test_p03_pricing_comes_without_tls(stage: Callable[..., World]) -> None:
    world = stage("P03")
    assert world.variables("pricing")["ORDERS_DB_SSLMODE"] == "disable"
    assert complaint(world.vantage.ask(f"{PRICING}/v2/prices")) == (503, "The price list cannot be read now")
    assert world.vantage.login(SHOP_APP, world.estate.credentials.application_password) == "ok"
    assert status(world)[:2] == (200, "up")
    assert proxied(world).status == 503


def test_m06_the_namespace_and_the_password_are_wrong(stage: Callable[..., World]) -> None:
    """These two and nothing else: the image is the healthy one, and sessions are there."""
    world = stage("M06")
    wrong = f"http://pricing.shop.internal:{PRICING_PORT}"
    assert complaint(proxied(world)) == (502, f"Could not reach the pricing engine at {wrong}")
    assert used(world) == (wrong, False)
    assert world.container("storefront")["image"].endswith(f":{world.estate.release}")
    assert status(world) == (503, "down", {"orders-db": "down", "pricing": "down", "sessions": "up"})
    login = json.loads(world.secret(ORDERS_SECRET))
    assert login["username"] == SHOP_APP
    assert world.vantage.login(SHOP_APP, login["password"]).startswith("28P01 ")
    assert world.vantage.tcp(ORDERS_DB, ORDERS_PORT) == "open"
    assert not pricing_serves(world)


def test_b02_sessions_were_never_deployed(stage: Callable[..., World]) -> None:
    world = stage("B02")
    assert status(world) == (200, "up", {"orders-db": "up", "pricing": "up", "sessions": "not_deployed"})
    assert world.vantage.rcode(SESSIONS) == "NXDOMAIN"
    assert world.platform.aws("ssm").describe_parameters()["Parameters"] == []
    assert proxied(world).status == 200


def test_a04_only_the_auditor_is_kept_out_of_the_database(stage: Callable[..., World]) -> None:
    world = stage("A04")
    assert world.vantage.tcp(ORDERS_DB, ORDERS_PORT) == "timeout"
    assert status(world)[:2] == (200, "up")
    assert proxied(world).status == 200
    assert pricing_serves(world)


def test_the_storefront_says_so_when_accounts_do_not_answer(stage: Callable[..., World]) -> None:
    world = stage()
    group = world.platform.aws("elbv2").describe_target_groups(Names=["shop-prod-accounts"])["TargetGroups"][0]
    world.platform.aws("elbv2").deregister_targets(
        TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": world.estate.service("accounts").address}]
    )
    world.platform.run()
    assert world.vantage.ask(f"https://{ACCOUNTS}/up").status == 503
    assert complaint(proxied(world)) == (503, "The accounts service is down")
