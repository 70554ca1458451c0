"""Faults: what explains an incident. A closed list; a fault belongs to what the first right action changes."""

from collections.abc import Mapping
from enum import StrEnum


class Fault(StrEnum):
    """The closed list; ``MEANINGS`` says what each one means."""

    ALB_AZ_NOT_ENABLED = "ALB_AZ_NOT_ENABLED"
    API_CONTRACT_MISMATCH = "API_CONTRACT_MISMATCH"
    APP_CRASH_ON_START = "APP_CRASH_ON_START"
    CLOCK_SKEW = "CLOCK_SKEW"
    CONFIG_VALUE_MALFORMED = "CONFIG_VALUE_MALFORMED"
    DB_BAD_PASSWORD = "DB_BAD_PASSWORD"  # noqa: S105 - a fault's name
    DB_CA_BUNDLE_OUTDATED = "DB_CA_BUNDLE_OUTDATED"
    DB_CONNECTIONS_EXHAUSTED = "DB_CONNECTIONS_EXHAUSTED"
    DB_LOCK_CONTENTION = "DB_LOCK_CONTENTION"
    DB_NAME_WRONG = "DB_NAME_WRONG"
    DB_PASSWORD_OUT_OF_SYNC = "DB_PASSWORD_OUT_OF_SYNC"  # noqa: S105 - a fault's name
    DB_RESTARTING = "DB_RESTARTING"
    DB_SCHEMA_NOT_MIGRATED = "DB_SCHEMA_NOT_MIGRATED"
    DB_STORAGE_FULL = "DB_STORAGE_FULL"
    DB_TLS_REQUIRED = "DB_TLS_REQUIRED"
    DB_WRONG_USER = "DB_WRONG_USER"
    DEPLOY_NOT_APPLIED = "DEPLOY_NOT_APPLIED"
    DNS_EMPTY_ANSWER = "DNS_EMPTY_ANSWER"
    DNS_NAMESPACE_MISMATCH = "DNS_NAMESPACE_MISMATCH"
    EGRESS_ROUTE_MISSING = "EGRESS_ROUTE_MISSING"
    ENV_MISSING = "ENV_MISSING"
    HAIRPIN_URL = "HAIRPIN_URL"
    HEALTHCHECK_DEEP_TIMEOUT = "HEALTHCHECK_DEEP_TIMEOUT"
    HEALTHCHECK_MATCHER_MISMATCH = "HEALTHCHECK_MATCHER_MISMATCH"
    HEALTHCHECK_PATH_WRONG = "HEALTHCHECK_PATH_WRONG"
    HEALTHCHECK_REQUIRES_AUTH = "HEALTHCHECK_REQUIRES_AUTH"
    HEALTHCHECK_TIMEOUT_TOO_LOW = "HEALTHCHECK_TIMEOUT_TOO_LOW"
    HEALTH_ENDPOINT_DEFECT = "HEALTH_ENDPOINT_DEFECT"
    HOST_HEADER_REJECTED = "HOST_HEADER_REJECTED"
    IAM_S3_DENIED = "IAM_S3_DENIED"
    IAM_SECRET_ACCESS_DENIED = "IAM_SECRET_ACCESS_DENIED"  # noqa: S105 - a fault's name
    IMAGE_ARCH_MISMATCH = "IMAGE_ARCH_MISMATCH"
    IMAGE_INCOMPLETE = "IMAGE_INCOMPLETE"
    IMAGE_NOT_FOUND = "IMAGE_NOT_FOUND"
    KEEPALIVE_MISMATCH = "KEEPALIVE_MISMATCH"
    LISTENER_RULE_CAPTURES_HOST = "LISTENER_RULE_CAPTURES_HOST"
    LISTENER_RULE_MISSING = "LISTENER_RULE_MISSING"
    LISTENER_RULE_WRONG_TARGET = "LISTENER_RULE_WRONG_TARGET"
    MTLS_REQUIRED_FOR_HEALTHCHECK = "MTLS_REQUIRED_FOR_HEALTHCHECK"
    NACL_BLOCKS_EPHEMERAL = "NACL_BLOCKS_EPHEMERAL"
    NEGATIVE_CACHE = "NEGATIVE_CACHE"
    NOT_REGISTERED_IN_CLOUDMAP = "NOT_REGISTERED_IN_CLOUDMAP"
    NO_RUNNING_TASKS = "NO_RUNNING_TASKS"
    OOM_KILLED = "OOM_KILLED"
    PLANES_DISAGREE = "PLANES_DISAGREE"
    POISON_MESSAGES = "POISON_MESSAGES"
    PREFLIGHT_REQUIRES_AUTH = "PREFLIGHT_REQUIRES_AUTH"
    PRIVATE_ZONE_SHADOWS = "PRIVATE_ZONE_SHADOWS"
    PROXY_PATH_NOT_TRANSLATED = "PROXY_PATH_NOT_TRANSLATED"
    PROXY_STRIPS_AUTH = "PROXY_STRIPS_AUTH"
    RECORD_TYPE_WRONG = "RECORD_TYPE_WRONG"
    REDIS_AUTH_MISSING = "REDIS_AUTH_MISSING"
    REDIS_MAXMEMORY = "REDIS_MAXMEMORY"
    REDIS_STALE_PRIMARY = "REDIS_STALE_PRIMARY"
    REDIS_TLS_MISMATCH = "REDIS_TLS_MISMATCH"
    RESOLVER_FAILURE = "RESOLVER_FAILURE"
    SCHEME_MISMATCH = "SCHEME_MISMATCH"
    SECRET_ARN_INVALID = "SECRET_ARN_INVALID"  # noqa: S105 - a fault's name
    SECRET_BREAKS_URL = "SECRET_BREAKS_URL"  # noqa: S105 - a fault's name
    SECRET_STALE_IN_TASK = "SECRET_STALE_IN_TASK"  # noqa: S105 - a fault's name
    SERVICE_ID_UNKNOWN = "SERVICE_ID_UNKNOWN"
    SG_MISSING_EGRESS = "SG_MISSING_EGRESS"
    SG_MISSING_INGRESS = "SG_MISSING_INGRESS"
    SHARED_SECRET_MISMATCH = "SHARED_SECRET_MISMATCH"  # noqa: S105 - a fault's name
    SSM_PARAMETER_MISSING = "SSM_PARAMETER_MISSING"
    STALE_HARDCODED_ADDRESS = "STALE_HARDCODED_ADDRESS"
    STALE_INSTANCE = "STALE_INSTANCE"
    SUBNET_IP_EXHAUSTED = "SUBNET_IP_EXHAUSTED"
    TARGET_GROUP_NOT_ATTACHED = "TARGET_GROUP_NOT_ATTACHED"
    TLS_CERT_EXPIRED = "TLS_CERT_EXPIRED"
    TLS_NAME_MISMATCH = "TLS_NAME_MISMATCH"
    TLS_UNTRUSTED_INTERNAL_CA = "TLS_UNTRUSTED_INTERNAL_CA"


