"""Rules about what balancers and targets speak to each other: plain or encrypted, with or without a certificate."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, RuledOut
from auditor.domain.diagnosis.checked_groups import certificates_demanded, checked_groups, fault_of_check
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.routing_claims import RequestRouted
from auditor.domain.diagnosis.routing_words import TargetTrouble
from auditor.domain.diagnosis.tls_claims import PortSpeaks
from auditor.domain.diagnosis.tls_words import Speech
from auditor.domain.diagnosis.words import Emitter

_NO_CERTIFICATE = (400, 403)
_NOT_ACCEPTED = TargetTrouble.STATUS_NOT_ACCEPTED


def other_scheme_than_the_targets(evidence: Evidence) -> Iterator[Candidate]:
    """A balancer speaks TLS to targets that answer in plain HTTP, or plain HTTP to targets that speak TLS."""
    for checked in (*checked_groups(evidence, TargetTrouble.NO_CONNECTION), *checked_groups(evidence, _NOT_ACCEPTED)):
        if checked.check.protocol not in ("HTTP", "HTTPS"):
            continue
        ports = {refused.port for refused in checked.refused}
        entrances = {claim.host.lower() for claim in evidence.of(RequestRouted)}
        heard = [
            claim
            for claim in evidence.of(PortSpeaks)
            if claim.port in ports
            and claim.host not in entrances
            and evidence.service_of(claim.component) == checked.service
        ]
        used = Speech.TLS if checked.check.protocol == "HTTPS" else Speech.PLAIN_HTTP
        # A server of TLS refuses plain HTTP with 400, where it answers it at all.
        refuses = checked.trouble is TargetTrouble.NO_CONNECTION or checked.statuses == (400,)
        if not heard or not refuses or any(claim.speech is used or claim.speech is not claim.meant for claim in heard):
            continue
        pages = [page for page in checked.other_pages if page.emitter is Emitter.LOAD_BALANCER and page.status == 502]
        does = "plain HTTP" if used is Speech.TLS else "TLS"
        yield fault_of_check(
            checked,
            Fault.SCHEME_MISMATCH,
            f"{checked.component} speaks {checked.check.protocol} to targets that speak {does}: no connection "
            "of the balancer gets through.",
            f"Set the protocol of {checked.check.group} and of its check to {'HTTP' if used is Speech.TLS else 'HTTPS'}"
            " (a group keeps its protocol: make a new one and let the service use it).",
            shown_by=pages,
            with_also=heard,
            harmed=bool(pages),
            ruled_out=RuledOut(
                subject=heard[0].component, why="it answers who speaks as it does", proof=proof_of(*heard)
            ),
        )


def client_certificate_wanted(evidence: Evidence) -> Iterator[Candidate]:
    """A health check cannot show the client certificate that the target demands."""
    for checked in (*checked_groups(evidence, TargetTrouble.NO_CONNECTION), *checked_groups(evidence, _NOT_ACCEPTED)):
        demanded = certificates_demanded(evidence, checked)
        # After the handshake proxies refuse with 400, and some with 403.
        refuses = all(status in _NO_CERTIFICATE for status in checked.statuses)
        silent = checked.trouble is TargetTrouble.NO_CONNECTION
        if demanded and refuses and (silent or checked.statuses) and checked.check.protocol == "HTTPS":
            yield fault_of_check(
                checked,
                Fault.MTLS_REQUIRED_FOR_HEALTHCHECK,
                f"The targets of {checked.component} demand a client certificate, which a balancer's health check "
                "cannot show.",
                "Check a port or a page for which the server asks no client certificate.",
                shown_by=demanded,
            )


RULES = (other_scheme_than_the_targets, client_certificate_wanted)
