"""What an HTTP answer lets one say: of whom it comes, and of nobody behind a redirect."""

from typing import Any, get_args

import pytest

from auditor.domain.diagnosis.claims import AnswerSays, HealthReports, NameResolves, PortAnswers
from auditor.domain.diagnosis.journey_claims import HostRejected
from auditor.domain.diagnosis.store_claims import StoreComplaint
from auditor.domain.diagnosis.store_words import StoreTrouble
from auditor.domain.diagnosis.tls_claims import CertificateShown, ClientCertificateDemanded, PortSpeaks
from auditor.domain.diagnosis.tls_words import CertificateOutcome, Speech
from auditor.domain.diagnosis.words import (
    KEY_VALUE_STORE,
    RELATIONAL_STORE,
    Emitter,
    NameOutcome,
    PortOutcome,
    Saying,
)
from auditor.domain.observation import Failure, Phase
from functions.http import facts
from functions.http.family import HttpSpec
from tests.knowing import claims

HOST, ADDRESS = "api.shop.internal", "10.0.1.5"
SPEC = HttpSpec(url=f"http://{HOST}:8000/health")


def answer(status: int = 200, **changes: Any) -> facts.AnswerFacts:
    values: dict[str, Any] = {
        "http_version": "1.1",
        "emitter": facts.Emitter.SERVICE,
        "emitter_evidence": "",
        "server": "",
        "content_type": "application/json",
        "retry_after": "",
        "body_bytes": 10,
        "conditions": (),
    }
    return facts.AnswerFacts(status=status, **(values | changes))


def probed(
    answered: facts.AnswerFacts | None = None,
    failure: tuple[Phase, str] | None = None,
    *hops: facts.Hop,
    address: str = ADDRESS,
) -> facts.AddressFacts:
    failed = Failure(phase=failure[0], cause=failure[1], detail="-") if failure else None
    return facts.AddressFacts(address=address, answer=answered, failure=failed, hops=hops, total_ms=4)


def said(kind: type[Any], *addresses: facts.AddressFacts, host: str = HOST, **changes: Any) -> list[Any]:
    values: dict[str, Any] = {
        "method": "GET",
        "scheme": "http",
        "host": host,
        "port": 8000,
        "path": "/health",
        "query_names": (),
        "resolved": (ADDRESS,),
        "probed": addresses,
    }
    failure = changes.pop("failure", None)
    found = claims("http", SPEC, facts.HttpFacts(**(values | changes)), failure=failure)
    return [claim for claim in found if isinstance(claim, kind)]


def hop(location: str, status: int = 302) -> facts.Hop:
    return facts.Hop(address=ADDRESS, status=status, location=location)


def health(state: Any = None, *dependencies: tuple[str, Any], **changes: Any) -> facts.HealthFacts:
    named = tuple(facts.DependencyState(name=name, state=how) for name, how in dependencies)
    return facts.HealthFacts(status=state, dependencies=named, **changes)


def test_a_name_has_every_address_also_those_that_were_not_asked() -> None:
    (claim,) = said(NameResolves, probed(answer()), resolved=(ADDRESS, "10.0.2.5"))
    assert (claim.name, claim.outcome) == (HOST, NameOutcome.RESOLVED)
    assert claim.addresses == (ADDRESS, "10.0.2.5")


def test_a_name_that_did_not_resolve_is_quoted_and_nothing_more_is_said() -> None:
    found = said(object, resolved=(), failure=(Phase.NAME, "dns.nxdomain"))
    assert [(type(claim), claim.outcome) for claim in found] == [(NameResolves, NameOutcome.NXDOMAIN)]
    assert said(object, resolved=(), failure=(Phase.NAME, "dns.malformed")) == []


def test_a_literal_address_was_not_looked_up() -> None:
    assert said(NameResolves, probed(answer()), host=ADDRESS) == []


def test_a_name_behind_a_redirect_says_nothing_of_the_own_one() -> None:
    lost = probed(None, (Phase.NAME, "dns.nxdomain"), hop("http://gone.example/"))
    (claim,) = said(NameResolves, lost, failure=(Phase.NAME, "dns.nxdomain"))
    assert claim.outcome is NameOutcome.RESOLVED


@pytest.mark.parametrize("word", ["timeout", "refused", "reset", "unreachable"])
def test_each_address_is_told_by_itself(word: str) -> None:
    found = said(PortAnswers, probed(answer()), probed(None, (Phase.TCP, f"tcp.{word}"), address="10.0.2.5"))
    assert [(claim.address, claim.port, claim.outcome) for claim in found] == [
        (ADDRESS, 8000, PortOutcome.OPEN),
        ("10.0.2.5", 8000, PortOutcome(word)),
    ]


