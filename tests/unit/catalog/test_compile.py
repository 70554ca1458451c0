"""A valid catalogue becomes plain data that its families can decode, always the same."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auditor.domain.codec import from_json
from auditor.domain.topology import MaintenanceWindow, Objective, Platform, Shard, Thresholds
from auditor.family import Family
from catalog.compile import compile_catalogue, compiled_text
from catalog.families import declared_families
from catalog.load import load
from catalog.model import Catalogue

from .conftest import FAMILIES

Accept = Callable[[str], Catalogue]
Change = Callable[[str, str], str]

REGISTRY = tuple(reversed(FAMILIES))
MINIMAL = str(Path(__file__).parents[3] / "catalog" / "minimal.yaml")


def test_the_platform_says_what_the_file_says(valid: str, accept: Accept) -> None:
    platform = compile_catalogue(accept(valid), REGISTRY)
    assert (platform.name, platform.title, platform.region, platform.schema_version) == (
        "shop",
        "A shop",
        "eu-west-1",
        1,
    )
    assert [service.id for service in platform.services] == ["web", "data"]
    assert platform.target("home").proves == ("orders",)
    assert (platform.target("home").critical, platform.target("home").private, platform.target("home").deployed) == (
        True,
        True,
        True,
    )
    assert [(d.service, d.needs) for d in platform.dependencies] == [("web", "data")]


def test_what_is_left_out_has_the_seed_reports_values(valid: str, accept: Accept) -> None:
    platform = compile_catalogue(accept(valid), REGISTRY)
    assert platform.thresholds == Thresholds(
        availability_percent=99.0,
        response=timedelta(seconds=1),
        error_rate_percent=1.0,
        database_connections_percent=80.0,
        ecs_task_restarts=0,
    )
    assert platform.service("web").objective == Objective(availability_percent=99.9, window=timedelta(days=30))


def test_thresholds_and_objectives_are_taken_over(changed: Change, accept: Accept) -> None:
    text = (
        changed("owner: web-team", "owner: web-team\n    objective: {availability_percent: 99.5, window: 7d}")
        + "thresholds: {response: 250ms, ecs_task_restarts: 3}\n"
    )
    platform = compile_catalogue(accept(text), REGISTRY)
    assert platform.service("web").objective == Objective(availability_percent=99.5, window=timedelta(days=7))
    assert platform.thresholds == Thresholds(response=timedelta(milliseconds=250), ecs_task_restarts=3)


def test_a_spec_is_json_that_its_family_decodes(
    changed: Change, accept: Accept, families: tuple[Family[Any], ...]
) -> None:
    spec = "wanted: {status: [200, 301], json: [{path: $.a, equals: 1}], headers: {x-a: b}}\n      timeout: 1500ms"
    catalogue = accept(changed("timeout: 2s", f"{spec}\n      colour: green\n      ratio: 1"))
    target = compile_catalogue(catalogue, REGISTRY).target("home")
    assert target.spec == {
        "url": "http://web.internal/",
        "wanted": {"status": [200, 301], "json": [{"path": "$.a", "equals": 1}], "headers": {"x-a": "b"}},
        "timeout": 1.5,
        "slow_after": None,
        "ratio": 1.0,
        "retries": 0,
        "strict": True,
        "colour": "green",
    }
    assert from_json(families[0].spec_type, target.spec) == catalogue.targets[0].spec


def test_maintenance_windows_of_both_kinds(valid: str, accept: Accept) -> None:
    text = valid + (
        "maintenance:\n"
        "  - {id: a, services: [web], reason: r,\n"
        "     once: {starts: 2026-03-01T01:00:00+01:00, ends: 2026-03-01T02:00:00Z}}\n"
        "  - {id: b, services: [web, data], reason: r,\n"
        "     weekly: {weekday: sunday, at: 02:30, duration: 90m, timezone: Europe/Berlin}}\n"
    )
    assert compile_catalogue(accept(text), REGISTRY).maintenance == (
        MaintenanceWindow(
            id="a",
            services=("web",),
            reason="r",
            starts=datetime(2026, 3, 1, 0, tzinfo=UTC),
            ends=datetime(2026, 3, 1, 2, tzinfo=UTC),
        ),
        MaintenanceWindow(
            id="b",
            services=("web", "data"),
            reason="r",
            weekday=6,
            at="02:30",
            duration=timedelta(minutes=90),
            timezone="Europe/Berlin",
        ),
    )


def test_one_shard_for_each_family_with_targets_in_the_registrys_order(valid: str, accept: Accept) -> None:
    idle = replace(FAMILIES[0], name="queue")
    platform = compile_catalogue(accept(valid), (idle, *REGISTRY))
    assert platform.shards == (
        Shard(family="store", number=0, targets=("orders",)),
        Shard(family="page", number=0, targets=("home",)),
    )


def test_a_budget_is_the_catalogues_and_changes_nothing_of_the_platform(
    valid: str, changed: Change, accept: Accept
) -> None:
    budgeted = accept(changed("dependencies:\n", "budget: {dollars_a_month: 50}\ndependencies:\n"))
    assert budgeted.budget is not None
    assert budgeted.budget.dollars_a_month == 50
    assert accept(valid).budget is None
    assert compiled_text(compile_catalogue(budgeted, REGISTRY)) == compiled_text(
        compile_catalogue(accept(valid), REGISTRY)
    )


def test_the_order_of_keys_in_the_file_changes_no_byte(changed: Change, valid: str, accept: Accept) -> None:
    other = changed("    family: store\n    service: data\n", "    service: data\n    family: store\n")
    texts = {compiled_text(compile_catalogue(accept(text), REGISTRY)) for text in (valid, valid, other)}
    assert len(texts) == 1


def test_the_compiled_text_is_the_platform(valid: str, accept: Accept) -> None:
    platform = compile_catalogue(accept(valid), REGISTRY)
    text = compiled_text(platform)
    assert text.endswith("}\n")
    assert from_json(Platform, json.loads(text)) == platform


def test_the_minimal_catalogue_loads_and_its_families_decode_it() -> None:
    platform = compile_catalogue(load(MINIMAL))
    spec_types = {family.name: family.spec_type for family in declared_families()}
    decoded = {target.id: from_json(spec_types[target.family], target.spec) for target in platform.targets}
    assert decoded["web-home"].url == "http://web.minimal.internal/"
    assert decoded["web-orders"].expect.json[0].equals == "ok"
    assert (decoded["orders-database"].login, decoded["orders-database-login"].login) == ("own", "application")
    assert platform.target("web-orders").proves == ("orders-database", "orders-database-login")
    assert all(target.private and target.critical and target.deployed for target in platform.targets)
    assert [shard.targets for shard in platform.shards] == [
        ("web-home", "web-orders"),
        ("orders-database", "orders-database-login"),
    ]
    # A weekly or future window would mute the sandbox's notifications at some hours of some days.
    assert all(
        window.ends is not None and window.ends.year == 2026 and window.weekday is None
        for window in platform.maintenance
    )
