"""What on-call can do, by cause: text only."""

from typing import Literal

from functions.http.facts import AnswerFacts, Emitter, Message

_PATH = (
    "Ask http.reachable of the other targets behind the same security group first: if all are silent, the path "
    "is shut. "
    "Then look at the security groups of both ends, network ACLs (both directions) and routes for this address "
    "and port."
)

_CLIENT_CERTIFICATE = (
    "The server demands a client certificate: probe a path or port that does not, or take the demand away from health "
    "checks."
)

_BY_CAUSE = {
    "dns.nxdomain": "Compare the host in the catalogue with the hosted zone or Cloud Map namespace that really "
    "exists; "
    "register the service there. Do not put an address in place of the name: addresses change with every task.",
    "dns.nodata": "The name exists without an address: see whether any task is registered and healthy in Cloud Map.",
    "dns.servfail": "Ask the VPC resolver for the name from another host; look at the zone's delegation and at the "
    "forwarding rules of Route 53 Resolver.",
    "tcp.timeout": _PATH,
    "tcp.unreachable": _PATH,
    "tcp.refused": "The host is up and nothing listens: see whether the task runs, whether it crashed at start "
    "(its log), "
    "and whether the application listens on this port on 0.0.0.0 rather than on 127.0.0.1.",
    "tcp.reset": "The peer cut the connection: look for restarts and for a proxy or balancer whose idle timeout "
    "is shorter "
    "than the other side's; see that http and https were not mixed up.",
    "tcp.closed": "The peer closed without answering: look for a crash of the worker at this time, and see that "
    "http and "
    "https were not mixed up.",
    "tls.timeout": "The port takes connections and does not speak TLS in time: see whether it is a plain HTTP "
    "port, then "
    "whether the process hangs.",
    "tls.expired": "Renew the certificate and reload whoever serves it; with ACM look at the renewal status and "
    "its DNS "
    "validation record.",
    "tls.not_yet_valid": "Compare the clock of the host that made the certificate with the certificate's begin.",
    "tls.name_mismatch": "Serve a certificate that lists this host, or correct the host in the catalogue.",
    "tls.untrusted": "Serve the whole chain; for an internal authority give its certificate as ca_file of this target.",
    "tls.self_signed": "Replace the certificate by one of a trusted authority, or give it as ca_file of this target.",
    "tls.protocol": "Enable TLS 1.2 or later on the server or in the balancer's security policy.",
    "tls.not_tls": "The port speaks plain HTTP: correct the scheme in the catalogue, or the listener's protocol.",
    "tls.client_certificate_required": _CLIENT_CERTIFICATE,
    "http.first_byte_timeout": "The process takes connections and does not answer: look for a hanging "
    "dependency in the "
    "service's log, exhausted workers, or a health path that asks dependencies one after the other.",
    "http.transfer_timeout": "The answer drips: look at what the handler streams from, at CPU throttling and at "
    "packet loss.",
    "http.malformed": "What listens there does not speak HTTP/1.1, or is broken: see which process owns the "
    "port, and that "
    "http and https were not mixed up.",
    "http.truncated": "The peer died or was cut off within the answer: look for restarts, out-of-memory kills "
    "and worker "
    "timeouts at this time.",
    "http.body_too_large": "If an answer of this size is honest, raise max_body of this target or probe a "
    "smaller path; if "
    "not, see what is served there.",
    "http.headers_too_large": "See what writes such a header: most often cookies or a loop in a proxy that adds to it.",
    "http.encoding": "Body and Content-Encoding disagree: look at the compression of the service and of each "
    "proxy before it.",
    "http.redirect": "Correct the redirect's source (listener rule, proxy, application), or redirect_to in the "
    "catalogue.",
    "http.health_bad": "The service itself says what is not well: look at the dependency that it names, then at the "
    "address by which the service reaches it.",
    "http.health_unreadable": "Compare the health document with the paths in the catalogue: most often its "
    "shape changed, "
    "or another program answers here.",
    "http.breaker_open": "The breaker is not the fault: look at what the service calls behind it, and at the "
    "address by "
    "which it does. Do not reset it by hand before that works.",
    "http.redirect_loop": "Two redirects contradict each other, most often http to https at both balancer and "
    "application: "
    "let the application trust X-Forwarded-Proto, or take one redirect away.",
}

