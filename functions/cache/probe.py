"""Probes one Redis or Valkey: name, connection, TLS, login, commands; a port that stays silent is asked otherwise."""

import functools
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.secret import secret_value
from auditor.domain.target import Target
from auditor.net.probe import CouldNotTellError, Probe
from auditor.net.stream import Stream
from auditor.net.tls import context_from_file, shared_context
from functions.cache.dialogue import Dialogue
from functions.cache.facts import CacheFacts
from functions.cache.family import CacheSpec
from functions.cache.session import RefusedError, Session

_FIRST_SHARE = 2 / 3
"""Of the probe's time; a handshake in the wrong language is silence, and takes all that it is given."""
_TOO_LATE_SECONDS = 0.1
"""With less than this left nothing can be asked any more."""
_SOUNDS_LIKE_TEXT = frozenset({"tls.timeout", "tls.not_tls", "tls.closed", "tls.failed", "tcp.reset"})
_SOUNDS_LIKE_TLS = frozenset({"redis.login_timeout", "redis.protocol", "tcp.closed", "tcp.reset"})


async def observe(target: Target[CacheSpec], probe: Probe) -> Observation[CacheFacts]:
    """What the server does for a client, as far as it came. What the auditor lacks for a step hides no earlier step."""
    attempt = _Attempt(target, probe.again(probe.remaining() * _FIRST_SHARE))
    try:
        failures = await attempt.make()
        if attempt.stream is not None and probe.remaining() > _TOO_LATE_SECONDS:
            failures = tuple([await attempt.asked_the_other_way(failure, probe) for failure in failures])
        return attempt.probe.observation(attempt.facts, failures)
    finally:
        attempt.probe.close()


class _Attempt:
    """One way through the phases. ``facts`` holds what was seen so far."""

    def __init__(self, target: Target[CacheSpec], probe: Probe) -> None:
        self.probe = probe
        self.facts = CacheFacts()
        self.stream: Stream | None = None
        self._greeted = False
        """Whether the peer answered as a Redis, so that the language is no question any more."""
        self._target = target
        self._spec = target.spec

    async def make(self) -> tuple[Failure, ...]:
        """All of it; the failures, of which the last one ended it."""
        spec, probe = self._spec, self.probe
        text = await probe.secret(spec.secret) if spec.secret is not None else None
        password = self._password(text) if isinstance(text, str) else text
        context = _context(spec)
        lacking = tuple(each for each in (password, context) if isinstance(each, Failure))

        resolution = await probe.resolve(spec.host)
        if isinstance(resolution, Failure):
            return (resolution, *lacking)
        self.facts = replace(self.facts, addresses=resolution.addresses, resolver=resolution.resolver)
        stream = await probe.connect(resolution.addresses[0], spec.port)
        if isinstance(stream, Failure):
            return (stream, *lacking)
        if isinstance(context, Failure):
            return lacking
        self.stream = stream
        if context is not None:
            secured = await probe.secure(stream, context, spec.host)
            if isinstance(secured, Failure):
                return (secured, *lacking)
        self.facts = replace(self.facts, encrypted=stream.encrypted)

        session = Session(stream)
        refused = await self._login(session, password)
        if isinstance(refused, Failure):
            if refused.cause == "redis.wrongpass" and spec.secret is not None and await self._was_rotated(text):
                detail = f"the secret {spec.secret} was changed since the auditor had read it, and the old value was "
                refused = replace(
                    refused, cause="self.credentials", detail=detail + "refused; the next run uses the new one"
                )
            return (refused, *lacking)
        return lacking or await self._ask(session)

    async def asked_the_other_way(self, failure: Failure, probe: Probe) -> Failure:
        """The failure, or a better one where the port turns out to speak TLS for plain text or the reverse."""
        encrypted = self._spec.tls != "disable"
        alike = _SOUNDS_LIKE_TEXT if encrypted else _SOUNDS_LIKE_TLS
        asked = failure.phase is (Phase.TLS if encrypted else Phase.LOGIN) and failure.cause in alike
        if not asked or self._greeted:
            return failure
        assert self.stream is not None, "what failed in TLS or login had a connection"
        peer, address = self.stream.peer, self.stream.address
        self.stream.close()
        again = probe.again()
        try:
            if encrypted and await _answers_plain_text(again, address, self._spec.port):
                self.facts = replace(self.facts, speaks="plain_text")
                words = "answers in plain text, where TLS is declared"
                return replace(failure, cause="redis.tls_missing", detail=f"{peer} {words}")
            if not encrypted and await _answers_tls(again, address, self._spec):
                self.facts = replace(self.facts, speaks="tls")
                words = "makes a TLS handshake, where plain text is declared"
                return replace(failure, cause="redis.tls_demanded", detail=f"{peer} {words}")
        except CouldNotTellError:
            return failure
        finally:
            again.close()
        return failure

    def _password(self, text: str) -> str | Failure:
        spec = self._spec
        found = secret_value(text, secret=spec.secret or "", key=spec.secret_key, what="password")
        return found if isinstance(found, Failure) else found.value

    async def _was_rotated(self, used: object) -> bool:
        """Whether the secret has a newer value than the one that was refused, which may be minutes old."""
        if self._spec.secret is None or self.probe.remaining() < _TOO_LATE_SECONDS:
            return False
        self.probe.secrets.forget(self._spec.secret)
        now = await self.probe.secret(self._spec.secret)
        return isinstance(now, str) and now != used

    async def _login(self, session: Session, password: str | Failure | None) -> Failure | None:
        """The greeting always, so that a missing secret hides nothing else; AUTH where there is a password."""

        async def login() -> None:
            await session.greet()
            self._greeted = True
            if isinstance(password, str):
                await session.login(self._spec.user, password)
            elif password is None and session.open_to_all is False:
                raise RefusedError("noauth", other="redis.login_failed")

        failure = await self._step(Phase.LOGIN, login, "redis.login_timeout", "took the connection and did not answer")
        self.facts = replace(self.facts, open_to_all=session.open_to_all)
        return failure

    async def _ask(self, session: Session) -> tuple[Failure, ...]:
        dialogue = Dialogue(self._spec, session, target=self._target.id, slot=self.probe.slot)
        words = "took the login and did not answer a command"
        failure = await self._step(Phase.QUERY, dialogue.ask, "redis.query_timeout", words)
        self.facts = replace(
            self.facts,
            pinged=dialogue.pinged,
            server=dialogue.server,
            info_refused=dialogue.info_refused,
            write=dialogue.write,
            queues=tuple(dialogue.queues),
        )
        return () if failure is None else (failure,)

    async def _step(
        self, phase: Phase, work: Callable[[], Coroutine[Any, Any, None]], timeout_cause: str, timeout_words: str
    ) -> Failure | None:
        assert self.stream is not None, "a session has a connection"

        async def noting_refusals() -> None:
            try:
                await work()
            except RefusedError as error:
                self.facts = replace(self.facts, refusal=error.why)
                raise

        return await self.probe.step(
            phase,
            noting_refusals(),
            peer=self.stream.peer,
            timeout_cause=timeout_cause,
            timeout_words=timeout_words,
            address=self.stream.address,
        )


