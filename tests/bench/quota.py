"""A share of one core, as a function of little memory has it: by the kernel's CPU quota, or by stopping the process."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_PERIOD_US = 100_000
"""The kernel's default."""
_VERSION_1 = Path("/sys/fs/cgroup/cpu")
_VERSION_2 = Path("/sys/fs/cgroup")


@contextlib.contextmanager
def command_with_share(share: float) -> Iterator[tuple[list[str], str]]:
    """A command to put in front of another, and how it limits it."""
    group = _made_group(share)
    if group is None:
        yield ["python3", str(Path(__file__).with_name("duty.py")), f"{share:.4f}"], "by SIGSTOP and SIGCONT"
        return
    try:
        yield ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(group)], "by CPU quota"
    finally:
        group.rmdir()


def _made_group(share: float) -> Path | None:
    quota = int(_PERIOD_US * share)
    limits = (
        (_VERSION_1, {"cpu.cfs_period_us": str(_PERIOD_US), "cpu.cfs_quota_us": str(quota)}),
        (_VERSION_2, {"cpu.max": f"{quota} {_PERIOD_US}"}),
    )
    for root, files in limits:
        group = root / f"health-auditor-bench-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            for name, text in files.items():
                (group / name).write_text(text)
        except OSError:
            group.rmdir()
            continue
        return group
    return None
