"""What of an observation decides an answer: which failure is whose question's, and what several addresses add up to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Status, failed, skipped, unknown
from auditor.domain.target import Target
from functions.tls import remedies
from functions.tls.facts import CAUSES, AddressFacts, TlsFacts
from functions.tls.family import TlsSpec

TlsTarget = Target[TlsSpec]
TlsObservation = Observation[TlsFacts]
Problem = tuple[AddressFacts, Failure]
Judge = Callable[[TlsTarget, TlsObservation], Answer]

_CAUSES = cause_index(KERNEL_CAUSES, CAUSES)
_OF_CERTIFICATE = frozenset(
    {
        "tls.expired",
        "tls.not_yet_valid",
        "tls.name_mismatch",
        "tls.untrusted",
        "tls.self_signed",
        "tls.chain_incomplete",
        "tls.certificate_unreadable",
    }
)
CLIENT_CERTIFICATE = "tls.client_certificate_required"
CA_FILE = "tls.ca_file_unusable"
_CLOCKS_APART = timedelta(minutes=5)
"""A certificate may be younger than the slot in which it is looked at."""


def facts_of(observation: TlsObservation) -> TlsFacts:
    """The facts, which are there."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


def failure_at(observation: TlsObservation, address: AddressFacts) -> Failure | None:
    """Why an address came no further; one without an address speaks of all."""
    return next((f for f in observation.failures if f.address in ("", address.address) and f.cause != CA_FILE), None)


def is_certificates(failure: Failure, address: AddressFacts) -> bool:
    """Whether TLS works and the certificate does not: also for what OpenSSL has a number for and we have no word."""
    return failure.cause in _OF_CERTIFICATE or (failure.cause == "tls.failed" and address.verify_code is not None)


def negotiation_problem(observation: TlsObservation, address: AddressFacts) -> Failure | None:
    """What kept an address from agreeing on TLS at all."""
    failure = failure_at(observation, address)
    if failure is None or is_certificates(failure, address) or failure.cause == CLIENT_CERTIFICATE:
        return None
    return failure


def negotiated(observation: TlsObservation) -> list[AddressFacts]:
    """The addresses that speak TLS with us."""
    return [a for a in facts_of(observation).probed if negotiation_problem(observation, a) is None]


def not_asked(target: TlsTarget, check: str) -> Answer:
    """An earlier question failed."""
    return skipped(f"Not asked of {target.spec.place}, because {check} failed.", failed_check=check)


def unproven(check: str, target: TlsTarget) -> Answer:
    """Neither the healthy claim nor a failure was recorded, which is the auditor's own fault."""
    detail = f"the probe of {target.spec.place} recorded neither that {check} holds nor why not"
    return unknown(Failure(phase=Phase.TLS, cause="self.bug", detail=detail))


def certificate_problems(observation: TlsObservation, address: AddressFacts) -> list[Failure]:
    """What is wrong with an address's certificate: first what OpenSSL stopped at, then what can be read of it."""
    failure, certificate = failure_at(observation, address), address.certificate
    found = [failure] if failure is not None and is_certificates(failure, address) else []
    if certificate is None:
        return found
    facts = facts_of(observation)
    read: list[tuple[str, str]] = []
    if certificate.days_left < 0:
        read.append(("tls.expired", "presents a certificate that has expired"))
    if certificate.not_before > observation.slot + _CLOCKS_APART:
        read.append(("tls.not_yet_valid", "presents a certificate that is not valid yet"))
    if not certificate.covers_name:
        read.append(("tls.name_mismatch", f"presents a certificate that is not for {facts.name}"))
    known = {f.cause for f in found}
    peer = f"{address.address}:{facts.port}"
    return found + [problem(cause, f"{peer} {words}", address)[1] for cause, words in read if cause not in known]


def problem(cause: str, detail: str, address: AddressFacts) -> Problem:
    """The handshake went as it did, and what it showed is not as it should be."""
    return address, Failure(phase=Phase.TLS, cause=cause, detail=detail, address=address.address)


def partly(judged: Sequence[AddressFacts], problems: Sequence[Problem], **evidence: Scalar) -> Answer:
    """FAIL when every judged address has a problem, WARN when some serve well."""
    # A refusal proves the path where a silence does not; it must not be hidden behind one and laid to the vantage.
    _, failure = min(problems, key=lambda pair: not _CAUSES[pair[1].cause].proves_path)
    bad = {address.address for address, _ in problems}
    good = [address.address for address in judged if address.address not in bad]
    summary = sentences([found.detail for _, found in problems])
    evidence["failing_addresses"] = ", ".join(sorted(bad))
    remedy = remedies.for_cause(failure.cause)
    if not good:
        return replace(failed(failure, summary, **evidence), remedy=remedy)
    answer = failed(failure, f"{summary} As expected: {', '.join(good)}.", **evidence)
    return replace(answer, status=Status.WARN, remedy=remedy)


def sentences(details: Sequence[str]) -> str:
    """Several details as sentences, each once."""
    return " ".join(f"{d[:1].upper()}{d[1:].rstrip('.')}." for d in dict.fromkeys(details))


def evidence_of(observation: TlsObservation, address: AddressFacts | None) -> dict[str, Scalar]:
    """What was seen, of the address that the answer speaks of."""
    facts = facts_of(observation)
    evidence: dict[str, Scalar] = {
        "host": facts.host,
        "port": facts.port,
        "name": facts.name,
        "addresses": ", ".join(facts.resolved),
    }
    if address is not None:
        evidence |= {
            "version": address.version,
            "cipher": address.cipher,
            "verified": address.verified,
            "verify_code": address.verify_code,
            "chain_length": address.chain_length or None,
            "issuer_presented": address.issuer_presented,
        }
        if (certificate := address.certificate) is not None:
            evidence |= {
                "names": ", ".join(certificate.names),
                "issuer": certificate.issuer,
                "not_after": certificate.not_after.date().isoformat(),
                "days_left": certificate.days_left,
            }
        if (without := address.without_name) is not None:
            evidence["without_name"] = without.certificate
    return {name: value for name, value in evidence.items() if value is not None and value != ""}
