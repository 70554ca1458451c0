"""What is asked of a server that let the auditor in; what it has answered stays, whatever becomes of the rest."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from auditor.domain.instants import format_instant
from auditor.net.causes import DeadlinePassedError, PeerFaultError
from functions.cache.envelope import MOST_ENVELOPE, sent_at
from functions.cache.facts import Envelope, QueueFacts, Refusal, ServerFacts
from functions.cache.family import CacheSpec, QueueKind, QueueSpec
from functions.cache.info import MOST_INFO, read_info
from functions.cache.resp import Refused, Reply, TooLargeError
from functions.cache.session import Command, RefusedError, Session

KEY_PREFIX = "health-auditor:"
KEY_SECONDS = 60
_COUNT: dict[QueueKind, str] = {"list": "LLEN", "sorted_set": "ZCARD"}


class Dialogue:
    """The questions of one probe."""

    def __init__(self, spec: CacheSpec, session: Session, *, target: str, slot: datetime) -> None:
        self._spec = spec
        self._session = session
        self._target = target
        self._slot = slot
        self.pinged = False
        self.server: ServerFacts | None = None
        self.write: Literal["accepted"] | Refusal | None = None
        self.queues: list[QueueFacts] = []
        self.info_refused: Refusal | None = None

    async def ask(self) -> None:
        """PING, INFO, the write, the queues; PeerFaultError or OSError ends it."""
        try:
            await self._session.ping()
        except RefusedError as refused:
            await self._info_of_one_that_refuses(refused)
            raise
        self.pinged = True
        await self._info()
        if self._spec.write_check:
            await self._write()
        if self._spec.queues:
            for queue in self._spec.queues:
                self.queues.append(await self._queue(queue))
            await self._envelopes()

    async def _info_of_one_that_refuses(self, refused: RefusedError) -> None:
        """A server that loads its data or lost its primary still says so in INFO; the refusal counts all the same."""
        try:
            await self._info()
        except (PeerFaultError, DeadlinePassedError, OSError):
            raise refused from None

    async def _info(self) -> None:
        try:
            (reply,) = await self._session.read(("INFO",), most=MOST_INFO)
        except TooLargeError:
            raise PeerFaultError("redis.protocol", "answers INFO with more than any Redis does") from None
        if isinstance(reply, Refused):
            self.info_refused = reply.why
        elif isinstance(reply, bytes):
            self.server = read_info(reply)
        else:
            raise PeerFaultError("redis.protocol", "answers INFO with something else than Redis does")

    async def _write(self) -> None:
        """One key of the auditor's own, which the server forgets by itself."""
        key = KEY_PREFIX + self._target
        (reply,) = await self._session.ask(("SET", key, format_instant(self._slot), "EX", str(KEY_SECONDS)))
        if isinstance(reply, Refused):
            self.write = reply.why
        elif reply == b"OK":
            self.write = "accepted"
        else:
            raise PeerFaultError("redis.protocol", "answers SET with something else than Redis does")

    async def _queue(self, queue: QueueSpec) -> QueueFacts:
        """How much the lists of a queue hold."""
        named = (queue.name, queue.processing, queue.dead_letters)
        keys = [key for key in named if key is not None]
        replies = iter(await self._session.ask(*((_COUNT[queue.kind], key) for key in keys)))
        counts = [None if key is None else next(replies) for key in named]
        refused = [reply.why for reply in counts if isinstance(reply, Refused)]
        depth, processing, dead_letters = (None if isinstance(reply, Refused) else _number(reply) for reply in counts)
        return QueueFacts(
            name=queue.name,
            depth=depth,
            processing=processing,
            dead_letters=dead_letters,
            refused=refused[0] if refused else None,
        )

    async def _envelopes(self) -> None:
        """The times that the checks need; a message that is too large ends the reading, and nothing else."""
        for number, queue in enumerate(self._spec.queues):
            try:
                await self._oldest(number, queue)
                await self._newest_dead_letter(number, queue)
            except TooLargeError:
                return

    async def _oldest(self, number: int, queue: QueueSpec) -> None:
        facts = self.queues[number]
        if queue.max_age is None or facts.depth is None:
            return
        self.queues[number] = replace(facts, oldest="too_large")
        found, times = await self._times(queue, queue.name, facts.depth)
        self.queues[number] = replace(facts, oldest=found, oldest_at=min(times, default=None))

    async def _newest_dead_letter(self, number: int, queue: QueueSpec) -> None:
        facts = self.queues[number]
        held = facts.dead_letters or 0
        if queue.dead_letters is not None and held > queue.max_dead_letters:
            _, times = await self._times(queue, queue.dead_letters, held)
            self.queues[number] = replace(facts, newest_dead_letter_at=max(times, default=None))

    async def _times(self, queue: QueueSpec, key: str, held: int) -> tuple[Envelope, list[datetime]]:
        """The times of the messages at both ends of a list: which end is the older one is a custom of its users."""
        if held == 0:
            return "none", []
        envelopes: list[bytes] = []
        for reply in await self._session.read(*_ends(queue.kind, key), most=MOST_ENVELOPE):
            for each in reply if isinstance(reply, tuple) else (reply,):
                if isinstance(each, Refused):
                    return "refused", []
                if isinstance(each, int):
                    raise PeerFaultError("redis.protocol", "answers the question for a message with a number")
                envelopes += [] if each is None else [each]
        if not envelopes:
            return "none", []  # consumed in the meantime
        times = [time for text in envelopes if (time := sent_at(text, queue.timestamp)) is not None]
        return ("read" if times else "unreadable"), times


def _ends(kind: QueueKind, key: str) -> tuple[Command, Command]:
    if kind == "list":
        return ("LINDEX", key, "-1"), ("LINDEX", key, "0")
    return ("ZRANGE", key, "0", "0"), ("ZRANGE", key, "-1", "-1")


def _number(reply: Reply) -> int | None:
    if reply is None:
        return None
    if not isinstance(reply, int) or reply < 0:
        raise PeerFaultError("redis.protocol", "answers the question for a length with something else")
    return reply
