"""AWS clients made once per process, and AWS errors as causes."""

import threading
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from auditor.domain.observation import Failure, Phase

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})
"""Inside a VPC without an endpoint the SDK's default of 60 s would eat the whole run before it says so."""

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_MISSING = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "CacheClusterNotFound",
    "ClientException",  # how ECS says that a task definition does not exist: the caller named it wrongly
    "ClusterNotFoundException",
    "ListenerNotFound",
    "LoadBalancerNotFound",
    "DBInstanceNotFound",
    "InvalidVpcID.NotFound",
    "NamespaceNotFound",
    "NoSuchBucket",
    "NoSuchHostedZone",
    "NoSuchKey",
    "ParameterNotFound",
    "QueueDoesNotExist",
    "ReplicationGroupNotFoundFault",
    "ResourceNotFoundException",
    "ServiceNotFound",
    "ServiceNotFoundException",
    "TargetGroupNotFound",
}
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}

_making = threading.Lock()

AwsError = (ClientError, BotoCoreError)
"""Everything that boto3 raises for a call that did not succeed."""


def client(service: str) -> Any:
    """The process's one client of a service; one session for all, because a session costs 35 ms."""
    # A session makes one client at a time only, and probes in several threads may need the first one at once.
    with _making:
        return _client(service)


@cache
def _client(service: str) -> Any:
    return _session().create_client(service, config=_CONFIG)


@cache
def dynamodb() -> Any:
    """The process's one DynamoDB resource, which speaks plain Python values; for the aggregator."""
    import boto3  # noqa: PLC0415 - a tenth of a probe function's start, and no probe needs it

    return boto3.Session(botocore_session=_session()).resource("dynamodb", config=_CONFIG)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def aws_failure(error: Exception, action: str, resource: str) -> Failure:
    """What a failed AWS call says about the auditor; names action and resource, never the server's raw text."""
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
    if code in _DENIED:
        cause, detail = "aws.denied", f"the auditor's role may not call {action} on {resource}"
    elif code in _MISSING:
        cause, detail = "aws.not_found", f"{action}: {resource} does not exist"
    elif code in _THROTTLED:
        cause, detail = "aws.throttled", f"AWS throttled {action} on {resource} after the SDK's retries"
    elif isinstance(error, BotoCoreError):
        cause, detail = "aws.unreachable", f"{action} on {resource} got no answer ({type(error).__name__})"
    else:
        cause, detail = "aws.failed", f"{action} on {resource} failed with {code or type(error).__name__}"
    return Failure(phase=Phase.PREPARE, cause=cause, detail=detail)
