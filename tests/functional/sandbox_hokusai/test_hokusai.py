"""The Hokusai estate, really started: its baseline, and the symptoms of every incident that it produces."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from sandbox import lifecycle
from sandbox.hokusai.dialling import Answer
from sandbox.hokusai.estate import (
    APPLICATION_ROLE,
    APPLICATION_SECRET,
    AUTH,
    CANARY_SECRET,
    CLUSTER,
    DATABASE_NAME,
    DATABASE_PORT,
    MAIN,
    MLFLOW_NAME,
    MLFLOW_PORT,
    NAMESPACE,
    REDIS_NAME,
    REGISTRY,
    HokusaiEstate,
    auditor_side,
)
from sandbox.hokusai.incidents import INCIDENTS
from sandbox.hokusai.platform import HokusaiPlatform
from sandbox.hokusai.seed import API_SERVICE
from sandbox.hokusai.smoke import MLFLOW, NO_KEY, PROXY, SEARCH, Vantage, baseline
from sandbox.instance import REGION, Instance
from sandbox.supervisor import start_emulator

pytestmark = pytest.mark.slow
"""Each incident starts an emulator, a database and all services: more than `make test` has time for."""

NETWORK = 71
PATIENCE = 1.0


@dataclass(frozen=True)
class World:
    """A platform at work, and the auditor's side of it."""

    platform: HokusaiPlatform
    estate: HokusaiEstate
    vantage: Vantage

    def get(self, path: str, host: str = REGISTRY) -> Answer:
        return self.vantage.ask(f"https://{host}{path}")

    def variables(self) -> dict[str, str]:
        """The environment of the API's running revision, as the control plane tells it."""
        ecs = self.platform.aws("ecs")
        (service,) = ecs.describe_services(cluster=CLUSTER, services=[API_SERVICE])["services"]
        revision = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        return {entry["name"]: entry["value"] for entry in revision["containerDefinitions"][0]["environment"]}

    def image(self) -> str:
        ecs = self.platform.aws("ecs")
        (service,) = ecs.describe_services(cluster=CLUSTER, services=[API_SERVICE])["services"]
        revision = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        return str(revision["containerDefinitions"][0]["image"])


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("emulator")
    instance = Instance(
        folder=str(folder),
        network=NETWORK,
        emulator_port=free_port(),
        dns_port=free_port(socket.SOCK_DGRAM),
        control_port=0,
        seconds_per_minute=10.0,
        auth=True,
    )
    with ExitStack() as ends:
        start_emulator(instance, ends)
        yield instance


@pytest.fixture
def stage(emulator: Instance, tmp_path: Path) -> Callable[..., World]:
    """Starts the platform with an incident; the emulator forgets everything before."""
    with ExitStack() as ends:

        def start(incident: str | None = None) -> World:
            with urllib.request.urlopen(
                urllib.request.Request(f"{emulator.endpoint}/_ministack/reset", method="POST", data=b""), timeout=10
            ):
                pass
            instance = Instance(
                folder=str(tmp_path),
                network=NETWORK,
                emulator_port=emulator.emulator_port,
                dns_port=emulator.dns_port,
                control_port=0,
                seconds_per_minute=10.0,
                auth=True,
            )
            estate = HokusaiEstate(network=NETWORK)
            platform = HokusaiPlatform(instance, estate, patience=PATIENCE)
            ends.callback(platform.stop)
            platform.prepare()
            if incident:
                INCIDENTS[incident].produce(platform)
            platform.run()
            return World(platform, estate, Vantage(instance, estate))

        yield start


