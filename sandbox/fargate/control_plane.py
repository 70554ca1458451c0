"""The platform's control plane in the emulator: written through the AWS API, as its owner would have."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.fargate.containers import container_of
from sandbox.fargate.estate import Estate, LoadBalancer, Service
from sandbox.fargate.network import PlatformNetwork
from sandbox.instance import ACCOUNT, REGION


@dataclass(slots=True, kw_only=True)
class _Revision:
    """What the next revision of a service's task definition says; ``references`` are ARNs by variable."""

    tag: str
    variables: dict[str, str] = field(repr=False)
    references: dict[str, str]


class ControlPlane:
    """Writes and changes what the emulator says of the platform. ``aws`` gives a client of a service."""

    def __init__(self, aws: Callable[[str], Any], estate: Estate) -> None:
        self._aws = aws
        self._estate = estate
        self.network = PlatformNetwork(aws, estate)
        self._revisions: dict[str, _Revision] = {}

    def seed(self) -> None:
        """All of it, healthy."""
        secret_arns = {}
        for name, text in self._estate.secrets.items():
            answer = self._aws("secretsmanager").create_secret(Name=name, SecretString=text)
            secret_arns[name] = answer["ARN"]
        for parameter, value in self._estate.cache.parameters.items():
            self._aws("ssm").put_parameter(Name=parameter, Value=value, Type="String")
        self._roles()
        laid = self.network.lay()
        registries = self._cloud_map(laid.vpc)
        groups = {service.name: self._target_group(service, laid.vpc) for service in self._estate.services}
        for balancer in self._estate.load_balancers:
            self.network.place_balancer(self._load_balancer(balancer, groups, laid.public), laid.public)
        self.network.place_stores()
        self.network.place_tasks()
        self._aws("ecs").create_cluster(clusterName=self._estate.cluster)
        for service in self._estate.services:
            references = {variable: _arn(text, secret_arns) for variable, text in service.references.items()}
            self._revisions[service.name] = _Revision(
                tag=self._estate.release, variables=dict(service.variables), references=references
            )
            self._service(service, groups[service.name], registries[service.name], laid.private)

    def change(self, name: str, *, tag: str | None = None, **variables: str | None) -> None:
        """A new revision of a service's task definition, rolled out; None takes a variable or reference away."""
        revision, service = self._revisions[name], self._estate.service(name)
        revision.tag = tag or revision.tag
        for variable, value in variables.items():
            revision.variables.pop(variable, None)
            if value is None:
                revision.references.pop(variable, None)
            else:
                revision.variables[variable] = value
        self._register(service)
        self._aws("ecs").update_service(
            cluster=self._estate.cluster, service=service.ecs_name, taskDefinition=service.ecs_name
        )

    def change_secret(self, name: str, **fields: str) -> None:
        """New values in a secret that holds JSON; whoever serves what it opens is not told."""
        document = {**json.loads(self._estate.secrets[name]), **fields}
        self._aws("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(document))

    def remove_cache(self) -> None:
        """No cache was ever deployed: no parameters, no secret."""
        cache = self._estate.cache
        self._aws("ssm").delete_parameters(Names=list(cache.parameters))
        self._aws("secretsmanager").delete_secret(SecretId=cache.secret, ForceDeleteWithoutRecovery=True)
        self.network.remove_cache()

    def _roles(self) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        for role in self._estate.roles:
            self._aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=policy)

    def _cloud_map(self, vpc: str) -> dict[str, str]:
        client, namespace_name = self._aws("servicediscovery"), self._estate.namespace
        client.create_private_dns_namespace(Name=namespace_name, Vpc=vpc)
        (namespace,) = [n["Id"] for n in client.list_namespaces()["Namespaces"] if n["Name"] == namespace_name]
        arns = {}
        for service in self._estate.services:
            created = client.create_service(
                Name=service.name,
                NamespaceId=namespace,
                DnsConfig={"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "A", "TTL": 10}]},
                HealthCheckCustomConfig={"FailureThreshold": 1},
            )["Service"]
            client.register_instance(
                ServiceId=created["Id"],
                InstanceId=f"{service.name}-task",
                Attributes={"AWS_INSTANCE_IPV4": service.address, "AWS_INSTANCE_PORT": str(service.port)},
            )
            arns[service.name] = created["Arn"]
        return arns

    def _target_group(self, service: Service, vpc: str) -> str:
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

    def _load_balancer(self, balancer: LoadBalancer, groups: Mapping[str, str], subnets: list[str]) -> str:
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
            Certificates=[{"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{self._estate.cluster}"}],
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

    def _service(self, service: Service, group: str, registry: str, subnets: list[str]) -> None:
        self._register(service)
        target = {"targetGroupArn": group, "containerName": service.container, "containerPort": service.port}
        self._aws("ecs").create_service(
            cluster=self._estate.cluster,
            serviceName=service.ecs_name,
            taskDefinition=service.ecs_name,
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "DISABLED"}},
            loadBalancers=[target],
            serviceRegistries=[{"registryArn": registry}],
            healthCheckGracePeriodSeconds=300,
        )

    def _register(self, service: Service) -> None:
        revision = self._revisions[service.name]
        cpu, memory = service.size
        execution, task = (f"arn:aws:iam::{ACCOUNT}:role/{role}" for role in self._estate.roles)
        self._aws("ecs").register_task_definition(
            family=service.ecs_name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu=cpu,
            memory=memory,
            executionRoleArn=execution,
            taskRoleArn=task,
            containerDefinitions=[container_of(service, revision.tag, revision.variables, revision.references)],
        )


def _arn(reference: str, secret_arns: Mapping[str, str]) -> str:
    """What ECS takes as ``valueFrom``; ``reference`` as in ``Service.references``."""
    if reference.startswith("/"):
        return f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{reference}"
    name, _, key = reference.partition(":")
    return f"{secret_arns[name]}:{key}::"
