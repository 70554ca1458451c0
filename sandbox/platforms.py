"""Which platforms the sandbox can be, and how one of ECS services is held while it runs."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from sandbox.fargate.authority import certificates_in
from sandbox.fargate.estate import Estate
from sandbox.fargate.incidents import Incident, incidents
from sandbox.fargate.platform import FargatePlatform
from sandbox.hokusai.estate import WIRING as HOKUSAI_WIRING
from sandbox.hokusai.estate import hokusai_estate
from sandbox.instance import ROOT, Instance
from sandbox.shop.estate import WIRING as SHOP_WIRING
from sandbox.shop.estate import shop_estate


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A platform of ECS services: what stands in it, and what can be wrong with it."""

    estate: Callable[[int], Estate]
    incidents: Mapping[str, Incident]


FARGATE = {
    "hokusai": Kind(estate=hokusai_estate, incidents=incidents(HOKUSAI_WIRING)),
    "shop": Kind(estate=shop_estate, incidents=incidents(SHOP_WIRING)),
}
CATALOGUES = {
    "minimal": "catalog/minimal.yaml",
    "hokusai": "catalog/hokusai-development.yaml",
    "shop": "catalog/shop-production.yaml",
}


def catalogue_of(estate: str, incident: str = "") -> str:
    """The text of the estate's catalogue; what an incident declares as not deployed, it declares so."""
    text = (ROOT / CATALOGUES[estate]).read_text(encoding="utf-8")
    for target in FARGATE[estate].incidents[incident].absent if incident else ():
        entry = f"  - id: {target}\n"
        if text.count(entry) != 1:
            raise ValueError(f"the catalogue of {estate} has no target {target} that could be declared not deployed")
        text = text.replace(entry, f"{entry}    deployed: false\n")
    return text


def function_variables(instance: Instance) -> dict[str, str]:
    """What a process of the auditor needs to trust the platform's throw-away authority: OpenSSL's own variable."""
    if instance.estate not in FARGATE:
        return {}
    return {"SSL_CERT_FILE": str(certificates_in(instance.path).authority)}


def start(instance: Instance, ends: ExitStack) -> dict[tuple[str, str], Callable[[], None]]:
    """Starts the instance's platform, with its incident if it names one. ``ends`` will end it.

    Any incident can be brought about later too; there is no way back but a new sandbox.
    """
    kind = FARGATE[instance.estate]
    platform = FargatePlatform(instance, kind.estate(instance.network))
    ends.callback(platform.stop)
    platform.prepare()
    if instance.incident:
        kind.incidents[instance.incident].produce(platform)
    platform.run()
    return {("break", name): partial(_bring_about, platform, incident) for name, incident in kind.incidents.items()}


def _bring_about(platform: FargatePlatform, incident: Incident) -> None:
    incident.produce(platform)
    platform.run()