_BALANCER_BY_STATUS = {
    404: "No listener rule matched: compare the rules of the listener on this port with host and path.",
    502: "The balancer reached a target that reset or answered nonsense: look for crashes in the target's log, for a "
    "target-group protocol that does not fit, and for a keep-alive shorter than the balancer's idle timeout.",
    503: "The balancer has no target to send this to: see the target group's registered targets and their "
    "reason codes.",
    504: "The balancer got no answer from the target in time: see the target's latency and the security group "
    "between both.",
}
_SERVICE_BY_STATUS = {
    401: "The service demands credentials on this path: expect 401 in the catalogue if that is right, else see "
    "what changed "
    "in its access rules.",
    403: "The service refuses this caller or this Host header: see its access rules and allowed hosts (the port "
    "counts).",
    404: "The running version does not serve this path: compare the running image and route prefix with the catalogue.",
    429: "The service limits the rate: see who calls how often, and whether the limit counts the auditor.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause that needs no further knowledge; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)


_BY_MESSAGE: dict[Message, str] = {
    "auth_service_failed": "The key is not at fault: the service could not ask its authentication service. Look "
    "at that "
    "one first, then at the address that this service asks it by.",
    "client_certificate_required": _CLIENT_CERTIFICATE,
    "host_rejected": "The server refuses the Host header that it is called by: add this name to its allowed "
    "hosts, with "
    "and without the port, and deploy it.",
    "https_required": "The port speaks TLS and was asked in plain HTTP: correct the scheme in the catalogue, or in the "
    "listener or target group that leads here.",
    "not_configured": "The running version lacks a setting or secret: compare the variables of the running task "
    "definition with those of the revision before.",
    "not_found_page": "An application answered that does not serve this path: see which target group the "
    "listener's rule "
    "sends it to, then the application's route prefix.",
    "permission_denied": "The key is known and may not do this: see its scopes and roles, and whether the rules "
    "changed.",
    "service_unknown": "The key is not at fault: the service that answered names itself by an id that its "
    "authentication service does not know. Compare the id in its task definition with those that are registered there.",
    "storage_unavailable": "The service cannot use its storage: see the bucket or database that its task definition "
    "names, and its role's permissions.",
}
_UPSTREAM = (
    "is what could not be used: see that the name exists and which address it has, that something listens there, "
)
_OWN_KEY: dict[Message, str] = {
    "payment_required": "The account of the canary key has no balance: fill it up, or give the auditor a key that is "
    "not billed.",
    "permission_denied": "The canary key is known and may not do this: give it the scope or role that this path needs, "
    "or expect 403 in the catalogue if nobody should have it.",
    "rate_limited": "The canary key is over its rate: raise its limit, or probe fewer paths with it.",
}
_KEY_BY_CAUSE = {
    "aws.denied": "Allow the function's role secretsmanager:GetSecretValue on this secret, and kms:Decrypt where it is "
    "encrypted with a key of your own.",
    "aws.not_found": "Create the secret with a canary key of the service, or correct credential.secret in the "
    "catalogue.",
    "self.secret_malformed": "Put the key into the secret as its whole text, or as JSON and name its key in "
    "credential.key of the catalogue.",
    "self.credentials": "Nothing to do if the next run passes; the secret was changed a moment ago.",
}


def for_lacking_key(cause: str) -> str | None:
    """The remedy where the auditor has no usable key; None leaves the check's own text."""
    return _KEY_BY_CAUSE.get(cause)


def for_own_key(message: Message) -> str | None:
    """The remedy where a rule about the canary key's owner kept the auditor out."""
    return _OWN_KEY.get(message)


def for_status(answer: AnswerFacts, credential: Literal["none", "canary", "wrong"] = "none") -> str | None:
    """The remedy of an unexpected status, by what it says and who wrote it; None leaves the check's own text."""
    if answer.message is not None and (remedy := _for_message(answer.message, answer, credential)) is not None:
        return remedy
    if answer.emitter is Emitter.LOAD_BALANCER:
        return _BALANCER_BY_STATUS.get(answer.status)
    if answer.emitter is Emitter.PROXY and answer.status in (502, 503, 504):
        return (
            "What answered only relays and could not reach what is behind it: see the proxy's log and its "
            "upstream address."
        )
    if answer.status >= 500:
        return (
            "Read the service's log at this time, then the results of what it depends on: a dependency may be the root."
        )
    return _SERVICE_BY_STATUS.get(answer.status)


def _for_message(message: Message, answer: AnswerFacts, credential: str) -> str | None:
    if message in ("upstream_connect_failed", "upstream_timeout") and answer.names_upstream:
        return (
            f"{answer.names_upstream} {_UPSTREAM}and that the security groups between let it through. If the address "
            "itself is wrong, correct it in the task definition of the service that answered."
        )
    if message == "invalid_key" and credential == "canary":
        return (
            "The canary key is refused: see whether it expired or was revoked, whether other keys still work, and "
            "whether the service asks the right authentication service. Then put a valid key into the secret."
        )
    if message == "api_key_required" and credential == "canary":
        return (
            "A key was sent and the service saw none: see which proxy drops the header, and that header and scheme in "
            "the catalogue are those that the service reads."
        )
    return _BY_MESSAGE.get(message)
