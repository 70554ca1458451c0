"""What may not stand in a catalogue's HTTP target: unusable URLs and headers, and credentials in either."""

from urllib.parse import urlsplit

from functions.http.redaction import names_a_credential

DEFAULT_PORTS = {"http": 80, "https": 443}
ENGINE_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_TOKEN_CHARACTERS = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")


def refuse_bad_url(field_name: str, url: str) -> None:
    """Refuse what is no plain http or https URL, or holds a credential."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{field_name} holds a space or a character that is not printable ASCII; percent-encode it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{field_name} is not a URL: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"{field_name} holds a user or password; credentials may not stand in a catalogue")
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise ValueError(
            f"{field_name} is {url!r:.200}; allowed is http:// or https:// with a host, e.g. https://web.example/health"
        )
    if parts.fragment:
        raise ValueError(f"{field_name} has a fragment (#{parts.fragment:.50}), which is never sent; leave it out")


def refuse_bad_header_name(field_name: str, name: str) -> None:
    """Refuse what is no name of a header."""
    if not name or not set(name.lower()) <= _TOKEN_CHARACTERS:
        raise ValueError(f"{field_name} has the name {name!r:.100}; allowed are letters, digits and !#$%&'*+-.^_`|~")


def refuse_bad_request_header(name: str, value: str) -> None:
    """Refuse a header that the catalogue may not set, or that HTTP cannot carry."""
    refuse_bad_header_name("headers", name)
    if names_a_credential(name):
        raise ValueError(f"headers holds {name!r}; credentials may not stand in a catalogue")
    if name.lower() in ENGINE_HEADERS:
        raise ValueError(f"headers holds {name!r}, which the probe sets itself; leave it out")
    if not value.isascii() or not value.isprintable():
        raise ValueError(f"headers.{name} holds a character that is not printable ASCII")
