"""Why tasks stopped: AWS's codes and texts to a closed list, and what may be kept of the text."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from functions.compute.facts import MAX_STOP_GROUPS, StopGroup, StopKind

_LIMIT = 240
_NAMED_LIMIT = 5
_ARN = re.compile(r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d*:[\w+=,.@/:-]*[\w/]")
_IMAGE = re.compile(r"\b[\w-]+(?:\.[\w-]+)+(?::\d+)?/[\w./-]+(?::[\w.-]+)?")
_PARAMETER = re.compile(r"(?<![\w/.:])/[\w.-]+(?:/[\w.-]+)+")
_CREDENTIALS = (
    (re.compile(r"(://)\S*@"), r"\1<withheld>@"),
    (re.compile(r"(://[^\s?#]*)[?#]\S*"), r"\1?<withheld>"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"), "<withheld>"),
    (re.compile(r"\beyJ[\w.-]*"), "<withheld>"),
    # What follows a label may be a label again, or a scheme: then the secret is what follows that. Possessive, because
    # there are many ways to part such labels and a hostile text would have them all tried.
    (
        re.compile(
            r"((?:password|passwd|pwd|secret|token|key|credential)[\w-]*[\"']?\s*[=:]\s*)"
            r"(?:(?:\S*\s?[=:]|bearer|basic)\s+)*+(?:\S+)?",
            re.IGNORECASE,
        ),
        r"\1<withheld>",
    ),
    (re.compile(r"\b(bearer|basic)\s+(?:(?:bearer|basic)\s+)*\S+", re.IGNORECASE), r"\1 <withheld>"),
)
_BY_TEXT: tuple[tuple[str, StopKind], ...] = (
    (r"scaling activity initiated by", StopKind.SCALING),
    (r"failed elb health checks|unhealthy in (\(?target-group|target group)", StopKind.LOAD_BALANCER_HEALTH),
    (r"failed container health checks", StopKind.CONTAINER_HEALTH),
    (r"outofmemory|memory usage|out of memory", StopKind.OUT_OF_MEMORY),
    (
        r"exec format error|does not contain descriptor matching platform|no matching manifest",
        StopKind.IMAGE_ARCHITECTURE,
    ),
    (r"retire|maintenance|spot interruption|termination notice|host ec2", StopKind.INFRASTRUCTURE),
)
_PULL: tuple[tuple[str, StopKind], ...] = (
    (r"\b403\b|denied|not authorized|no basic auth|unauthorized", StopKind.IMAGE_DENIED),
    (r"i/o timeout|deadline exceeded|dial tcp|no such host|client\.timeout|tls handshake", StopKind.IMAGE_UNREACHABLE),
    (r"not found|does not exist|manifest unknown|\b404\b", StopKind.IMAGE_NOT_FOUND),
)
_INITIALISE: tuple[tuple[str, StopKind], ...] = (
    (r"accessdenied|not authorized", StopKind.SECRET_DENIED),
    (r"invalid ssm parameters|parameternotfound", StopKind.PARAMETER_NOT_FOUND),
    (r"resourcenotfound|can't find the specified secret|retrieved secret.*did not contain", StopKind.SECRET_NOT_FOUND),
    (
        r"i/o timeout|deadline exceeded|dial tcp|no such host|request canceled|connection issue|unable to retrieve ecr",
        StopKind.SECRET_UNREACHABLE,
    ),
)
_BY_CODE = {
    "UserInitiated": StopKind.USER,
    "SpotInterruption": StopKind.INFRASTRUCTURE,
    "TerminationNotice": StopKind.INFRASTRUCTURE,
    "EssentialContainerExited": StopKind.EXITED,
    "TaskFailedToStart": StopKind.NOT_STARTED,
}


def kind_of(code: str, text: str) -> StopKind:
    """The kind of a stop by AWS's ``stopCode`` and the texts of task and containers together."""
    lowered = text.lower()
    if code == "UserInitiated":
        return StopKind.USER
    if "cannotpullcontainer" in lowered:
        architecture = _first(_BY_TEXT, lowered)
        if architecture is StopKind.IMAGE_ARCHITECTURE:
            return architecture
        return _first(_PULL, lowered) or StopKind.IMAGE_NOT_PULLED
    if "resourceinitializationerror" in lowered:
        return _first(_INITIALISE, lowered) or StopKind.NOT_INITIALISED
    known = _first(_BY_TEXT, lowered)
    if known is not None:
        return known
    if re.search(r"cannot(start|create)(container|volume)|containerruntime|dockertimeout", lowered):
        return StopKind.NOT_STARTED
    if "essential container in task exited" in lowered:
        return StopKind.EXITED
    return _BY_CODE.get(code, StopKind.OTHER)