@pytest.mark.parametrize("phase", [Phase.TLS, Phase.REQUEST, Phase.FIRST_BYTE, Phase.TRANSFER])
def test_what_failed_after_the_connection_was_connected(phase: Phase) -> None:
    (claim,) = said(PortAnswers, probed(None, (phase, "tcp.reset")))
    assert claim.outcome is PortOutcome.OPEN


def test_a_redirect_was_answered_so_the_port_is_open_whatever_its_destination_does() -> None:
    (claim,) = said(PortAnswers, probed(None, (Phase.TCP, "tcp.timeout"), hop("http://other.example:9/")))
    assert (claim.host, claim.address, claim.outcome) == (HOST, ADDRESS, PortOutcome.OPEN)


def test_an_answer_has_status_and_emitter() -> None:
    (claim,) = said(AnswerSays, probed(answer(503, emitter=facts.Emitter.LOAD_BALANCER)))
    assert (claim.component, claim.status, claim.emitter) == ("app.web", 503, Emitter.LOAD_BALANCER)
    assert (claim.saying, claim.upstream_host, claim.upstream_port) == (Saying.NOTHING, "", None)


@pytest.mark.parametrize(
    ("place", "host", "port"), [("mlflow.x:5000", "mlflow.x", 5000), ("[fd00::5]:80", "fd00::5", 80), ("", "", None)]
)
def test_an_error_names_what_it_could_not_reach(place: str, host: str, port: int | None) -> None:
    (claim,) = said(AnswerSays, probed(answer(502, message="upstream_connect_failed", names_upstream=place)))
    assert (claim.saying, claim.upstream_host, claim.upstream_port) == (Saying.CANNOT_CONNECT_UPSTREAM, host, port)


def test_a_page_that_names_its_upstream_complains_only_where_it_says_so() -> None:
    def saying(**changes: Any) -> Saying:
        (claim,) = said(AnswerSays, probed(answer(health=health(upstream="store.x:80", **changes))))
        assert (claim.upstream_host, claim.upstream_port) == ("store.x", 80)
        return Saying(claim.saying)

    assert saying(state="healthy") is Saying.USES_UPSTREAM
    assert saying(state="degraded") is Saying.USES_UPSTREAM
    assert saying(state="missing") is Saying.USES_UPSTREAM
    assert saying(state="unhealthy") is Saying.CANNOT_CONNECT_UPSTREAM
    assert saying(state="healthy", breaker="open") is Saying.CANNOT_CONNECT_UPSTREAM


def test_a_complaint_without_a_name_is_not_given_the_name_of_something_else() -> None:
    page = health("healthy", upstream="store.x:80")
    (claim,) = said(AnswerSays, probed(answer(504, message="upstream_timeout", health=page)))
    assert (claim.saying, claim.upstream_host) == (Saying.UPSTREAM_TIMEOUT, "")


def test_dependencies_are_told_in_one_word_for_each_kind() -> None:
    page = health(None, ("PostgreSQL", "healthy"), ("redis", "unhealthy"), ("mailer", "degraded"))
    found = said(HealthReports, probed(answer(health=page)))
    assert [(claim.dependency, claim.healthy, claim.word) for claim in found] == [
        (RELATIONAL_STORE, True, "PostgreSQL"),
        (KEY_VALUE_STORE, False, "redis"),
        ("mailer", False, "mailer"),
    ]


@pytest.mark.parametrize("state", ["not_used", "unrecognised", "missing"])
def test_a_dependency_whose_state_is_not_told_is_neither_well_nor_ill(state: Any) -> None:
    assert said(HealthReports, probed(answer(health=health(None, ("db", state))))) == []


@pytest.mark.parametrize(
    "location", [f"http://{HOST}:8000/health/", f"https://{HOST}/health", f"http://{HOST.upper()}/"]
)
def test_a_redirect_within_the_own_host_is_followed_to_the_own_answer(location: str) -> None:
    found = said(AnswerSays, probed(answer(200), None, hop(location)))
    assert [claim.status for claim in found] == [200]


def test_what_another_host_answers_is_not_laid_to_this_component() -> None:
    ill = health(None, ("db", "unhealthy"))
    page = answer(502, message="upstream_connect_failed", names_upstream="x:1", health=ill)
    away = probed(page, None, hop("https://login.example/"))
    assert said(AnswerSays, away) == []
    assert said(HealthReports, away) == []
    back = probed(page, None, hop("https://login.example/"), hop(f"http://{HOST}/"))
    assert len(said(AnswerSays, back)) == 1


def test_a_redirect_that_was_not_followed_is_the_own_answer() -> None:
    (claim,) = said(AnswerSays, probed(answer(308), None, hop("https://login.example/", 308)))
    assert claim.status == 308


