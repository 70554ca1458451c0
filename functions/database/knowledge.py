"""What a PostgreSQL observation says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import store_claims, words
from auditor.domain.diagnosis.addresses import is_literal
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.diagnosis.store_words import Holding, Trust
from auditor.domain.observation import Observation, Phase
from auditor.domain.target import Target
from functions.database.facts import DatabaseFacts, ServerFacts
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
_OF_SERVER = ("pg.slots_full", "pg.starting", "pg.storage_full")
"""What a server says of itself, also to a login that it let in."""
_LOGINS = {
    "pg.auth_failed": words.LoginOutcome.CREDENTIALS_REFUSED,
    "pg.not_permitted": words.LoginOutcome.NOT_PERMITTED,
    "pg.no_database": words.LoginOutcome.NO_SUCH_DATABASE,
    "pg.no_hba_no_tls": words.LoginOutcome.ENCRYPTION_DEMANDED,
    "pg.slots_full": words.LoginOutcome.SLOTS_FULL,
    "pg.starting": words.LoginOutcome.STARTING,
    "pg.storage_full": words.LoginOutcome.STORAGE_FULL,
    "pg.no_hba": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.certificate_demanded": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.no_privilege": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.database_closed": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.role_limit": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.database_limit": words.LoginOutcome.REFUSED_OTHERWISE,
    "pg.login_failed": words.LoginOutcome.REFUSED_OTHERWISE,
}

_HOLDING = {
    "active": Holding.WORKING,
    "idle_in_transaction": Holding.IDLE,
    "prepared": Holding.PREPARED,
    "other": Holding.UNKNOWN,
}
_TRUST = {
    **dict.fromkeys(("tls.untrusted", "tls.self_signed"), Trust.UNKNOWN_AUTHORITY),
    "tls.expired": Trust.EXPIRED,
    "tls.name_mismatch": Trust.OTHER_NAME,
    "tls.not_yet_valid": Trust.WRONG_OTHERWISE,
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
    found += _certificate(target, observation, proof)
    if facts.password_breaks_url:
        found.append(
            store_claims.PasswordUnfitForUrl(
                component=target.component, host=target.spec.host, secret=target.spec.secret, proof=proof
            )
        )
    if facts.server is not None:
        found += _server(target, facts.server, proof)
    found += _schema(target, facts, proof)
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


def _certificate(
    target: Target[DatabaseSpec], observation: Observation[DatabaseFacts], proof: Proof
) -> Iterator[says.Claim]:
    """Where it was verified: it was believed, or why not."""
    if target.spec.tls != "verify":
        return
    causes = [f.cause for f in observation.failures if f.phase is Phase.TLS]
    if causes:
        trust = _TRUST.get(causes[0])
    else:
        believed = any(timing.phase is Phase.TLS and timing.ok for timing in observation.phases)
        trust = Trust.TRUSTED if believed else None
    if trust is not None:
        yield store_claims.StoreCertificate(component=target.component, host=target.spec.host, trust=trust, proof=proof)


def _server(target: Target[DatabaseSpec], server: ServerFacts, proof: Proof) -> Iterator[says.Claim]:
    component, host = target.component, target.spec.host
    used, allowed = server.connections_used, server.connections_max
    yield says.SlotsUsed(component=component, used=used, allowed=allowed, proof=proof)
    if server.forces_tls:
        yield store_claims.DemandsEncryption(component=component, host=host, proof=proof)
    if server.activity is None:
        return
    limit = target.spec.max_lock_wait.total_seconds()
    blocked = [waiting.seconds for waiting in server.activity.waiting if waiting.seconds > limit]
    if len(blocked) > target.spec.max_blocked:
        blocker = next(iter(server.activity.blockers), None)
        yield store_claims.LocksHeld(
            component=component,
            host=host,
            waiting=len(blocked),
            longest_wait=max(blocked),
            holding=_HOLDING[blocker.state] if blocker else Holding.UNKNOWN,
            process=blocker.pid if blocker else 0,
            role=blocker.role if blocker else "",
            held_for=blocker.seconds if blocker else None,
            proof=proof,
        )


def _schema(target: Target[DatabaseSpec], facts: DatabaseFacts, proof: Proof) -> Iterator[says.Claim]:
    expected = {version.table: version.expected for version in target.spec.schema_versions}
    for schema in facts.schema:
        wanted = expected.get(schema.table, ())
        if schema.outcome in ("read", "absent") and set(wanted) != set(schema.revisions):
            yield store_claims.SchemaRevision(
                component=target.component,
                host=target.spec.host,
                database=target.spec.database,
                table=schema.table,
                expected=wanted,
                found=schema.revisions,
                proof=proof,
            )
