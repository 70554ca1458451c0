"""The questions asked of a TLS place; a later one has its turn only where the earlier ones went well."""

from collections.abc import Sequence
from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure
from auditor.domain.result import Answer, Severity, Status, failed, passed, unknown
from functions.tls import remedies
from functions.tls.facts import AddressFacts, CertificateFacts, TlsFacts
from functions.tls.family import TlsSpec
from functions.tls.judged import (
    CA_FILE,
    CLIENT_CERTIFICATE,
    Judge,
    Problem,
    TlsObservation,
    TlsTarget,
    certificate_problems,
    evidence_of,
    facts_of,
    failure_at,
    negotiated,
    negotiation_problem,
    not_asked,
    partly,
    problem,
    sentences,
    unproven,
)
from functions.tls.versions import in_words, is_older

_NEGOTIATED = "tls.negotiated"
_CERTIFICATE_VALID = "tls.certificate_valid"
_VALID_7_DAYS = "tls.certificate_valid_7_days"
_SHOWN_NAMES = 5


def _negotiated(target: TlsTarget, observation: TlsObservation) -> Answer:
    facts = facts_of(observation)
    if not facts.probed:
        failure = next((f for f in observation.failures if f.cause != CA_FILE), None)
        if failure is None:
            return unproven(_NEGOTIATED, target)
        answer = failed(failure, sentences([failure.detail]), **evidence_of(observation, None))
        return replace(answer, remedy=remedies.for_cause(failure.cause))
    problems = [(a, f) for a in facts.probed if (f := negotiation_problem(observation, a)) is not None]
    if problems:
        return partly(facts.probed, problems, **evidence_of(observation, problems[0][0]))
    if not all(address.version for address in facts.probed):
        return unproven(_NEGOTIATED, target)
    spoken = " and ".join(sorted({in_words(address.version) for address in facts.probed}))
    where = ", ".join(address.address for address in facts.probed)
    evidence = evidence_of(observation, facts.probed[0])
    return passed(f"{target.spec.place} agrees on {spoken} ({where}).", **evidence)


def _certificate_valid(target: TlsTarget, observation: TlsObservation) -> Answer:
    addresses = negotiated(observation)
    if not addresses:
        return not_asked(target, _NEGOTIATED)
    lacking = next((f for f in observation.failures if f.cause == CA_FILE), None)
    if lacking is not None:
        return unknown(lacking, None, remedy=remedies.for_cause(CA_FILE), **evidence_of(observation, addresses[0]))
    problems: list[Problem] = []
    for address in addresses:
        found = certificate_problems(observation, address)
        if not found and (address.certificate is None or (target.spec.verify and address.verified is not True)):
            return unproven(_CERTIFICATE_VALID, target)
        problems += [(address, failure) for failure in found[:1]]
    if problems:
        address = problems[0][0]
        causes = dict.fromkeys(f.cause for f in certificate_problems(observation, address))
        evidence = evidence_of(observation, address) | {"causes": ", ".join(causes)}
        return partly(addresses, [(a, _with_description(a, f)) for a, f in problems], **evidence)
    shortest = min((a for a in addresses if a.certificate), key=_days_left)
    what = "verified" if target.spec.verify else "in its time and for this name, its authority unverified"
    return passed(
        f"The certificate at {target.spec.place} is {what}: {_described(shortest)}.",
        **evidence_of(observation, shortest),
    )


def _valid_for_days_fail(target: TlsTarget, observation: TlsObservation) -> Answer:
    shortest = _shortest_lived(target, observation, _VALID_7_DAYS)
    if isinstance(shortest, Answer):
        return shortest
    return _days_answer(target, observation, shortest, target.spec.days_fail)


def _valid_for_days_warn(target: TlsTarget, observation: TlsObservation) -> Answer:
    shortest = _shortest_lived(target, observation, "tls.certificate_valid_30_days")
    if isinstance(shortest, Answer):
        return shortest
    if _days_left(shortest) < target.spec.days_fail:
        return not_asked(target, _VALID_7_DAYS)
    answer = _days_answer(target, observation, shortest, target.spec.days_warn)
    return answer if answer.status is Status.PASS else replace(answer, status=Status.WARN)


def _shortest_lived(target: TlsTarget, observation: TlsObservation, check: str) -> AddressFacts | Answer:
    """The address whose certificate ends first, of those that are in their time."""
    addresses = negotiated(observation)
    if not addresses:
        return not_asked(target, _NEGOTIATED)
    if any(a.certificate is None and not certificate_problems(observation, a) for a in addresses):
        return unproven(check, target)
    outdated = ("tls.expired", "tls.not_yet_valid")
    living = [
        a
        for a in addresses
        if a.certificate is not None and not any(f.cause in outdated for f in certificate_problems(observation, a))
    ]
    if living:
        return min(living, key=_days_left)
    if any(certificate_problems(observation, address) for address in addresses):
        return not_asked(target, _CERTIFICATE_VALID)
    return unproven(check, target)