@pytest.mark.parametrize(("scheme", "speech"), [("http", Speech.PLAIN_HTTP), ("https", Speech.TLS)])
def test_who_answers_speaks_as_it_was_asked(scheme: str, speech: Speech) -> None:
    (claim,) = said(PortSpeaks, probed(answer(503)), host=HOST.upper(), scheme=scheme)
    assert (claim.host, claim.port, claim.speech, claim.meant) == (HOST, 8000, speech, speech)


def test_a_refusal_in_plain_http_may_be_that_of_a_server_of_tls_and_what_follows_a_redirect_is_elsewhere() -> None:
    assert said(PortSpeaks, probed(answer(400))) == []
    assert len(said(PortSpeaks, probed(answer(400)), scheme="https")) == 1
    assert said(PortSpeaks, probed(answer(), None, hop("https://login.example/"))) == []
    assert said(PortSpeaks, probed(None, (Phase.TLS, "tls.not_tls")), scheme="https") == []


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("tls.expired", CertificateOutcome.EXPIRED),
        ("tls.not_yet_valid", CertificateOutcome.NOT_YET_VALID),
        ("tls.name_mismatch", CertificateOutcome.OTHER_NAME),
        ("tls.untrusted", CertificateOutcome.UNTRUSTED),
        ("tls.self_signed", CertificateOutcome.UNTRUSTED),
    ],
)
def test_a_certificate_that_was_not_believed_is_quoted(cause: str, outcome: CertificateOutcome) -> None:
    (claim,) = said(CertificateShown, probed(None, (Phase.TLS, cause)), scheme="https")
    assert (claim.host, claim.port, claim.address, claim.outcome) == (HOST, 8000, ADDRESS, outcome)
    assert not claim.of_place
    assert said(CertificateShown, probed(None, (Phase.TLS, cause), hop("https://login.example/"))) == []


@pytest.mark.parametrize("cause", ["tls.timeout", "tls.protocol", "tls.closed", "tcp.reset"])
def test_a_handshake_that_failed_otherwise_says_nothing_of_a_certificate(cause: str) -> None:
    assert said(CertificateShown, probed(None, (Phase.TLS, cause))) == []
    assert said(ClientCertificateDemanded, probed(None, (Phase.TLS, cause))) == []


def test_a_demand_for_a_client_certificate_is_quoted() -> None:
    (claim,) = said(ClientCertificateDemanded, probed(None, (Phase.TLS, "tls.client_certificate_required")))
    assert (claim.host, claim.port, claim.declared) == (HOST, 8000, False)


def test_an_answer_that_asks_for_a_client_certificate_demands_one() -> None:
    refused = answer(400, message="client_certificate_required")
    (claim,) = said(ClientCertificateDemanded, probed(refused), host=HOST.upper(), scheme="https")
    assert (claim.host, claim.port, claim.declared) == (HOST, 8000, False)


@pytest.mark.parametrize("message", ["api_key_required", "https_required", None])
def test_an_answer_that_asks_for_something_else_demands_no_certificate(message: Any) -> None:
    assert said(ClientCertificateDemanded, probed(answer(400, message=message)), scheme="https") == []


def test_who_is_redirected_to_may_demand_a_certificate_and_who_redirects_does_not() -> None:
    refused = answer(400, message="client_certificate_required")
    assert said(ClientCertificateDemanded, probed(refused, None, hop("https://login.example/")), scheme="https") == []


def test_nothing_seen_is_nothing_said() -> None:
    assert said(object, resolved=()) == []
    assert claims("http", SPEC, None) == []


def test_what_an_answer_passes_on_of_a_store_is_of_the_service_itself_where_it_is_a_health_page() -> None:
    page = answer(503, health=health("unhealthy"), store_trouble="login_refused")
    (claim,) = said(StoreComplaint, probed(page))
    assert (claim.component, claim.trouble, claim.of_itself) == ("app.web", StoreTrouble.LOGIN_REFUSED, True)
    (passed_on,) = said(StoreComplaint, probed(answer(500, store_trouble="slots_full")))
    assert (passed_on.trouble, passed_on.of_itself) == (StoreTrouble.SLOTS_FULL, False)
    assert said(StoreComplaint, probed(answer(500))) == []


def test_every_word_about_a_store_is_one_of_the_diagnosis() -> None:
    assert set(get_args(facts.StoreTrouble)) == {str(trouble) for trouble in StoreTrouble}


def test_who_rejects_the_host_is_told_with_the_name_it_was_called_by() -> None:
    rejected = answer(403, message="host_rejected")
    (claim,) = said(HostRejected, probed(rejected))
    assert (claim.host, claim.called, claim.by_other_name) == (HOST, f"{HOST}:8000", None)
    assert said(HostRejected, probed(answer(403, message="permission_denied"))) == []
