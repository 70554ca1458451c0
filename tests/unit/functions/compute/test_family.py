"""What the family asks of AWS, and which targets it refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from functions.compute.checks import CHECKS
from functions.compute.facts import CAUSES, StopKind
from functions.compute.family import FAMILY, ComputeSpec, UtilizationLimits

SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")


def spec(**changes: Any) -> ComputeSpec:
    return ComputeSpec(**({"cluster": "shop", "service": "web"} | changes))


def test_it_may_read_the_declared_services_and_the_tasks_of_their_clusters() -> None:
    assert FAMILY.permissions([], SCOPE) == ()
    targets = [
        Target(id=name, family="compute", service="s", component="ecs.web", spec=spec(service=name))
        for name in ("web", "api", "web")
    ]
    permissions = FAMILY.permissions(targets, SCOPE)
    prefix = "arn:aws:ecs:us-east-1:123456789012"
    assert {action: p.resources for p in permissions for action in p.actions} == {
        "ecs:DescribeServices": (f"{prefix}:service/shop/api", f"{prefix}:service/shop/web"),
        "ecs:DescribeTasks": (f"{prefix}:task/shop/*",),
        "ecs:ListTasks": ("*",),
        "ecs:DescribeTaskDefinition": ("*",),
    }
    assert all(len(permission.reason) > 20 for permission in permissions)


def test_it_is_of_the_control_plane() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.CONTROL, timedelta(minutes=5))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"cluster": ""}, "cluster"),
        ({"service": "arn:aws:ecs:x"}, "service"),
        ({"desired": -1}, "desired"),
        ({"image": ""}, "image"),
        ({"restarts_allowed": -1}, "restarts_allowed"),
        ({"timeout": timedelta(minutes=1)}, "timeout"),
    ],
)
def test_a_target_that_cannot_work_is_refused_by_the_name_of_its_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} "):
        spec(**changes)


@pytest.mark.parametrize(
    "limits",
    [
        {"warn_percent": 90.0},
        {"warn_percent": 0.0},
        {"critical_percent": 101.0},
        {"warn_minutes": 0},
        {"critical_minutes": 16},
    ],
)
def test_limits_that_cannot_work_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^utilization\."):
        UtilizationLimits(**limits)


def test_cloudwatch_is_asked_only_where_there_are_limits() -> None:
    def actions(**changes: Any) -> set[str]:
        target = Target(id="t", family="compute", service="s", component="ecs.web", spec=spec(**changes))
        return {action for permission in FAMILY.permissions([target], SCOPE) for action in permission.actions}

    assert "cloudwatch:GetMetricData" not in actions()
    assert "cloudwatch:GetMetricData" in actions(utilization=UtilizationLimits())


def test_a_spec_survives_the_compiled_catalogue() -> None:
    given = spec(desired=2, image="web:v2", restarts_allowed=1, utilization=UtilizationLimits(warn_percent=70.0))
    assert from_json(ComputeSpec, to_json(given)) == given


def test_the_documentation_explains_every_check_cause_and_kind_of_stop() -> None:
    page = Path(__file__).parents[4].joinpath("docs/families/compute.md").read_text(encoding="utf-8")
    known = [*(cause.id for cause in CAUSES), *(check.id for check in CHECKS), *StopKind]
    assert [name for name in known if f"`{name}`" not in page] == []
