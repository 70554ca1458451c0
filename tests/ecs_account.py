"""The ECS service `orders` of the cluster `shop` in an account in memory, with AWS's own shapes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012"
DIGEST = "sha256:" + "a" * 64
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/orders:fix-7"


def ago(**how: float) -> datetime:
    return datetime.now(UTC) - timedelta(**how)


def deployed(aws: Any, **service: Any) -> None:
    """The service `orders` with its task definition; ``service`` replaces what ECS says of it."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop")
    for _ in range(2):
        definition = ecs.register_task_definition(
            family="orders",
            containerDefinitions=[
                {
                    "name": "app",
                    "image": IMAGE,
                    "memory": 256,
                    "environment": [{"name": "DB_PASSWORD", "value": "canary-4711"}],
                }
            ],
        )["taskDefinition"]["taskDefinitionArn"]
    ecs.create_service(cluster="shop", serviceName="orders", taskDefinition=definition, desiredCount=1)
    base: dict[str, Any] = {
        "serviceName": "orders",
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "taskDefinition": definition,
        "createdAt": ago(days=9),
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
        "serviceRegistries": [{"registryArn": "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1"}],
        "deployments": [deployment(definition)],
    }
    aws.answers("ecs", "DescribeServices", lambda _: {"services": [base | service], "failures": []})
    tasks(aws, running=[task()])


def deployment(definition: str = f"{ACCOUNT}:task-definition/orders:2", **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "rolloutState": "COMPLETED",
        "taskDefinition": definition,
        "desiredCount": 1,
        "runningCount": 1,
        "failedTasks": 0,
        "createdAt": ago(days=3),
    }
    return base | changes


def task(number: int = 1, **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "taskArn": f"{ACCOUNT}:task/shop/{number:032x}",
        "taskDefinitionArn": f"{ACCOUNT}:task-definition/orders:2",
        "lastStatus": "RUNNING",
        "healthStatus": "HEALTHY",
        "startedAt": ago(days=3),
        "attachments": [
            {
                "type": "ElasticNetworkInterface",
                "details": [
                    {"name": "privateIPv4Address", "value": "10.0.1.7"},
                    {"name": "subnetId", "value": "subnet-1"},
                    {"name": "networkInterfaceId", "value": "eni-1"},
                ],
            }
        ],
        "containers": [{"name": "app", "image": IMAGE, "imageDigest": DIGEST, "healthStatus": "HEALTHY"}],
    }
    return base | changes


def stopped(number: int, reason: str, code: int | None = None, **changes: Any) -> dict[str, Any]:
    container = {"name": "app", **({} if code is None else {"exitCode": code})}
    base = {
        "lastStatus": "STOPPED",
        "stoppedReason": reason,
        "stoppedAt": ago(minutes=5),
        "startedAt": ago(minutes=6),
        "containers": [container],
    }
    return task(number, **(base | changes))


def tasks(aws: Any, running: list[Any], ended: list[Any] | None = None) -> None:
    """What ListTasks and DescribeTasks say."""
    ended = ended or []
    by_arn = {told["taskArn"]: told for told in [*running, *ended]}

    def listed(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        of = running if parameters["desiredStatus"] == "RUNNING" else ended
        return {"taskArns": [told["taskArn"] for told in of]}

    aws.answers("ecs", "ListTasks", listed)
    aws.answers("ecs", "DescribeTasks", lambda p: {"tasks": [by_arn[arn] for arn in p["tasks"]], "failures": []})
