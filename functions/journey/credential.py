"""The key that a journey presents: what the catalogue declares of it, and the header that comes of it."""

from dataclasses import dataclass

from auditor.domain.observation import Failure
from auditor.domain.secret import malformed_secret, secret_value

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
_OWN_HEADERS = frozenset({"accept", "accept-encoding", "connection", "content-length", "content-type", "host"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A canary key that may write, read from a secret.

    ``secret``: name or ARN in Secrets Manager; its value is the key alone, or JSON that holds it under ``key``.
    ``scheme``: the word before the key, such as Bearer or Basic; left out it is Bearer for the header Authorization and
    nothing for any other. The key goes to the URL's own scheme, host and port only.
    """

    secret: str
    key: str | None = None
    header: str = "Authorization"
    scheme: str | None = None

    def __post_init__(self) -> None:
        if not self.secret or not self.secret.isprintable():
            raise ValueError("credential names no secret; write secret: <name in Secrets Manager>")
        if self.key == "":
            raise ValueError("credential.key is empty; leave it out where the secret is the key alone")
        if not self.header or not set(self.header.lower()) <= _TOKEN or self.header.lower() in _OWN_HEADERS:
            raise ValueError(
                f"credential.header is {self.header!r:.100}; allowed is the name of a header that the probe does not "
                "set itself, such as Authorization or X-API-Key"
            )
        if self.scheme and not self.scheme.isalnum():
            # Not shown: whoever errs here may have written the key itself.
            raise ValueError("credential.scheme is no word of letters and digits; allowed is e.g. Bearer or Basic")


def read_key(text: str, credential: Credential) -> tuple[str, str] | Failure:
    """Header and value to send, of a secret's text."""
    found = secret_value(text, secret=credential.secret, key=credential.key, what="key")
    if isinstance(found, Failure):
        return found
    if not found.value.isascii() or found.value != found.value.strip():
        return malformed_secret(credential.secret, "holds a key with blanks around it or characters no header carries")
    scheme = credential.scheme
    if scheme is None:
        scheme = "Bearer" if credential.header.lower() == "authorization" else ""
    return credential.header, f"{scheme} {found.value}" if scheme else found.value