def kept(text: str) -> str:
    """AWS's text as it may be kept: ARNs stay, what looks like a credential goes, one printable line of 240 at most."""
    parts, end = [], 0
    head = text[: 2 * _LIMIT]
    for arn in _ARN.finditer(head):
        parts += [_masked(head[end : arn.start()]), arn.group()]
        end = arn.end()
    whole = "".join((*parts, _masked(head[end:])))
    printable = "".join(c if c.isprintable() else " " for c in whole)
    return printable if len(printable) <= _LIMIT else printable[: _LIMIT - 1] + "…"


def named(text: str) -> tuple[str, ...]:
    """ARNs, images and parameters that a text names, each once."""
    found = [match.group() for match in _ARN.finditer(text)]
    rest = _masked(_ARN.sub(" ", text))
    found += [match.group() for match in (*_IMAGE.finditer(rest), *_PARAMETER.finditer(rest))]
    return tuple(dict.fromkeys(item[:200] for item in found))[:_NAMED_LIMIT]


def grouped(tasks: Iterable[Any]) -> tuple[StopGroup, ...]:
    """Stopped tasks, as ``DescribeTasks`` tells them, in groups: the largest first."""
    groups: dict[tuple[StopKind, int | None, str, str], list[Any]] = {}
    for task in tasks:
        container = _ended_badly(task)
        key = (
            kind_of(task.get("stopCode", ""), _text(task)),
            container.get("exitCode"),
            container.get("name", ""),
            revision_of(task.get("taskDefinitionArn", "")),
        )
        groups.setdefault(key, []).append(task)
    made = [_group(key, members) for key, members in groups.items()]
    return tuple(sorted(made, key=lambda g: (-g.count, g.kind, g.revision, g.container))[:MAX_STOP_GROUPS])


def revision_of(arn: str) -> str:
    """``family:number`` of a task definition's ARN."""
    return arn.rpartition("/")[2]


def _group(key: tuple[StopKind, int | None, str, str], members: list[Any]) -> StopGroup:
    kind, exit_code, container, revision = key
    newest = max(members, key=lambda task: _seconds(task.get("stoppedAt")))
    lives = [
        (task["stoppedAt"] - task["startedAt"]).total_seconds()
        for task in members
        if task.get("startedAt") and task.get("stoppedAt")
    ]
    # What a person gave as a reason is a person's text: nobody knows what stands in it.
    text = "" if kind is StopKind.USER else _text(newest)
    return StopGroup(
        kind=kind,
        exit_code=exit_code,
        container=container,
        revision=revision,
        count=len(members),
        last_stopped_at=newest.get("stoppedAt"),
        shortest_life_seconds=round(min(lives), 1) if lives else None,
        text=kept(text),
        named=named(text),
    )


def _text(task: Any) -> str:
    reasons = [task.get("stoppedReason", ""), *(c.get("reason", "") for c in task.get("containers") or [])]
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def _ended_badly(task: Any) -> Any:
    """The container whose end explains the task's: one with a code that is not 0 and a reason before any other."""
    containers = task.get("containers") or []
    ended = [container for container in containers if container.get("exitCode") is not None]
    ended.sort(key=lambda c: (c["exitCode"] == 0, not c.get("reason")))
    return ended[0] if ended else {}


def _first(rules: tuple[tuple[str, StopKind], ...], lowered: str) -> StopKind | None:
    return next((kind for pattern, kind in rules if re.search(pattern, lowered)), None)


def _masked(text: str) -> str:
    for pattern, replacement in _CREDENTIALS:
        text = pattern.sub(replacement, text)
    return text


def _seconds(instant: datetime | None) -> float:
    return instant.timestamp() if instant is not None else 0.0