MEANINGS: Mapping[Fault, str] = {
    Fault.ALB_AZ_NOT_ENABLED: "target runs in a zone that the load balancer does not serve",
    Fault.API_CONTRACT_MISMATCH: "caller and callee disagree on how a request is made (header, body, field)",
    Fault.APP_CRASH_ON_START: "the image starts and exits by its own error",
    Fault.CLOCK_SKEW: "a host's clock is wrong by minutes",
    Fault.CONFIG_VALUE_MALFORMED: "a value is present and unusable (scheme, port or shape missing)",
    Fault.DB_BAD_PASSWORD: "the client is configured with a wrong password of its own",
    Fault.DB_CA_BUNDLE_OUTDATED: "the client's trust bundle lacks the server's CA",
    Fault.DB_CONNECTIONS_EXHAUSTED: "no free connection slot",
    Fault.DB_LOCK_CONTENTION: "locks held by a long transaction block others",
    Fault.DB_NAME_WRONG: "the configured database does not exist",
    Fault.DB_PASSWORD_OUT_OF_SYNC: "server's password and the secret's differ",
    Fault.DB_RESTARTING: "restart, recovery or failover in progress",
    Fault.DB_SCHEMA_NOT_MIGRATED: "code expects a schema the database does not have",
    Fault.DB_STORAGE_FULL: "storage exhausted",
    Fault.DB_TLS_REQUIRED: "server demands TLS, client connects without",
    Fault.DB_WRONG_USER: "the client logs in as a user it should not",
    Fault.DEPLOY_NOT_APPLIED: "a deployment reported done never reached the running service",
    Fault.DNS_EMPTY_ANSWER: "the name exists and has no usable record",
    Fault.DNS_NAMESPACE_MISMATCH: "the configured name lies in a namespace that does not exist",
    Fault.EGRESS_ROUTE_MISSING: "no route to the internet or NAT",
    Fault.ENV_MISSING: "a required variable or secret reference is absent from the running task definition",
    Fault.HAIRPIN_URL: "a service reaches its neighbour through its own public entrance",
    Fault.HEALTHCHECK_DEEP_TIMEOUT: "the health path waits for dependencies longer than the checker does",
    Fault.HEALTHCHECK_MATCHER_MISMATCH: "the healthy answer's code is not accepted",
    Fault.HEALTHCHECK_PATH_WRONG: "the checked path does not exist",
    Fault.HEALTHCHECK_REQUIRES_AUTH: "the checked path demands credentials",
    Fault.HEALTHCHECK_TIMEOUT_TOO_LOW: "the checker is less patient than the service's normal answer",
    Fault.HEALTH_ENDPOINT_DEFECT: "the health endpoint itself is wrong, the service is not",
    Fault.HOST_HEADER_REJECTED: "the server refuses the Host it is called by",
    Fault.IAM_S3_DENIED: "task role may not use the bucket",
    Fault.IAM_SECRET_ACCESS_DENIED: "execution role may not read the secret",
    Fault.IMAGE_ARCH_MISMATCH: "image built for another processor",
    Fault.IMAGE_INCOMPLETE: "the image lacks a file its code needs",
    Fault.IMAGE_NOT_FOUND: "tag or digest does not exist in the registry",
    Fault.KEEPALIVE_MISMATCH: "the backend closes idle connections before the balancer does",
    Fault.LISTENER_RULE_CAPTURES_HOST: "a rule takes another host's traffic",
    Fault.LISTENER_RULE_MISSING: "no rule forwards this request",
    Fault.LISTENER_RULE_WRONG_TARGET: "a rule forwards to the wrong group",
    Fault.MTLS_REQUIRED_FOR_HEALTHCHECK: "the checker cannot present the demanded client certificate",
    Fault.NACL_BLOCKS_EPHEMERAL: "a network ACL drops the return traffic",
    Fault.NEGATIVE_CACHE: "the record is back, resolvers still serve its absence",
    Fault.NOT_REGISTERED_IN_CLOUDMAP: "the service runs and is not registered",
    Fault.NO_RUNNING_TASKS: "nothing runs and nothing further explains why",
    Fault.OOM_KILLED: "killed for memory",
    Fault.PLANES_DISAGREE: "what AWS says and what works disagree (a finding, never a root)",
    Fault.POISON_MESSAGES: "a consumer fails on certain messages again and again",
    Fault.PREFLIGHT_REQUIRES_AUTH: "OPTIONS is answered like a protected call",
    Fault.PRIVATE_ZONE_SHADOWS: "a private zone hides the public name",
    Fault.PROXY_PATH_NOT_TRANSLATED: "a proxy rewrites some paths and not this one",
    Fault.PROXY_STRIPS_AUTH: "a proxy drops the credentials",
    Fault.RECORD_TYPE_WRONG: "the published record type is of no use to the clients",
    Fault.REDIS_AUTH_MISSING: "no or an old token",
    Fault.REDIS_MAXMEMORY: "memory limit reached without eviction",
    Fault.REDIS_STALE_PRIMARY: "clients stay on a demoted node",
    Fault.REDIS_TLS_MISMATCH: "plaintext to a TLS port or the reverse",
    Fault.RESOLVER_FAILURE: "the resolver itself does not answer",
    Fault.SCHEME_MISMATCH: "http to a TLS port or the reverse",
    Fault.SECRET_ARN_INVALID: "the reference points to no secret",
    Fault.SECRET_BREAKS_URL: "a character of the secret breaks the connection string",
    Fault.SECRET_STALE_IN_TASK: "rotated rightly, running tasks still hold the old value",
    Fault.SERVICE_ID_UNKNOWN: "the caller names itself by an id the callee does not know",
    Fault.SG_MISSING_EGRESS: "a security group lacks the outbound rule",
    Fault.SG_MISSING_INGRESS: "a security group lacks the inbound rule",
    Fault.SHARED_SECRET_MISMATCH: "both sides hold different values of one secret",
    Fault.SSM_PARAMETER_MISSING: "a referenced parameter does not exist",
    Fault.STALE_HARDCODED_ADDRESS: "a literal address that belongs to nobody or somebody else now",
    Fault.STALE_INSTANCE: "service discovery still hands out a dead instance",
    Fault.SUBNET_IP_EXHAUSTED: "no free address for a new task",
    Fault.TARGET_GROUP_NOT_ATTACHED: "no listener uses the group",
    Fault.TLS_CERT_EXPIRED: "the certificate has expired",
    Fault.TLS_NAME_MISMATCH: "the certificate is for another name",
    Fault.TLS_UNTRUSTED_INTERNAL_CA: "the client does not trust the internal authority that signed the certificate",
}

COVERAGE_GAPS: tuple[str, ...] = ("AUDITOR_BLIND", "AUDITOR_DENIED", "AUDITOR_MISCONFIGURED", "AUDITOR_VANTAGE")
"""The auditor's own limits: never a root, never an outage."""
