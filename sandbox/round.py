"""What a round costs: each function's newest run, as the emulator wrote it down."""

import json
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.runs import RUNS_PATH, FunctionRun
from sandbox.instance import STAGE, Instance

_PREFIX = f"health-auditor-{STAGE}-"
_OWN_STORES = ("dynamodb", "s3", "sns", "kms")
"""Where the auditor keeps and tells what it found; it may ask a bucket for test results, which counts here too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The newest run of every function that has run, by name."""

    runs: tuple[FunctionRun, ...]

    @property
    def platform_calls(self) -> int:
        """Calls about the platform, which its owner's API quotas pay for."""
        return sum(n for run in self.runs for service, n in (run.calls or {}).items() if service not in _OWN_STORES)

    @property
    def own_calls(self) -> int:
        """Calls to the auditor's own stores."""
        return sum(n for run in self.runs for service, n in (run.calls or {}).items() if service in _OWN_STORES)


def newest_round(instance: Instance) -> Round:
    """The round of a running sandbox; a function that has started its process and run again counts with that run."""
    with urllib.request.urlopen(instance.endpoint + RUNS_PATH, timeout=5) as answer:
        return round_of([FunctionRun(**document) for document in json.load(answer)])


def round_of(runs: Sequence[FunctionRun]) -> Round:
    """From runs in their order: the last warm one of each function, or its last at all."""
    chosen: dict[str, FunctionRun] = {}
    for run in runs:
        if run.function.startswith(_PREFIX) and (not run.cold or chosen.get(run.function, run).cold):
            chosen[run.function] = run
    return Round(runs=tuple(chosen[name] for name in sorted(chosen)))


def told(round: Round) -> str:
    """The round for a reader."""
    lines = [f"{'function':<16}{'start':<6}{'ms':>7}{'MiB':>6}{'calls':>7}  AWS calls by service"]
    for run in round.runs:
        calls = Counter(run.calls or {})
        shown = ", ".join(f"{service} {number}" for service, number in sorted(calls.items()))
        lines.append(
            f"{run.function.removeprefix(_PREFIX):<16}{'cold' if run.cold else 'warm':<6}{run.milliseconds:>7}"
            f"{_or_unknown(run.peak_mib):>6}{_or_unknown(None if run.calls is None else calls.total()):>7}  {shown}"
        )
    lines.append(
        f"\n{round.platform_calls} AWS calls about the platform, {round.own_calls} to the auditor's own stores. "
        "A cold run's time has the start of its process in it."
    )
    return "\n".join(lines)


def _or_unknown(value: Any) -> str:
    return "?" if value is None else str(value)
