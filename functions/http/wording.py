"""How checks speak of addresses, times and places: one wording for all summaries."""

from collections.abc import Iterable, Sequence

from functions.http.facts import AddressFacts, AnswerFacts, HttpFacts, Message
from functions.http.refusals import DEFAULT_PORTS

_DETAILS_SHOWN = 3
_SAID: dict[Message, str] = {
    "api_key_required": "a key is required",
    "auth_service_failed": "the authentication service failed",
    "client_certificate_required": "a client certificate is demanded",
    "forbidden": "this is forbidden",
    "host_rejected": "the Host header is not an allowed one",
    "https_required": "this port takes https only",
    "invalid_key": "the key is not valid",
    "no_healthy_target": "there is no target to send this to",
    "not_configured": "something it needs is not configured",
    "not_found_default": "no rule matched",
    "not_found_page": "the application has no such page",
    "not_found_route": "the API has no such route",
    "payment_required": "the caller's account must be paid first",
    "permission_denied": "the caller lacks a permission",
    "rate_limited": "the caller asks too often",
    "service_unknown": "its own id is unknown to the service that validates keys",
    "storage_unavailable": "its storage is unavailable",
    "target_broken": "the target's answer was unusable",
    "target_timeout": "the target did not answer in time",
    "upstream_connect_failed": "it could not connect to {upstream}",
    "upstream_timeout": "{upstream} did not answer it in time",
}


def url(facts: HttpFacts) -> str:
    """The probed URL with the names of its query parameters and without their values."""
    host = f"[{facts.host}]" if ":" in facts.host else facts.host
    port = "" if facts.port == DEFAULT_PORTS.get(facts.scheme) else f":{facts.port}"
    query = "&".join(f"{name}=…" for name in facts.query_names)
    return f"{facts.scheme}://{host}{port}{facts.path}" + (f"?{query}" if query else "")


def names(addresses: Iterable[AddressFacts]) -> str:
    """The addresses, once each, in their order."""
    return ", ".join(dict.fromkeys(a.address for a in addresses))


def milliseconds(address: AddressFacts) -> str:
    """The whole time of an address."""
    return f"{address.total_ms:.0f} ms"


def count(number: int, noun: str) -> str:
    """A number with its noun in the right form."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith('s') else 's'}"


def one_of(statuses: Sequence[int]) -> str:
    """``200`` or ``200 or 401``."""
    return " or ".join(str(status) for status in statuses)


def sentences(details: Sequence[str]) -> str:
    """The distinct details as full sentences; of many only the first are spelt out."""
    distinct = list(dict.fromkeys(f"{detail.rstrip('. ')}." for detail in details))
    rest = len(distinct) - _DETAILS_SHOWN
    return " ".join(distinct[:_DETAILS_SHOWN]) + (f" And {count(rest, 'more failure')}." if rest > 0 else "")


def said(answer: AnswerFacts) -> str:
    """What the body of an error says, as the end of a clause; empty where that is not known."""
    if answer.message is None:
        return ""
    words = _SAID[answer.message].format(upstream=answer.names_upstream or "what is behind it")
    return f" and says that {words}"
