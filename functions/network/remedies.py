"""What on-call can do, by cause: text only."""

_BY_CAUSE = {
    "dns.nxdomain": (
        "Compare the host in the catalogue with the hosted zone or Cloud Map namespace that really exists, and see "
        "that the service is registered there. Do not put an address in place of the name: it changes with every task."
    ),
    "dns.nodata": (
        "The name exists without an address: see whether any task is registered and healthy, and what record types "
        "the registry writes."
    ),
    "dns.servfail": "Ask the VPC's resolver for another name; then look at the zone's delegation and forwarding rules.",
    "dns.refused": "See which server the VPC's DHCP options name, and whom that one serves.",
    "dns.timeout": "See enableDnsSupport of the VPC and the servers in its DHCP options; ask for another name.",
    "dns.unreachable": "Compare the resolver's address with the VPC's DHCP options.",
    "dns.malformed": "What answers is no healthy DNS server: see what the VPC's DHCP options name.",
    "tcp.timeout": (
        "Silence has three reasons: nothing has this address any more (compare it with the interfaces of running "
        "tasks), a security group or network ACL drops (both ends, both directions), or no route leads there. Look "
        "in this order, and whether other ports of the same host are silent too."
    ),
    "tcp.unreachable": (
        "The network itself says that no way leads there: look at the route table of the auditor's subnet, at a "
        "peering or transit attachment that is gone, and whether the address is one at all."
    ),
    "tcp.refused": (
        "The host is up and nothing listens on the port: see whether the process runs, whether it listens on this "
        "port, and on 0.0.0.0 rather than on 127.0.0.1."
    ),
    "tcp.reset": (
        "Something takes connections and cuts them at once: a proxy or balancer without anybody behind it, a server "
        "that is shutting down, or one that does not admit this client. Its own log says which."
    ),
    "tcp.closed": (
        "Something takes connections and closes them at once: a server that is full (connection limits), that is "
        "starting or stopping, or a proxy without anybody behind it. Its own log says which."
    ),
    "network.not_listened": (
        "The connection took nearly all of the probe's time: raise the timeout of this target if that is normal, "
        "else see why connecting takes seconds (lost packets, a full backlog)."
    ),
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
