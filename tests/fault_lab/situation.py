"""One situation of the fault lab: what is probed, by which network and with which secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditor.domain.target import Target
from auditor.net.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    target: Target[Any]
    network: Network
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    peers: Mapping[str, str] = field(default_factory=dict)
    """Per peer what it is asked: {"blackbox_exporter": "http://127.0.0.1:1234/", "check_http": "-H 127.0.0.1 -p 1"}."""
    slot: datetime | None = None
    """The instant it is probed for; None means now. In an account in memory time stands still."""
