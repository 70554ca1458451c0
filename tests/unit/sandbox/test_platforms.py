"""Which platforms the sandbox can be: known before anything is started."""

from pathlib import Path

import pytest

from catalog.load import load
from sandbox.audit import AuditError, audit
from sandbox.instance import ROOT, default_instance
from sandbox.platforms import CATALOGUES, FARGATE

PRODUCED = {"H04", "H13", "H14", "H19", "H27", "P02", "M06", "B02", "B06", "A04"}


def test_every_platform_has_a_catalogue_of_its_own() -> None:
    names = {kind: load(str(ROOT / path)).platform.name for kind, path in CATALOGUES.items()}
    assert set(FARGATE) < set(names)
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("kind", FARGATE)
def test_every_platform_of_services_knows_the_same_incidents_in_its_own_words(kind: str) -> None:
    incidents = FARGATE[kind].incidents
    assert set(incidents) == PRODUCED
    others = [other.incidents for name, other in FARGATE.items() if name != kind]
    assert all(incidents["H13"].what != other["H13"].what for other in others)


@pytest.mark.parametrize("kind", FARGATE)
def test_no_two_parts_of_a_platform_share_an_address_or_meet_another_sandbox(kind: str) -> None:
    names = FARGATE[kind].estate(3).names
    assert len(set(names.values())) == len(names)
    assert not set(names.values()) & set(FARGATE[kind].estate(4).names.values())


@pytest.mark.parametrize(("kind", "incident"), [("minimal", "H13"), ("shop", "H99")])
def test_an_incident_that_the_platform_does_not_have_starts_nothing(tmp_path: Path, kind: str, incident: str) -> None:
    folder = tmp_path / "sandbox"
    with pytest.raises(AuditError, match=f"{kind} has no incident {incident}"):
        audit(default_instance(folder, estate=kind, incident=incident), tmp_path / "out")
    assert not folder.exists()
