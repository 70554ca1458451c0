"""The platform's entrances in the emulator: target groups, load balancers, their listeners and rules."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.fargate.estate import Estate, LoadBalancer, Service


class Entrances:
    """Writes and changes them through the AWS API. ``aws`` gives a client of a service."""

    def __init__(self, aws: Callable[[str], Any], estate: Estate) -> None:
        self._aws = aws
        self._estate = estate

    def target_group(self, service: Service, vpc: str) -> str:
        """A service's target group with its task in it; its ARN."""
        client = self._aws("elbv2")
        path, matcher = service.check
        arn = client.create_target_group(
            Name=service.target_group,
            Protocol="HTTP",
            Port=service.port,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath=path,
            HealthCheckIntervalSeconds=30,
            HealthCheckTimeoutSeconds=10,
            Matcher={"HttpCode": matcher},
        )["TargetGroups"][0]["TargetGroupArn"]
        client.register_targets(TargetGroupArn=arn, Targets=[{"Id": service.address, "Port": service.port}])
        return str(arn)

    def load_balancer(
        self, balancer: LoadBalancer, groups: Mapping[str, str], subnets: list[str], certificate: str
    ) -> str:
        """A load balancer with its listeners on 80 and 443; ``groups`` are ARNs by service. Its ARN."""
        client = self._aws("elbv2")
        created = client.create_load_balancer(Name=balancer.name, Subnets=subnets, Type="application")
        arn = created["LoadBalancers"][0]["LoadBalancerArn"]
        to_https = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
        client.create_listener(
            LoadBalancerArn=arn,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "redirect", "RedirectConfig": to_https}],
        )
        listener = client.create_listener(
            LoadBalancerArn=arn,
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": certificate}],
            DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[balancer.default]}],
        )["Listeners"][0]["ListenerArn"]
        for priority, path, name in balancer.rules:
            client.create_rule(
                ListenerArn=listener,
                Priority=priority,
                Conditions=[{"Field": "path-pattern", "Values": [path]}],
                Actions=[{"Type": "forward", "TargetGroupArn": groups[name]}],
            )
        return str(arn)

    def check(self, name: str, **changes: str) -> None:
        """Other settings of the health check of a service's target group: ``path``, ``matcher``."""
        fields: dict[str, Any] = {"HealthCheckPath": changes["path"]} if "path" in changes else {}
        fields |= {"Matcher": {"HttpCode": changes["matcher"]}} if "matcher" in changes else {}
        self._aws("elbv2").modify_target_group(TargetGroupArn=self._group_arn(name), **fields)

    def forward(self, balancer: str, path: str, name: str) -> None:
        """The rule of a path on 443 forwards to another service's group."""
        client = self._aws("elbv2")
        (rule,) = [rule for rule in self._rules(self._listener(balancer, 443)) if _paths(rule) == [path]]
        action = {"Type": "forward", "TargetGroupArn": self._group_arn(name)}
        client.modify_rule(RuleArn=rule["RuleArn"], Actions=[action])

    def put_rules_on_80(self, balancer: str) -> None:
        """The listener on 80 gets everything that the one on 443 had, which is left with a fixed 404."""
        client = self._aws("elbv2")
        plain, secure = (self._listener(balancer, port) for port in (80, 443))
        for rule in self._rules(secure):
            if rule["IsDefault"]:
                client.modify_listener(ListenerArn=plain, DefaultActions=_forwards(rule))
                continue
            conditions = [{"Field": "path-pattern", "Values": _paths(rule)}]
            client.create_rule(
                ListenerArn=plain, Priority=int(rule["Priority"]), Conditions=conditions, Actions=_forwards(rule)
            )
            client.delete_rule(RuleArn=rule["RuleArn"])
        not_found = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "Not Found"}
        client.modify_listener(
            ListenerArn=secure, DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": not_found}]
        )

    def deregister(self, name: str) -> None:
        """Nothing of a service is registered in its target group."""
        service = self._estate.service(name)
        target = {"Id": service.address, "Port": service.port}
        self._aws("elbv2").deregister_targets(TargetGroupArn=self._group_arn(name), Targets=[target])

    def _group_arn(self, name: str) -> str:
        group = self._estate.service(name).target_group
        return str(self._aws("elbv2").describe_target_groups(Names=[group])["TargetGroups"][0]["TargetGroupArn"])

    def _listener(self, balancer: str, port: int) -> str:
        client = self._aws("elbv2")
        (found,) = client.describe_load_balancers(Names=[balancer])["LoadBalancers"]
        listeners = client.describe_listeners(LoadBalancerArn=found["LoadBalancerArn"])["Listeners"]
        return next(str(each["ListenerArn"]) for each in listeners if each["Port"] == port)

    def _rules(self, listener: str) -> list[Any]:
        return list(self._aws("elbv2").describe_rules(ListenerArn=listener)["Rules"])


def _paths(rule: Mapping[str, Any]) -> list[str]:
    return [value for condition in rule["Conditions"] for value in condition["Values"]]


def _forwards(rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": action["TargetGroupArn"]} for action in rule["Actions"]]
