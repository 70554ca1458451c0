"""A throw-away certificate authority: the certificates of the load balancers, RDS and ElastiCache."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

_AUTHORITY_FILE = "authority.pem"
_VALID = timedelta(days=197)
"""What ACM gives a certificate, so that nothing is due for months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Where the files lie. ``authority`` is what a client has to trust."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's own certificate."""
        return self.folder / _AUTHORITY_FILE

    def server(self, name: str) -> Path:
        """Key and certificate for a name; the star of a wildcard is no letter for a file."""
        return self.folder / f"server-{name.replace('*', 'any')}.pem"

    def server_context(self, name: str) -> ssl.SSLContext:
        """For a server that shows the certificate for this name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server(name))
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts this authority only."""
        return ssl.create_default_context(cafile=str(self.authority))


def certificates_in(folder: Path) -> Certificates:
    """Where an authority of this folder keeps its files."""
    return Certificates(folder=folder)


class Authority:
    """A new authority whose files lie in a folder; the keys are readable by this user only."""

    def __init__(self, folder: Path) -> None:
        self.certificates = certificates_in(folder)
        self._authority = trustme.CA(organization_name="Sandbox")
        self._authority.cert_pem.write_to_path(str(self.certificates.authority))

    def issue(self, name: str, *, left: timedelta = _VALID) -> None:
        """A certificate for a name, in place of the one it had; it ends in that time, or has ended."""
        ends, path = datetime.now(UTC) + left, self.certificates.server(name)
        certificate = self._authority.issue_cert(name, not_before=ends - 2 * _VALID, not_after=ends)
        path.touch(mode=0o600)
        certificate.private_key_and_cert_chain_pem.write_to_path(str(path))


def issue(folder: Path, names: Iterable[str]) -> Certificates:
    """A new authority and a certificate for each name."""
    authority = Authority(folder)
    for name in names:
        authority.issue(name)
    return authority.certificates


def unverified() -> ssl.SSLContext:
    """What a client that encrypts and verifies nothing uses: sslmode=require, ssl_cert_reqs=None."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
