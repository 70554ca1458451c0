"""Which platforms the sandbox can be: known before anything is started."""

from pathlib import Path

import pytest

from catalog.compile import compile_catalogue
from catalog.load import load, loads
from sandbox.audit import AuditError, audit
from sandbox.instance import ROOT, default_instance
from sandbox.platforms import CATALOGUES, FARGATE, catalogue_of

OF_ENTRANCES = {"H01", "H07", "H10", "H20", "P16"}


def test_every_platform_has_a_catalogue_of_its_own() -> None:
    names = {kind: load(str(ROOT / path)).platform.name for kind, path in CATALOGUES.items()}
    assert set(FARGATE) < set(names)
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("kind", FARGATE)
def test_every_platform_of_services_knows_the_incidents_in_its_own_words(kind: str) -> None:
    incidents = FARGATE[kind].incidents
    assert all((ROOT / "tests/incidents" / f"{id}.yaml").exists() for id in incidents)
    assert set(incidents) == set().union(*(platform.incidents for platform in FARGATE.values()))
    others = [other.incidents for name, other in FARGATE.items() if name != kind]
    assert all(incidents[id].what != other[id].what for other in others for id in ("H13", *OF_ENTRANCES))


@pytest.mark.parametrize("kind", FARGATE)
def test_no_two_parts_of_a_platform_share_an_address_or_meet_another_sandbox(kind: str) -> None:
    names = FARGATE[kind].estate(3).names
    assert len(set(names.values())) == len(names)
    assert not set(names.values()) & set(FARGATE[kind].estate(4).names.values())


@pytest.mark.parametrize("kind", FARGATE)
def test_what_an_incident_takes_away_on_purpose_its_catalogue_declares(kind: str) -> None:
    for id, incident in FARGATE[kind].incidents.items():
        catalogue = loads(catalogue_of(kind, id), f"{id}.yaml")
        absent = {target.id: target.family for target in catalogue.targets if not target.deployed}
        assert set(absent) == set(incident.absent)
        assert set(absent.values()) == (
            {"cache", "tls", "network", "secrets", "vpc"} if id in ("B02", "H13") else set()
        )


@pytest.mark.parametrize(("kind", "incident"), [("minimal", "H13"), ("shop", "H99")])
def test_an_incident_that_the_platform_does_not_have_starts_nothing(tmp_path: Path, kind: str, incident: str) -> None:
    folder = tmp_path / "sandbox"
    with pytest.raises(AuditError, match=f"{kind} has no incident {incident}"):
        audit(default_instance(folder, estate=kind, incident=incident), tmp_path / "out")
    assert not folder.exists()


@pytest.mark.parametrize("kind", FARGATE)
def test_the_catalogues_network_is_the_one_that_stands_in_the_sandbox(kind: str) -> None:
    """A name that differs would make a line that stops something nobody's, and a target UNKNOWN for ever."""
    platform = compile_catalogue(load(str(ROOT / CATALOGUES[kind])))
    estate = FARGATE[kind].estate(3)
    names = estate.network_names
    components = {c.aws_name for c in platform.components if c.kind in ("sg", "nacl", "subnet", "egress")}
    assert {names.tasks, names.database, names.cache, names.balancers, names.acl, names.subnet, names.nat} == components
    ports = {f"ecs:{estate.cluster}/{service.ecs_name}": service.port for service in estate.services}
    ports |= {f"rds:{estate.database.identifier}": estate.database.store.port, "outside": 443}
    ports |= {f"redis:{estate.cache.identifier}": estate.cache.store.port}
    sources = {*ports, "auditor", *(f"alb:{balancer.name}" for balancer in estate.load_balancers)}
    specs = [target.spec for target in platform.targets if target.family == "vpc"]
    assert {spec["vpc"] for spec in specs} == {names.vpc, None}
    assert {spec["database"] or spec["cache"] for spec in specs} == {
        estate.database.identifier,
        estate.cache.identifier,
        None,
    }
    edges = [edge for spec in specs for edge in spec["edges"]]
    assert {edge["source"] for edge in edges} <= sources
    assert {edge["to"]: edge["port"] for edge in edges} == ports
