"""A throw-away certificate authority: the certificates of the load balancers, RDS and ElastiCache."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import trustme

_AUTHORITY_FILE = "authority.pem"
_SERVER_FILE = "server.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Where the files lie. ``authority`` is what a client has to trust."""

    authority: Path
    server: Path

    def server_context(self) -> ssl.SSLContext:
        """For a server that shows the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts this authority only."""
        return ssl.create_default_context(cafile=str(self.authority))


def certificates_in(folder: Path) -> Certificates:
    """Where an authority of this folder keeps its files."""
    return Certificates(authority=folder / _AUTHORITY_FILE, server=folder / _SERVER_FILE)


def issue(folder: Path, names: Iterable[str]) -> Certificates:
    """A new authority and one certificate for all names; its key is readable by this user only."""
    made = certificates_in(folder)
    authority = trustme.CA(organization_name="Sandbox")
    certificate = authority.issue_cert(*names)
    authority.cert_pem.write_to_path(str(made.authority))
    made.server.touch(mode=0o600)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(made.server))
    return made


def unverified() -> ssl.SSLContext:
    """What a client that encrypts and verifies nothing uses: sslmode=require, ssl_cert_reqs=None."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
