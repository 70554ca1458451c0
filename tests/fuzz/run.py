"""``make fuzz SECONDS=60``: every parser's fuzzer for so long, two parsers at a time; exit code 1 after a finding.

``python -m tests.fuzz.run SECONDS [MODULE ...] [--workers N]`` runs some of them.
"""

import argparse
import functools
import importlib
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

_FOLDER = Path(__file__).parent
_EXAMPLES_A_ROUND = 300


@dataclass
class Tally:
    """What came of one parser's fuzzer."""

    module: str
    examples: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)


def modules() -> list[str]:
    """The fuzzers, one a parser."""
    return sorted(path.stem for path in _FOLDER.glob("test_*.py") if path.stem != "test_long")


def fuzz(module: str, seconds: float) -> Tally:
    """Try new examples on each property of a module in turn until the time is over or it has failed."""
    settings.register_profile(
        "long",
        max_examples=_EXAMPLES_A_ROUND,
        deadline=timedelta(seconds=20),
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("long")
    tally = Tally(module)
    loaded = importlib.import_module(f"tests.fuzz.{module}")
    properties = {name: value for name, value in vars(loaded).items() if name.startswith("test_")}
    for value in properties.values():
        value.hypothesis.inner_test = _counted(value.hypothesis.inner_test, tally)
    began = time.monotonic()
    while properties and time.monotonic() - began < seconds:
        for name in list(properties):
            try:
                properties[name]()
            except Exception as error:  # noqa: BLE001 - whatever it is: that is what a fuzzer looks for
                tally.findings.append(f"{module}.{name}: {''.join(traceback.format_exception(error, limit=-3))}")
                del properties[name]
            if time.monotonic() - began >= seconds:
                break
    tally.seconds = time.monotonic() - began
    return tally


def _counted(inner: Callable[..., Any], tally: Tally) -> Callable[..., Any]:
    @functools.wraps(inner)
    def counted(*positional: Any, **named: Any) -> Any:
        tally.examples += 1
        return inner(*positional, **named)

    return counted


def main() -> int:
    """Run them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("modules", nargs="*", default=modules())
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.workers) as pool:
        running = [pool.submit(fuzz, module, arguments.seconds) for module in arguments.modules]
        tallies = [future.result() for future in running]
    for tally in tallies:
        for finding in tally.findings:
            print(finding)
    for tally in tallies:
        print(f"{tally.module:26}{tally.examples:10} examples{tally.seconds:8.0f} s{len(tally.findings):4} findings")
    return 1 if any(tally.findings for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
