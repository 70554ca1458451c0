"""Probes one PostgreSQL server: name, connection, TLS, login, one query, each a phase of its own."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.causes import PeerFaultError, cause_of
from auditor.net.probe import Probe
from functions.database.facts import DatabaseFacts, SchemaFacts, ServerFacts
from functions.database.family import DatabaseSpec
from functions.database.secret import Credentials, read_credentials
from functions.database.session import Session, tls_context

T = TypeVar("T")

_OF_REMAINING_TIME = 0.9
"""The server's own limit for the query: a little before the probe's, so that it answers that it gave up."""


async def observe(target: Target[DatabaseSpec], probe: Probe) -> Observation[DatabaseFacts]:
    """What the server does for a client, as far as it came. What the auditor lacks for a step hides no earlier step."""
    spec = target.spec
    text = await probe.secret(spec.secret)
    credentials = text if isinstance(text, Failure) else read_credentials(text, spec)
    context = _context(spec)
    failures = tuple(lacking for lacking in (credentials, context) if isinstance(lacking, Failure))
    facts = DatabaseFacts(login=spec.login)
    if isinstance(credentials, Credentials):
        facts = replace(facts, secret_agrees=credentials.agreement, password_breaks_url=credentials.breaks_url)

    resolution = await probe.resolve(spec.host)
    if isinstance(resolution, Failure):
        return probe.observation(facts, (resolution, *failures))
    facts = replace(facts, addresses=resolution.addresses, resolver=resolution.resolver)
    stream = await probe.connect(resolution.addresses[0], spec.port)
    if isinstance(stream, Failure):
        return probe.observation(facts, (stream, *failures))
    if isinstance(context, Failure):
        return probe.observation(facts, failures)

    session = Session(probe.detach(stream))
    conversation = _Conversation(spec, probe, session, stream.address)
    try:
        secured = await conversation.secure(context)
        if isinstance(secured, Failure):
            return probe.observation(facts, (secured, *failures))
        facts = replace(facts, encrypted=session.encrypted)
        if isinstance(credentials, Failure):
            return probe.observation(facts, failures)
        accepted = await conversation.login(credentials.password)
        if isinstance(accepted, Failure):
            if accepted.cause == "pg.auth_failed" and await _was_rotated(spec.secret, text, probe):
                accepted = _rotated(spec, accepted)
            return probe.observation(replace(facts, sqlstate=session.sqlstate), (accepted,))
        answered = await conversation.ask()
        if isinstance(answered, Failure):
            return probe.observation(replace(facts, sqlstate=session.sqlstate), (answered,))
        server, schema = answered
        return probe.observation(replace(facts, server=server, schema=schema))
    finally:
        session.close()


class _Conversation:
    """The session's steps as phases of the probe."""

    def __init__(self, spec: DatabaseSpec, probe: Probe, session: Session, address: str) -> None:
        self._spec = spec
        self._probe = probe
        self._session = session
        self._address = address
        self._aborted = False

    async def secure(self, context: ssl.SSLContext | None) -> Failure | None:
        """TLS, unless the catalogue does without."""
        if context is None:
            return None
        return await self._phase(Phase.TLS, "tls.timeout", lambda: self._session.secure(context, self._spec.host))

    async def login(self, password: str) -> Failure | None:
        """Start the session as the role."""
        spec = self._spec
        return await self._phase(
            Phase.LOGIN,
            "pg.login_timeout",
            lambda: self._session.login(user=spec.user, database=spec.database, password=password),
        )

    async def ask(self) -> Failure | tuple[ServerFacts, tuple[SchemaFacts, ...]]:
        """What the server says about itself and its schema."""
        timeout_ms = max(1, int(self._probe.remaining() * 1000 * _OF_REMAINING_TIME))
        versions = self._spec.schema_versions
        return await self._phase(
            Phase.QUERY, "pg.query_timeout", lambda: self._session.ask(timeout_ms=timeout_ms, versions=versions)
        )

    async def _phase(self, phase: Phase, timeout_cause: str, function: Callable[[], T]) -> T | Failure:
        return await self._probe.blocking(
            phase,
            lambda: self._faults_as_values(phase, timeout_cause, function),
            timeout_cause=timeout_cause,
            abort=self._abort,
            address=self._address,
        )

    def _abort(self) -> None:
        # Noted before the connection ends: what the function meets from here on is our own doing, not the server's.
        self._aborted = True
        self._probe.hang_up()

    def _faults_as_values(self, phase: Phase, timeout_cause: str, function: Callable[[], T]) -> T | Failure:
        peer = f"{self._address}:{self._spec.port}"
        try:
            return function()
        except (PeerFaultError, OSError) as error:
            if self._aborted:
                words = f"did not end the {phase.value} within the probe's {self._spec.timeout.total_seconds():g} s"
                return Failure(phase=phase, cause=timeout_cause, detail=f"{peer} {words}", address=self._address)
            known = cause_of(error, phase)
            if known is None:
                raise
            cause, words = known
            # A client certificate is demanded by an alert that is read only after the handshake.
            at = Phase.TLS if cause.startswith("tls.") else phase
            return Failure(phase=at, cause=cause, detail=f"{peer} {words}", address=self._address)


def _context(spec: DatabaseSpec) -> ssl.SSLContext | Failure | None:
    if spec.tls == "disable":
        return None
    try:
        return tls_context(spec.tls, spec.ca_file)
    except OSError as error:
        return Failure(
            phase=Phase.PREPARE,
            cause="pg.ca_file_unusable",
            detail=f"the CA file {spec.ca_file} of the catalogue cannot be used ({type(error).__name__}); "
            "a PEM file with the certificates of the authorities is needed",
        )


async def _was_rotated(name: str, used: object, probe: Probe) -> bool:
    """Whether the secret has a newer value than the one that was refused, which may be minutes old."""
    probe.secrets.forget(name)
    now = await probe.secret(name)
    return isinstance(now, str) and now != used


def _rotated(spec: DatabaseSpec, refused: Failure) -> Failure:
    return replace(
        refused,
        cause="self.credentials",
        detail=f"the secret {spec.secret} was changed since the auditor had read it, and the old value was refused; "
        "the next run uses the new one",
    )
