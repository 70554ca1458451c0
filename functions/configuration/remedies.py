"""What on-call can do, by cause: text only."""

from auditor.domain.remedy import AWS_CALLS

_RESOLVER = (
    "Look at the VPC's DNS settings and at what answers for this zone: whether the name exists is open until then."
)
_BY_CAUSE = {
    **AWS_CALLS,
    "configuration.variable_missing": "Add the variable or secret reference to the task definition and deploy; if this "
    "revision dropped it, go back to the one before meanwhile.",
    "configuration.host_differs": "Set the variable to the declared name and deploy. Do not write an address in its "
    "place: it changes with every task. If the new place is meant, correct the catalogue.",
    "configuration.value_malformed": "Write the value so that clients can read it: scheme, host and port; in a "
    "password within a URL / ? # @ and + are percent-encoded; better, take it out of the URL into a secret reference.",
    "configuration.reference_malformed": "Copy the ARN from Secrets Manager, with the six characters at its end; a key "
    "of a JSON secret is :key:: behind it.",
    "configuration.loopback": "Set the variable to the name of the service that is meant: in a task, localhost is the "
    "task itself.",
    "configuration.literal_address": "Put the name in place of the address: it belongs to a task only as long as that "
    "runs. If a fixed address is meant, write literal_ok: true.",
    "configuration.parameter_missing": "Create the parameters under exactly these names (or correct the references), "
    "then force a deployment: running tasks hold what they read at their start.",
    "configuration.secret_missing": "Create or restore the secret, or copy the ARN of the one that is meant into the "
    "task definition and deploy: new tasks cannot start without it.",
    "configuration.secrets_not_asked": "At most 10 secrets of a container are asked for: see yourself whether the rest "
    "exists.",
    "configuration.scheme_missing": "Write the scheme in front of the host (http:// or what the client expects), and "
    "deploy: most clients refuse a URL without one.",
    "configuration.settings_disagree": "Find out which of them the code reads, set all of them to the place that is "
    "meant, and deploy; better, keep one.",
    "configuration.setting_dropped": "Compare the two revisions. If it was lost, go back to the one before or add it "
    "again; if it was meant, nothing is to be done.",
    "configuration.value_not_seen": "The auditor reads no referenced values: see yourself where it points, or make the "
    "address a plain variable, since it is no secret.",
    "configuration.host_unknown": "Compare the name with what is registered (Cloud Map, Route 53), then correct the "
    "variable and deploy, or register the name. Do not write an address in its place: it changes with every task.",
    "configuration.names_not_asked": "Only the deployed function looks hosts up, at most 20 of a container: look the "
    "rest up from inside the VPC, or leave variables out of read_variables that name no host to connect to.",
    "dns.timeout": _RESOLVER,
    "dns.servfail": _RESOLVER,
    "dns.refused": _RESOLVER,
    "dns.malformed": _RESOLVER,
    "dns.unreachable": _RESOLVER,
    "aws.not_found": "Correct the names of cluster, service, task definition and container in the catalogue; nothing "
    "is said about the platform.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)


def for_unknown_host(variable: str, nearest: str) -> str:
    """The remedy where a name is known that may be meant."""
    return (
        f"Set {variable} to {nearest} if that is meant, and deploy. Do not write an address in its place: it changes "
        "with every task."
    )
