"""What may be kept of a peer's text: bounded, printable, and without what looks like a credential."""

import re
from urllib.parse import SplitResult, quote, urlsplit

OBSERVED_LIMIT = 200
WITHHELD = "<withheld>"

_CREDENTIAL_WORDS = (
    "authorization",
    "cookie",
    "credential",
    "jwt",
    "key",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "session",
    "signature",
    "token",
)
_INLINE_CREDENTIALS = (
    # A password may itself hold "/", ":" and "@", so with a user in front all up to the last "@" goes.
    (re.compile(r"(://)(?:[^/\s:@]*:\S*|[^/\s@]*)@"), rf"\1{WITHHELD}@"),
    (re.compile(r"(://[^\s?#;\"']*)[?#;][^\s\"']*"), rf"\1?{WITHHELD}"),
    (re.compile(r"\beyJ[\w.-]*"), WITHHELD),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"), WITHHELD),
    # What follows a label may be a label again, or a scheme: then the secret is what follows that. Possessive, because
    # there are many ways to part such labels and a hostile text would have them all tried.
    (
        re.compile(
            rf"((?:{'|'.join(_CREDENTIAL_WORDS)})[\w-]*[\"']?\s*[=:]\s*)"
            r"(?:(?:\S*\s?[=:]|bearer|basic|apikey)\s+)*+(?:\"[^\"]*\"?|'[^']*'?|[^\s,;&\"']+)?",
            re.IGNORECASE,
        ),
        rf"\1{WITHHELD}",
    ),
    (
        re.compile(r"\b(bearer|basic|apikey)\s+(?:(?:bearer|basic|apikey)\s+)*[^\s,;]+", re.IGNORECASE),
        rf"\1 {WITHHELD}",
    ),
)

_MAY_HOLD_A_CREDENTIAL = re.compile(
    rf"://|bearer|basic|apikey|eyJ|AKIA|ASIA|{'|'.join(_CREDENTIAL_WORDS)}", re.IGNORECASE
)
"""Every pattern above needs one of these: most texts hold none, and one look costs less than six."""

_URL_AT_THE_CUT = re.compile(r"(://)\S*\Z")
"""Of a URL that was cut nobody can tell any more whether a user and password stood in front of its host."""


def names_a_credential(name: str) -> bool:
    """Whether a value under this name is never kept. Errs towards withholding: a lost word is cheaper than a leak."""
    lowered = name.lower()
    return any(word in lowered for word in _CREDENTIAL_WORDS)


def bounded(text: str, limit: int = OBSERVED_LIMIT) -> str:
    """A peer's text as it may be kept: credentials masked, printable in any encoding, at most ``limit`` characters."""
    # Masking comes before cutting, or a cut could hide the end of a credential from the patterns; the patterns see no
    # more than they could ever keep, so a megabyte of hostile text costs nothing.
    head = text[: limit * 2]
    if len(text) > len(head):
        head = _URL_AT_THE_CUT.sub(rf"\1{WITHHELD}", head)
    if _MAY_HOLD_A_CREDENTIAL.search(head):
        for pattern, replacement in _INLINE_CREDENTIALS:
            head = pattern.sub(replacement, head)
    printable = head if head.isprintable() else "".join(c if c.isprintable() else "?" for c in head)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"


def without(key: str, text: str) -> str:
    """A text in which a key that we sent ourselves is masked, plain and percent-encoded."""
    for form in dict.fromkeys((key, quote(key, safe=""), quote(key))):
        text = text.replace(form, WITHHELD)
    return text


def place(url: str) -> str:
    """Scheme, host, port and path of an absolute URL; no user, path parameters, query or fragment."""
    parts = urlsplit(url)
    return bounded(f"{parts.scheme}://{authority(parts)}{parts.path.partition(';')[0] or '/'}")


def authority(parts: SplitResult) -> str:
    """Host and port without user; the scheme's own port is left out, so that equal places are equal texts."""
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, default) else f"{host}:{parts.port}"
