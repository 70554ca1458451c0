"""What on-call can do, by cause: text only."""

from functions.database.facts import OpenTransaction
from functions.database.family import DatabaseSpec

_PATH = (
    "First see whether other targets behind the same security group answer. Then look at the database's security group "
    "(does it admit this port from the auditor's group?), the network ACLs in both directions and the routes."
)
_BY_CAUSE = {
    "dns.nxdomain": "Compare the host in the catalogue with the endpoint that RDS shows, and see whether the instance "
    "still exists. Do not put an address in place of the name: it changes at a failover.",
    "dns.servfail": "Ask the VPC resolver for the name from another host; look at the zone and the resolver's rules.",
    "dns.timeout": "The resolver is silent: ask it from another host; look at the VPC's DNS settings and port 53.",
    "tcp.timeout": _PATH,
    "tcp.unreachable": _PATH,
    "tcp.refused": "The host is up and nothing listens: see whether the instance is stopped, restarting or failing "
    "over (RDS events), and whether the port is right.",
    "tcp.reset": "The server cut the connection: look for a restart, a crash or an out-of-memory kill in its log.",
    "tcp.closed": "The server ended the connection: look for a restart or crash in its log, and see whether the port "
    "belongs to PostgreSQL.",
    "tls.timeout": "The port takes connections and nobody serves them: the server hangs or is out of CPU, memory or "
    "disk (look at its metrics and events); reboot or fail over if it does not recover.",
    "tls.untrusted": "Give the bundle of the authority that signed the server's certificate as ca_file; for RDS that "
    "is the region's bundle from truststore.pki.rds.amazonaws.com.",
    "tls.self_signed": "Give the server's certificate as ca_file of this target, or install one of an authority.",
    "tls.expired": "Renew the server's certificate; for RDS rotate to a current certificate authority.",
    "tls.name_mismatch": "Write the host as the certificate names it (the RDS endpoint, not an alias of your own).",
    "pg.tls_refused": "The server offers no TLS: enable ssl on it; if plain text is meant, write tls: disable in the "
    "catalogue.",
    "pg.auth_failed": "Compare user and password of the secret with the server's role: was either rotated alone? Set "
    "both to the same value with ALTER ROLE … PASSWORD, then restart clients that hold the old one.",
    "pg.not_permitted": "The role has NOLOGIN: see who took it away; ALTER ROLE … LOGIN gives it back.",
    "pg.no_hba": "pg_hba.conf admits no such client: see who changed it, or whether client address, user or database "
    "is not the one that was meant.",
    "pg.no_hba_no_tls": "The server demands encryption of this client (rds.force_ssl): write tls: require for this "
    "target and sslmode=require in the application's connection.",
    "pg.certificate_demanded": "pg_hba.conf asks this client for a certificate (clientcert): see who changed it. The "
    "auditor presents none.",
    "pg.no_privilege": "GRANT CONNECT ON DATABASE … TO the role; see who revoked it.",
    "pg.no_database": "Compare the database's name in the catalogue with \\l on the server: renamed, dropped, or a "
    "restored instance without it?",
    "pg.database_closed": "ALTER DATABASE … ALLOW_CONNECTIONS true, after asking who closed it (a migration?).",
    "pg.slots_full": "See who holds the slots (SELECT usename, application_name, state, count(*) FROM pg_stat_activity "
    "GROUP BY 1, 2, 3, with a reserved slot as superuser); end idle sessions with pg_terminate_backend, then bound "
    "the pools of the clients.",
    "pg.role_limit": "The application's role is at its own limit: look for leaked connections of its clients, end idle "
    "ones, and only then raise ALTER ROLE … CONNECTION LIMIT.",
    "pg.database_limit": "The database is at its own limit: end idle sessions, then raise ALTER DATABASE … CONNECTION "
    "LIMIT.",
    "pg.starting": "The server starts, stops or recovers: wait for it and follow its log or RDS events; if recovery "
    "does not advance, look at storage and memory.",
    "pg.terminated": "The server ended the session: look in its log for an administrator's command, a restart or a "
    "failover at this time.",
    "pg.read_only": "The endpoint leads to a standby: after a failover see that the name points to the new primary and "
    "restart clients that hold old connections.",
    "pg.not_replica": "See whether the replica was promoted, and whether the old primary still takes writes: two of "
    "them drift apart. Then correct the role in the catalogue, or make it a replica again.",
    "pg.read_only_default": "See who set default_transaction_read_only: \\drds in psql shows roles and databases, the "
    "parameter group the server. ALTER DATABASE … RESET default_transaction_read_only ends it, unless a switch-over "
    "(blue/green) or somebody's maintenance means it.",
    "pg.storage_full": "Give the server more storage first; then find what grew: WAL that an abandoned replication "
    "slot keeps (pg_replication_slots), temporary files, tables that long transactions keep from being cleaned.",
    "pg.out_of_memory": "See what takes the memory: too many connections, a work_mem that each of them may take "
    "several times, one huge query. End it, then bound it or resize the instance.",
    "pg.lag_not_told": "Aurora tells a replica's lag in CloudWatch only (AuroraReplicaLag): leave max_replica_lag out. "
    "Elsewhere the replica has replayed nothing yet: see whether it is connected to its primary.",
    "pg.schema_unread": "Read the table by hand with the role of this target; after a migration the next run can.",
    "pg.auth_unsupported": "Let the server ask this role for scram-sha-256; a password as text is only sent with "
    "tls: verify.",
    "pg.login_timeout": "The server took the connection and says nothing: it hangs or is out of CPU, memory or disk "
    "(look at its metrics and events); reboot or fail over if it does not recover.",
    "pg.login_failed": "Look up the SQLSTATE in PostgreSQL's appendix A and the server's log at this time.",
    "pg.query_timeout": "Logins work and queries hang: look for locks and long transactions (pg_stat_activity, "
    "pg_locks) and for exhausted CPU or storage credits.",
    "pg.query_failed": "Look up the SQLSTATE in PostgreSQL's appendix A and the server's log at this time.",
    "pg.protocol": "Something else than PostgreSQL listens there: see which process owns the port, and what the name "
    "resolves to.",
    "pg.ca_file_unusable": "Put the PEM file of the authorities where ca_file of this target says, relative to the "
    "auditor's code, and deploy.",
    "self.credentials": "Nothing to do: the next run logs in with the secret's new value. If that is refused too, the "
    "next run says so.",
    "self.secret_malformed": "Put the password alone into the secret, or JSON that holds it as a text under the key "
    "that password_key of this target names.",
    "aws.denied": "Grant the action to this function's role on exactly this secret; deploying the auditor's stack with "
    "the present catalogue does so. A secret with an own KMS key also needs kms:Decrypt on that key.",
    "aws.not_found": "Correct the secret's name in the catalogue, or create the secret.",
    "aws.unreachable": "The function does not reach Secrets Manager: see the VPC's NAT or its endpoint for it, and "
    "the rules on port 443.",
}
_MONITORING_ROLE = "docs/families/database.md has the script that creates the monitoring role."
_OWN_LOGIN = {
    "pg.auth_failed": "set the role's password (ALTER ROLE {user} PASSWORD …) and the secret {secret} to one value.",
    "pg.not_permitted": "ALTER ROLE {user} LOGIN.",
    "pg.no_hba": "admit {user} to {database} from the auditor's addresses in pg_hba.conf.",
    "pg.no_hba_no_tls": "write tls: require for this target: the server admits {user} with encryption only.",
    "pg.certificate_demanded": "admit {user} from the auditor's addresses in pg_hba.conf without clientcert.",
    "pg.role_limit": "see who else uses the role {user}: the auditor holds one connection at a time, and the limit of "
    "3 is for it alone.",
    "pg.no_privilege": "GRANT CONNECT ON DATABASE {database} TO {user}; GRANT pg_monitor TO {user}.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)


def for_blocker(transaction: OpenTransaction | None) -> str | None:
    """What to do with a transaction that is in the way; None leaves the check's own text."""
    if transaction is None:
        return None
    if transaction.state == "prepared":
        return (
            "Nobody ends this prepared transaction by itself, and it survives restarts: see pg_prepared_xacts, ask its "
            "owner, then ROLLBACK PREPARED (or COMMIT PREPARED) it."
        )
    look = f"Process {transaction.pid} in pg_stat_activity shows whose it is and what it did last"
    end = f"pg_terminate_backend({transaction.pid}) ends it"
    if transaction.state == "idle_in_transaction":
        return (
            f"{look}: its client has begun a transaction and does not end it. {end} and takes its changes back. Then "
            "mend the client, and let idle_in_transaction_session_timeout end the next one."
        )
    return f"{look}: it still works. Wait for it, or cancel its statement (pg_cancel_backend); {end}."


def for_own_login(cause: str, spec: DatabaseSpec) -> str | None:
    """How to mend the auditor's own login; None for a cause that is the target's even then."""
    text = _OWN_LOGIN.get(cause)
    if text is None:
        return None
    action = text.format(user=spec.user, database=spec.database, secret=spec.secret)
    return f"The platform is not at fault, the auditor's own login is: {action} {_MONITORING_ROLE}"
