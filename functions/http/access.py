"""What an answer says of whom its service lets in, in the diagnosis's vocabulary: pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis.access_claims import (
    AccessClaim,
    CallerIdUnknown,
    HostAnswered,
    KeyNotSeen,
    PreflightRefused,
)
from auditor.domain.diagnosis.proof import Proof
from auditor.domain.target import Target
from functions.http.facts import AnswerFacts, Emitter, HttpFacts
from functions.http.family import HttpSpec

_PREFLIGHT_HEADERS = frozenset({"origin", "access-control-request-method"})
_DEMANDS_A_KEY = (401, 403)
_ABOUT_ANOTHER_MATTER = ("host_rejected", "https_required", "client_certificate_required", "service_unknown")
_SPEAKS_OF_WHAT_IS_BEHIND = (502, 503, 504)
_PROXIES = ("nginx", "envoy", "istio-envoy", "haproxy", "traefik", "caddy", "apache", "openresty", "kong")


def access_claims(
    target: Target[HttpSpec], facts: HttpFacts, answer: AnswerFacts, proof: Proof
) -> Iterator[AccessClaim]:
    """The claims of an answer that the service itself gave; a balancer's own answers say nothing of this."""
    if answer.emitter is Emitter.LOAD_BALANCER or answer.status in _SPEAKS_OF_WHAT_IS_BEHIND:
        return
    component, host = target.component, facts.host.lower()
    refused = answer.message == "host_rejected"
    yield HostAnswered(component=component, host=host, port=facts.port, refused=refused, proof=proof)
    if answer.message == "service_unknown":
        yield CallerIdUnknown(component=component, host=host, proof=proof)
    if target.spec.credential is not None and answer.message == "api_key_required":
        through = (answer.server or "").lower().startswith(_PROXIES)
        yield KeyNotSeen(component=component, host=host, path=facts.path, through_proxy=through, proof=proof)
    if (
        _is_preflight(target.spec)
        and answer.status in _DEMANDS_A_KEY
        and answer.status not in target.spec.expect.status
        and answer.message not in _ABOUT_ANOTHER_MATTER
    ):
        yield PreflightRefused(component=component, host=host, path=facts.path, status=answer.status, proof=proof)


def _is_preflight(spec: HttpSpec) -> bool:
    names = {name.lower() for name in spec.headers}
    return spec.method == "OPTIONS" and spec.credential is None and names >= _PREFLIGHT_HEADERS
