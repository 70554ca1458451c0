"""What on-call can do, by cause: text only."""

from functions.cache.family import CacheSpec

_PATH = (
    "First see whether other targets behind the same security group answer. Then look at the cache's security group "
    "(does it admit this port from the auditor's group?), the network ACLs in both directions and the routes."
)
_HANGS = (
    "The port takes connections and nobody serves them: the server hangs (a slow command, swap, a stopped process). "
    "Look at its CPU, memory and events; fail over or reboot if it does not recover."
)
_BY_CAUSE = {
    "dns.nxdomain": "Compare the host in the catalogue with the endpoint that ElastiCache shows, and see whether the "
    "cluster still exists. A cache that is meant to be absent is declared with deployed: false.",
    "dns.servfail": "Ask the VPC resolver for the name from another host; look at the zone and the resolver's rules.",
    "dns.timeout": "The resolver is silent: ask it from another host; look at the VPC's DNS settings and port 53.",
    "tcp.timeout": _PATH,
    "tcp.unreachable": _PATH,
    "tcp.refused": "The host is up and nothing listens: see whether the node is stopped, replaced or failing over "
    "(ElastiCache events), and whether the port is right.",
    "tcp.reset": "The server cut the connection: look for a restart, a crash or an out-of-memory kill in its events.",
    "tcp.closed": "The server ended the connection: look for a restart or crash, and see whether the port is a "
    "Redis's.",
    "tls.timeout": _HANGS,
    "tls.untrusted": "Give the bundle of the authority that signed the server's certificate as ca_file.",
    "tls.self_signed": "Give the server's certificate as ca_file of this target, or install one of an authority.",
    "tls.expired": "Renew the server's certificate.",
    "tls.name_mismatch": "Write the host as the certificate names it (ElastiCache's endpoint, not an alias of your "
    "own).",
    "tls.client_certificate_required": "The server asks clients for a certificate, which this family does not "
    "present; on a server of your own set tls-auth-clients no.",
    "redis.tls_missing": "The server offers no encryption in transit: clients with rediss:// cannot connect. See who "
    "replaced or changed it; if plain text is meant, write tls: disable here and redis:// in the clients.",
    "redis.tls_demanded": "The server demands encryption in transit: write rediss:// (or the TLS switch) in the "
    "clients and tls: require for this target.",
    "redis.noauth": "The server demands a password and the catalogue names no secret for it: name it; see that the "
    "clients have it too.",
    "redis.wrongpass": "Secret and server hold two passwords: see which of them was changed last, set both to one "
    "value (ElastiCache: rotate the auth token with SET, then ROTATE), and restart clients that hold the old one.",
    "redis.no_password": "The server has no password, and clients that send one are refused: set it again on the "
    "server (ElastiCache: the auth token). Do not take it out of the clients.",
    "redis.open_to_all": "Set a password for the default user or switch that user off; until then everybody who "
    "reaches the port reads and writes.",
    "redis.not_permitted": "Permit the auditor's user the commands of this family (docs/families/cache.md has the "
    "rule).",
    "redis.max_clients": "See who holds the connections (CLIENT LIST by address and name), restart the client that "
    "leaks them, bound the clients' pools; raise maxclients only then.",
    "redis.protected_mode": "The server admits its own host only: set a password or bind it to the private address.",
    "redis.login_timeout": _HANGS,
    "redis.login_failed": "Look at the server's log at this time; a proxy in between may know fewer commands.",
    "redis.loading": "The server loads its data after a restart: wait for it (INFO persistence says how far it is), "
    "and see why it restarted.",
    "redis.master_down": "The replica serves nothing until it finds its primary: look at that one first.",
    "redis.busy": "A script runs too long: SCRIPT KILL (if it has written: SHUTDOWN NOSAVE or fail over), then bound "
    "it.",
    "redis.query_timeout": "The server takes logins and does not answer: look for slow commands (SLOWLOG GET), swap, "
    "CPU.",
    "redis.query_failed": "Look at the server's log at this time; a proxy in between may know fewer commands.",
    "redis.protocol": "Something else than a Redis listens there: see which process owns the port, and what the name "
    "resolves to.",
    "redis.not_told": "A proxy in between may answer for the server, or INFO was renamed: let the target name the "
    "server itself.",
    "redis.oom": "Free memory first: start the consumer of the deepest queue or trim it, delete what nobody reads; "
    "then give the node more memory or a policy that may evict.",
    "redis.read_only": "The name leads to a replica: after a failover see that it leads to the new primary, and "
    "restart clients that hold old connections.",
    "redis.not_persisted": "The server cannot save its data: look at its disk and memory (BGSAVE needs room to fork) "
    "and at its log.",
    "redis.no_replicas": "Bring the replicas back, or lower min-replicas-to-write.",
    "redis.moved": "The server is one node of a cluster and the key lives on another: name the node that owns it.",
    "redis.cluster_down": "The cluster does not cover all slots: bring the missing node back (CLUSTER NODES).",
    "redis.write_failed": "Look at the server's log at this time.",
    "redis.wrong_role": "See whether a failover has just happened and where the name leads; clients belong on the "
    "primary endpoint, not on a node's own.",
    "redis.memory_high": "See what grew (queues first), let it be consumed or trim it, then give the server more "
    "memory.",
    "redis.replica_link_down": "Look at the primary and at the network between the two; the replica serves old data.",
    "redis.replicas_missing": "Bring the replica back: without it there is nothing to fail over to.",
    "redis.wrong_type": "Another program uses this key: see who writes it, or correct name and kind in the catalogue.",
    "redis.queue_deep": "See whether the consumers run and what they wait for; only then trim or scale.",
    "redis.processing_high": "Consumers took messages and did not finish: look for crashes in their log, then move "
    "the messages back into the queue.",
    "redis.dead_letters_high": "Nobody has looked at the dead letters: read them, then retry or delete them.",
    "redis.dead_letters_growing": "The consumer fails on messages of now: read the newest dead letter and its log, "
    "mend the handler, and only then retry them.",
    "redis.queue_stalled": "Nobody consumes: see whether the consumers run, and what the first message does to them.",
    "redis.timestamp_unreadable": "Write where an envelope holds its time as timestamp of this queue, or leave "
    "max_age out.",
    "redis.ca_file_unusable": "Put the PEM file of the authorities where ca_file of this target says, relative to the "
    "auditor's code, and deploy.",
    "self.credentials": "Nothing to do: the next run logs in with the secret's new value. If that is refused too, the "
    "next run says so.",
    "self.secret_malformed": "Put the password alone into the secret, or JSON that holds it as a text under the key "
    "that secret_key of this target names.",
    "aws.denied": "Grant the action to this function's role on exactly this secret; deploying the auditor's stack "
    "with the present catalogue does so. A secret with an own KMS key also needs kms:Decrypt on that key.",
    "aws.not_found": "Correct the secret's name in the catalogue, or create the secret.",
    "aws.unreachable": "The function does not reach Secrets Manager: see the VPC's NAT or its endpoint for it, and "
    "the rules on port 443.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)


def for_own_login(spec: CacheSpec) -> str:
    """How to mend the auditor's own login."""
    return (
        f"The platform is not at fault, the auditor's own login is: give the user {spec.user or 'default'} and the "
        f"secret {spec.secret} one password. docs/families/cache.md has the rule that creates the user."
    )
