"""Health checks that the emulator really makes, and what is laid over its answers."""

import http.server
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from sandbox.fargate.estate import platform_side
from sandbox.fargate.owner import owner_client
from sandbox.instance import Instance
from sandbox.supervisor import start_emulator
from tests.functional.sandbox_fargate.staging import new_instance

NETWORK = 93
SECONDS_PER_MINUTE = 0.6
"""Targets are checked every half minute."""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("emulator")
    instance = replace(new_instance(folder, NETWORK), seconds_per_minute=SECONDS_PER_MINUTE, auth=False)
    with ExitStack() as ends:
        start_emulator(instance, ends)
        yield instance


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, pause = {"/ok": (200, 0), "/moved": (308, 0), "/slow": (200, 2.5)}.get(self.path, (404, 0))
        time.sleep(pause)
        self.send_response(status)
        self.send_header("X-Asked-As", self.headers["Host"])
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def task_at(address: str, port: int) -> Iterator[None]:
    with http.server.ThreadingHTTPServer(platform_side(address, port), _Page) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield
        server.shutdown()


def says(emulator: Instance, method: str, path: str, document: Any = None) -> Any:
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(f"{emulator.endpoint}/_sandbox/says{path}", method=method, data=body)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


class Entrance:
    """A balancer in one zone, a listener and a group with one target."""

    def __init__(self, emulator: Instance, name: str) -> None:
        self.elb, self.ec2 = (owner_client(emulator.endpoint, service) for service in ("elbv2", "ec2"))
        self.name = name
        vpc = self.ec2.create_vpc(CidrBlock=f"10.{NETWORK}.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{NETWORK}.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in ((1, "a"), (2, "b"), (3, "c"))
        ]
        self.balancer = self.elb.create_load_balancer(Name=name, Subnets=subnets[:2])["LoadBalancers"][0]
        self.group = self.elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=8080,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath="/ok",
            HealthCheckTimeoutSeconds=2,
        )["TargetGroups"][0]["TargetGroupArn"]

    def listen(self) -> str:
        action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        arn = self.balancer["LoadBalancerArn"]
        listener = self.elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[action])
        return str(listener["Listeners"][0]["ListenerArn"])

    def forward(self, listener: str) -> None:
        self.elb.create_rule(
            ListenerArn=listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": self.group}],
        )

    def register(self, rest: str) -> None:
        target = {"Id": f"10.{NETWORK}.{rest}", "Port": 8080}
        self.elb.register_targets(TargetGroupArn=self.group, Targets=[target])

    def used_by(self) -> list[str]:
        return list(self.elb.describe_target_groups(Names=[self.name])["TargetGroups"][0]["LoadBalancerArns"])

    def told(self) -> tuple[str, str, str]:
        (found,) = self.elb.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        health = found["TargetHealth"]
        return health["State"], health.get("Reason", ""), health.get("Description", "")

    def becomes(self, state: str, reason: str = "", text: str = "", seconds: float = 6.0) -> None:
        until = time.monotonic() + seconds
        while self.told() != (state, reason, text):
            assert time.monotonic() < until, self.told()
            time.sleep(0.05)


def test_a_target_is_what_its_health_check_finds(emulator: Instance) -> None:
    entrance = Entrance(emulator, "checked")
    entrance.register("1.7")
    entrance.becomes(
        "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
    )
    entrance.forward(entrance.listen())
    change: Callable[..., Any] = entrance.elb.modify_target_group
    entrance.becomes("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
    with task_at(f"10.{NETWORK}.1.7", 8080):
        entrance.becomes("healthy")
        change(TargetGroupArn=entrance.group, HealthCheckPath="/moved")
        mismatch = ("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [308]")
        entrance.becomes(*mismatch)
        change(TargetGroupArn=entrance.group, Matcher={"HttpCode": "200,300-310"})
        entrance.becomes("healthy")
        change(TargetGroupArn=entrance.group, HealthCheckPath="/slow")
        entrance.becomes("unhealthy", "Target.Timeout", "Request timed out")


def test_a_group_knows_who_uses_it_and_a_balancer_its_zones(emulator: Instance) -> None:
    entrance = Entrance(emulator, "zoned")
    listener = entrance.listen()
    assert entrance.used_by() == []
    entrance.forward(listener)
    assert entrance.used_by() == [entrance.balancer["LoadBalancerArn"]]
    zones = entrance.elb.describe_load_balancers(Names=["zoned"])["LoadBalancers"][0]["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == ["us-east-1a", "us-east-1b"]
    assert entrance.elb.describe_listener_certificates(ListenerArn=listener)["Certificates"] == []
    entrance.register("3.7")
    text = "Target is in an Availability Zone that is not enabled for the load balancer"
    entrance.becomes("unused", "Target.NotInUse", text)


def test_what_is_said_takes_the_place_of_what_was_found_until_it_is_taken_back(emulator: Instance) -> None:
    entrance = Entrance(emulator, "said")
    entrance.register("1.9")
    draining = {"State": "draining", "Reason": "Target.DeregistrationInProgress", "Description": "In progress"}
    target = {"Id": "10.93.1.9", "Port": 8080, "AvailabilityZone": "us-east-1a"}
    says(emulator, "PUT", "/target_health/said", [{"Target": target, "TargetHealth": draining}])
    assert entrance.told() == tuple(draining.values())
    acm = owner_client(emulator.endpoint, "acm")
    arn = acm.request_certificate(DomainName="*.shop.example")["CertificateArn"]
    says(emulator, "PUT", f"/certificate/{arn}", {"Status": "EXPIRED", "NotAfter": 1767225600})
    told = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (told["Status"], told["NotAfter"].year, told["DomainName"]) == ("EXPIRED", 2026, "*.shop.example")
    assert says(emulator, "GET", "")["certificate"] == {arn: {"Status": "EXPIRED", "NotAfter": 1767225600}}
    says(emulator, "DELETE", f"/certificate/{arn}")
    says(emulator, "DELETE", "/target_health/said")
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"
    assert entrance.told()[0] == "unused"
    assert says(emulator, "GET", "") == {}


def test_a_service_of_ecs_has_as_many_tasks_as_is_said(emulator: Instance) -> None:
    ecs = owner_client(emulator.endpoint, "ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "web:1", "memory": 64}])
    ecs.create_service(cluster="shop", serviceName="web", taskDefinition="web", desiredCount=2)
    says(emulator, "PUT", "/ecs_service/shop/web", {"runningCount": 0})
    (told,) = ecs.describe_services(cluster="shop", services=["web"])["services"]
    assert (told["desiredCount"], told["runningCount"]) == (2, 0)
    says(emulator, "DELETE", "/ecs_service/shop/web")


@pytest.mark.parametrize(
    ("method", "path", "body"), [("PUT", "/x", b"{}"), ("POST", "/x/y", b"{}"), ("PUT", "/x/y", b"")]
)
def test_what_cannot_be_said_is_refused(emulator: Instance, method: str, path: str, body: bytes) -> None:
    request = urllib.request.Request(f"{emulator.endpoint}/_sandbox/says{path}", method=method, data=body)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    refused.value.close()
    assert refused.value.code == 400
