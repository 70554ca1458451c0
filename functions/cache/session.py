"""One session over a stream: a greeting before any password, the login, commands. Raises PeerFaultError or OSError."""

from contextlib import suppress

from auditor.net.causes import PeerFaultError
from auditor.net.stream import Stream
from functions.cache.facts import CAUSES, Refusal
from functions.cache.resp import Incomplete, Refused, Replies, Reply, TooLargeError, encode

_MOST_RECEIVED = 8 * 1024 * 1024
"""Bytes of a whole session; an honest one of twenty queues receives at the most ten envelopes of 256 KiB for each."""
_MOST_TEXT = 1024
_MEANINGS = {cause.id: cause.meaning for cause in CAUSES}
_NOT_YET: frozenset[Refusal] = frozenset({"loading", "master_down", "busy", "not_persisted", "not_permitted"})
"""What a server says of its state or its rights to a client that it has let in."""

Command = tuple[str, ...]


class RefusedError(PeerFaultError):
    """When the server's own answer ends the session; ``why`` is what it means, ``other`` the cause of no known one."""

    def __init__(self, why: Refusal, *, other: str) -> None:
        cause = other if why == "other" else f"redis.{why}"
        super().__init__(cause, f"answered an error: {_MEANINGS[cause]}")
        self.why = why


class Session:
    """The commands of one connection, one after the other; several at once are one round trip."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._replies = Replies()
        self._received = 0
        self.open_to_all: bool | None = None
        """Whether it served a command before any password; None where its answer does not tell."""

    async def greet(self) -> None:
        """PING before any password: who does not answer as a Redis gets none."""
        reply = await self._one(("PING",))
        if reply == b"PONG":
            self.open_to_all = True
        elif isinstance(reply, Refused):
            if reply.why == "noauth":
                self.open_to_all = False
            elif reply.why not in _NOT_YET:
                raise RefusedError(reply.why, other="redis.login_failed")
        else:
            raise _other_answer("PING")

    async def login(self, user: str | None, password: str) -> None:
        """AUTH, after the greeting."""
        reply = await self._one(("AUTH", password) if user is None else ("AUTH", user, password))
        if isinstance(reply, Refused):
            raise RefusedError(reply.why, other="redis.login_failed")
        if reply != b"OK":
            raise _other_answer("AUTH")

    async def ping(self) -> None:
        """PING as a client that is let in."""
        reply = await self._one(("PING",))
        if isinstance(reply, Refused):
            raise RefusedError(reply.why, other="redis.query_failed")
        if reply != b"PONG":
            raise _other_answer("PING")

    async def ask(self, *commands: Command) -> list[Reply]:
        """The short replies of commands that are sent together."""
        try:
            return await self.read(*commands, most=_MOST_TEXT)
        except TooLargeError:
            raise PeerFaultError("redis.protocol", "answers with more than was asked for") from None

    async def read(self, *commands: Command, most: int) -> list[Reply]:
        """The same for replies of up to ``most`` bytes; TooLargeError for a larger one, and then nothing more."""
        if not self._replies.empty:
            raise PeerFaultError("redis.protocol", "answers what nobody has asked")
        with suppress(BrokenPipeError, ConnectionResetError):  # why it hung up may still be there to read
            await self._stream.send(b"".join(map(encode, commands)))
        return [await self._reply(most) for _ in commands]

    async def _one(self, command: Command) -> Reply:
        (reply,) = await self.ask(command)
        return reply

    async def _reply(self, most: int) -> Reply:
        while isinstance(reply := self._replies.take(most), Incomplete):
            data = await self._stream.receive()
            if not data:
                raise PeerFaultError("tcp.closed", "closed the connection before it answered")
            self._received += len(data)
            if self._received > _MOST_RECEIVED:
                raise PeerFaultError("redis.protocol", "sends more than an honest server")
            self._replies.feed(data)
        return reply


def _other_answer(command: str) -> PeerFaultError:
    return PeerFaultError("redis.protocol", f"answers {command} with something else than Redis does")
