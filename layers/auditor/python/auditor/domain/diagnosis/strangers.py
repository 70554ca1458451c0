"""Answers of strangers: what comes back from a place whose rules lead elsewhere says nothing of who should answer."""

from collections.abc import Iterable

from auditor.domain.diagnosis.access_claims import CallerIdUnknown, HostAnswered, KeyNotSeen, PreflightRefused
from auditor.domain.diagnosis.claims import AnswerSays, Claim, HealthReports
from auditor.domain.diagnosis.journey_claims import HostRejected
from auditor.domain.diagnosis.routing_claims import PathAnswers, RequestRouted
from auditor.domain.diagnosis.routing_words import RouteFate
from auditor.domain.diagnosis.store_claims import StoreComplaint
from auditor.domain.diagnosis.tls_claims import ClientCertificateDemanded

_WORDS = (
    AnswerSays,
    HealthReports,
    HostAnswered,
    HostRejected,
    CallerIdUnknown,
    PreflightRefused,
    KeyNotSeen,
    ClientCertificateDemanded,
    StoreComplaint,
)
"""What a claim takes for words of the service that the asked place belongs to."""
_ELSEWHERE = (RouteFate.WRONG_GROUP, RouteFate.CAPTURED)


def without_strangers(claims: Iterable[Claim]) -> list[Claim]:
    """The claims but for words that another service said in the place of the one that was asked.

    What the rules do is known of the declared requests. A rule that takes one of them from its host takes others of
    that host, too: whatever is not answered as declared there may be a stranger's.
    """
    given = list(claims)
    led_away = [claim for claim in given if isinstance(claim, RequestRouted) and claim.fate in _ELSEWHERE]
    captured = {(c.host.lower(), c.port) for c in led_away if c.fate is RouteFate.CAPTURED}
    paths = {(c.host.lower(), c.port, c.path) for c in led_away}
    strange = {
        id
        for claim in given
        if isinstance(claim, PathAnswers) and not claim.as_declared
        if (claim.host.lower(), claim.port) in captured or (claim.host.lower(), claim.port, claim.path) in paths
        for id in claim.proof
    }
    return [claim for claim in given if not (isinstance(claim, _WORDS) and strange & set(claim.proof))]
