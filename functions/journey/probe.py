"""Registers a model the way a person would, reads it back, and takes everything away again, whatever happened."""

import secrets
from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.journey.cleaning import Cleaned, Cleaner
from functions.journey.credential import read_key
from functions.journey.facts import (
    MAX_LEFT,
    STAGES,
    CallFacts,
    JourneyFacts,
    Reason,
    RemainsFacts,
    StageFacts,
    StageName,
)
from functions.journey.family import JourneySpec
from functions.journey.naming import is_orphan, made_name
from functions.journey.reading import refusal
from functions.journey.server import ARTIFACTS, Call, Server, asking
from functions.journey.stages import STEPS, Context, Step

_MADE_NOTHING = frozenset(
    {
        "host_rejected",
        "auth_demanded",
        "key_dropped",
        "key_refused",
        "not_permitted",
        "auth_service_failed",
        "redirected",
        "not_served",
        "upstream_unreachable",
        "no_healthy_target",
        "store_unavailable",
    }
)
"""An answer that says one of these was given before anything was made."""
_NOT_SENT = (Phase.NAME, Phase.TCP, Phase.TLS, Phase.REQUEST)
_KEY_REFUSED = ("key_refused", "key_dropped", "not_permitted")
_TIME_TO_READ_AGAIN = 0.5


async def observe(target: Target[JourneySpec], probe: Probe) -> Observation[JourneyFacts]:
    """The four stages as far as they come, and what is left of them at the end."""
    spec = target.spec
    facts = JourneyFacts(
        enabled=spec.enabled,
        scheme="https" if spec.encrypted else "http",
        host=spec.host,
        port=spec.port,
        prefix=spec.prefix,
        credential="none" if spec.credential is None else "canary",
    )
    if not spec.enabled:
        return probe.observation(replace(facts, stages=_not_asked(STAGES, "not_enabled")))
    credential = None
    if spec.credential is not None:
        text = await probe.secret(spec.credential.secret)
        key = text if isinstance(text, Failure) else read_key(text, spec.credential)
        if isinstance(key, Failure):
            return probe.observation(facts, (key,))
        credential = key
    resolution = await probe.resolve(spec.host)
    if isinstance(resolution, Failure):
        return probe.observation(facts, (resolution,))
    facts = replace(facts, resolved=resolution.addresses)
    server = Server(target, probe, resolution.addresses[0], credential)
    journey = _Journey(target, server)
    try:
        await journey.go()
    except Exception:
        # Whatever it was, what was made is taken away before anybody hears of it.
        await journey.clean_up()
        raise
    if await _was_rotated(spec, credential, journey, probe):
        journey.failures = (_rotated(spec),)
    named = probe.observation(None).phases
    begin_ms = max((timing.start_ms + timing.duration_ms for timing in named), default=0.0)
    facts = replace(
        facts,
        stages=tuple(journey.stages),
        by_other_host=journey.by_other_host,
        remains=journey.remains,
    )
    observation = probe.observation(facts, journey.failures)
    return replace(observation, phases=(*named, *server.phases(max(0.0, begin_ms))))


