"""What a family's knowledge says of made-up facts: for the tests of every `knowledge.py`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming, Vantage
from auditor.domain.target import Target

SLOT = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)


def claims(
    family: str,
    spec: Any,
    facts: Any,
    *,
    component: str = "app.web",
    ok: Iterable[Phase] = (),
    failure: tuple[Phase, str] | None = None,
) -> list[Claim]:
    """The claims of one observation, whose proof is asserted to name it. ``failure``: phase and cause."""
    failures = (Failure(phase=failure[0], cause=failure[1], detail="-"),) if failure else ()
    target = Target(id="t", family=family, service="web", component=component, spec=spec)
    observation = Observation(
        family=family,
        target="t",
        slot=SLOT,
        vantage=Vantage(kind="function", name="auditor", in_vpc=True),
        facts=facts,
        phases=tuple(PhaseTiming(phase=phase, start_ms=0, duration_ms=1, ok=True) for phase in ok),
        failures=failures,
        could_not_tell=None if facts is not None else Failure(phase=Phase.PREPARE, cause="self.bug", detail="-"),
    )
    found = list(import_module(f"functions.{family}.knowledge").claims(target, observation))
    assert all(claim.proof == (f"{family}/t@2026-11-23T16:45:00Z",) for claim in found)
    return found