async def _answers_plain_text(probe: Probe, address: str, port: int) -> bool:
    """Whether a Redis answers PING there, be it with an error; no password is given."""
    stream = await probe.connect(address, port)
    if isinstance(stream, Failure):
        return False
    failure = await probe.step(
        Phase.LOGIN,
        Session(stream).greet(),
        peer=stream.peer,
        timeout_cause="redis.login_timeout",
        timeout_words="did not answer",
    )

    return failure is None or failure.cause in ("redis.max_clients", "redis.protected_mode", "redis.login_failed")


async def _answers_tls(probe: Probe, address: str, spec: CacheSpec) -> bool:
    """Whether somebody makes a TLS handshake there, whatever certificate it shows or demands."""
    stream = await probe.connect(address, spec.port)
    if isinstance(stream, Failure):
        return False
    secured = await probe.secure(stream, _encrypting_only(), spec.host)
    return not isinstance(secured, Failure) or secured.cause in ("tls.client_certificate_required", "tls.protocol")


def _context(spec: CacheSpec) -> ssl.SSLContext | Failure | None:
    if spec.tls == "disable":
        return None
    if spec.tls == "require":
        return _encrypting_only()
    try:
        return context_from_file(spec.ca_file) if spec.ca_file is not None else shared_context()
    except OSError as error:
        return Failure(
            phase=Phase.PREPARE,
            cause="redis.ca_file_unusable",
            detail=f"the CA file {spec.ca_file} of the catalogue cannot be used ({type(error).__name__}); "
            "a PEM file with the certificates of the authorities is needed",
        )


@functools.cache
def _encrypting_only() -> ssl.SSLContext:
    """As most clients of ElastiCache are configured: encrypted, nothing verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
