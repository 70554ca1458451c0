"""Start the emulator: `python -m sandbox.emulator --port P --state-dir D [--auth] [--seconds-per-minute 10]`."""

import importlib
import os
import sys
from datetime import UTC, datetime

from sandbox.emulator.settings import parse_arguments, server_environment


def main() -> None:
    """Make the process's environment the emulator's, then serve until a signal."""
    settings = parse_arguments(sys.argv[1:], now=datetime.now(UTC))
    environment = server_environment(settings, os.environ)
    for name in ("TMPDIR", "STATE_DIR", "S3_DATA_DIR"):
        os.makedirs(environment[name], exist_ok=True)  # noqa: PTH103 -- paths are texts here
    os.environ.clear()
    os.environ.update(environment)
    # Imported only now: MiniStack reads its settings from the environment while it is imported.
    importlib.import_module("sandbox.emulator.server").run(settings)


if __name__ == "__main__":
    main()
