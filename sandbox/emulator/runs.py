"""What every run of a function took, held and asked of AWS: `GET /_sandbox/runs`, oldest first.

A function's process says who it is in the User-Agent header of each call (``AWS_SDK_UA_APP_ID``, set by the patch
`function_process`), and serves one run at a time: so a call belongs to exactly one run.
"""

import re
import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RUNS_PATH = "/_sandbox/runs"
_KEPT = 1_000
_CALLER = re.compile(rb"\bapp/([\w.-]+)")
_SERVICE = re.compile(rb"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRun:
    """One run. ``peak_mib`` and ``calls`` (service to number) are None when its process was killed.

    ``milliseconds`` are the caller's: with the start of the process where it was ``cold``. The peak is the process's
    since its start, as in Lambda's own REPORT line.
    """

    function: str
    ended: str
    cold: bool
    milliseconds: int
    peak_mib: int | None
    calls: dict[str, int] | None


_lock = threading.Lock()
_calls: dict[str, Counter[str]] = {}
_runs: deque[FunctionRun] = deque(maxlen=_KEPT)


def count_call(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Note a request to AWS by its headers, unless no function made it."""
    given = dict(headers)
    caller = _CALLER.search(given.get(b"user-agent", b""))
    service = _SERVICE.search(given.get(b"authorization", b""))
    if caller and service:
        with _lock:
            _calls.setdefault(caller[1].decode(), Counter())[service[1].decode()] += 1


def calls_taken(caller: str) -> dict[str, int]:
    """What a process has asked since this was called last."""
    with _lock:
        return dict(_calls.pop(caller, Counter()))


def keep(run: FunctionRun) -> None:
    """Note a run that has ended."""
    with _lock:
        _runs.append(run)


def described() -> list[dict[str, Any]]:
    """The runs as the endpoint prints them."""
    with _lock:
        return [asdict(run) for run in _runs]


def newest_peak_mib(function: str) -> int:
    """The peak of a function's last run; 0 where that is not known, as AWS's own REPORT line says it."""
    with _lock:
        return next((run.peak_mib or 0 for run in reversed(_runs) if run.function == function), 0)


def peak_mib(pid: int) -> int | None:
    """The largest resident size of a process so far, rounded up; None when it has ended."""
    try:
        held = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return None
    return -(-int(held[1]) // 1024) if held else None
