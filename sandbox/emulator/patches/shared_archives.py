"""Code and layers are unpacked once, not once for every worker.

AWS ("Lambda runtime environment"): /var/task and /opt are mounted read-only from an image that Lambda made when the
version was published, so a cold start unpacks nothing. Stock MiniStack: every new worker extracts code and layers anew;
a layer with the AWS SDK is thousands of files, which makes a cold start take many seconds on a slow disk.
"""

import hashlib
import os
import tempfile
import threading
import types
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from sandbox.emulator.patching import PatchContext, require_attribute

_lock = threading.Lock()


class _SharedZipFile(zipfile.ZipFile):
    """A zip file whose extraction into a folder only links what was extracted before, by the archive's digest."""

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        if members is not None or pwd is not None or self.filename is None:
            raise NotImplementedError("MiniStack extracts whole archives from files; review the patch shared_archives")
        digest = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        shared = Path(tempfile.gettempdir()) / "archives" / digest
        with _lock:
            if not shared.exists():
                aside = shared.with_suffix(".aside")
                super().extractall(aside)
                aside.rename(shared)
        for entry in shared.iterdir():
            (Path(os.fspath(path)) / entry.name).symlink_to(entry)


def apply(_context: PatchContext) -> None:
    """Give the worker's module a zip file class that shares."""
    require_attribute(lambda_runtime, "zipfile", types.ModuleType)
    lambda_runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": _SharedZipFile})
