"""One situation of the fault lab: a target and the network, secrets and peers' addresses that belong to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.domain.target import Target
from auditor.net.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    target: Target[Any]
    network: Network
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    peers: Mapping[str, str] = field(default_factory=dict)
