"""The key that a probe presents: what the catalogue declares of it, and the header that comes of it."""

from dataclasses import dataclass, field

from auditor.domain.observation import Failure
from auditor.domain.secret import malformed_secret, secret_value
from functions.http.refusals import ENGINE_HEADERS, refuse_bad_header_name

WRONG_KEY = "made-up-by-the-health-auditor"
"""What ``wrong: true`` presents: never a key anywhere, and no secret."""

MIN_KEY = 8
"""A shorter key cannot be told from ordinary text, so it could not be masked where a peer repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A canary key, read from a secret, or with ``wrong`` a made-up one that must be refused.

    ``secret``: name or ARN in Secrets Manager; its value is the key alone, or JSON that holds it under ``key``.
    ``scheme``: the word before the key, such as Bearer or ApiKey; left out it is Bearer for the header Authorization
    and nothing for any other. The key is sent to the URL's own scheme, host and port only, whatever redirects say.
    """

    secret: str = ""
    key: str | None = None
    header: str = "Authorization"
    scheme: str | None = None
    wrong: bool = False

    def __post_init__(self) -> None:
        if self.wrong and (self.secret or self.key is not None):
            raise ValueError("credential is wrong: true and names a secret; a made-up key comes from none")
        if not self.wrong and (not self.secret or not self.secret.isprintable()):
            raise ValueError("credential names no secret; write secret: <name in Secrets Manager>, or wrong: true")
        if self.key == "":
            raise ValueError("credential.key is empty; leave it out where the secret is the key alone")
        refuse_bad_header_name("credential.header", self.header)
        if self.header.lower() in ENGINE_HEADERS:
            raise ValueError(f"credential.header is {self.header!r}, which the probe sets itself; use another")
        if self.scheme and not self.scheme.isalnum():
            # Not shown: whoever errs here may have written the key itself.
            raise ValueError("credential.scheme is no word of letters and digits; allowed is e.g. Bearer or ApiKey")


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A key as it is sent. ``withheld`` is what must never be kept of any peer's text; empty for a made-up key."""

    header: str
    value: str = field(repr=False)
    withheld: str = field(default="", repr=False)


def made_up(credential: Credential) -> Presented:
    """The key that must be refused."""
    return _presented(credential, WRONG_KEY)


def read_key(text: str, credential: Credential) -> Presented | Failure:
    """The canary key of a secret's text."""
    found = secret_value(text, secret=credential.secret, key=credential.key, what="key")
    if isinstance(found, Failure):
        return found
    if not found.value.isascii():
        return malformed_secret(credential.secret, "holds a key with characters that no header carries")
    if found.value != found.value.strip():
        return malformed_secret(credential.secret, "holds a key that begins or ends with a space")
    if len(found.value) < MIN_KEY:
        return malformed_secret(credential.secret, f"holds a key of less than {MIN_KEY} characters")
    return _presented(credential, found.value, withheld=found.value)


def _presented(credential: Credential, key: str, withheld: str = "") -> Presented:
    scheme = credential.scheme
    if scheme is None:
        scheme = "Bearer" if credential.header.lower() == "authorization" else ""
    return Presented(header=credential.header, value=f"{scheme} {key}" if scheme else key, withheld=withheld)
