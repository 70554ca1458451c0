"""What a TLS observation lets one say: of the name, the port, what is spoken there and what is shown."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import NameResolves, PortAnswers
from auditor.domain.diagnosis.tls_claims import CertificateShown, ClientCertificateDemanded, PortSpeaks
from auditor.domain.diagnosis.tls_words import CertificateOutcome, Speech
from auditor.domain.diagnosis.words import NameOutcome, PortOutcome
from auditor.domain.observation import Phase
from functions.tls.facts import AddressFacts, CertificateFacts, TlsFacts
from functions.tls.family import TlsSpec
from tests.knowing import claims

HOST, ADDRESS = "models.shop.internal", "10.0.1.5"
ENDS = datetime(2027, 2, 1, tzinfo=UTC)
CERTIFICATE = CertificateFacts(
    names=(HOST,),
    names_total=1,
    covers_name=True,
    issuer="Own CA",
    issued_by_itself=False,
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=ENDS,
    days_left=70.0,
)
WELL = AddressFacts(
    address=ADDRESS, version="TLSv1.3", certificate=CERTIFICATE, verified=True, client_certificate_demanded=False
)


def said(
    kind: type[Any], address: AddressFacts | None = WELL, failure: tuple[Phase, str] | None = None, **spec: Any
) -> Any:
    given = TlsSpec(**{"host": HOST, "port": 8443, **spec})
    probed = (address,) if address is not None else ()
    facts = TlsFacts(
        host=given.host, port=given.port, name=given.name, resolved=(ADDRESS,) if probed else (), probed=probed
    )
    found = claims("tls", given, facts, component="tls.models", failure=failure)
    return [claim for claim in found if isinstance(claim, kind)]


def test_a_name_and_a_port_are_quoted_as_they_answered() -> None:
    (name,) = said(NameResolves)
    assert (name.name, name.outcome, name.addresses) == (HOST, NameOutcome.RESOLVED, (ADDRESS,))
    (gone,) = said(NameResolves, None, (Phase.NAME, "dns.nxdomain"))
    assert (gone.outcome, gone.addresses) == (NameOutcome.NXDOMAIN, ())
    (port,) = said(PortAnswers, failure=(Phase.TLS, "tcp.reset"))
    assert (port.host, port.address, port.port, port.outcome) == (HOST, ADDRESS, 8443, PortOutcome.OPEN)
    (silent,) = said(PortAnswers, AddressFacts(address=ADDRESS), (Phase.TCP, "tcp.timeout"))
    assert silent.outcome is PortOutcome.TIMEOUT
    assert said(NameResolves, host="10.0.1.5") == []


def test_a_certificate_that_is_well_is_told_with_its_authority_and_its_end() -> None:
    (claim,) = said(CertificateShown, ca_file="own.pem", server_name="Models.example")
    assert (claim.component, claim.host, claim.port, claim.address) == ("tls.models", "models.example", 8443, ADDRESS)
    assert (claim.outcome, claim.issuer, claim.ends) == (CertificateOutcome.VALID, "Own CA", ENDS)
    assert claim.of_place
    assert claim.own_authority
    assert claim.private
    (public,) = said(CertificateShown)
    assert not public.own_authority


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("tls.expired", CertificateOutcome.EXPIRED),
        ("tls.not_yet_valid", CertificateOutcome.NOT_YET_VALID),
        ("tls.name_mismatch", CertificateOutcome.OTHER_NAME),
        ("tls.untrusted", CertificateOutcome.UNTRUSTED),
        ("tls.self_signed", CertificateOutcome.UNTRUSTED),
        ("tls.chain_incomplete", CertificateOutcome.INCOMPLETE),
    ],
)
def test_a_certificate_that_was_not_believed_is_quoted_though_tls_is_spoken(
    cause: str, outcome: CertificateOutcome
) -> None:
    ill = replace(WELL, verified=False)
    (claim,) = said(CertificateShown, ill, (Phase.TLS, cause))
    assert claim.outcome is outcome
    (speaks,) = said(PortSpeaks, ill, (Phase.TLS, cause))
    assert (speaks.speech, speaks.meant) == (Speech.TLS, Speech.TLS)


def test_what_can_be_read_of_an_unverified_one_counts_and_what_was_not_verified_proves_nothing() -> None:
    old = replace(WELL, verified=None, certificate=replace(CERTIFICATE, days_left=-1.0))
    assert said(CertificateShown, old, verify=False)[0].outcome is CertificateOutcome.EXPIRED
    assert said(CertificateShown, replace(WELL, verified=None), verify=False)[0].outcome is CertificateOutcome.VALID
    assert said(CertificateShown, replace(WELL, verified=None)) == []
    soon = replace(WELL, certificate=replace(CERTIFICATE, days_left=6.9))
    assert said(CertificateShown, soon)[0].outcome is CertificateOutcome.EXPIRES_SOON
    assert said(CertificateShown, soon, days_fail=3)[0].outcome is CertificateOutcome.VALID


def test_plain_http_is_heard_and_what_was_not_understood_is_not() -> None:
    silent = AddressFacts(address=ADDRESS)
    (claim,) = said(PortSpeaks, silent, (Phase.TLS, "tls.plain_http"))
    assert (claim.speech, claim.meant) == (Speech.PLAIN_HTTP, Speech.TLS)
    for cause in ("tls.not_tls", "tls.timeout", "tls.closed", "tls.old_version", "tls.protocol"):
        assert said(PortSpeaks, silent, (Phase.TLS, cause)) == []
        assert said(CertificateShown, silent, (Phase.TLS, cause)) == []


def test_a_demand_for_a_client_certificate_says_whether_it_is_declared() -> None:
    wants = replace(WELL, client_certificate_demanded=True)
    (declared,) = said(ClientCertificateDemanded, wants, client_certificate="demanded")
    assert (declared.host, declared.port, declared.declared) == (HOST, 8443, True)
    (new,) = said(ClientCertificateDemanded, wants, (Phase.TLS, "tls.client_certificate_required"))
    assert not new.declared
    assert said(ClientCertificateDemanded) == []
    assert said(CertificateShown, wants)[0].outcome is CertificateOutcome.VALID


def test_nothing_seen_is_nothing_said() -> None:
    assert claims("tls", TlsSpec(host=HOST), None) == []
    assert said(object, None) == []
