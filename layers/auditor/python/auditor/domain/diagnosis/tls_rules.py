"""Rules about encryption: certificates that clients cannot accept, and two sides that do not speak the same."""

from collections.abc import Collection, Iterator, Sequence

from auditor.domain.diagnosis.addresses import place
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import AnswerSays, SettingPointsTo
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.task_claims import TaskStopped
from auditor.domain.diagnosis.tls_claims import CertificateShown, ClientCertificateDemanded, PortSpeaks
from auditor.domain.diagnosis.tls_places import attached_at, includes, to_change
from auditor.domain.diagnosis.tls_words import CertificateOutcome, Speech
from auditor.domain.diagnosis.words import Saying, StopReason

_DEFAULT_PORTS = {"http": 80, "https": 443}
_OUTDATED = (CertificateOutcome.EXPIRED, CertificateOutcome.EXPIRES_SOON)


def certificate_expired(evidence: Evidence) -> Iterator[Candidate]:
    """A certificate has expired, or ends within the days in which somebody should have renewed it."""
    for component, claims in _by_component(evidence, _OUTDATED, issued=True):
        expired = [claim for claim in claims if claim.outcome is CertificateOutcome.EXPIRED]
        ends = sorted(f"{claim.ends:%Y-%m-%d}" for claim in claims if claim.ends is not None)
        on = f" on {ends[0]}" if ends else ""
        said = f"expired{on}" if expired else f"ends{on or ' soon'} and was not renewed in time"
        yield Candidate(
            component=component,
            fault=Fault.TLS_CERT_EXPIRED,
            statement=f"The certificate that is shown at {_places(claims)} {said}.",
            first_action="Renew the certificate (with ACM: restore its validation record, or attach a fresh "
            "certificate), and see that the new one is what is shown.",
            confidence=Confidence.HIGH,
            proof=proof_of(*claims),
            shows=proof_of(*claims),
            harms=_harmed(evidence, expired),
            named=True,
            ruled_out=(_behind_it(claims),),
        )


def certificate_of_other_name(evidence: Evidence) -> Iterator[Candidate]:
    """A place shows a certificate that is not for its name."""
    for component, claims in _by_component(evidence, (CertificateOutcome.OTHER_NAME,), issued=False):
        attached = [stands for claim in claims for stands in attached_at(evidence, claim)]
        hosts = {claim.host for claim in claims}
        yield Candidate(
            component=component,
            fault=Fault.TLS_NAME_MISMATCH,
            statement=f"What is shown at {_places(claims)} is a certificate for another name.",
            first_action="Attach a certificate that lists this name to what serves it; if the name leads to a place "
            "that was never meant to serve it, correct the record.",
            # Which of the two is wrong, the certificate or the way there, takes a look at what is attached there.
            confidence=Confidence.MEDIUM
            if not attached or any(includes(stands.domain.lower(), host) for stands in attached for host in hosts)
            else Confidence.HIGH,
            proof=proof_of(*claims, *attached),
            shows=proof_of(*claims),
            harms=_harmed(evidence, claims),
            named=True,
            ruled_out=(_behind_it(claims),),
        )


def certificate_of_unknown_authority(evidence: Evidence) -> Iterator[Candidate]:
    """A place shows a certificate of an authority that clients do not trust."""
    for component, claims in _by_component(evidence, (CertificateOutcome.UNTRUSTED,), issued=False):
        hosts = {(claim.host, claim.port) for claim in claims}
        turned_away = [a for a in _cannot_connect(evidence) if (a.upstream_host.lower(), a.upstream_port) in hosts]
        issuers = sorted({claim.issuer for claim in claims if claim.issuer})
        by = f" ({', '.join(issuers)})" if issuers else ""
        yield Candidate(
            component=component,
            fault=Fault.TLS_UNTRUSTED_INTERNAL_CA,
            statement=f"The certificate that is shown at {_places(claims)} is of an authority that is not trusted{by}.",
            first_action="Show a certificate of the authority that clients trust, or give them the new authority's "
            "certificate before it signs what they meet.",
            confidence=Confidence.HIGH if turned_away else Confidence.MEDIUM,
            proof=proof_of(*claims, *turned_away),
            shows=proof_of(*claims, *turned_away),
            harms=_harmed(evidence, claims),
            named=True,
            ruled_out=(_behind_it(claims),),
        )


