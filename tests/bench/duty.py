"""``python duty.py SHARE COMMAND ...``: runs a command and stops it for all but its share of every 20 milliseconds.

Harsher than a quota, which stops only who used its share up: for machines where no quota may be set.
"""

import signal
import subprocess
import sys
import time

_PERIOD = 0.02


def main(share: float, command: list[str]) -> int:
    """The command's exit code."""
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            time.sleep(_PERIOD * share)
            process.send_signal(signal.SIGSTOP)
            time.sleep(_PERIOD * (1 - share))
            process.send_signal(signal.SIGCONT)
        return process.returncode


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
