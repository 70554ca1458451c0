"""TLS versions as OpenSSL names them: their order, and how a reader knows them. Pure."""

_IN_ORDER = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def is_older(version: str, than: str) -> bool:
    """Whether OpenSSL's ``TLSv1.2`` is older than the catalogue's ``1.3``; what is not known here is newer."""
    return version in _IN_ORDER and _IN_ORDER.index(version) < _IN_ORDER.index(f"TLSv{than}")


def in_words(version: str) -> str:
    """``TLSv1`` as TLS 1.0."""
    return "TLS 1.0" if version == "TLSv1" else version.replace("TLSv", "TLS ")
