"""A throw-away certificate authority: the certificates of the load balancers, RDS and ElastiCache."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

from sandbox.hokusai.estate import DATABASE_NAME, REDIS_NAME

AUTHORITY_FILE = "authority.pem"
_SERVER_FILE = "server.pem"
PUBLIC_CERTIFICATE_NAME = "*.hokus.ai"


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
    return Certificates(authority=folder / AUTHORITY_FILE, server=folder / _SERVER_FILE)


def issue(folder: Path) -> Certificates:
    """A new authority and one certificate for all names; its key is readable by this user only."""
    made = certificates_in(folder)
    authority = trustme.CA(organization_name="Hokusai sandbox")
    certificate = authority.issue_cert(PUBLIC_CERTIFICATE_NAME, DATABASE_NAME, REDIS_NAME)
    authority.cert_pem.write_to_path(str(made.authority))
    made.server.touch(mode=0o600)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(made.server))
    return made
