"""What a TLS observation says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import tls_claims, words
from auditor.domain.diagnosis.addresses import is_literal
from auditor.domain.diagnosis.proof import observation_id
from auditor.domain.diagnosis.tls_words import CERTIFICATE_OUTCOMES, CertificateOutcome, Speech
from auditor.domain.observation import Observation, Phase
from auditor.domain.target import Target
from functions.tls.facts import AddressFacts, TlsFacts
from functions.tls.family import TlsSpec
from functions.tls.judged import CLIENT_CERTIFICATE, certificate_problems, failure_at, negotiation_problem

_NAMES = {
    "dns.nxdomain": words.NameOutcome.NXDOMAIN,
    "dns.nodata": words.NameOutcome.NODATA,
    "dns.servfail": words.NameOutcome.SERVFAIL,
    "dns.refused": words.NameOutcome.REFUSED,
    "dns.timeout": words.NameOutcome.TIMEOUT,
}
_PORTS = {
    "tcp.timeout": words.PortOutcome.TIMEOUT,
    "tcp.refused": words.PortOutcome.REFUSED,
    "tcp.reset": words.PortOutcome.RESET,
    "tcp.unreachable": words.PortOutcome.UNREACHABLE,
}
_OUTCOMES = {**CERTIFICATE_OUTCOMES, "tls.chain_incomplete": CertificateOutcome.INCOMPLETE}


def claims(target: Target[TlsSpec], observation: Observation[TlsFacts]) -> tuple[says.Claim, ...]:
    """Everything that the observation shows; nothing where the auditor could not tell."""
    facts = observation.facts
    if facts is None:
        return ()
    seen = _Seen(target, observation, facts)
    found: list[says.Claim] = list(seen.name())
    for address in facts.probed:
        found += (*seen.port(address), *seen.speech(address), *seen.certificate(address), *seen.demand(address))
    return tuple(dict.fromkeys(found))


class _Seen:
    """One observation, read claim by claim."""

    def __init__(self, target: Target[TlsSpec], observation: Observation[TlsFacts], facts: TlsFacts) -> None:
        self._target = target
        self._observation = observation
        self._facts = facts
        self._proof = (observation_id(observation),)

    def name(self) -> Iterator[says.Claim]:
        """How the host resolved."""
        facts = self._facts
        if is_literal(facts.host):
            return
        if facts.resolved:
            outcome = words.NameOutcome.RESOLVED
            yield says.NameResolves(name=facts.host, outcome=outcome, addresses=facts.resolved, proof=self._proof)
        for failure in self._observation.failures:
            if failure.phase is Phase.NAME and not facts.resolved and failure.cause in _NAMES:
                yield says.NameResolves(name=facts.host, outcome=_NAMES[failure.cause], proof=self._proof)

    def port(self, address: AddressFacts) -> Iterator[says.Claim]:
        """Whether the address took a connection."""
        failure = failure_at(self._observation, address)
        if failure is None or failure.phase is Phase.TLS:
            outcome = words.PortOutcome.OPEN
        elif failure.phase is Phase.TCP and failure.cause in _PORTS:
            outcome = _PORTS[failure.cause]
        else:
            return
        host, port = self._facts.host, self._facts.port
        yield says.PortAnswers(host=host, address=address.address, port=port, outcome=outcome, proof=self._proof)

    def speech(self, address: AddressFacts) -> Iterator[says.Claim]:
        """What is spoken there, where that was heard."""
        spoken = self._spoken(address)
        if spoken is not None:
            yield tls_claims.PortSpeaks(
                component=self._target.component,
                host=self._facts.name,
                port=self._facts.port,
                speech=spoken,
                meant=Speech.TLS,
                proof=self._proof,
            )

    def certificate(self, address: AddressFacts) -> Iterator[says.Claim]:
        """What is shown there, and how a client fares with it."""
        outcome = self._outcome(address) if self._spoken(address) is Speech.TLS else None
        if outcome is None:
            return
        certificate = address.certificate
        yield tls_claims.CertificateShown(
            component=self._target.component,
            host=self._facts.name,
            port=self._facts.port,
            address=address.address,
            outcome=outcome,
            of_place=True,
            private=self._target.private,
            own_authority=self._target.spec.ca_file is not None,
            issuer="" if certificate is None else certificate.issuer,
            ends=None if certificate is None else certificate.not_after,
            proof=self._proof,
        )

    def demand(self, address: AddressFacts) -> Iterator[says.Claim]:
        """Whether clients are turned away that show no certificate."""
        if address.client_certificate_demanded or self._fails_with(address, CLIENT_CERTIFICATE):
            yield tls_claims.ClientCertificateDemanded(
                component=self._target.component,
                host=self._facts.name,
                port=self._facts.port,
                declared=self._target.spec.client_certificate == "demanded",
                proof=self._proof,
            )

    def _spoken(self, address: AddressFacts) -> Speech | None:
        if negotiation_problem(self._observation, address) is None:
            return Speech.TLS
        return Speech.PLAIN_HTTP if self._fails_with(address, "tls.plain_http") else None

    def _outcome(self, address: AddressFacts) -> CertificateOutcome | None:
        spec, problems = self._target.spec, certificate_problems(self._observation, address)
        if problems:
            return _OUTCOMES.get(problems[0].cause)
        if address.certificate is None or (spec.verify and address.verified is not True):
            return None
        soon = address.certificate.days_left < spec.days_fail
        return CertificateOutcome.EXPIRES_SOON if soon else CertificateOutcome.VALID

    def _fails_with(self, address: AddressFacts, cause: str) -> bool:
        failure = failure_at(self._observation, address)
        return failure is not None and failure.cause == cause