class _Journey:
    """One journey on its way: its context, what came of each stage, what is left."""

    def __init__(self, target: Target[JourneySpec], server: Server) -> None:
        probe, spec = server.probe, target.spec
        self.stages: list[StageFacts] = []
        self.failures: tuple[Failure, ...] = ()
        self.by_other_host: bool | None = None
        self.remains: RemainsFacts | None = None
        self._server = server
        self._spec = spec
        self._made_something = False
        self._orphans = Cleaned()
        self._context = Context(
            name=made_name(spec.marker, target.id, probe.slot, secrets.token_hex(4)),
            made_by=probe.vantage.name,
            slot=probe.slot,
        )

    async def go(self) -> None:
        """Sweep what killed runs have left, go through the stages, clean up."""
        await self._sweep()
        for name in STAGES:
            if self.stages and self.stages[-1].outcome == "failed":
                break
            self.stages.append(await self._stage(name))
        self.stages += _not_asked(STAGES[len(self.stages) :], "earlier_stage")
        await self.clean_up()

    async def clean_up(self) -> None:
        """Take away what this journey made, in the time that was kept for it."""
        if not self._made_something or self.remains is not None:
            self.remains = self.remains or self._swept()
            return
        server, clock, requests = self._server, self._server.probe.clock, self._server.requests
        began = clock()
        cleaner = Cleaner(server, server.probe.remaining)
        filter, own = f"name = '{self._context.name}'", self._context.name.__eq__
        cleaned = await cleaner.take_away(filter, own)
        await cleaner.look_again(filter, own, cleaned)
        left = [*cleaned.left, *self._orphans.left]
        self.remains = RemainsFacts(
            looked=cleaned.looked,
            removed=cleaned.removed,
            left=tuple(left[:MAX_LEFT]),
            left_count=len(left),
            orphans=self._orphans.found,
            orphans_removed=self._orphans.removed,
            requests=server.requests - requests,
            duration_ms=round((clock() - began) * 1000, 3),
            stopped_at=cleaned.stopped_at or self._orphans.stopped_at,
        )

    async def _sweep(self) -> None:
        """What killed runs have left, in the time of one request: the stages must have theirs."""
        probe = self._server.probe
        least = probe.remaining() - self._spec.request_timeout.total_seconds()
        cleaner = Cleaner(self._server, lambda: min(probe.remaining() - least, self._left_for_stages()))
        marker, slot = self._spec.marker, self._context.slot
        self._orphans = await cleaner.take_away(f"name LIKE '{marker}-%'", lambda name: is_orphan(name, marker, slot))

    async def _stage(self, name: StageName) -> StageFacts:
        if name == "artifact" and not self._context.artifact_root:
            return StageFacts(name=name, outcome="not_asked", reason="artifacts_elsewhere")
        clock, requests = self._server.probe.clock, self._server.requests
        began = clock()
        stopped_at = None
        for step in STEPS[name]:
            stopped_at = await self._step(step, of_artifact=name == "artifact")
            if stopped_at is not None:
                break
        return StageFacts(
            name=name,
            outcome="done" if stopped_at is None else "failed",
            requests=self._server.requests - requests,
            duration_ms=round((clock() - began) * 1000, 3),
            stopped_at=stopped_at,
        )

    async def _step(self, step: Step, *, of_artifact: bool) -> CallFacts | None:
        """Ask and read; what stopped the stage, or None."""
        call = step.call(self._context)
        answer = await self._server.ask(call, self._left_for_stages())
        if isinstance(answer, Failure):
            self.failures = (answer,)
            self._made_something |= answer.phase not in _NOT_SENT
            return CallFacts(call=call.name)
        if answer.status == 200:
            self._made_something = True
            says = step.read(self._context, answer)
            return None if says is None else CallFacts(call=call.name, status=200, says=says)
        said = refusal(
            call.name,
            answer.status,
            answer.headers,
            answer.body,
            key_sent=self._server.key_sent,
            of_artifact=of_artifact,
        )
        self._made_something |= said.says not in _MADE_NOTHING
        if step.reads_back and said.error_code == "RESOURCE_DOES_NOT_EXIST":
            return replace(said, says="not_read_back")
        if said.says == "host_rejected" and not self._server.key_sent:
            self.by_other_host = await self._answers_to_localhost()
        if of_artifact and said.says == "server_error" and await self._store_denies():
            return replace(said, says="artifact_store_denied")
        return said

    async def _answers_to_localhost(self) -> bool | None:
        """Whether the same server takes the same kind of request under another Host; None where it does not answer."""
        call = asking("experiments/search", method="GET", max_results="1")
        answer = await self._server.ask(call, self._left_for_stages(), host=f"localhost:{self._spec.port}")
        return None if isinstance(answer, Failure) else answer.status == 200

    async def _store_denies(self) -> bool:
        """Whether MLflow, asked what lies there, says that its store denies it: to an upload it says only 500."""
        call = Call(name="artifacts list", method="GET", path=ARTIFACTS, query={"path": self._context.artifact_root})
        answer = await self._server.ask(call, self._left_for_stages())
        if isinstance(answer, Failure) or answer.status == 200:
            return False
        said = refusal(call.name, answer.status, answer.headers, answer.body, key_sent=False, of_artifact=True)
        return said.says == "artifact_store_denied"

    def _left_for_stages(self) -> float:
        return self._server.probe.remaining() - self._spec.cleanup_timeout.total_seconds()

    def _swept(self) -> RemainsFacts | None:
        """Where this journey made nothing: what it found of others, if it found anything."""
        orphans = self._orphans
        if not orphans.found:
            return None
        return RemainsFacts(
            looked=orphans.looked,
            left=tuple(orphans.left[:MAX_LEFT]),
            left_count=len(orphans.left),
            orphans=orphans.found,
            orphans_removed=orphans.removed,
            stopped_at=orphans.stopped_at,
        )


def _not_asked(names: tuple[StageName, ...], reason: Reason) -> tuple[StageFacts, ...]:
    return tuple(StageFacts(name=name, outcome="not_asked", reason=reason) for name in names)


async def _was_rotated(spec: JourneySpec, used: tuple[str, str] | None, journey: _Journey, probe: Probe) -> bool:
    """Whether the secret has a newer key than the one that was refused, which may be minutes old."""
    stopped = next((stage.stopped_at for stage in journey.stages if stage.stopped_at is not None), None)
    refused = stopped is not None and stopped.says in _KEY_REFUSED
    # Without time left nothing could be read any more, and the refusal would be lost with it.
    if spec.credential is None or not refused or probe.remaining() < _TIME_TO_READ_AGAIN:
        return False
    probe.secrets.forget(spec.credential.secret)
    text = await probe.secret(spec.credential.secret)
    now = text if isinstance(text, Failure) else read_key(text, spec.credential)
    return isinstance(now, tuple) and now != used


def _rotated(spec: JourneySpec) -> Failure:
    secret = spec.credential.secret if spec.credential else ""
    detail = (
        f"the secret {secret} was changed since the auditor had read it, and the old key was refused; "
        "the next run uses the new one"
    )
    return Failure(phase=Phase.PREPARE, cause="self.credentials", detail=detail)
