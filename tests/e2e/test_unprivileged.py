"""The sandbox and the deployment need no root: the whole path once as an ordinary user, who has no rights beyond."""

import json
import os
import pwd
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from sandbox.deploy import synthesize
from sandbox.instance import ROOT, Instance
from tests.e2e.conftest import _free_ports, _left_over

pytestmark = pytest.mark.slow

ORDINARY = pwd.getpwnam("nobody")
NETWORK = 66


def is_open(program: Path) -> bool:
    """Whether somebody who owns nothing may run it."""
    real = program.resolve()
    return real.is_file() and all(each.stat().st_mode & 0o001 for each in (real, *real.parents))


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own, which is closed to everybody else."""
    with tempfile.TemporaryDirectory(prefix="unprivileged-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def interpreter(folder: Path) -> Path:
    """A Python with this project's packages that an ordinary user may run: this one, or else the system's.

    The same minor version, for the packages hold native code.
    """
    own = Path(sys.executable)
    if os.geteuid() != 0 or is_open(own):
        return own
    packages = Path(sysconfig.get_path("purelib"))
    system = Path("/usr/bin/python{}.{}".format(*sys.version_info))
    if not (is_open(system) and all(each.stat().st_mode & 0o001 for each in (packages, *packages.parents, ROOT))):
        pytest.skip(f"NOT MEASURED: neither {own} nor {system} with {packages} is open to an ordinary user")
    subprocess.run([system, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=60)
    programs = folder / "venv" / "bin"
    found = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    (found / "project.pth").write_text(f"{packages}\n", encoding="utf-8")
    for name in ("cdk", "node"):
        _, _, script = (own.parent / name).read_text(encoding="utf-8").partition("\n")
        (programs / name).write_text(f"#!{programs / 'python'}\n{script}", encoding="utf-8")
        (programs / name).chmod(0o755)
    return programs / "python"


def test_the_whole_path_as_an_ordinary_user(folder: Path, interpreter: Path) -> None:
    ports = _free_ports(3)
    instance = Instance(
        folder=str(folder / "sandbox"),
        network=NETWORK,
        emulator_port=ports[0],
        dns_port=ports[1],
        control_port=ports[2],
        seconds_per_minute=10.0,
        auth=True,
    )
    assembly = folder / "assembly" / "cdk.out"
    assembly.parent.mkdir()
    synthesize(assembly, folder / "cdk.log")
    for name in ("sandbox", "home"):
        (folder / name).mkdir()
    root = os.geteuid() == 0
    if root:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, ORDINARY.pw_uid, ORDINARY.pw_gid, follow_symlinks=False)
    done = subprocess.run(
        [interpreter, "-m", "tests.e2e.unprivileged", json.dumps(asdict(instance)), assembly],
        cwd=ROOT,
        env={
            "PATH": os.defpath,
            "HOME": str(folder / "home"),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'auditor' / 'python'}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        user=ORDINARY.pw_uid if root else None,
        group=ORDINARY.pw_gid if root else None,
        extra_groups=[] if root else None,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert not _left_over(folder)
    found = json.loads(done.stdout)
    assert (found["verdict"], found["down"]) == ("HEALTHY", "the sandbox is down")
    uid = ORDINARY.pw_uid if root else os.geteuid()
    assert uid != 0
    assert found["privileges"] == [{"uids": [uid] * 4, "capabilities": 0}] * 3
