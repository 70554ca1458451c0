"""What the family asks of AWS, and which targets it refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from functions.configuration import remedies
from functions.configuration.checks import CHECKS
from functions.configuration.facts import CAUSES
from functions.configuration.family import FAMILY, ConfigurationSpec, ExpectedHost

SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")
BY_SERVICE: dict[str, Any] = {"task_definition": None, "cluster": "shop", "service": "web"}


def spec(**changes: Any) -> ConfigurationSpec:
    return ConfigurationSpec(**({"task_definition": "web"} | changes))


def actions(*specs: ConfigurationSpec) -> dict[str, tuple[str, ...]]:
    targets = [
        Target(id="t", family="configuration", service="s", component="taskdef.web", spec=given) for given in specs
    ]
    permissions = FAMILY.permissions(targets, SCOPE)
    assert all(len(permission.reason) > 20 for permission in permissions)
    return {action: permission.resources for permission in permissions for action in permission.actions}


def test_it_may_describe_and_read_no_parameters_value() -> None:
    assert actions() == {}
    describing = {"ecs:DescribeTaskDefinition": ("*",), "ssm:DescribeParameters": ("*",)}
    assert actions(spec()) == describing
    services = ("arn:aws:ecs:us-east-1:123456789012:service/shop/web",)
    assert actions(spec(), spec(**BY_SERVICE)) == describing | {"ecs:DescribeServices": services}


def test_it_is_of_the_control_plane() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.CONTROL, timedelta(minutes=5))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"task_definition": None}, "task_definition, cluster, service"),
        ({"cluster": "shop", "service": "web"}, "task_definition, cluster, service"),
        ({**BY_SERVICE, "service": None}, "task_definition, cluster, service"),
        ({"task_definition": "web:7"}, "task_definition"),
        ({"container": "a b"}, "container"),
        ({"required": ("A=B",)}, "required"),
        ({"read_variables": ("DB_PASSWORD",)}, "read_variables"),
        ({"read_variables": ("api_key",)}, "read_variables"),
        ({"expected_hosts": (ExpectedHost(variable="TOKEN", host="x"),)}, "expected_hosts.variable"),
        ({"agreeing": (("A_URL",),)}, "agreeing"),
        ({"agreeing": (("A_URL", "API_TOKEN"),)}, "agreeing"),
        ({"timeout": timedelta(minutes=1)}, "timeout"),
    ],
)
def test_a_target_that_cannot_work_is_refused_by_the_name_of_its_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} "):
        spec(**changes)


def test_secrets_are_described_only_where_that_is_asked_for() -> None:
    def actions(**changes: Any) -> set[str]:
        target = Target(id="t", family="configuration", service="s", component="taskdef.web", spec=spec(**changes))
        return {action for permission in FAMILY.permissions([target], SCOPE) for action in permission.actions}

    assert "secretsmanager:DescribeSecret" not in actions()
    assert "secretsmanager:DescribeSecret" in actions(describe_secrets=True)


@pytest.mark.parametrize("changes", [{"host": "http://x"}, {"host": ""}, {"port": 0}])
def test_an_expected_host_is_a_host(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^expected_hosts\."):
        ExpectedHost(**({"variable": "URL", "host": "x"} | changes))


def test_a_spec_survives_the_compiled_catalogue() -> None:
    given = spec(expected_hosts=(ExpectedHost(variable="URL", host="x", port=80),), required=("A",), literal_ok=True)
    assert from_json(ConfigurationSpec, to_json(given)) == given
    assert given.readable == {"URL"}


def test_every_cause_has_a_remedy() -> None:
    assert [cause.id for cause in CAUSES if remedies.for_cause(cause.id) is None] == []


def test_the_documentation_explains_every_check_and_cause() -> None:
    ids = [*(cause.id for cause in CAUSES), *(check.id for check in CHECKS)]
    page = Path(__file__).parents[4].joinpath("docs/families/configuration.md").read_text(encoding="utf-8")
    assert [id for id in ids if f"`{id}`" not in page] == []
