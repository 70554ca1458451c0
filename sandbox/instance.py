"""Where one sandbox lives: its folder, its ports, and the small file by which other processes find it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGE = "sandbox"
REGION = "us-east-1"
ACCOUNT = "000000000000"
"""The emulator's account; it cannot exist in AWS."""
REAL = ("mlflow",)
"""Services that can be real software in place of their stand-ins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One sandbox. ``network`` is the second number of its addresses 10.N.0.0/16; two sandboxes need different ones.

    ``estate``: which platform stands in it, a key of ``platforms.CATALOGUES``; ``incident``: what is wrong with it from
    the beginning; ``real``: a service of ``REAL`` that is none of its stand-ins.
    """

    folder: str
    network: int
    emulator_port: int
    dns_port: int
    control_port: int
    seconds_per_minute: float
    auth: bool
    pid: int = 0
    emulator_pid: int = 0
    estate: str = "minimal"
    incident: str = ""
    real: str = ""

    @property
    def endpoint(self) -> str:
        """The emulator's URL."""
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def resolver(self) -> str:
        """``host:port`` of the sandbox's DNS."""
        return f"127.0.0.1:{self.dns_port}"

    @property
    def path(self) -> Path:
        """Its folder."""
        return Path(self.folder)

    def aws_environment(self) -> dict[str, str]:
        """What a process of the deployer needs to talk to the emulator and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


def default_instance(
    folder: Path = ROOT / ".sandbox", *, estate: str = "minimal", incident: str = "", real: str = ""
) -> Instance:
    """The one that ``make audit`` starts."""
    return Instance(
        folder=str(folder),
        network=0,
        emulator_port=4700,
        dns_port=4753,
        control_port=4701,
        seconds_per_minute=10.0,
        auth=True,
        estate=estate,
        incident=incident,
        real=real,
    )


def write_instance(instance: Instance) -> None:
    """Lets other processes find a running sandbox."""
    _file(instance.path).write_text(json.dumps(asdict(instance), indent=1) + "\n", encoding="utf-8")


def read_instance(folder: Path) -> Instance | None:
    """The sandbox that says it runs in a folder, or None."""
    try:
        return Instance(**json.loads(_file(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def forget_instance(folder: Path) -> None:
    """The sandbox of a folder runs no more."""
    _file(folder).unlink(missing_ok=True)


def _file(folder: Path) -> Path:
    return folder / "instance.json"
