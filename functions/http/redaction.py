"""What may be kept of a peer's text: bounded, printable, plain words, and nothing that looks like a credential."""

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

_WORD_AT_THE_CUT = re.compile(r"[^\W_]+\Z")
_URL_AT_THE_CUT = re.compile(r"(://)\S*\Z")
"""Of a URL that was cut nobody can tell any more whether a user and password stood in front of its host."""

_WORD = "|".join(
    (
        r"[a-z]{1,24}|[A-Z]{1,24}|[A-Z][a-z]{1,23}",
        r"(?=[A-Za-z]{4,16}(?![^\W_]))(?:[A-Z]?[a-z]{2,}|[A-Z]{2,4}(?![a-z])){2,3}",  # PostgreSQL, OpenSSH
        r"\d{1,9}|[A-Za-z]{1,5}\d{1,3}|\d{1,6}[A-Za-z]{1,2}|\d\dT\d\d",  # 5000, utf8, 30s, and the middle of a time
        r"(?=[^\W\d_]*[^\x00-\x7f])[^\W\d_]{1,24}",  # of other languages
        r"AmazonS3",
    )
)
_ODD_WORD = re.compile(
    r"(?:%[0-9A-Fa-f]{2}){3,}"  # what is written so to a large part may be anything
    rf"|(?<![^\W_])(?!(?:(?<=%)[0-9A-Fa-f]{{2}})?(?:{_WORD})(?![^\W_]))[^\W_]+"
)
"""What is no word or number that people write: keys, tokens and most passwords have letters and digits mixed, or are
long. It is the last net below those for what has a telling name or form."""


def names_a_credential(name: str) -> bool:
    """Whether a value under this name is never kept. Errs towards withholding: a lost word is cheaper than a leak."""
    lowered = name.lower()
    return any(word in lowered for word in _CREDENTIAL_WORDS)


def bounded(text: str, limit: int = OBSERVED_LIMIT) -> str:
    """A peer's text as it may be kept: credentials and odd words masked, printable, at most ``limit`` characters."""
    return _cut(_ODD_WORD.sub(WITHHELD, _masked(text, limit)), limit)


def _masked(text: str, limit: int) -> str:
    """The beginning of a text, without what has the name or the form of a credential."""
    # Masking comes before cutting, or a cut could hide the end of a credential from the patterns; the patterns see no
    # more than they could ever keep, so a megabyte of hostile text costs nothing.
    head = text[: limit * 2]
    if len(text) > len(head):
        head = _WORD_AT_THE_CUT.sub("", _URL_AT_THE_CUT.sub(rf"\1{WITHHELD}", head)) + "…"
    if _MAY_HOLD_A_CREDENTIAL.search(head):
        for pattern, replacement in _INLINE_CREDENTIALS:
            head = pattern.sub(replacement, head)
    return head


def _cut(text: str, limit: int) -> str:
    printable = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"


def without(key: str, text: str) -> str:
    """A text in which a key that we sent ourselves is masked, plain and percent-encoded."""
    for form in dict.fromkeys((key, quote(key, safe=""), quote(key))):
        text = text.replace(form, WITHHELD)
    return text


def place(url: str) -> str:
    """Scheme, host, port and path of an absolute URL; no user, path parameters, query or fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{authority(parts)}{parts.path.partition(';')[0] or '/'}"


def bounded_place(url: str) -> str:
    """The place of a peer's URL as it may be kept. Its host is kept whole: whoever connects there has to name it."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{authority(parts)}"
    path = _ODD_WORD.sub(WITHHELD, _masked(parts.path.partition(";")[0], OBSERVED_LIMIT) or "/")
    return _cut(origin + path, OBSERVED_LIMIT)


def authority(parts: SplitResult) -> str:
    """Host and port without user; the scheme's own port is left out, so that equal places are equal texts."""
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, default) else f"{host}:{parts.port}"
