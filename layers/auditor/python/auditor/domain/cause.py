"""Causes: why one probe failed. A closed list; the kernel owns the network's, AWS's and its own, a family the rest."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One entry of the closed list.

    ``proves_path``: whether seeing this cause proves that packets travelled to the target and back. A refusal, a reset
    or a protocol answer does; silence does not. Only a cause that proves nothing may be laid to the auditor's vantage.
    """

    id: str
    meaning: str
    proves_path: bool


class DuplicateCauseError(ValueError):
    """When two families, or a family and the kernel, declare the same cause."""


def _cause(id: str, meaning: str, *, proves_path: bool) -> Cause:
    return Cause(id=id, meaning=meaning, proves_path=proves_path)


KERNEL_CAUSES: tuple[Cause, ...] = (
    _cause("dns.nxdomain", "the name does not exist", proves_path=False),
    _cause("dns.nodata", "the name exists and has no address record", proves_path=False),
    _cause("dns.servfail", "the resolver could not get an answer", proves_path=False),
    _cause("dns.refused", "the resolver refuses to answer this client", proves_path=False),
    _cause("dns.timeout", "the resolver did not answer in time", proves_path=False),
    _cause("dns.malformed", "the resolver's answer could not be read", proves_path=False),
    _cause("dns.unreachable", "no packet could be sent to the resolver", proves_path=False),
    _cause("tcp.timeout", "nothing answered the connection attempt in time", proves_path=False),
    _cause("tcp.unreachable", "the network says there is no way to the address", proves_path=False),
    _cause("tcp.refused", "the host answered that nothing listens on the port", proves_path=True),
    _cause("tcp.reset", "the peer reset the connection", proves_path=True),
    _cause("tcp.closed", "the peer closed the connection before it answered", proves_path=True),
    _cause(
        "tls.timeout", "the peer accepted the connection and did not finish the TLS handshake in time", proves_path=True
    ),
    _cause("tls.expired", "the certificate has expired", proves_path=True),
    _cause("tls.not_yet_valid", "the certificate is not valid yet", proves_path=True),
    _cause("tls.name_mismatch", "the certificate is for another name", proves_path=True),
    _cause("tls.untrusted", "no trusted authority signed the certificate", proves_path=True),
    _cause("tls.self_signed", "the certificate is signed by itself", proves_path=True),
    _cause("tls.protocol", "client and server share no TLS version or cipher", proves_path=True),
    _cause("tls.not_tls", "the peer does not speak TLS on this port", proves_path=True),
    _cause("tls.client_certificate_required", "the peer demands a client certificate", proves_path=True),
    _cause("tls.closed", "the peer ended the connection during the TLS handshake", proves_path=True),
    _cause("tls.failed", "the TLS handshake failed for another reason", proves_path=True),
    _cause("aws.denied", "the auditor's role may not make this AWS call", proves_path=False),
    _cause("aws.not_found", "the AWS resource that the catalogue names does not exist", proves_path=False),
    _cause("aws.throttled", "AWS throttled the auditor", proves_path=False),
    _cause("aws.unreachable", "the AWS endpoint could not be reached from the auditor", proves_path=False),
    _cause("aws.failed", "an AWS call failed for another reason", proves_path=False),
    _cause("self.deadline", "the run ended before this target was reached", proves_path=False),
    _cause("self.bug", "the auditor itself failed", proves_path=False),
    _cause("self.secret_malformed", "a secret that the auditor needs cannot be used", proves_path=False),
    _cause("self.not_stored", "the run's results could not be stored", proves_path=False),
    _cause("self.late", "the run did not report for its slot", proves_path=False),
    _cause("self.credentials", "the auditor's own login was refused", proves_path=False),
)


def cause_index(*lists: Iterable[Cause]) -> dict[str, Cause]:
    """All causes by id; doubles are refused, because one word has one meaning."""
    index: dict[str, Cause] = {}
    for causes in lists:
        for cause in causes:
            if cause.id in index:
                raise DuplicateCauseError(f"cause {cause.id!r} is declared twice; each cause belongs to one owner")
            index[cause.id] = cause
    return index
