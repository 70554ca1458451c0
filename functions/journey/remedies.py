"""What on-call can do, by cause: text only."""

_PATH = (
    "First see whether other targets behind the same security group answer. Then look at the server's security group "
    "(does it admit this port from the auditor's group?), the network ACLs in both directions and the routes."
)
_HANGS = (
    "The server takes the request and hangs in it: see its database (locks, free connections), its workers and memory, "
    "and where artifacts are stored; restart it if it does not recover."
)
_BY_CAUSE = {
    "dns.nxdomain": "Compare the host in the catalogue with the registry of names, and see whether the service is "
    "registered. Do not put an address in place of the name: it changes with every task.",
    "tcp.timeout": _PATH,
    "tcp.unreachable": _PATH,
    "tcp.refused": "The host is up and nothing listens: see whether the task is starting, crashed or replaced, and "
    "whether the port is right.",
    "tcp.reset": "The peer cut the connection: look for a restart or an out-of-memory kill in its log.",
    "tcp.closed": "The peer took the request and hung up: look for a crash of its worker in its log.",
    "tls.untrusted": "Give the authority that signed the certificate as ca_file of this target.",
    "tls.expired": "Renew the certificate.",
    "tls.name_mismatch": "Write the host as the certificate names it.",
    "journey.no_answer": _HANGS,
    "journey.answer_unfinished": _HANGS,
    "journey.out_of_time": "The stages before took all the time: see which in the evidence.",
    "journey.host_rejected": "Add the name with its port, exactly as callers write it, to MLFLOW_ALLOWED_HOSTS (or "
    "--allowed-hosts) of the server's task definition and deploy it; no permission is wrong.",
    "journey.auth_demanded": "The server has begun to demand a key. If that is meant, give this target a credential "
    "and see that every client has one.",
    "journey.key_dropped": "Somebody between the auditor and the server drops the header: compare what the proxies and "
    "the load balancer pass on with what the server reads.",
    "journey.key_refused": "See whether the canary key is still valid and known for this service, and whether other "
    "clients' keys are refused too: then it is the service that validates them.",
    "journey.not_permitted": "Give the canary key the scope to write models (or its balance and rate). The platform is "
    "not shown to be at fault.",
    "journey.auth_service_failed": "Look at the service that validates keys; the keys are not at fault.",
    "journey.redirected": "Write the URL that the request is sent to into the catalogue, unless it is a page of login: "
    "then see why an API answers with one.",
    "journey.not_served": "Compare the prefix in the catalogue with the rules of balancer and proxy and with the "
    "server's --static-prefix: which of them answered stands in the evidence (emitter).",
    "journey.upstream_unreachable": "See which address the proxy is configured with, and whether it resolves and "
    "answers from there.",
    "journey.upstream_timeout": "See whether the server behind the proxy hangs, or is silent at the address that the "
    "proxy is configured with.",
    "journey.no_healthy_target": "See the target group behind the balancer: registered targets and their reasons.",
    "journey.store_unavailable": "See the server's database: the evidence says how it refused (store).",
    "journey.artifact_store_denied": "See that the server's task role may list, get, put and delete in the bucket of "
    "artifacts, and that no policy of the bucket or its key denies it.",
    "journey.server_error": "Read the server's log at this time: it failed by its own error.",
    "journey.unreadable": "Something else than MLflow answers there: see where name and rules lead.",
    "journey.not_read_back": "What was accepted did not come back: see whether reads go to a lagging replica or a "
    "cache, and whether two servers with different stores stand behind one name.",
    "journey.cleanup_failed": "Delete what the evidence names (each name begins with the marker), or wait: each run "
    "takes away what is older than half an hour.",
    "journey.slow": "See which stage took the time, and the server's database and store of artifacts.",
    "self.credentials": "Nothing to do: the next run uses the secret's new value. If that is refused too, it says so.",
    "self.secret_malformed": "Put the key alone into the secret, or JSON that holds it as a text under the key that "
    "the credential of this target names.",
    "aws.denied": "Grant the action to this function's role on exactly this secret; deploying the auditor's stack with "
    "the present catalogue does so.",
    "aws.not_found": "Correct the secret's name in the catalogue, or create the secret.",
    "aws.unreachable": "The function does not reach Secrets Manager: see the VPC's NAT or its endpoint for it.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
