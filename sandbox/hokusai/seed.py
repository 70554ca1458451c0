"""The platform's control plane in the emulator: written through the AWS API, as its owner would have."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.hokusai.containers import RELEASE, api_environment, container_of, mlflow_container
from sandbox.hokusai.estate import (
    API_PORT,
    APPLICATION_SECRET,
    AUTH,
    AUTH_PORT,
    CLUSTER,
    MAIN,
    MLFLOW_PORT,
    NAMESPACE,
    REDIS_NAME,
    REDIS_PORT,
    REDIS_SECRET,
    REGISTRY,
    HokusaiEstate,
)
from sandbox.instance import ACCOUNT, REGION

API_SERVICE = "hokusai-api-development"
MLFLOW_SERVICE = "hokusai-mlflow-development"
AUTH_SERVICE = "hokusai-auth-development"
BALANCERS = {
    REGISTRY: "hokusai-registry-development",
    MAIN: "hokusai-main-development",
    AUTH: "hokusai-auth-development",
}
RELEASE_WITH_HARD_CODED_ADDRESS = "fix-db-auth"
"""The image of 2025-08-06, whose mlflow_config.py carried a literal address."""
EXECUTION_ROLE = "hokusai-data-pipeline-ecs-execution-development"
TASK_ROLE = "hokusai-data-pipeline-ecs-task-development"
GROUPS = {
    "api": ("hokusai-reg-api-development", API_PORT, "/health", "200"),
    "mlflow": ("hokusai-reg-mlflow-development", MLFLOW_PORT, "/mlflow", "200,308"),
    "auth": ("hokusai-auth-tg-development", AUTH_PORT, "/health", "200"),
}
_SUBNETS = ("1", "2")


class ControlPlane:
    """Writes and changes what the emulator says of the platform. ``aws`` gives a client of a service."""

    def __init__(self, aws: Any, estate: HokusaiEstate) -> None:
        self._aws = aws
        self._estate = estate
        self._secret_arns: dict[str, str] = {}
        self.api_environment: dict[str, str] = {}
        self.api_secrets: dict[str, str] = {}
        self.api_tag = RELEASE

    def seed(self) -> None:
        """All of it, healthy."""
        for name, document in self._estate.credentials.items():
            answer = self._aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(document))
            self._secret_arns[name] = answer["ARN"]
        for name, value in (("endpoint", REDIS_NAME), ("port", str(REDIS_PORT))):
            parameter = f"/hokusai/development/redis/{name}"
            self._aws("ssm").put_parameter(Name=parameter, Value=value, Type="String")
        self._roles()
        vpc, subnets = self._vpc()
        registries = self._cloud_map(vpc)
        groups = self._target_groups(vpc)
        self._balancers(groups, subnets)
        self._services(groups, registries, subnets)

    def change_api(self, *, tag: str | None = None, **variables: str | None) -> None:
        """A new revision of the API's task definition, rolled out; None takes a variable or secret away."""
        self.api_tag = tag or self.api_tag
        for name, value in variables.items():
            self.api_environment.pop(name, None)
            if value is None:
                self.api_secrets.pop(name, None)
            else:
                self.api_environment[name] = value
        self._roll_out(API_SERVICE, self._api_container(), "512", "1024")

    def change_mlflow(self, password: str) -> None:
        """A new revision of MLflow's task definition with another password in its URI, rolled out."""
        self._roll_out(MLFLOW_SERVICE, mlflow_container(password), "1024", "2048")

    def change_application_password(self, password: str) -> None:
        """A new value of the secret; the server is not told."""
        document = {**self._estate.credentials[APPLICATION_SECRET], "database_password": password}
        self._aws("secretsmanager").put_secret_value(SecretId=APPLICATION_SECRET, SecretString=json.dumps(document))

    def remove_redis(self) -> None:
        """Redis was never deployed: no parameters, no secret."""
        names = [f"/hokusai/development/redis/{name}" for name in ("endpoint", "port")]
        self._aws("ssm").delete_parameters(Names=names)
        self._aws("secretsmanager").delete_secret(SecretId=REDIS_SECRET, ForceDeleteWithoutRecovery=True)

    def _roles(self) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        for role in (EXECUTION_ROLE, TASK_ROLE):
            self._aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=policy)

    def _vpc(self) -> tuple[str, list[str]]:
        ec2 = self._aws("ec2")
        vpc = ec2.create_vpc(CidrBlock=f"10.{self._estate.network}.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=self._estate.private(f"{third}.0") + "/24",
                AvailabilityZone=f"{REGION}{'ab'[int(third) - 1]}",
            )["Subnet"]["SubnetId"]
            for third in _SUBNETS
        ]
        return str(vpc), subnets

    def _cloud_map(self, vpc: str) -> dict[str, str]:
        client = self._aws("servicediscovery")
        client.create_private_dns_namespace(Name=NAMESPACE, Vpc=vpc)
        (namespace,) = [n["Id"] for n in client.list_namespaces()["Namespaces"] if n["Name"] == NAMESPACE]
        arns = {}
        for name, (address, port) in self._tasks().items():
            service = client.create_service(
                Name=name,
                NamespaceId=namespace,
                DnsConfig={"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "A", "TTL": 10}]},
                HealthCheckCustomConfig={"FailureThreshold": 1},
            )["Service"]
            client.register_instance(
                ServiceId=service["Id"],
                InstanceId=f"{name}-task",
                Attributes={"AWS_INSTANCE_IPV4": address, "AWS_INSTANCE_PORT": str(port)},
            )
            arns[name] = service["Arn"]
        return arns

    def _tasks(self) -> dict[str, tuple[str, int]]:
        estate = self._estate
        return {
            "api": (estate.api, API_PORT),
            "mlflow": (estate.mlflow, MLFLOW_PORT),
            "auth": (estate.auth, AUTH_PORT),
        }

    def _target_groups(self, vpc: str) -> dict[str, str]:
        client = self._aws("elbv2")
        arns = {}
        for service, (name, port, path, matcher) in GROUPS.items():
            arn = client.create_target_group(
                Name=name,
                Protocol="HTTP",
                Port=port,
                VpcId=vpc,
                TargetType="ip",
                HealthCheckPath=path,
                HealthCheckIntervalSeconds=30,
                HealthCheckTimeoutSeconds=10,
                Matcher={"HttpCode": matcher},
            )["TargetGroups"][0]["TargetGroupArn"]
            address, _ = self._tasks()[service]
            client.register_targets(TargetGroupArn=arn, Targets=[{"Id": address, "Port": port}])
            arns[service] = arn
        return arns

    def _balancers(self, groups: Mapping[str, str], subnets: list[str]) -> None:
        client = self._aws("elbv2")
        to_https = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
        for host, name in BALANCERS.items():
            arn = client.create_load_balancer(Name=name, Subnets=subnets, Type="application")["LoadBalancers"][0][
                "LoadBalancerArn"
            ]
            client.create_listener(
                LoadBalancerArn=arn,
                Protocol="HTTP",
                Port=80,
                DefaultActions=[{"Type": "redirect", "RedirectConfig": to_https}],
            )
            default = groups["auth" if host == AUTH else "api"]
            listener = client.create_listener(
                LoadBalancerArn=arn,
                Protocol="HTTPS",
                Port=443,
                Certificates=[{"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/hokus-ai"}],
                DefaultActions=[{"Type": "forward", "TargetGroupArn": default}],
            )["Listeners"][0]["ListenerArn"]
            if host == AUTH:
                continue
            for priority, path, group in (
                (50, "/mlflow*", "mlflow"),
                (105, "/api/mlflow/*", "api"),
                (110, "/api/*", "api"),
            ):
                client.create_rule(
                    ListenerArn=listener,
                    Priority=priority,
                    Conditions=[{"Field": "path-pattern", "Values": [path]}],
                    Actions=[{"Type": "forward", "TargetGroupArn": groups[group]}],
                )

    def _services(self, groups: Mapping[str, str], registries: Mapping[str, str], subnets: list[str]) -> None:
        self._aws("ecs").create_cluster(clusterName=CLUSTER)
        estate = self._estate
        self.api_environment = api_environment()
        self.api_secrets = {
            "DB_PASSWORD": f"{self._secret_arns[APPLICATION_SECRET]}:database_password::",
            "REDIS_AUTH_TOKEN": f"{self._secret_arns[REDIS_SECRET]}:auth_token::",
        }
        containers = (
            (API_SERVICE, "api", self._api_container(), "512", "1024"),
            (MLFLOW_SERVICE, "mlflow", mlflow_container(estate.application_password), "1024", "2048"),
            (AUTH_SERVICE, "auth", container_of("auth", AUTH_PORT, RELEASE, {}, {}), "256", "512"),
        )
        for service, short, container, cpu, memory in containers:
            self._register(service, container, cpu, memory)
            self._aws("ecs").create_service(
                cluster=CLUSTER,
                serviceName=service,
                taskDefinition=service,
                desiredCount=1,
                launchType="FARGATE",
                networkConfiguration={"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "DISABLED"}},
                loadBalancers=[
                    {
                        "targetGroupArn": groups[short],
                        "containerName": f"hokusai-{short}",
                        "containerPort": GROUPS[short][1],
                    }
                ],
                serviceRegistries=[{"registryArn": registries[short]}],
                healthCheckGracePeriodSeconds=300,
            )

    def _api_container(self) -> dict[str, Any]:
        return container_of("api", API_PORT, self.api_tag, self.api_environment, self.api_secrets)

    def _roll_out(self, service: str, container: dict[str, Any], cpu: str, memory: str) -> None:
        self._register(service, container, cpu, memory)
        self._aws("ecs").update_service(cluster=CLUSTER, service=service, taskDefinition=service)

    def _register(self, family: str, container: dict[str, Any], cpu: str, memory: str) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/"
        self._aws("ecs").register_task_definition(
            family=family,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu=cpu,
            memory=memory,
            executionRoleArn=role + EXECUTION_ROLE,
            taskRoleArn=role + TASK_ROLE,
            containerDefinitions=[container],
        )
