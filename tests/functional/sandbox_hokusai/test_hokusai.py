"""The Hokusai estate, really started: its baseline, and the symptoms of every incident that it produces."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import lifecycle
from sandbox.fargate.dialling import Answer
from sandbox.fargate.estate import auditor_side, private_address
from sandbox.fargate.owner import owner_client
from sandbox.hokusai.estate import (
    API_NAME,
    API_PORT,
    APPLICATION_ROLE,
    APPLICATION_SECRET,
    AUTH,
    AUTH_NAME,
    AUTH_PORT,
    CANARY_SECRET,
    CLUSTER,
    DATABASE_NAME,
    DATABASE_PORT,
    HARD_CODED_MLFLOW,
    MAIN,
    MLFLOW_NAME,
    MLFLOW_PORT,
    NAMESPACE,
    REDIS_NAME,
    REGISTRY,
    WIRING,
    hokusai_estate,
)
from sandbox.hokusai.real_mlflow import installed
from sandbox.instance import Instance
from tests.functional.sandbox_fargate.staging import (
    PATIENCE,
    World,
    emulator_fixture,
    new_instance,
    stage_fixture,
    staged,
)
from tests.functional.sandbox_fargate.vantage import Vantage, differences, told

pytestmark = pytest.mark.slow
"""Each incident starts an emulator, a database and all services: more than `make test` has time for."""

NETWORK = 71
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
PROXY = f"https://{REGISTRY}/api/mlflow{SEARCH}"
MLFLOW = f"http://{MLFLOW_NAME}:{MLFLOW_PORT}"
NO_KEY = '{"detail":"API key required"}'
BASELINE = {
    f"https://{REGISTRY}/": f"401 {NO_KEY}",
    f"https://{REGISTRY}/health": '200 {"status":"healthy"',
    f"https://{REGISTRY}/health?detailed=true": '200 {"status":"healthy"',
    f"https://{REGISTRY}/health/mlflow": '200 {"circuit_breaker_state":"CLOSED"',
    f"https://{REGISTRY}/ready": '200 {"ready":true,"can_serve_traffic":true',
    f"https://{REGISTRY}/live": '200 {"alive":true',
    f"https://{REGISTRY}/version": '200 {"version"',
    f"https://{REGISTRY}/docs": "200 <!DOCTYPE html>",
    f"https://{REGISTRY}/openapi.json": '200 {"openapi":"3.1.0"',
    f"https://{REGISTRY}/mlflow/": "200 <!doctype html>",
    PROXY: f"401 {NO_KEY}",
    f"http://{REGISTRY}/": "301 https://registry.hokus.ai:443/",
    f"https://{MAIN}/health": '200 {"status":"healthy"',
    f"https://{MAIN}/api/v1/models": f"401 {NO_KEY}",
    f"http://{API_NAME}:{API_PORT}/live": '200 {"alive":true',
    f"{MLFLOW}/mlflow": f"308 {MLFLOW}/mlflow/",
    f"{MLFLOW}/mlflow/health": "200 OK",
    f"{MLFLOW}/health": "404 <!doctype html>",
    f"{MLFLOW}{SEARCH}": '200 { "experiments": [ {',
    f"{MLFLOW}{SEARCH.partition('?')[0]}": '400 {"error_code": "INVALID_PARAMETER_VALUE"',
    f"https://{AUTH}/health": '200 {"status":"healthy"',
    f"http://{AUTH_NAME}:{AUTH_PORT}/health": '200 {"status":"healthy"',
}


emulator = emulator_fixture(NETWORK)
stage = stage_fixture("hokusai")


def _accepts(at: tuple[str, int]) -> bool:
    try:
        socket.create_connection(at, timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def get(world: World, path: str, host: str = REGISTRY) -> Answer:
    return world.vantage.ask(f"https://{host}{path}")


def proxied(world: World, key: str | None = None) -> Answer:
    """A request through the proxy, with the canary key unless another is given."""
    return world.vantage.ask(PROXY, headers={"Authorization": f"Bearer {key or world.estate.credentials.canary_key}"})


def detail(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["detail"]


def health(world: World) -> tuple[int, str, dict[str, str]]:
    answer = get(world, "/health?detailed=true")
    document = json.loads(answer.body)
    return answer.status, document["status"], document["services"]


def tracking(world: World) -> tuple[str, bool]:
    document = json.loads(get(world, "/health/mlflow").body)
    return document["tracking_uri"], document["connected"]


def database_check(world: World) -> tuple[int, str | None]:
    answer = get(world, "/ready")
    (error,) = [check["error"] for check in json.loads(answer.body)["checks"] if check["name"] == "database"]
    return answer.status, error


def mlflow_serves(world: World) -> bool:
    return (
        world.vantage.ask(f"{MLFLOW}{SEARCH}").status == 200
        and get(world, "/mlflow/").status == 200
        and world.vantage.rcode(MLFLOW_NAME) == "NOERROR"
        and world.vantage.tcp(MLFLOW_NAME, MLFLOW_PORT) == "open"
    )


def test_b06_nothing_is_wrong_and_protected_endpoints_ask_for_a_key(stage: Callable[..., World]) -> None:
    world = stage("B06")
    answers = {url: told(world.vantage.ask(url)) for url in BASELINE}
    assert {url: answer for url, answer in answers.items() if not answer.startswith(BASELINE[url])} == {}
    assert list(differences(world.vantage, world.estate)) == []
    assert world.vantage.rcode("mlflow.hokusai.local") == "NXDOMAIN"
    assert detail(proxied(world, "hk_made_up_by_nobody")) == (401, "Invalid or expired API key")

    aws = world.platform.aws
    assert [n["Name"] for n in aws("servicediscovery").list_namespaces()["Namespaces"]] == [NAMESPACE]
    by_name = {s["Name"]: s["Id"] for s in aws("servicediscovery").list_services()["Services"]}
    (instance,) = aws("servicediscovery").list_instances(ServiceId=by_name["mlflow"])["Instances"]
    assert instance["Attributes"]["AWS_INSTANCE_IPV4"] == world.estate.service("mlflow").address
    services = aws("ecs").list_services(cluster=CLUSTER)["serviceArns"]
    counts = aws("ecs").describe_services(cluster=CLUSTER, services=services)["services"]
    assert [(s["desiredCount"], s["runningCount"]) for s in counts] == [(1, 1)] * 3
    assert world.variables("api")["MLFLOW_SERVER_URL"] == f"http://{MLFLOW_NAME}:{MLFLOW_PORT}"
    for answer in (get(world, "/"), world.vantage.ask(PROXY), get(world, "/api/v1/models", MAIN)):
        assert (answer.status, answer.body.decode()) == (401, NO_KEY)
    assert world.vantage.ask(f"https://{AUTH}/api/v1/keys/validate", method="POST").status == 401
    preflight = world.vantage.ask(f"https://{MAIN}/api/v1/models", method="OPTIONS")
    assert (preflight.status, preflight.header("Access-Control-Allow-Origin")) == (200, "*")
    assert proxied(world).status == 200


@pytest.mark.skipif(not installed(), reason="NOT MEASURED: no real MLflow is installed (make mlflow)")
def test_with_a_real_mlflow_the_baseline_is_the_same_and_nothing_is_left(emulator: Instance, tmp_path: Path) -> None:
    with ExitStack() as ends:
        world = staged("hokusai", replace(emulator, real="mlflow"), tmp_path, ends, incident=None)
        answers = {url: told(world.vantage.ask(url)) for url in BASELINE}
        assert {url: answer for url, answer in answers.items() if not answer.startswith(BASELINE[url])} == {}
        assert list(differences(world.vantage, world.estate)) == []
        assert proxied(world).status == 200
    log = (tmp_path / "mlflow.log").read_text(encoding="utf-8", errors="replace")
    assert '"GET /mlflow HTTP/1.1" 308' in log, "it was not the real server that answered"
    assert world.estate.credentials.application_password not in log
    at = auditor_side(world.estate.service("mlflow").address, MLFLOW_PORT)
    until = time.monotonic() + 3
    while _accepts(at) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _accepts(at), "MLflow outlived the platform"


def test_balancers_answer_for_services_that_do_not(stage: Callable[..., World]) -> None:
    world = stage()
    world.platform.aws("elbv2").deregister_targets(
        TargetGroupArn=world.platform.aws("elbv2").describe_target_groups(Names=["hokusai-auth-tg-development"])[
            "TargetGroups"
        ][0]["TargetGroupArn"],
        Targets=[{"Id": world.estate.service("auth").address}],
    )
    world.platform.run()
    answer = get(world, "/health", AUTH)
    assert (answer.status, dict(answer.headers)["Server"]) == (503, "awselb/2.0")
    assert b"503 Service Temporarily Unavailable" in answer.body
    # The API hears of it through its own, public way to the auth service.
    assert detail(proxied(world)) == (503, "Authentication service error")
    assert dict(get(world, "/health").headers)["Server"] == "uvicorn"


def test_h04_the_proxy_talks_to_localhost(stage: Callable[..., World]) -> None:
    world = stage("H04")
    refused = (502, "Failed to connect to MLflow server at http://localhost:5000")
    assert detail(proxied(world)) == refused
    assert tracking(world) == ("http://localhost:5000", False)
    assert mlflow_serves(world)
    assert not {"MLFLOW_SERVER_URL", "MLFLOW_TRACKING_URI"} & set(world.variables("api"))


def assert_the_namespace_is_wrong(world: World) -> None:
    refused = (502, "Failed to connect to MLflow server at http://mlflow.hokusai.local:5000")
    assert detail(proxied(world)) == refused
    assert world.vantage.rcode("mlflow.hokusai.local") == "NXDOMAIN"
    assert world.vantage.rcode(MLFLOW_NAME) == "NOERROR"
    assert world.vantage.addresses(MLFLOW_NAME) == [world.estate.service("mlflow").address]
    assert world.vantage.tcp(MLFLOW_NAME, MLFLOW_PORT) == "open"
    assert world.variables("api")["MLFLOW_SERVER_URL"] == "http://mlflow.hokusai.local:5000"


def test_h13_the_namespace_does_not_exist(stage: Callable[..., World]) -> None:
    world = stage("H13")
    assert_the_namespace_is_wrong(world)
    hard_coded = private_address(NETWORK, HARD_CODED_MLFLOW)
    assert tracking(world) == (f"http://{hard_coded}:5000", False)
    assert world.vantage.tcp(hard_coded, MLFLOW_PORT) == "timeout"
    assert world.container("api")["image"].endswith(":fix-db-auth")
    assert not any(name.startswith("REDIS_") for name in world.variables("api"))
    status, word, services = health(world)
    assert (status, word) == (200, "degraded")
    assert (services["mlflow"], services["postgres"], services["redis"]) == ("unhealthy", "healthy", "disabled")
    assert mlflow_serves(world)
    assert get(world, "/health", AUTH).status == 200
    assert world.vantage.login(APPLICATION_ROLE, world.estate.credentials.application_password) == "ok"
    namespaces = world.platform.aws("servicediscovery").list_namespaces()["Namespaces"]
    assert [namespace["Name"] for namespace in namespaces] == [NAMESPACE]


def test_h14_the_database_user_is_wrong(stage: Callable[..., World]) -> None:
    world = stage("H14")
    assert database_check(world) == (503, 'FATAL:  password authentication failed for user "postgres"')
    status, word, services = health(world)
    assert (status, word, services["postgres"], services["mlflow"]) == (503, "unhealthy", "unhealthy", "healthy")
    assert world.vantage.login(APPLICATION_ROLE, world.estate.credentials.application_password) == "ok"
    refused = world.vantage.login("postgres", world.estate.credentials.application_password)
    assert refused.startswith('28P01 FATAL:  password authentication failed for user "postgres"')
    assert mlflow_serves(world)
    assert world.variables("api")["DB_USER"] == "postgres"


def test_h19_the_address_is_stale(stage: Callable[..., World]) -> None:
    world = stage("H19")
    stale = private_address(NETWORK, WIRING.earlier)
    assert detail(proxied(world)) == (504, f"MLflow server request timeout after {PATIENCE:g}s")
    assert tracking(world) == (f"http://{stale}:5000", False)
    assert world.vantage.tcp(stale, MLFLOW_PORT) == "timeout"
    assert mlflow_serves(world)
    assert world.variables("api")["MLFLOW_SERVER_URL"] == f"http://{stale}:5000"


def test_h27_mlflow_takes_the_name_of_its_callers_no_more(stage: Callable[..., World]) -> None:
    world = stage("H27")
    rejected = "403 Invalid Host header - possible DNS rebinding attack detected"
    assert told(world.vantage.ask(f"{MLFLOW}{SEARCH}")) == told(proxied(world)) == rejected
    assert world.vantage.ask(f"{MLFLOW}{SEARCH}", headers={"Host": f"localhost:{MLFLOW_PORT}"}).status == 200
    assert world.variables("mlflow")["MLFLOW_ALLOWED_HOSTS"].split(",")[1] == MLFLOW_NAME
    assert get(world, "/mlflow/").status == 200, "by the public name it is still called"


def test_p02_the_connection_slots_are_taken(stage: Callable[..., World]) -> None:
    world = stage("P02")
    assert world.vantage.login(APPLICATION_ROLE, world.estate.credentials.application_password).startswith(
        "53300 FATAL:  remaining connection slots are reserved"
    )
    assert world.vantage.tcp(DATABASE_NAME, DATABASE_PORT) == "open"
    assert health(world)[2]["postgres"] == "unhealthy"
    assert world.vantage.ask(f"{MLFLOW}{SEARCH}").status == 503
    assert proxied(world).status == 503
    world.platform.free_database_slots()
    assert health(world)[1] == "healthy"


def test_p03_mlflow_comes_without_tls(stage: Callable[..., World]) -> None:
    world = stage("P03")
    assert not world.variables("mlflow")["BACKEND_STORE_URI"].endswith("?sslmode=require")
    answer = world.vantage.ask(f"{MLFLOW}{SEARCH}")
    assert (answer.status, b"no pg_hba.conf entry" in answer.body, b"no encryption" in answer.body) == (503, True, True)
    assert world.vantage.login(APPLICATION_ROLE, world.estate.credentials.application_password) == "ok"
    assert database_check(world) == (200, None)
    assert health(world)[2]["mlflow"] == "unhealthy"
    assert proxied(world).status == 503


def test_m06_the_namespace_and_the_password_are_wrong(stage: Callable[..., World]) -> None:
    """These two and nothing else: the image is the healthy one, and Redis is there."""
    world = stage("M06")
    assert_the_namespace_is_wrong(world)
    assert tracking(world) == ("http://mlflow.hokusai.local:5000", False)
    assert world.container("api")["image"].endswith(f":{world.estate.release}")
    assert health(world)[2]["redis"] == "healthy"
    assert database_check(world) == (503, 'FATAL:  password authentication failed for user "mlflow"')
    assert health(world)[:2] == (503, "unhealthy")
    password = json.loads(world.secret(APPLICATION_SECRET))["database_password"]
    assert world.vantage.login(APPLICATION_ROLE, password).startswith("28P01 ")
    assert world.vantage.tcp(DATABASE_NAME, DATABASE_PORT) == "open"
    assert world.vantage.ask(f"{MLFLOW}{SEARCH}").status == 503


def test_b02_redis_was_never_deployed(stage: Callable[..., World]) -> None:
    world = stage("B02")
    status, word, services = health(world)
    assert (status, word, services["redis"]) == (200, "healthy", "disabled")
    assert world.vantage.rcode(REDIS_NAME) == "NXDOMAIN"
    assert not any(name.startswith("REDIS_") for name in world.variables("api"))
    assert proxied(world).status == 200


def test_a04_only_the_auditor_is_kept_out_of_the_database(stage: Callable[..., World]) -> None:
    world = stage("A04")
    assert world.vantage.tcp(DATABASE_NAME, DATABASE_PORT) == "timeout"
    assert database_check(world) == (200, None)
    assert health(world)[:2] == (200, "healthy")
    assert proxied(world).status == 200
    assert mlflow_serves(world)


def test_the_supervisor_holds_it_and_brings_an_incident_about(tmp_path_factory: pytest.TempPathFactory) -> None:
    instance = new_instance(tmp_path_factory.mktemp("held"), NETWORK + 1, estate="hokusai", incident="B02")
    started = lifecycle.start(instance)
    try:
        vantage = Vantage(started, hokusai_estate(started.network))
        manager = owner_client(started.endpoint, "secretsmanager")
        key = json.loads(manager.get_secret_value(SecretId=CANARY_SECRET)["SecretString"])["api_key"]
        with_key = {"Authorization": f"Bearer {key}"}
        assert vantage.ask(PROXY, headers=with_key).status == 200
        assert vantage.rcode(REDIS_NAME) == "NXDOMAIN"

        control = f"http://127.0.0.1:{started.control_port}/break"
        with urllib.request.urlopen(urllib.request.Request(f"{control}/H04", method="POST", data=b""), timeout=30):
            pass
        assert vantage.ask(PROXY, headers=with_key).status == 502
        with urllib.request.urlopen(urllib.request.Request(f"{control}/H13", method="POST", data=b""), timeout=30):
            pass
        assert b"mlflow.hokusai.local" in vantage.ask(PROXY, headers=with_key).body
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            urllib.request.urlopen(urllib.request.Request(f"{control}/database", method="POST", data=b""), timeout=30)
        refused.value.close()
    finally:
        assert lifecycle.down(started.path) == "the sandbox is down"
    for host, port in ((MLFLOW_NAME, MLFLOW_PORT), (DATABASE_NAME, DATABASE_PORT)):
        address = hokusai_estate(started.network).names[host]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(auditor_side(address, port), timeout=1)
