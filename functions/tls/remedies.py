"""What on-call can do, by cause: text only."""

_BY_CAUSE = {
    "dns.nxdomain": "Compare the host with the records that exist: it may be gone, renamed, or of another zone.",
    "dns.nodata": "The name exists and leads nowhere: see whether anything behind it is registered and healthy.",
    "dns.servfail": "Look at the resolver and the zone's delegation before you look at the server.",
    "dns.timeout": "Look at the resolver and the VPC's DNS settings before you look at the server.",
    "tcp.timeout": "Compare security groups, network ACLs and routes on the way to the port, then see whether anything "
    "runs at the address.",
    "tcp.refused": "The host is up and nothing listens on the port: see whether the server or listener runs.",
    "tcp.unreachable": "No way leads to the address: see the subnet's routes and whether the address is still in use.",
    "tcp.reset": "The server hangs up in the handshake: read its log; a load balancer without a certificate and a "
    "server without its key do that.",
    "tls.timeout": "The port takes connections and does not answer the handshake: see whether what listens there "
    "speaks TLS at all, then whether it hangs (processor, memory).",
    "tls.expired": "Renew the certificate and have the server load it. With ACM see the renewal status and whether the "
    "validation record (CNAME) still exists; an imported certificate is never renewed by ACM.",
    "tls.expires_soon": "Renew the certificate. With ACM see the renewal status and whether the validation record "
    "(CNAME) still exists; an imported certificate is never renewed by ACM. After a renewal see that the server loaded "
    "it: this is what it presents now.",
    "tls.not_yet_valid": "Compare the clock of whoever issued the certificate with its begin; serve the former one "
    "until then.",
    "tls.name_mismatch": "See where the name leads, and which certificate is attached there: it must list this name. "
    "The same certificate with and without a name is the server's default: no certificate is attached for this name.",
    "tls.untrusted": "Serve a certificate of an authority that the clients trust. For an internal authority give its "
    "certificate to the clients, and here as ca_file of the target.",
    "tls.self_signed": "Replace the certificate by one of a trusted authority; what signs itself is often a server's "
    "default that was never replaced.",
    "tls.chain_incomplete": "Serve the certificate with its intermediate (fullchain.pem, ssl_certificate of nginx, the "
    "chain of an import into ACM). Browsers may have it cached; other clients fail.",
    "tls.certificate_unreadable": "Issue the certificate anew with a maintained tool, and see what presents it.",
    "tls.old_version": "Enable TLS 1.2 or later on the server, or choose a newer security policy for the listener.",
    "tls.protocol": "Server and clients share no version or cipher: compare the server's list (or the listener's "
    "security policy) with what clients of today offer.",
    "tls.plain_http": "The port speaks plain HTTP: correct the listener's protocol, or scheme and port of whoever uses "
    "https here.",
    "tls.not_tls": "The port does not speak TLS: see what listens there, and correct port or protocol.",
    "tls.not_offered": "Enable TLS on the server, or take this target away if it is meant to be without.",
    "tls.closed": "The server ends the connection in the handshake: read its log; it may lack its key or certificate, "
    "or expect another protocol.",
    "tls.failed": "Read the server's log of the handshake: the words in brackets are OpenSSL's.",
    "tls.client_certificate_required": "If it is meant, declare client_certificate: demanded, and see that health "
    "checks and clients have a port, a path or a certificate of their own; else take the demand out of the server's "
    "settings.",
    "tls.client_certificate_not_demanded": "Whoever reaches the port is let in: turn the verification of clients on "
    "again in the server's settings, or correct the declaration.",
    "tls.ca_file_unusable": "Put the PEM file into the deployed code under the path that the catalogue names.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
