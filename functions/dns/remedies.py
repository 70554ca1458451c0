"""What on-call can do, by cause: text only."""

from functions.dns.facts import DnsFacts

_PRIVATE_ZONE = (
    "Compare the name with the Cloud Map namespaces and private hosted zones that really exist, and see that the zone"
    " is associated with this VPC; then correct whoever uses the wrong name, or register the service. Do not put an "
    "address in place of the name: it changes with every task."
)
_PUBLIC_ZONE = (
    "Compare the name with the records of the hosted zone that the registrar delegates to; restore the record, or "
    "correct whoever uses the wrong name."
)
_DANGLING = (
    "The name is an alias, and what it points to is gone: correct or remove the alias at {alias}; if others could "
    "register the missing name, remove the alias at once."
)
_BY_CAUSE = {
    "dns.nodata": (
        "The name exists without a record of this type: for a Cloud Map service see whether any instance is "
        "registered and healthy; for an alias, what it points to; and whether clients need A or AAAA."
    ),
    "dns.other_type": (
        "Clients that need this type get nothing: see which types the Cloud Map service or the zone publishes, and "
        "add the missing one. SRV alone serves no client that looks for an address."
    ),
    "dns.lame": (
        "The server that is asked is no resolver for this name: see which servers the VPC's DHCP options name, and to "
        "whom forwarding rules and delegations send the zone; each of them must either recurse or hold the zone."
    ),
    "dns.lying": (
        "Do not trust what this resolver says of any name. See which server the VPC's DHCP options name and who runs "
        "it; go back to the VPC's own resolver, or turn off its replacement of NXDOMAIN."
    ),
    "dns.shadowed": (
        "A private hosted zone of this name, or of one above it, is associated with the VPC and answers in place of "
        "the public one: write the record into the private zone too, or disassociate the zone. If the public record "
        "is new, the resolver may only still remember that it was absent."
    ),
    "dns.not_public": (
        "Whoever stands outside the VPC does not find the name: restore the record in the public hosted zone that the "
        "registrar delegates to, and see that the delegation is whole."
    ),
    "dns.public_unanswered": (
        "The subnet needs a way out, and the auditor's security group egress to port 53 of this resolver over UDP and "
        "TCP; leave public_resolver out of the target where there is none."
    ),
    "dns.servfail": (
        "The resolver could not get an answer, which says nothing about the record itself: look at the zone's "
        "delegation and DNSSEC, at outbound endpoints and forwarding rules of Route 53 Resolver, and ask for another "
        "name."
    ),
    "dns.refused": (
        "The resolver does not serve this client: see that the server asked is the one in the VPC's DHCP options, and"
        " look at its access list."
    ),
    "dns.timeout": (
        "No resolver answered: see enableDnsSupport of the VPC and the servers in its DHCP options, and whether one "
        "network interface sends more than 1,024 queries a second. Security groups and network ACLs never block the "
        "VPC's own resolver; for a server of your own see UDP port 53 in both."
    ),
    "dns.unreachable": (
        "Nothing listens there or no way leads there: compare the resolver's address with the VPC's DHCP options (the"
        " VPC's own resolver is its base address plus two, and 169.254.169.253)."
    ),
    "dns.malformed": (
        "What answers is no healthy DNS server: see which server the VPC's DHCP options name, and what listens on "
        "port 53 there."
    ),
    "dns.truncated": (
        "The answer is too long for a datagram, and TCP port 53 of the resolver does not work: for a server of your "
        "own open it in security groups and network ACLs. Clients lose such answers too."
    ),
    "dns.name_present": (
        "See who created the record or zone again, and remove it; whatever still uses the name must be corrected first."
    ),
    "dns.unexpected_records": (
        "Compare the listed values with what should serve: a task that is gone and still registered, a record left "
        "from an earlier address, a private name answered by a public zone, or a record that somebody changed."
    ),
    "dns.too_few_records": (
        "See which instances or targets are missing: deregistered, or unhealthy in Cloud Map or in the record's "
        "health check."
    ),
    "dns.ttl_too_long": ("Lower the record's TTL in its zone: after a change clients keep the old address this long."),
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause that needs no further knowledge; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)


def for_missing_name(facts: DnsFacts, *, private: bool) -> str:
    """The remedy of NXDOMAIN: a dangling alias, a private zone and a public one are mended in different places."""
    if facts.canonical:
        owners = (facts.name, *(alias.value for alias in facts.canonical))
        remedy = _DANGLING.format(alias=owners[-2])
    else:
        remedy = _PRIVATE_ZONE if private else _PUBLIC_ZONE
    if not facts.soa_minimum:
        return remedy
    return f"{remedy} Resolvers may go on denying it for {facts.soa_minimum} s after it is mended."