def _days_answer(target: TlsTarget, observation: TlsObservation, address: AddressFacts, limit: int) -> Answer:
    days, evidence = _days_left(address), evidence_of(observation, address) | {"limit_days": limit}
    left = f"{days:.1f}".removesuffix(".0")
    said = f"The certificate at {target.spec.place} is valid for {left} more days; the limit is {limit}"
    if days >= limit:
        return passed(f"{said}.", **evidence)
    _, failure = problem("tls.expires_soon", f"{said}: {_described(address)}.", address)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause("tls.expires_soon"))


def _version_current(target: TlsTarget, observation: TlsObservation) -> Answer:
    addresses, least = negotiated(observation), target.spec.min_version
    if not addresses:
        return not_asked(target, _NEGOTIATED)
    if not all(address.version for address in addresses):
        return unproven("tls.version_current", target)
    old = [address for address in addresses if is_older(address.version, least)]
    if old:
        problems = [
            problem(
                "tls.old_version",
                f"{a.address}:{target.spec.port} agreed on {in_words(a.version)}, and TLS {least} is the least",
                a,
            )
            for a in old
        ]
        return partly(addresses, problems, **evidence_of(observation, old[0]))
    oldest = min(addresses, key=lambda address: address.version)
    return passed(
        f"{target.spec.place} agrees on {in_words(oldest.version)}, and TLS {least} is the least.",
        **evidence_of(observation, oldest),
    )


def _client_certificate(target: TlsTarget, observation: TlsObservation) -> Answer:
    addresses = negotiated(observation)
    if not addresses:
        return not_asked(target, _NEGOTIATED)
    declared = target.spec.client_certificate == "demanded"
    problems: list[Problem] = []
    for address in addresses:
        failure, demanded = failure_at(observation, address), address.client_certificate_demanded
        peer = f"{address.address}:{target.spec.port}"
        if failure is not None and failure.cause == CLIENT_CERTIFICATE:
            demanded = True
        if demanded is None:
            # A certificate that is not believed ends the handshake before the server says what it wants.
            known = bool(certificate_problems(observation, address))
            return not_asked(target, _CERTIFICATE_VALID) if known else unproven(_CLIENT_CERTIFICATE, target)
        if demanded and not declared:
            problems.append(problem(CLIENT_CERTIFICATE, f"{peer} demands a client certificate", address))
        if declared and not demanded:
            words = f"{peer} lets clients in that show no certificate, though it should demand one"
            problems.append(problem("tls.client_certificate_not_demanded", words, address))
    if problems:
        return partly(addresses, problems, **evidence_of(observation, problems[0][0]))
    how = "demands a client certificate, as declared" if declared else "demands no client certificate"
    return passed(f"{target.spec.place} {how}.", **evidence_of(observation, addresses[0]))


_CLIENT_CERTIFICATE = "tls.client_certificate_as_declared"


def _with_description(address: AddressFacts, failure: Failure) -> Failure:
    described = _described(address)
    return failure if not described else replace(failure, detail=f"{failure.detail.rstrip('.')}: {described}")


def _described(address: AddressFacts) -> str:
    certificate = address.certificate
    if certificate is None:
        return ""
    return (
        f"for {_listed(certificate)}, issued by {certificate.issuer or 'an authority without a name'}, valid from "
        f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"
    )


def _listed(certificate: CertificateFacts) -> str:
    shown: Sequence[str] = certificate.names[:_SHOWN_NAMES]
    more = certificate.names_total - len(shown)
    return f"{', '.join(shown) or 'no name'}{f' and {more} more' if more > 0 else ''}"


def _days_left(address: AddressFacts) -> float:
    assert address.certificate is not None, "only addresses with a certificate are asked for its days"
    return address.certificate.days_left


def _check(id: str, severity: Severity, judge: Judge, remediation: str) -> Check[TlsSpec, TlsFacts]:
    return Check(id=id, severity=severity, judge=judge, remediation=remediation)


CHECKS: tuple[Check[TlsSpec, TlsFacts], ...] = (
    _check(
        _NEGOTIATED,
        Severity.CRITICAL,
        _negotiated,
        "See whether the name, the connection or the handshake failed, and what listens on the port.",
    ),
    _check(
        _CERTIFICATE_VALID,
        Severity.CRITICAL,
        _certificate_valid,
        "Compare names, dates and chain of the certificate with what clients ask for and trust.",
    ),
    _check(
        _VALID_7_DAYS,
        Severity.MEDIUM,
        _valid_for_days_fail,
        "Renew the certificate now, and see why it was not renewed by itself.",
    ),
    _check(
        "tls.certificate_valid_30_days",
        Severity.ADVISORY,
        _valid_for_days_warn,
        "See whether the renewal is under way: ACM begins 60 days before the end.",
    ),
    _check(
        "tls.version_current",
        Severity.MEDIUM,
        _version_current,
        "Raise the least version in the server's settings or in the load balancer's security policy.",
    ),
    _check(
        _CLIENT_CERTIFICATE,
        Severity.HIGH,
        _client_certificate,
        "Compare what the server demands of its clients with what the catalogue declares.",
    ),
)
