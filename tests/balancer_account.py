"""What AWS says of a load balancer `web` and its two target groups, as documents that a test changes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws_account import Aws

_PREFIX = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
BALANCER = f"{_PREFIX}:loadbalancer/app/web/1a2b3c4d5e6f7a8b"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-0123456789ab"
HOST = "shop.example"
FRONT, BACK = "front", "back"
_AWS = Aws()
"""One for all, since a client costs more than a whole test; whatever is asked is answered anew each time."""


def group_arn(name: str) -> str:
    """The ARN of a target group."""
    return f"{_PREFIX}:targetgroup/{name}/9f8e7d6c5b4a3f2e"


def forward(*groups: str, **weights: int) -> dict[str, Any]:
    """An action that forwards to one group, or to several by weight."""
    if groups:
        return {"Type": "forward", "TargetGroupArn": group_arn(groups[0])}
    shares = [{"TargetGroupArn": group_arn(name), "Weight": weight} for name, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}


NOT_FOUND: dict[str, Any] = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
TO_HTTPS: dict[str, Any] = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS"}}


def rule(priority: int | None, action: Mapping[str, Any], **conditions: Any) -> dict[str, Any]:
    """A rule; conditions by ``path``, ``host``, ``method``, and ``header`` as name and value."""
    found: list[dict[str, Any]] = []
    for name, config, given in (
        ("host-header", "HostHeaderConfig", conditions.get("host")),
        ("path-pattern", "PathPatternConfig", conditions.get("path")),
        ("http-request-method", "HttpRequestMethodConfig", conditions.get("method")),
    ):
        if given is not None:
            values = [given] if isinstance(given, str) else list(given)
            found.append({"Field": name, config: {"Values": values}})
    if "header" in conditions:
        name, value = conditions["header"]
        found.append({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": [value]}})
    if "query" in conditions:
        found.append({"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": conditions["query"]}]}})
    return {
        "RuleArn": f"{_PREFIX}:listener-rule/app/web/1/2/{priority or 0:016x}",
        "Priority": "default" if priority is None else str(priority),
        "Conditions": found,
        "Actions": [dict(action)],
        "IsDefault": priority is None,
    }


def target(number: int, state: str = "healthy", reason: str = "", text: str = "", **changes: Any) -> dict[str, Any]:
    """One registered target of a group."""
    health = {"State": state, "Reason": reason, "Description": text}
    registered = {"Id": f"10.0.1.{number}", "Port": 8080, "AvailabilityZone": "us-east-1a", **changes}
    return {"Target": registered, "TargetHealth": {name: value for name, value in health.items() if value}}


@dataclass
class Account:
    """The documents. ``rules`` by port; ``counts``: metric to a value a minute, in order; ``aws`` notes the calls."""

    aws: Aws
    balancer: dict[str, Any]
    listeners: list[dict[str, Any]]
    rules: dict[int, list[dict[str, Any]]]
    certificate: dict[str, Any]
    groups: dict[str, dict[str, Any]]
    targets: list[dict[str, Any]]
    counts: dict[str, list[float]] = field(default_factory=dict)
    page: int = 100

    def refuse(self, operation: str, code: str) -> None:
        """From now on an operation is refused with an error's code."""
        service = {"DescribeCertificate": "acm", "GetMetricData": "cloudwatch"}.get(operation, "elbv2")
        self.aws.refuses(service, operation, code)

    def take_over(self) -> None:
        """Lets every operation answer from the documents."""
        answers = {
            "DescribeLoadBalancers": self._balancers,
            "DescribeListeners": lambda _: {"Listeners": self.listeners},
            "DescribeRules": self._rules,
            "DescribeListenerCertificates": lambda _: {"Certificates": [{"CertificateArn": CERTIFICATE}]},
            "DescribeTargetGroups": self._groups,
            "DescribeTargetHealth": lambda _: {"TargetHealthDescriptions": self.targets},
        }
        for operation, answer in answers.items():
            self.aws.answers("elbv2", operation, answer)
        self.aws.answers("acm", "DescribeCertificate", lambda _: {"Certificate": self.certificate})
        self.aws.answers("cloudwatch", "GetMetricData", self._metrics)
        self.aws.calls.clear()

    def _balancers(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        named = asked.get("Names") in (None, [self.balancer["LoadBalancerName"]])
        return {"LoadBalancers": [self.balancer] if named else []}

    def _groups(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"TargetGroups": [self.groups[name] for name in asked["Names"] if name in self.groups]}

    def _rules(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        rules = self.rules[int(asked["ListenerArn"].rpartition("/")[2])]
        start = int(asked.get("Marker", 0))
        more = {"NextMarker": str(start + self.page)} if start + self.page < len(rules) else {}
        return {"Rules": rules[start : start + self.page], **more}

    def _metrics(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        results = []
        for query in asked["MetricDataQueries"]:
            metric = query["MetricStat"]
            values = self.counts.get(metric["Metric"]["MetricName"]) or self.counts.get(metric["Stat"], [])
            minutes = [asked["StartTime"] + timedelta(minutes=n) for n in range(len(values))]
            results.append({"Id": query["Id"], "StatusCode": "Complete", "Timestamps": minutes, "Values": values})
        return {"MetricDataResults": results}


def healthy() -> Account:
    """Everything as it should be: `/api/*` of the host goes to `back`, all else to `front`."""
    return Account(
        aws=_AWS,
        balancer={
            "LoadBalancerArn": BALANCER,
            "LoadBalancerName": "web",
            "DNSName": "web-1.us-east-1.elb.amazonaws.com",
            "Scheme": "internet-facing",
            "VpcId": "vpc-1",
            "State": {"Code": "active"},
            "Type": "application",
            "AvailabilityZones": [{"ZoneName": f"us-east-1{zone}"} for zone in "ab"],
            "SecurityGroups": ["sg-1"],
        },
        listeners=[_listener(80, "HTTP"), _listener(443, "HTTPS")],
        rules={
            80: [rule(None, TO_HTTPS)],
            443: [rule(10, forward(BACK), host=HOST, path="/api/*"), rule(None, forward(FRONT))],
        },
        certificate={
            "CertificateArn": CERTIFICATE,
            "DomainName": "*.shop.example",
            "Type": "AMAZON_ISSUED",
            "Status": "ISSUED",
            "NotAfter": datetime.now(UTC) + timedelta(days=200),
        },
        groups={name: _group(name) for name in (FRONT, BACK)},
        targets=[target(1), target(2)],
        counts={
            "RequestCount": [1000.0] * 5,
            "HTTPCode_Target_4XX_Count": [12.0] * 5,
            "p50": [0.05] * 5,
            "p95": [0.2] * 5,
            "p99": [0.4] * 5,
            "HealthyHostCount": [2.0] * 5,
        },
    )


@contextmanager
def asked_for(account: Account) -> Iterator[Account]:
    """The family's probe asks this account."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        account.take_over()
        monkeypatch.setattr("functions.load_balancer.probe.client", account.aws.client)
        yield account


def _listener(port: int, protocol: str) -> dict[str, Any]:
    return {
        "ListenerArn": f"{_PREFIX}:listener/app/web/1a2b3c4d5e6f7a8b/{port}",
        "LoadBalancerArn": BALANCER,
        "Port": port,
        "Protocol": protocol,
        **({"Certificates": [{"CertificateArn": CERTIFICATE}]} if protocol == "HTTPS" else {}),
    }


def _group(name: str) -> dict[str, Any]:
    return {
        "TargetGroupArn": group_arn(name),
        "TargetGroupName": name,
        "Protocol": "HTTP",
        "Port": 8080,
        "VpcId": "vpc-1",
        "TargetType": "ip",
        "LoadBalancerArns": [BALANCER],
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckPath": "/health",
        "HealthCheckTimeoutSeconds": 5,
        "HealthCheckIntervalSeconds": 30,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "Matcher": {"HttpCode": "200"},
    }
