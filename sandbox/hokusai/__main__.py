"""``python -m sandbox.hokusai --smoke --emulator-port P``: the platform alone, against an emulator that runs."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from sandbox.hokusai.estate import HokusaiEstate
from sandbox.hokusai.incidents import INCIDENTS
from sandbox.hokusai.platform import HokusaiPlatform
from sandbox.hokusai.smoke import Vantage, baseline
from sandbox.instance import Instance


def main() -> int:
    """Starts the platform, prints PASS or FAIL of each line of its baseline, stops it; 0 when all passed."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="hokusai-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL is started as nobody where this is root
        instance = Instance(
            folder=folder,
            network=options.network,
            emulator_port=options.emulator_port,
            dns_port=options.dns_port,
            control_port=0,
            seconds_per_minute=10.0,
            auth=True,
        )
        estate = HokusaiEstate(network=options.network)
        platform = HokusaiPlatform(instance, estate)
        began = time.monotonic()
        try:
            platform.prepare()
            if options.incident:
                INCIDENTS[options.incident].produce(platform)
            platform.run()
            print(f"platform runs after {time.monotonic() - began:.1f} s")
            lines = list(baseline(Vantage(instance, estate), estate))
        finally:
            platform.stop()
    for line in lines:
        print(f"{'PASS' if line.passed else 'FAIL'}  {line.what}: {line.found[:110]}")
    failed = sum(not line.passed for line in lines)
    print(f"{len(lines) - failed} of {len(lines)} as in the baseline")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.hokusai", description=__doc__)
    parser.add_argument("--smoke", action="store_true", required=True, help="ask for the baseline and stop")
    parser.add_argument("--emulator-port", type=int, required=True, help="where `python -m sandbox.emulator` serves")
    parser.add_argument("--dns-port", type=int, default=4953)
    parser.add_argument("--network", type=int, default=70, help="second number of the platform's addresses")
    parser.add_argument("--incident", choices=sorted(INCIDENTS), help="bring this about first")
    return parser


if __name__ == "__main__":
    sys.exit(main())