def client_without_the_authority(evidence: Evidence) -> Iterator[Candidate]:
    """A place of the platform's own authority is well, and a service that uses it over TLS cannot connect."""
    for setting, port in _settings(evidence):
        if setting.scheme != "https":
            continue
        here = (setting.host.lower(), port)
        shown = [c for c in evidence.of(CertificateShown) if (c.host, c.port) == here]
        demands = any((c.host, c.port) == here for c in evidence.of(ClientCertificateDemanded))
        well = shown and all(c.outcome is CertificateOutcome.VALID and c.own_authority for c in shown)
        service = evidence.service_of(setting.component)
        complaints = [a for a in evidence.answers_naming(service, setting.host, port) if _says_no_connection(a)]
        if not well or demands or not complaints:
            continue
        yield Candidate(
            component=setting.component,
            fault=Fault.TLS_UNTRUSTED_INTERNAL_CA,
            statement=f"{service} cannot connect to {place(*here)}, whose certificate is well for who trusts its own "
            "authority: the service does not.",
            first_action=f"Give the service the authority's certificate (as {setting.component} sets its trust), and "
            "deploy it again.",
            # Its own words do not say why it cannot connect.
            confidence=Confidence.MEDIUM,
            proof=proof_of(setting, *shown, *complaints),
            shows=proof_of(setting, *complaints),
            harms=frozenset({service}),
        )


def setting_of_other_scheme(evidence: Evidence) -> Iterator[Candidate]:
    """A setting says http where TLS is spoken, or https where it is not."""
    for setting, port in _settings(evidence):
        heard = [c for c in evidence.of(PortSpeaks) if (c.host, c.port) == (setting.host.lower(), port)]
        spoken = {claim.speech for claim in heard}
        used = Speech.TLS if setting.scheme == "https" else Speech.PLAIN_HTTP
        # Where the place itself does not speak what it should, the setting is right.
        if len(spoken) != 1 or used in spoken or any(claim.speech is not claim.meant for claim in heard):
            continue
        service = evidence.service_of(setting.component)
        complaints = [
            a for a in evidence.answers_naming(service, setting.host, port) if a.saying is not Saying.USES_UPSTREAM
        ]
        does = "speaks TLS" if used is Speech.PLAIN_HTTP else "speaks plain HTTP"
        other = "http" if used is Speech.TLS else "https"
        yield Candidate(
            component=setting.component,
            fault=Fault.SCHEME_MISMATCH,
            statement=f"{setting.setting} in {setting.component} says {setting.scheme} for "
            f"{place(setting.host, port)}, which {does}.",
            first_action=f"Set {setting.setting} to {other}:// in the task definition and deploy the service again.",
            confidence=Confidence.HIGH if complaints else Confidence.MEDIUM,
            proof=proof_of(setting, *heard, *complaints),
            shows=proof_of(setting, *complaints),
            harms=frozenset({service}),
            named=bool(complaints),
            ruled_out=(
                RuledOut(
                    subject=place(setting.host, port), why="it answers who speaks as it does", proof=proof_of(*heard)
                ),
            ),
        )


def place_of_other_scheme(evidence: Evidence) -> Iterator[Candidate]:
    """A place that is meant to serve TLS answers in plain HTTP."""
    wrong = [c for c in evidence.of(PortSpeaks) if (c.meant, c.speech) == (Speech.TLS, Speech.PLAIN_HTTP)]
    for component in sorted({claim.component for claim in wrong}):
        claims = [claim for claim in wrong if claim.component == component]
        yield Candidate(
            component=component,
            fault=Fault.SCHEME_MISMATCH,
            statement=f"Plain HTTP answers at {_places(claims)}, where TLS should.",
            first_action="Set the protocol of the listener, or of the server, to TLS with its certificate.",
            confidence=Confidence.HIGH,
            proof=proof_of(*claims),
            shows=proof_of(*claims),
            harms=frozenset({evidence.service_of(component)} - {""}),
            named=True,
        )


