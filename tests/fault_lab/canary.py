"""The canary: what stands in place of every secret of the lab, and every form in which it must be found nowhere."""

import base64
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote_from_bytes

from tests.aws_account import CANARY as AWS_CANARY

CANARY = "cAnary7Qx9zK4w"
"""A password, token, key or query value. Letters and digits only, so that it can stand anywhere, a host name included;
like a real secret it is no word of any language, and in lower case it is still one."""

PLANTED: Counter[str] = Counter()
"""How often it was planted, by place."""

_SHORTEST = 8
_SAYS_SECRET = ("password", "passwd", "key", "token", "secret", "auth")
_LOCK = threading.Lock()


def plant(place: str) -> str:
    """The canary, for a place such as ``http: response header``."""
    with _LOCK:
        PLANTED[place] += 1
    return CANARY


def canaries(of_situations: Iterable[Mapping[str, str]]) -> set[str]:
    """Everything that must be found nowhere: both canaries, and what is secret in the situations' secrets."""
    return {CANARY, AWS_CANARY, *(value for secrets in of_situations for value in secret_values(secrets))}


def secret_values(secrets: Mapping[str, str]) -> Iterator[str]:
    """What is secret in the secrets of a situation: the text, or of JSON what stands under a telling name."""
    for text in secrets.values():
        try:
            document = json.loads(text)
        except ValueError:
            document = text
        found = _under_telling_names(document) if isinstance(document, dict) else [text]
        yield from (value for value in found if len(value) >= _SHORTEST)


def _under_telling_names(document: Mapping[str, object]) -> list[str]:
    return [
        value
        for name, value in document.items()
        if isinstance(value, str) and any(word in name.lower() for word in _SAYS_SECRET)
    ]


def forms(secret: str) -> dict[str, str]:
    """A secret in lower case, plain and in every form that an encoding or a digest makes of it, by the form's name."""
    data = secret.encode()
    found = {
        "plain": secret,
        "reversed": secret[::-1],
        "hex": data.hex(),
        "percent-encoded": "".join(f"%{byte:02x}" for byte in data),
        "quoted": quote_from_bytes(data, safe=""),
        "json": json.dumps(secret)[1:-1],
        "unicode escapes": "".join(f"\\u{byte:04x}" for byte in data),
    }
    for shift in range(3):  # what stands before it moves the letters of base64
        encoded = base64.b64encode(b"x" * shift + data).decode()
        # The first letters hold a part of what stands before, the last of what stands behind.
        found[f"base64 at {shift}"] = encoded[(0, 2, 3)[shift] : len(encoded) - 4]
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, data)
        found[name] = digest.hexdigest()[:16]
        found[f"{name} in base64"] = base64.b64encode(digest.digest()).decode()[:16]
    return {name: form.lower() for name, form in found.items()}


def leaks(texts: Mapping[str, str], secrets: Iterable[str]) -> list[str]:
    """Where a secret is found, in which form, and what stands around it."""
    found = []
    wanted = {secret: forms(secret) for secret in dict.fromkeys(secrets)}
    for place, text in texts.items():
        lowered = text.lower()
        for of_secret in wanted.values():
            for form, needle in of_secret.items():
                at = lowered.find(needle)
                if at >= 0:
                    found.append(f"{place} ({form}): …{text[max(0, at - 120) : at + 60]}…")
                    break
    return found
