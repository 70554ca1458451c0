"""What a PostgreSQL observation says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import words
from auditor.domain.diagnosis.addresses import is_literal
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.observation import Observation, Phase
from auditor.domain.target import Target
from functions.database.facts import DatabaseFacts
from functions.database.family import DatabaseSpec

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
_OF_SERVER = ("pg.slots_full", "pg.starting")
"""What a server says of itself, also to a login that it let in."""
_LOGINS = {
    "pg.auth_failed": words.LoginOutcome.CREDENTIALS_REFUSED,
    "pg.not_permitted": words.LoginOutcome.NOT_PERMITTED,
    "pg.no_database": words.LoginOutcome.NO_SUCH_DATABASE,
    "pg.no_hba_no_tls": words.LoginOutcome.ENCRYPTION_DEMANDED,
    "pg.slots_full": words.LoginOutcome.SLOTS_FULL,
    "pg.starting": words.LoginOutcome.STARTING,
    "pg.no_hba": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.no_privilege": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.database_closed": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.role_limit": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.database_limit": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.login_failed": words.LoginOutcome.REFUSED_OTHERWISE,
}


def claims(target: Target[DatabaseSpec], observation: Observation[DatabaseFacts]) -> tuple[says.Claim, ...]:
    """Everything that the observation shows; nothing where the auditor could not tell."""
    facts = observation.facts
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = [*_name(target, facts, observation, proof), *_port(target, facts, observation, proof)]
    outcome = _login(observation)
    if outcome is not None:
        found.append(
            says.LoginAnswered(
                component=target.component,
                host=target.spec.host,
                user=target.spec.user,
                database=target.spec.database,
                secret=target.spec.secret,
                outcome=outcome,
                of_platform=facts.login == "application",
                secret_names_user=facts.secret_agrees.user,
                proof=proof,
            )
        )
    if facts.server is not None:
        used, allowed = facts.server.connections_used, facts.server.connections_max
        found.append(says.SlotsUsed(component=target.component, used=used, allowed=allowed, proof=proof))
    return tuple(dict.fromkeys(found))


def _name(
    target: Target[DatabaseSpec],
    facts: DatabaseFacts,
    observation: Observation[DatabaseFacts],
    proof: Proof,
) -> Iterator[says.Claim]:
    name = target.spec.host
    if is_literal(name):
        return
    if facts.addresses:
        resolved = words.NameOutcome.RESOLVED
        yield says.NameResolves(name=name, outcome=resolved, addresses=facts.addresses, proof=proof)
        return
    for failure in observation.failures:
        if failure.phase is Phase.NAME and failure.cause in _NAMES:
            yield says.NameResolves(name=name, outcome=_NAMES[failure.cause], proof=proof)


def _port(
    target: Target[DatabaseSpec],
    facts: DatabaseFacts,
    observation: Observation[DatabaseFacts],
    proof: Proof,
) -> Iterator[says.Claim]:
    """The first address was asked, as PostgreSQL's own clients do."""
    if not facts.addresses:
        return
    refused = [f for f in observation.failures if f.phase is Phase.TCP]
    connected = any(timing.phase is Phase.TCP and timing.ok for timing in observation.phases)
    outcome = words.PortOutcome.OPEN if connected else _PORTS.get(refused[0].cause) if refused else None
    if outcome is not None:
        place = says.PortAnswers(
            host=target.spec.host, address=facts.addresses[0], port=target.spec.port, outcome=outcome, proof=proof
        )
        yield place


def _login(observation: Observation[DatabaseFacts]) -> words.LoginOutcome | None:
    """How the server answered the login."""
    for failure in observation.failures:
        of_login = failure.phase is Phase.LOGIN or (failure.phase is Phase.QUERY and failure.cause in _OF_SERVER)
        if of_login and failure.cause in _LOGINS:
            return _LOGINS[failure.cause]
    accepted = any(timing.phase is Phase.LOGIN and timing.ok for timing in observation.phases)
    return words.LoginOutcome.ACCEPTED if accepted else None