def health_check_without_client_certificate(evidence: Evidence) -> Iterator[Candidate]:
    """A service demands client certificates since lately, and its tasks are stopped for failed health checks."""
    stopped = [c for c in evidence.of(TaskStopped) if c.reason is StopReason.HEALTH_CHECK_FAILED]
    for claim in stopped:
        component = evidence.sibling(claim.component, "tg")
        # Where it is declared, whoever checks the service has lived with it.
        demands = [
            demand
            for demand in evidence.of(ClientCertificateDemanded)
            if not demand.declared and evidence.same_service(demand.component, claim.component)
        ]
        if not component or not demands:
            continue
        yield Candidate(
            component=component,
            fault=Fault.MTLS_REQUIRED_FOR_HEALTHCHECK,
            statement=f"Tasks of {claim.component} are stopped for failed health checks, and {_places(demands)} "
            "demands a client certificate, which a load balancer cannot show.",
            first_action="Check a port or path that demands no certificate, or check the connection only (TCP).",
            # Whose check failed, the balancer's or the container's own, the stopped task does not say.
            confidence=Confidence.MEDIUM,
            proof=proof_of(claim, *demands),
            shows=proof_of(claim, *demands),
            harms=frozenset({evidence.service_of(claim.component)}),
        )


def _by_component(
    evidence: Evidence, outcomes: Collection[CertificateOutcome], *, issued: bool
) -> list[tuple[str, list[CertificateShown]]]:
    """Claims with one of these outcomes by what has to be changed; one certificate can be shown at many places."""
    watched: dict[tuple[str, int], set[CertificateOutcome]] = {}
    for claim in evidence.of(CertificateShown):
        if claim.of_place:
            watched.setdefault((claim.host, claim.port), set()).add(claim.outcome)
    groups: dict[str, list[CertificateShown]] = {}
    for claim in evidence.of(CertificateShown):
        # Who looks at the certificate itself tells a missing link from an authority that nobody trusts.
        known = watched.get((claim.host, claim.port), {claim.outcome})
        component = to_change(evidence, claim, issued=issued)
        if claim.outcome in outcomes and claim.outcome in known and evidence.service_of(component):
            groups.setdefault(component, []).append(claim)
    return sorted(groups.items())


def _harmed(evidence: Evidence, claims: Sequence[CertificateShown]) -> frozenset[str]:
    """The services whose entrance no client gets through: at every address the certificate is no good."""
    usable = {
        (c.host, c.port)
        for c in evidence.of(CertificateShown)
        if c.outcome in (CertificateOutcome.VALID, CertificateOutcome.EXPIRES_SOON)
    }
    here = [claim for claim in claims if (claim.host, claim.port) not in usable]
    # Others may be reached through the same entrance, and by their own ways too.
    watched = {evidence.service_of(claim.component) for claim in here if claim.of_place}
    found = watched or {evidence.service_of(claim.component) for claim in here}
    return frozenset(found - {""}) if watched or len(found) == 1 else frozenset()


def _settings(evidence: Evidence) -> Iterator[tuple[SettingPointsTo, int]]:
    """The URLs of services, with the port that a client would use."""
    for setting in evidence.of(SettingPointsTo):
        if setting.scheme in _DEFAULT_PORTS and evidence.service_of(setting.component):
            yield setting, setting.port or _DEFAULT_PORTS[setting.scheme]


def _cannot_connect(evidence: Evidence) -> list[AnswerSays]:
    return [answer for answer in evidence.of(AnswerSays) if _says_no_connection(answer)]


def _says_no_connection(answer: AnswerSays) -> bool:
    return answer.saying is Saying.CANNOT_CONNECT_UPSTREAM


def _places(claims: Sequence[CertificateShown | PortSpeaks | ClientCertificateDemanded]) -> str:
    return " and ".join(sorted({place(claim.host, claim.port) for claim in claims}))


def _behind_it(claims: Sequence[CertificateShown]) -> RuledOut:
    why = "TLS was spoken and a certificate shown: only that certificate keeps clients out"
    return RuledOut(subject=f"what serves {_places(claims)}", why=why, proof=proof_of(*claims))


RULES = (
    certificate_expired,
    certificate_of_other_name,
    certificate_of_unknown_authority,
    client_without_the_authority,
    setting_of_other_scheme,
    place_of_other_scheme,
    health_check_without_client_certificate,
)
