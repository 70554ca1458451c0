"""The one place where an exception of the operating system or OpenSSL becomes a cause, in our own words."""

import errno
import ssl

from auditor.domain.observation import Phase


class DeadlinePassedError(Exception):
    """Inside the engine: the probe's deadline passed while it waited for the peer."""


class PeerFaultError(Exception):
    """Inside the engine: the peer did what its protocol does not allow. ``words`` complete "<peer> ..."."""

    def __init__(self, cause: str, words: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.words = words


PHASE_WORDS: dict[Phase, str] = {
    Phase.PREPARE: "the preparation",
    Phase.NAME: "the name's resolution",
    Phase.TCP: "the connection attempt",
    Phase.TLS: "the TLS handshake",
    Phase.REQUEST: "the request",
    Phase.FIRST_BYTE: "the wait for the answer",
    Phase.TRANSFER: "the answer",
    Phase.LOGIN: "the login",
    Phase.QUERY: "the query",
    Phase.ANSWER: "the answer's reading",
}

_OWN_LIMITS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
_UNREACHABLE = {
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.EHOSTDOWN,
    errno.ENETDOWN,
    errno.EACCES,
    errno.EPERM,
    errno.EAFNOSUPPORT,
    errno.EINVAL,
}
_RESETS = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ESHUTDOWN, errno.ENOTCONN}

_VERIFY_CAUSES: dict[int, tuple[str, str]] = {
    10: ("tls.expired", "presents a certificate that has expired"),
    9: ("tls.not_yet_valid", "presents a certificate that is not valid yet"),
    62: ("tls.name_mismatch", "presents a certificate for another name"),
    63: ("tls.name_mismatch", "presents a certificate for another name"),
    64: ("tls.name_mismatch", "presents a certificate for another address"),
    18: ("tls.self_signed", "presents a certificate that is signed by itself"),
    2: ("tls.untrusted", "presents a certificate whose issuer is not in the chain"),
    19: ("tls.untrusted", "presents a chain that ends in an authority that is not trusted"),
    20: ("tls.untrusted", "presents a certificate of an authority that is not trusted"),
    21: ("tls.untrusted", "presents a certificate without the chain to a trusted authority"),
}
"""OpenSSL's X509_V_ERR numbers."""

_NOT_TLS = {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG"}
_NO_COMMON_PROTOCOL = {
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY",
    "UNSUPPORTED_PROTOCOL",
    "NO_PROTOCOLS_AVAILABLE",
    "NO_SHARED_CIPHER",
    "NO_CIPHERS_AVAILABLE",
    "WRONG_SSL_VERSION",
    "WRONG_CIPHER_RETURNED",
    "UNKNOWN_CIPHER_RETURNED",
    "VERSION_TOO_LOW",
}
_CERTIFICATE_DEMANDED = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "SSLV3_ALERT_NO_CERTIFICATE",
    "SSLV3_ALERT_BAD_CERTIFICATE",  # what Go and Java call it: it speaks of ours, and the auditor presents none
}


def is_own_limit(error: OSError) -> bool:
    """Whether the auditor's own machine is out of descriptors, ports or memory: that says nothing about the peer."""
    return error.errno in _OWN_LIMITS


def tls_cause(error: ssl.SSLError) -> tuple[str, str]:
    """Cause of a TLS error, and words that complete "<peer> ..."."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code = error.verify_code
        return _VERIFY_CAUSES.get(code, ("tls.failed", f"presents a certificate that fails verification (code {code})"))
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "tls.closed", "closed the connection during the TLS handshake"
    reason = error.reason or "unknown"  # a constant of OpenSSL's, never the peer's text
    if reason in _NOT_TLS:
        return "tls.not_tls", "does not speak TLS on this port"
    if reason in _CERTIFICATE_DEMANDED:
        return "tls.client_certificate_required", "demands a client certificate"
    if reason in _NO_COMMON_PROTOCOL:
        return "tls.protocol", f"shares no TLS version or cipher with the auditor ({reason})"
    return "tls.failed", f"failed the TLS handshake ({reason})"


def socket_cause(error: OSError, phase: Phase) -> tuple[str, str]:
    """Cause of a socket's error during a phase, and words that complete "<peer> ..."."""
    during = PHASE_WORDS[phase]
    if error.errno == errno.ECONNREFUSED:
        return "tcp.refused", "refused the connection"
    if error.errno in _RESETS:
        return "tcp.reset", f"reset the connection during {during}"
    if error.errno == errno.ETIMEDOUT:
        return "tcp.timeout", f"stopped answering during {during}"
    if error.errno in _UNREACHABLE:
        return "tcp.unreachable", f"could not be reached ({errno.errorcode[error.errno or 0]})"
    return "tcp.unreachable", f"could not be reached ({type(error).__name__} {error.errno})"


def cause_of(error: Exception, phase: Phase) -> tuple[str, str] | None:
    """Cause and words of an exception that the network can raise; None for any other exception: that is a bug."""
    if isinstance(error, PeerFaultError):
        return error.cause, error.words
    if isinstance(error, ssl.SSLError):
        return tls_cause(error)
    if isinstance(error, OSError) and error.errno is not None:
        return socket_cause(error, phase)
    return None
