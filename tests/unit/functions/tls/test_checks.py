"""The questions asked of a TLS place: which one speaks, for what cause, with which remedy; and what may never pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from functions.tls import remedies
from functions.tls.checks import CHECKS
from functions.tls.facts import CAUSES, AddressFacts, CertificateFacts, TlsFacts
from functions.tls.family import TlsSpec

HOST, ONE, TWO = "www.shop.example", "203.0.113.7", "203.0.113.8"
SLOT = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
CERTIFICATE = CertificateFacts(
    names=(HOST, "shop.example"),
    names_total=2,
    covers_name=True,
    issuer="Some CA",
    issued_by_itself=False,
    not_before=SLOT - timedelta(days=20),
    not_after=SLOT + timedelta(days=70),
    days_left=70.0,
)
WELL = AddressFacts(
    address=ONE,
    version="TLSv1.3",
    cipher="TLS_AES_128_GCM_SHA256",
    certificate=CERTIFICATE,
    chain_length=2,
    issuer_presented=True,
    verified=True,
    client_certificate_demanded=False,
)
OTHER = replace(WELL, address=TWO)
PASS, FAIL, WARN, SKIPPED, UNKNOWN = ("PASS", "FAIL", "WARN", "SKIPPED", "UNKNOWN")


def with_certificate(**changes: Any) -> AddressFacts:
    return replace(WELL, certificate=replace(CERTIFICATE, **changes))


def failure(cause: str, address: str = ONE, phase: Phase = Phase.TLS) -> Failure:
    return Failure(phase=phase, cause=cause, detail=f"{address}:443 is not well ({cause})", address=address)


def target(**fields: Any) -> Target[TlsSpec]:
    spec = TlsSpec(**{"host": HOST, **fields})
    return Target(id="it", family="tls", service="shop", component="tls.shop", spec=spec)


def observed(*addresses: AddressFacts, failures: tuple[Failure, ...] = ()) -> Observation[TlsFacts]:
    facts = TlsFacts(
        host=HOST, port=443, name=HOST, resolved=tuple(a.address for a in addresses), probed=tuple(addresses)
    )
    vantage = Vantage(kind="function", name="tls")
    return Observation(family="tls", target="it", slot=SLOT, vantage=vantage, facts=facts, failures=failures)


def results(observation: Observation[TlsFacts], **fields: Any) -> dict[str, Result]:
    return {r.check.removeprefix("tls."): r for r in judge(CHECKS, target(**fields), observation)}


def brief(observation: Observation[TlsFacts], **fields: Any) -> dict[str, str]:
    """Status, and cause where there is one."""
    found = results(observation, **fields)
    return {check: f"{r.status} {r.cause}" if r.cause else str(r.status) for check, r in found.items()}


def test_a_place_that_is_well_passes_everything() -> None:
    found = results(observed(WELL, OTHER))
    assert {result.status for result in found.values()} == {Status.PASS}
    assert found["certificate_valid"].summary == (
        f"The certificate at {HOST}:443 is verified: for {HOST}, shop.example, issued by Some CA, valid from "
        "2026-11-03 to 2027-02-01."
    )
    assert found["negotiated"].summary == f"{HOST}:443 agrees on TLS 1.3 ({ONE}, {TWO})."
    assert found["certificate_valid"].evidence["days_left"] == 70.0


def test_the_severities() -> None:
    assert {check.id.removeprefix("tls."): check.severity for check in CHECKS} == {
        "negotiated": Severity.CRITICAL,
        "certificate_valid": Severity.CRITICAL,
        "certificate_valid_7_days": Severity.MEDIUM,
        "certificate_valid_30_days": Severity.ADVISORY,
        "version_current": Severity.MEDIUM,
        "client_certificate_as_declared": Severity.HIGH,
    }


def test_what_is_not_reached_is_not_asked_further() -> None:
    unresolved = observed(failures=(failure("dns.nxdomain", "", Phase.NAME),))
    refused = observed(AddressFacts(address=ONE), failures=(failure("tcp.refused", ONE, Phase.TCP),))
    for observation, cause in ((unresolved, "dns.nxdomain"), (refused, "tcp.refused")):
        found = brief(observation)
        assert found.pop("negotiated") == f"{FAIL} {cause}"
        assert set(found.values()) == {SKIPPED}


def test_a_silence_does_not_hide_a_refusal_of_the_other_address() -> None:
    addresses = AddressFacts(address=ONE), AddressFacts(address=TWO)
    failures = failure("tcp.timeout", ONE, Phase.TCP), failure("tcp.refused", TWO, Phase.TCP)
    result = results(observed(*addresses, failures=failures))["negotiated"]
    assert (result.status, result.cause) == (Status.FAIL, "tcp.refused")


@pytest.mark.parametrize(
    "cause",
    ["tls.expired", "tls.not_yet_valid", "tls.name_mismatch", "tls.untrusted", "tls.self_signed",
     "tls.chain_incomplete", "tls.certificate_unreadable"],
)  # fmt: skip
def test_a_certificate_that_is_not_believed_fails_one_question_and_is_described(cause: str) -> None:
    ill = replace(WELL, verified=False, client_certificate_demanded=None)
    found = results(observed(ill, failures=(failure(cause),)))
    assert {c for c, r in found.items() if r.status is Status.FAIL} == {"certificate_valid"}
    result = found["certificate_valid"]
    assert (result.cause, result.phase) == (cause, Phase.TLS)
    assert "issued by Some CA" in result.summary
    assert found["negotiated"].status is Status.PASS
    assert found["client_certificate_as_declared"].status is Status.SKIPPED, "it was not asked for one any more"


def test_a_fault_of_the_chain_that_has_no_word_is_the_certificates_and_one_of_the_handshake_is_not() -> None:
    chain = replace(WELL, verified=False, verify_code=66, client_certificate_demanded=None)
    assert brief(observed(chain, failures=(failure("tls.failed"),)))["certificate_valid"] == f"{FAIL} tls.failed"
    handshake = AddressFacts(address=ONE)
    assert brief(observed(handshake, failures=(failure("tls.failed"),)))["negotiated"] == f"{FAIL} tls.failed"


def test_all_that_can_be_read_of_a_bad_certificate_is_told() -> None:
    ill = replace(with_certificate(days_left=-3.0, covers_name=False), verified=False, verify_code=18)
    result = results(observed(ill, failures=(failure("tls.self_signed"),)))["certificate_valid"]
    assert result.cause == "tls.self_signed"
    assert result.evidence["causes"] == "tls.self_signed, tls.expired, tls.name_mismatch"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"days_left": -0.1}, "tls.expired"),
        ({"not_before": SLOT + timedelta(hours=1)}, "tls.not_yet_valid"),
        ({"covers_name": False}, "tls.name_mismatch"),
    ],
)
def test_where_no_authority_is_verified_name_and_dates_are_judged_all_the_same(
    changes: dict[str, Any], cause: str
) -> None:
    ill = replace(with_certificate(**changes), verified=None)
    assert brief(observed(ill), verify=False)["certificate_valid"] == f"{FAIL} {cause}"
    assert brief(observed(replace(WELL, verified=None)), verify=False)["certificate_valid"] == PASS


def test_a_certificate_may_be_younger_than_the_slot() -> None:
    young = with_certificate(not_before=SLOT + timedelta(seconds=40))
    assert brief(observed(young))["certificate_valid"] == PASS


def test_an_unverified_certificate_never_passes_as_verified() -> None:
    for unproven in (replace(WELL, verified=None), replace(WELL, verified=False), replace(WELL, certificate=None)):
        assert brief(observed(unproven))["certificate_valid"] == f"{UNKNOWN} self.bug"


def test_without_the_file_of_authorities_only_the_trust_is_unknown() -> None:
    lacking = Failure(phase=Phase.PREPARE, cause="tls.ca_file_unusable", detail="the ca_file x cannot be used")
    found = brief(observed(replace(WELL, verified=None), failures=(lacking,)), ca_file="x")
    assert found.pop("certificate_valid") == f"{UNKNOWN} tls.ca_file_unusable"
    assert set(found.values()) == {PASS}


def test_of_two_addresses_the_good_one_makes_it_a_warning_that_names_both() -> None:
    ill = replace(WELL, verified=False)
    result = results(observed(ill, OTHER, failures=(failure("tls.expired"),)))["certificate_valid"]
    assert result.status is Status.WARN
    assert result.summary.endswith(f"As expected: {TWO}.")
    assert result.evidence["failing_addresses"] == ONE


def test_an_address_that_does_not_speak_tls_leaves_the_others_certificate_to_be_judged() -> None:
    found = brief(observed(AddressFacts(address=ONE), OTHER, failures=(failure("tls.not_tls"),)))
    assert found.pop("negotiated") == f"{WARN} tls.not_tls"
    assert set(found.values()) == {PASS}


@pytest.mark.parametrize(
    ("days", "seven", "thirty"),
    [
        (30.0, PASS, PASS),
        (29.9, PASS, "WARN tls.expires_soon"),
        (7.0, PASS, "WARN tls.expires_soon"),
        (6.9, "FAIL tls.expires_soon", SKIPPED),
        (0.0, "FAIL tls.expires_soon", SKIPPED),
        (-0.1, SKIPPED, SKIPPED),
    ],
)
def test_days_left(days: float, seven: str, thirty: str) -> None:
    found = brief(observed(with_certificate(days_left=days)))
    assert (found["certificate_valid_7_days"], found["certificate_valid_30_days"]) == (seven, thirty)
    assert (found["certificate_valid"] == PASS) is (days >= 0)


def test_the_limits_are_the_targets_and_said() -> None:
    short = observed(with_certificate(days_left=2.5))
    found = results(short, days_warn=3, days_fail=1)
    assert found["certificate_valid_7_days"].status is Status.PASS
    assert found["certificate_valid_30_days"].summary.startswith(
        f"The certificate at {HOST}:443 is valid for 2.5 more days; the limit is 3"
    )


def test_of_several_certificates_the_one_that_ends_first_counts_and_none_that_has_ended() -> None:
    soon = replace(with_certificate(days_left=5.0), address=TWO)
    assert brief(observed(WELL, soon))["certificate_valid_7_days"] == "FAIL tls.expires_soon"
    gone = replace(with_certificate(days_left=-5.0), address=TWO, verified=False)
    expired = observed(WELL, gone, failures=(failure("tls.expired", TWO),))
    assert brief(expired)["certificate_valid_7_days"] == PASS


def test_the_version_that_was_agreed_is_compared_with_the_least() -> None:
    older = replace(OTHER, version="TLSv1.2")
    assert brief(observed(WELL, older))["version_current"] == PASS
    assert brief(observed(WELL, older), min_version="1.3")["version_current"] == "WARN tls.old_version"
    assert brief(observed(older), min_version="1.3")["version_current"] == "FAIL tls.old_version"


@pytest.mark.parametrize(
    ("declared", "demanded", "expected"),
    [
        ("none", False, PASS),
        ("none", True, "FAIL tls.client_certificate_required"),
        ("none", None, "UNKNOWN self.bug"),
        ("demanded", True, PASS),
        ("demanded", False, "FAIL tls.client_certificate_not_demanded"),
        ("demanded", None, "UNKNOWN self.bug"),
    ],
)
def test_a_demand_is_compared_with_what_is_declared(declared: Any, demanded: bool | None, expected: str) -> None:
    failures = (failure("tls.client_certificate_required"),) if (declared, demanded) == ("none", True) else ()
    observation = observed(replace(WELL, client_certificate_demanded=demanded), failures=failures)
    found = brief(observation, client_certificate=declared)
    assert found["client_certificate_as_declared"] == expected
    assert found["negotiated"] == found["certificate_valid"] == PASS


def test_every_cause_of_tls_has_a_remedy_of_its_own() -> None:
    ours = [cause.id for cause in (*KERNEL_CAUSES, *CAUSES) if cause.id.startswith("tls.")]
    texts = [remedies.for_cause(cause) for cause in ours]
    assert None not in texts
    assert len(set(texts)) == len(texts)


def test_facts_without_an_address_or_a_reason_are_the_auditors_own_bug() -> None:
    assert brief(observed())["negotiated"] == f"{UNKNOWN} self.bug"


CERTIFICATES = st.one_of(
    st.none(),
    st.builds(
        CertificateFacts,
        names=st.just((HOST,)),
        names_total=st.integers(0, 3),
        covers_name=st.booleans(),
        issuer=st.sampled_from(["", "Some CA"]),
        issued_by_itself=st.booleans(),
        not_before=st.sampled_from([SLOT - timedelta(days=1), SLOT + timedelta(days=1)]),
        not_after=st.just(SLOT),
        days_left=st.sampled_from([-5.0, 0.0, 5.0, 20.0, 60.0]),
    ),
)


def addresses(address: str) -> st.SearchStrategy[AddressFacts]:
    return st.builds(
        AddressFacts,
        address=st.just(address),
        version=st.sampled_from(["", "TLSv1.2", "TLSv1.3"]),
        certificate=CERTIFICATES,
        verified=st.sampled_from([None, True, False]),
        verify_code=st.sampled_from([None, 10, 20, 66]),
        client_certificate_demanded=st.sampled_from([None, True, False]),
    )


PROBED = st.tuples(addresses(ONE), addresses(TWO)) | addresses(ONE).map(lambda a: (a,)) | st.just(())
KNOWN = cause_index(KERNEL_CAUSES, CAUSES)
TOLD = st.sampled_from(sorted(c for c in KNOWN if c.startswith(("tls.", "tcp."))))
FAILURES = st.lists(st.builds(failure, TOLD, st.sampled_from([ONE, TWO, ""])), max_size=2).map(tuple)
DECLARED = st.sampled_from(
    [{}, {"verify": False}, {"client_certificate": "demanded"}, {"min_version": "1.3"}, {"ca_file": "x"}]
)


@given(PROBED, FAILURES, DECLARED)
def test_a_pass_rests_on_what_was_seen_of_every_address(
    probed: tuple[AddressFacts, ...], failures: tuple[Failure, ...], declared: dict[str, Any]
) -> None:
    found = results(observed(*probed, failures=failures), **declared)
    passes = {check for check, result in found.items() if result.status is Status.PASS}
    if not probed:
        assert not passes
    failing = {a.address for a in probed if any(f.address in ("", a.address) for f in failures)}
    speaking = [a for a in probed if a.address not in failing]
    if "negotiated" in passes:
        assert all(address.version for address in probed)
    if "certificate_valid" in passes:
        assert not any(f.cause == "tls.expired" for f in failures if f.address in ("", ONE) and probed)
        for address in speaking:
            assert address.certificate is not None
            assert address.certificate.days_left >= 0
            assert address.certificate.covers_name
            assert address.verified or not target(**declared).spec.verify
    if "certificate_valid_7_days" in passes:
        assert any(a.certificate is not None and a.certificate.days_left >= 7 for a in probed)
    if "client_certificate_as_declared" in passes:
        assert all(a.client_certificate_demanded is not None for a in speaking)


@given(PROBED, FAILURES, DECLARED)
def test_every_bad_answer_names_a_known_cause_its_phase_and_a_remedy(
    probed: tuple[AddressFacts, ...], failures: tuple[Failure, ...], declared: dict[str, Any]
) -> None:
    observation = observed(*probed, failures=failures)
    found = judge(CHECKS, target(**declared), observation)
    for result in found:
        assert result.summary.endswith(".") or result.status is Status.UNKNOWN
        assert not result.summary.endswith("..")
        assert "failed on it with" not in result.summary, result.summary
        if result.status in (Status.FAIL, Status.WARN):
            assert result.cause in KNOWN
            assert result.phase is not None
        assert from_json(Result, to_json(result)) == result
    assert from_json(Observation[TlsFacts], to_json(observation)) == observation
    causes = [result.cause for result in found if result.status is Status.FAIL]
    assert len(causes) == len(set(causes)), "two questions tell the same failure"