def detail(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["detail"]


def health(world: World) -> tuple[int, str, dict[str, str]]:
    answer = world.get("/health?detailed=true")
    document = json.loads(answer.body)
    return answer.status, document["status"], document["services"]


def tracking(world: World) -> tuple[str, bool]:
    document = json.loads(world.get("/health/mlflow").body)
    return document["tracking_uri"], document["connected"]


def database_check(world: World) -> tuple[int, str | None]:
    answer = world.get("/ready")
    (error,) = [check["error"] for check in json.loads(answer.body)["checks"] if check["name"] == "database"]
    return answer.status, error


def mlflow_serves(world: World) -> bool:
    return (
        world.vantage.ask(f"{MLFLOW}{SEARCH}").status == 200
        and world.get("/mlflow/").status == 200
        and world.vantage.rcode(MLFLOW_NAME) == "NOERROR"
        and world.vantage.tcp(MLFLOW_NAME, MLFLOW_PORT) == "open"
    )


def test_b06_nothing_is_wrong_and_protected_endpoints_ask_for_a_key(stage: Callable[..., World]) -> None:
    world = stage("B06")
    assert [line for line in baseline(world.vantage, world.estate) if not line.passed] == []

    aws = world.platform.aws
    assert [n["Name"] for n in aws("servicediscovery").list_namespaces()["Namespaces"]] == [NAMESPACE]
    by_name = {s["Name"]: s["Id"] for s in aws("servicediscovery").list_services()["Services"]}
    (instance,) = aws("servicediscovery").list_instances(ServiceId=by_name["mlflow"])["Instances"]
    assert instance["Attributes"]["AWS_INSTANCE_IPV4"] == world.estate.mlflow
    services = aws("ecs").list_services(cluster=CLUSTER)["serviceArns"]
    counts = aws("ecs").describe_services(cluster=CLUSTER, services=services)["services"]
    assert [(s["desiredCount"], s["runningCount"]) for s in counts] == [(1, 1)] * 3
    assert world.variables()["MLFLOW_SERVER_URL"] == f"http://{MLFLOW_NAME}:{MLFLOW_PORT}"
    for answer in (world.get("/"), world.vantage.ask(PROXY), world.get("/api/v1/models", MAIN)):
        assert (answer.status, answer.body.decode()) == (401, NO_KEY)
    assert world.vantage.ask(f"https://{AUTH}/api/v1/keys/validate", method="POST").status == 401
    assert world.vantage.ask_with_key(PROXY).status == 200


def test_balancers_answer_for_services_that_do_not(stage: Callable[..., World]) -> None:
    world = stage()
    world.platform.aws("elbv2").deregister_targets(
        TargetGroupArn=world.platform.aws("elbv2").describe_target_groups(Names=["hokusai-auth-tg-development"])[
            "TargetGroups"
        ][0]["TargetGroupArn"],
        Targets=[{"Id": world.estate.auth}],
    )
    world.platform.run()
    answer = world.get("/health", AUTH)
    assert (answer.status, dict(answer.headers)["Server"]) == (503, "awselb/2.0")
    assert b"503 Service Temporarily Unavailable" in answer.body
    # The API hears of it through its own, public way to the auth service.
    assert detail(world.vantage.ask_with_key(PROXY)) == (503, "Authentication service error")
    assert dict(world.get("/health").headers)["Server"] == "uvicorn"


def test_h04_the_proxy_talks_to_localhost(stage: Callable[..., World]) -> None:
    world = stage("H04")
    refused = (502, "Failed to connect to MLflow server at http://localhost:5000")
    assert detail(world.vantage.ask_with_key(PROXY)) == refused
    assert tracking(world) == ("http://localhost:5000", False)
    assert mlflow_serves(world)
    assert not {"MLFLOW_SERVER_URL", "MLFLOW_TRACKING_URI"} & set(world.variables())


def assert_the_namespace_is_wrong(world: World) -> None:
    refused = (502, "Failed to connect to MLflow server at http://mlflow.hokusai.local:5000")
    assert detail(world.vantage.ask_with_key(PROXY)) == refused
    assert world.vantage.rcode("mlflow.hokusai.local") == "NXDOMAIN"
    assert world.vantage.rcode(MLFLOW_NAME) == "NOERROR"
    assert world.vantage.addresses(MLFLOW_NAME) == [world.estate.mlflow]
    assert world.vantage.tcp(MLFLOW_NAME, MLFLOW_PORT) == "open"
    assert tracking(world) == (f"http://{world.estate.hard_coded_mlflow}:5000", False)
    assert world.vantage.tcp(world.estate.hard_coded_mlflow, MLFLOW_PORT) == "timeout"
    assert world.variables()["MLFLOW_SERVER_URL"] == "http://mlflow.hokusai.local:5000"
    assert world.image().endswith(":fix-db-auth")
    assert not any(name.startswith("REDIS_") for name in world.variables())


def test_h13_the_namespace_does_not_exist(stage: Callable[..., World]) -> None:
    world = stage("H13")
    assert_the_namespace_is_wrong(world)
    status, word, services = health(world)
    assert (status, word) == (200, "degraded")
    assert (services["mlflow"], services["postgres"], services["redis"]) == ("unhealthy", "healthy", "disabled")
    assert mlflow_serves(world)
    assert world.get("/health", AUTH).status == 200
    assert world.vantage.login(APPLICATION_ROLE, world.estate.application_password) == "ok"
    namespaces = world.platform.aws("servicediscovery").list_namespaces()["Namespaces"]
    assert [namespace["Name"] for namespace in namespaces] == [NAMESPACE]


def test_h14_the_database_user_is_wrong(stage: Callable[..., World]) -> None:
    world = stage("H14")
    assert database_check(world) == (503, 'FATAL:  password authentication failed for user "postgres"')
    status, word, services = health(world)
    assert (status, word, services["postgres"], services["mlflow"]) == (503, "unhealthy", "unhealthy", "healthy")
    assert world.vantage.login(APPLICATION_ROLE, world.estate.application_password) == "ok"
    refused = world.vantage.login("postgres", world.estate.application_password)
    assert refused.startswith('28P01 FATAL:  password authentication failed for user "postgres"')
    assert mlflow_serves(world)
    assert world.variables()["DB_USER"] == "postgres"


def test_h19_the_address_is_stale(stage: Callable[..., World]) -> None:
    world = stage("H19")
    stale = world.estate.earlier_mlflow
    assert detail(world.vantage.ask_with_key(PROXY)) == (504, f"MLflow server request timeout after {PATIENCE:g}s")
    assert tracking(world) == (f"http://{stale}:5000", False)
    assert world.vantage.tcp(stale, MLFLOW_PORT) == "timeout"
    assert mlflow_serves(world)
    assert world.variables()["MLFLOW_SERVER_URL"] == f"http://{stale}:5000"


def test_p02_the_connection_slots_are_taken(stage: Callable[..., World]) -> None:
    world = stage("P02")
    assert world.vantage.login(APPLICATION_ROLE, world.estate.application_password).startswith(
        "53300 FATAL:  remaining connection slots are reserved"
    )
    assert world.vantage.tcp(DATABASE_NAME, DATABASE_PORT) == "open"
    assert health(world)[2]["postgres"] == "unhealthy"
    assert world.vantage.ask(f"{MLFLOW}{SEARCH}").status == 500
    assert world.vantage.ask_with_key(PROXY).status == 500
    world.platform.free_database_slots()
    assert health(world)[1] == "healthy"


def test_m06_the_namespace_and_the_password_are_wrong(stage: Callable[..., World]) -> None:
    world = stage("M06")
    assert_the_namespace_is_wrong(world)
    assert database_check(world) == (503, 'FATAL:  password authentication failed for user "mlflow"')
    assert health(world)[:2] == (503, "unhealthy")
    text = world.platform.aws("secretsmanager").get_secret_value(SecretId=APPLICATION_SECRET)["SecretString"]
    assert world.vantage.login(APPLICATION_ROLE, json.loads(text)["database_password"]).startswith("28P01 ")
    assert world.vantage.tcp(DATABASE_NAME, DATABASE_PORT) == "open"
    assert world.vantage.ask(f"{MLFLOW}{SEARCH}").status == 500


def test_b02_redis_was_never_deployed(stage: Callable[..., World]) -> None:
    world = stage("B02")
    status, word, services = health(world)
    assert (status, word, services["redis"]) == (200, "healthy", "disabled")
    assert world.vantage.rcode(REDIS_NAME) == "NXDOMAIN"
    assert not any(name.startswith("REDIS_") for name in world.variables())
    assert world.vantage.ask_with_key(PROXY).status == 200


def test_a04_only_the_auditor_is_kept_out_of_the_database(stage: Callable[..., World]) -> None:
    world = stage("A04")
    assert world.vantage.tcp(DATABASE_NAME, DATABASE_PORT) == "timeout"
    assert database_check(world) == (200, None)
    assert health(world)[:2] == (200, "healthy")
    assert world.vantage.ask_with_key(PROXY).status == 200
    assert mlflow_serves(world)


def test_the_supervisor_holds_it_and_brings_an_incident_about(tmp_path_factory: pytest.TempPathFactory) -> None:
    ports = [free_port() for _ in range(3)]
    instance = Instance(
        folder=str(tmp_path_factory.mktemp("held")),
        network=NETWORK + 1,
        emulator_port=ports[0],
        dns_port=ports[1],
        control_port=ports[2],
        seconds_per_minute=10.0,
        auth=True,
        estate="hokusai",
        incident="B02",
    )
    started = lifecycle.start(instance)
    try:
        vantage = Vantage(started, HokusaiEstate(network=started.network))
        key = json.loads(secret_of(started, CANARY_SECRET))["api_key"]
        assert vantage.ask(PROXY, key=key).status == 200
        assert vantage.rcode(REDIS_NAME) == "NXDOMAIN"

        control = f"http://127.0.0.1:{started.control_port}/break"
        with urllib.request.urlopen(urllib.request.Request(f"{control}/H04", method="POST", data=b""), timeout=30):
            pass
        assert vantage.ask(PROXY, key=key).status == 502
        with urllib.request.urlopen(urllib.request.Request(f"{control}/H13", method="POST", data=b""), timeout=30):
            pass
        assert b"mlflow.hokusai.local" in vantage.ask(PROXY, key=key).body
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            urllib.request.urlopen(urllib.request.Request(f"{control}/database", method="POST", data=b""), timeout=30)
        refused.value.close()
    finally:
        assert lifecycle.down(started.path) == "the sandbox is down"
    for host, port in ((MLFLOW_NAME, MLFLOW_PORT), (DATABASE_NAME, DATABASE_PORT)):
        address = HokusaiEstate(network=started.network).names[host]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(auditor_side(address, port), timeout=1)


def secret_of(instance: Instance, name: str) -> str:
    client = boto3.client(
        "secretsmanager",
        endpoint_url=instance.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    return str(client.get_secret_value(SecretId=name)["SecretString"])
