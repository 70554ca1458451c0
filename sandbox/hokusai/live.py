"""The Hokusai platform as the sandbox's supervisor holds it."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from sandbox.hokusai.authority import certificates_in
from sandbox.hokusai.estate import HokusaiEstate
from sandbox.hokusai.incidents import INCIDENTS
from sandbox.hokusai.platform import HokusaiPlatform
from sandbox.instance import Instance


def function_variables(instance: Instance) -> dict[str, str]:
    """What a process of the auditor needs to trust the platform's throw-away authority: OpenSSL's own variable."""
    return {"SSL_CERT_FILE": str(certificates_in(instance.path).authority)}


def start(instance: Instance, ends: ExitStack) -> dict[tuple[str, str], Callable[[], None]]:
    """Starts the platform, with the instance's incident if it names one. ``ends`` will end it.

    Any incident can be brought about later too; there is no way back but a new sandbox.
    """
    platform = HokusaiPlatform(instance, HokusaiEstate(network=instance.network))
    ends.callback(platform.stop)
    platform.prepare()
    if instance.incident:
        INCIDENTS[instance.incident].produce(platform)
    platform.run()
    return {("break", name): partial(_bring_about, platform, name) for name in INCIDENTS}


def _bring_about(platform: HokusaiPlatform, name: str) -> None:
    INCIDENTS[name].produce(platform)
    platform.run()
