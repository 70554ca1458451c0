"""Starts a program that dies with its parent and is never root: ``python tether.py PARENT_PID PROGRAM ARGUMENT...``.

A program of its own, because what it does to itself must happen between fork and exec, where a threaded Python may run
nothing safely. PostgreSQL refuses to run as root; as root this becomes ``nobody`` and keeps exactly one capability, the
right to pass directories that are closed to others, since a checkout below ``/root`` is such a place.
"""

import ctypes
import os
import pwd
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522
ORDINARY_USER = "nobody"


def become_ordinary() -> None:
    """Give up root for ``nobody``, keeping CAP_DAC_OVERRIDE where the kernel allows it."""
    user = pwd.getpwnam(ORDINARY_USER)
    libc = ctypes.CDLL(None)
    # access(2) ignores capabilities after a change of user unless this bit is set, and PostgreSQL asks access(2).
    libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    mask = 1 << _CAP_DAC_OVERRIDE
    libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def main(parent: int, command: list[str]) -> None:
    """Become the program."""
    if sys.platform == "linux":
        if os.geteuid() == 0:
            become_ordinary()
        # After the change of user, which clears it. SIGKILL, because a frozen program hears nothing else.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(f"{command[0]}: parent {parent} ended before the start")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
