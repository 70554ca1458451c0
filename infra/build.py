"""Assets: code and layers as zip files in ``.build``, named by their content, so that an unchanged one is built once.

No Docker and no CDK here: the stack takes the files as they are. A zip spares every synth the fingerprint of thousands
of files, and every deployment the packing.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

RUNTIME_VERSION = (3, 13)
"""Minor version of Python that the functions run on; byte code of any other would be ignored there."""

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)

_PIP_OPTIONS = [
    "--quiet",
    "--disable-pip-version-check",
    "--no-input",
    "--no-compile",
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    "--implementation",
    "py",
    "--abi",
    "none",
    "--platform",
    "any",
]
"""Pure wheels only, so that the emulator can run the layer anywhere; the lock is complete, hence no resolution."""


SDK_SERVICES = (
    "acm",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecs",
    "elbv2",
    "elasticache",
    "lambda",
    "logs",
    "rds",
    "route53",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
"""AWS services that functions call. The SDK describes 400; what nobody calls is left out of the layer, since it is nine
tenths of its files and each cold start pays for them. A service that is missing here fails loudly: unknown service."""


class BuildError(RuntimeError):
    """When an asset cannot be built; the message names the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """Zip files that become the code and the two layers of every function."""

    code: Path
    auditor_layer: Path
    dependency_layer: Path


def build_assets(root: Path, stage: str, catalogue: Mapping[str, str], *, byte_code_required: bool) -> Assets:
    """Builds everything a deployment of ``stage`` needs; ``catalogue`` are the texts of the compiled one by path."""
    interpreter = find_interpreter()
    if interpreter is None:
        _without_byte_code(required=byte_code_required)
    sources = {path.relative_to(root): path for path in sorted((root / "functions").rglob("*.py"))}
    compiled = {Path(name): text for name, text in catalogue.items()}
    kernel = root / "layers" / "auditor" / "python"
    modules = {Path("python") / path.relative_to(kernel): path for path in sorted(kernel.rglob("*.py"))}
    lock = root / "layers" / "dependencies" / "requirements.txt"
    build = _Builder(root / ".build", interpreter)
    return Assets(
        code=build.asset(f"code/{stage}", {**sources, **compiled}, runs_at="/var/task"),
        auditor_layer=build.asset("auditor", modules, runs_at="/opt"),
        dependency_layer=build.asset(
            "dependencies", {}, runs_at="/opt", salt=lock.read_text() + repr(SDK_SERVICES), fill=_pip(lock)
        ),
    )


def find_interpreter() -> Path | None:
    """A working Python of the runtime's minor version, from PATH or from pyenv."""
    name = "python{}.{}".format(*RUNTIME_VERSION)
    on_path = shutil.which(name)
    versions = sorted((Path.home() / ".pyenv" / "versions").glob("{}.{}.*".format(*RUNTIME_VERSION)))
    # pyenv's shim on PATH exists for every version that is installed and works only for the selected ones: ask each
    for candidate in [
        *(version / "bin" / name for version in reversed(versions)),
        *([Path(on_path)] if on_path else []),
    ]:
        if _version(candidate) == RUNTIME_VERSION:
            return candidate
    return None


def _version(interpreter: Path) -> tuple[int, ...] | None:
    command = [str(interpreter), "-S", "-E", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)  # noqa: S603 - a fixed command
    except (OSError, subprocess.SubprocessError):
        return None
    return tuple(int(part) for part in answer.stdout.split())


def _without_byte_code(*, required: bool) -> None:
    wanted = "Python {}.{}".format(*RUNTIME_VERSION)
    if required:
        raise BuildError(
            f"{wanted} was found neither on PATH nor under ~/.pyenv/versions: functions would ship without byte code "
            f"and compile at every cold start. Install it (`pyenv install {wanted.split()[1]}`), or choose the sandbox"
        )
    print(f"infra: no {wanted} found, so this asset has no byte code (functions start slower)", file=sys.stderr)


class _Builder:
    def __init__(self, folder: Path, interpreter: Path | None) -> None:
        self._folder = folder
        self._interpreter = interpreter

    def asset(
        self,
        name: str,
        files: Mapping[Path, Path | str],
        *,
        runs_at: str,
        salt: str = "",
        fill: Callable[[Path], None] | None = None,
    ) -> Path:
        """The file of that content: found again by its digest, or built aside and moved into place as a whole."""
        contents = {path: source if isinstance(source, str) else source.read_text() for path, source in files.items()}
        target = self._folder / name / f"{self._digest(contents, salt)}.zip"
        if target.is_file():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as aside:
            staged = Path(aside) / "staged"
            staged.mkdir()
            for path, content in contents.items():
                (staged / path).parent.mkdir(parents=True, exist_ok=True)
                (staged / path).write_text(content)
            if fill is not None:
                fill(staged)
            _refuse_native_code(staged)
            self._compile(staged, runs_at)
            packed = Path(aside) / "packed.zip"
            _pack(staged, packed)
            packed.replace(target)
        return target

    def _digest(self, contents: Mapping[Path, str], salt: str) -> str:
        digest = hashlib.sha256(repr((salt, self._interpreter is not None, RUNTIME_VERSION, _PIP_OPTIONS)).encode())
        for path, content in contents.items():
            digest.update(repr((str(path), content)).encode())
        return digest.hexdigest()[:16]

    def _compile(self, staged: Path, runs_at: str) -> None:
        if self._interpreter is None:
            return
        # unchecked-hash: file times in Lambda are not ours, so a timestamp .pyc would be ignored at each cold start
        mode = ["--invalidation-mode", "unchecked-hash", "-q"]
        command = [str(self._interpreter), "-m", "compileall", *mode, "-s", str(staged), "-p", runs_at, str(staged)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
        if answer.returncode != 0:
            raise BuildError(f"{self._interpreter} cannot compile {staged}: {(answer.stdout + answer.stderr)[-2000:]}")


def _pip(lock: Path) -> Callable[[Path], None]:
    def install(staged: Path) -> None:
        target = staged / "python"
        version = ["--python-version", "{}.{}".format(*RUNTIME_VERSION)]
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            *_PIP_OPTIONS,
            *version,
            "--target",
            str(target),
            "-r",
            str(lock),
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
        if answer.returncode != 0:
            raise BuildError(f"the dependency layer cannot be installed from {lock}: {answer.stderr[-2000:]}")
        _prune_sdk(target)
        shutil.rmtree(target / "bin", ignore_errors=True)  # console scripts name this machine's interpreter

    return install


def _refuse_native_code(staged: Path) -> None:
    native = sorted(str(path.relative_to(staged)) for path in staged.rglob("*.so"))
    if native:
        raise BuildError(
            f"the asset holds native code {native[:3]}; allowed is pure Python, which runs on any architecture"
        )


def _pack(folder: Path, target: Path) -> None:
    """A zip whose bytes depend on paths and contents only: no times, no owners."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16  # Lambda runs as another user: everybody must be able to read
                archive.writestr(entry, path.read_bytes())


def _prune_sdk(packages: Path) -> None:
    """Leaves out the descriptions of services that no function calls, and the SDK's examples."""
    for folder in (packages / "botocore" / "data", packages / "boto3" / "data"):
        for service in folder.glob("*/") if folder.is_dir() else ():
            if service.name not in SDK_SERVICES:
                shutil.rmtree(service)
    shutil.rmtree(packages / "boto3" / "examples", ignore_errors=True)
