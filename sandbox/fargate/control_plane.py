"""The platform's control plane in the emulator: written through the AWS API, as its owner would have."""

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sandbox.emulator.overlay import SAYS_PATH
from sandbox.fargate.containers import container_of
from sandbox.fargate.entrances import Entrances
from sandbox.fargate.estate import Estate, Service
from sandbox.fargate.network import PlatformNetwork
from sandbox.fargate.records import write_records
from sandbox.instance import ACCOUNT, REGION

_SAY_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class _Revision:
    """What the next revision of a service's task definition says; ``references`` are ARNs by variable."""

    tag: str
    variables: dict[str, str] = field(repr=False)
    references: dict[str, str]


class ControlPlane:
    """Writes and changes what the emulator says of the platform. ``aws`` gives a client of a service."""

    def __init__(self, aws: Callable[[str], Any], estate: Estate, endpoint: str) -> None:
        self._aws = aws
        self._estate = estate
        self._endpoint = endpoint
        self.network = PlatformNetwork(aws, estate)
        self.entrances = Entrances(aws, estate)
        self._revisions: dict[str, _Revision] = {}
        self._registries: dict[str, str] = {}
        """Ids of the Cloud Map services by name."""

    def seed(self) -> None:
        """All of it, healthy."""
        secret_arns = {}
        for name, text in self._estate.secrets.items():
            answer = self._aws("secretsmanager").create_secret(Name=name, SecretString=text)
            secret_arns[name] = answer["ARN"]
        for parameter, value in self._estate.cache.parameters.items():
            self._aws("ssm").put_parameter(Name=parameter, Value=value, Type="String")
        write_records(self._aws, self._estate)
        self._roles()
        laid = self.network.lay()
        registries = self._cloud_map(laid.vpc)
        groups = {service.name: self.entrances.target_group(service, laid.vpc) for service in self._estate.services}
        certificate = self._aws("acm").request_certificate(DomainName=self._estate.certificate, ValidationMethod="DNS")
        for balancer in self._estate.load_balancers:
            arn = self.entrances.load_balancer(balancer, groups, laid.public, certificate["CertificateArn"])
            self.network.place_balancer(arn, laid.public)
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
        revision = self._revisions[name]
        revision.tag = tag or revision.tag
        for variable, value in variables.items():
            revision.variables.pop(variable, None)
            if value is None:
                revision.references.pop(variable, None)
            else:
                revision.variables[variable] = value
        self._roll_out(name)

    def refer(self, name: str, parameters: Mapping[str, str]) -> None:
        """A new revision in which variables take their value from SSM parameters, given by their paths."""
        revision = self._revisions[name]
        for variable, parameter in parameters.items():
            revision.variables.pop(variable, None)
            revision.references[variable] = _arn(parameter, {})
        self._roll_out(name)

    def _roll_out(self, name: str) -> None:
        service = self._estate.service(name)
        self._register(service)
        self._aws("ecs").update_service(
            cluster=self._estate.cluster, service=service.ecs_name, taskDefinition=service.ecs_name
        )

    def change_secret(self, name: str, **fields: str) -> None:
        """New values in a secret that holds JSON; whoever serves what it opens is not told."""
        document = {**json.loads(self._estate.secrets[name]), **fields}
        self._aws("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(document))

    def register(self, name: str, instance: str, address: str) -> None:
        """One more instance of a service in Cloud Map; nobody asks whether it lives."""
        self._aws("servicediscovery").register_instance(
            ServiceId=self._registries[name],
            InstanceId=instance,
            Attributes={
                "AWS_INSTANCE_IPV4": address,
                "AWS_INSTANCE_PORT": str(self._estate.service(name).port),
            },
        )

    def recreate_registry(self, name: str) -> None:
        """The Cloud Map service is deleted and made again; the ECS service keeps the ARN of the one that is gone."""
        client, registry = self._aws("servicediscovery"), self._registries[name]
        namespace = client.get_service(Id=registry)["Service"]["NamespaceId"]
        for instance in client.list_instances(ServiceId=registry)["Instances"]:
            client.deregister_instance(ServiceId=registry, InstanceId=instance["Id"])
        client.delete_service(Id=registry)
        self._create_registry(name, namespace)

    def says(self, subject: str, name: str, document: Any) -> None:
        """Lays something over the emulator's answers (``sandbox.emulator.overlay`` says which subjects there are)."""
        url = f"{self._endpoint}{SAYS_PATH}/{subject}/{quote(name)}"
        request = urllib.request.Request(url, method="PUT", data=json.dumps(document).encode())
        with urllib.request.urlopen(request, timeout=_SAY_SECONDS):
            pass

    def stop_tasks(self, name: str) -> None:
        """ECS wants a task of a service and has none; nothing is registered in its target group."""
        service = self._estate.service(name)
        self.says("ecs_service", f"{self._estate.cluster}/{service.ecs_name}", {"runningCount": 0, "pendingCount": 0})
        self.entrances.deregister(name)

    def remove_cache(self) -> None:
        """No cache was ever deployed: no parameters, no secret."""
        self.remove_parameters()
        self._aws("secretsmanager").delete_secret(SecretId=self._estate.cache.secret, ForceDeleteWithoutRecovery=True)
        self.network.remove_cache()

    def remove_parameters(self) -> None:
        """The parameters that tell where the cache is are gone."""
        self._aws("ssm").delete_parameters(Names=list(self._estate.cache.parameters))

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
            arns[service.name] = self._create_registry(service.name, namespace)
            self.register(service.name, f"{service.name}-task", service.address)
        return arns

    def _create_registry(self, name: str, namespace: str) -> str:
        created = self._aws("servicediscovery").create_service(
            Name=name,
            NamespaceId=namespace,
            DnsConfig={"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "A", "TTL": 10}]},
            HealthCheckCustomConfig={"FailureThreshold": 1},
        )["Service"]
        self._registries[name] = created["Id"]
        return str(created["Arn"])

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
