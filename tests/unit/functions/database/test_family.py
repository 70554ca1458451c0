"""What the family asks of AWS and of the platform's owner, and which targets it refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from functions.database.facts import CAUSES
from functions.database.family import FAMILY, DatabaseSpec

SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


def spec(**changes: Any) -> DatabaseSpec:
    values: dict[str, Any] = {"host": "db.test", "database": "shop", "user": "shop", "secret": "platform/db"}
    return DatabaseSpec(**(values | changes))


def target(**changes: Any) -> Target[DatabaseSpec]:
    return Target(id="db", family="database", service="shop", component="rds.shop", spec=spec(**changes))


def test_it_may_read_exactly_the_secrets_of_its_targets() -> None:
    secrets = ["platform/db", "platform/db", ARN + "other-AbC123", ARN + "partial"]
    (permission,) = FAMILY.permissions([target(secret=secret) for secret in secrets], SCOPE)
    assert permission.actions == ("secretsmanager:GetSecretValue",)
    assert permission.resources == (ARN + "other-AbC123", ARN + "partial-??????", ARN + "platform/db-??????")
    assert permission.reason


def test_without_targets_it_may_do_nothing() -> None:
    assert FAMILY.permissions([], SCOPE) == ()


def test_it_is_of_the_data_plane_and_tells_the_owner_its_destination() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.DATA, timedelta(minutes=1))
    assert FAMILY.destinations(target(port=6432)) == ("db.test:6432",)


def test_no_cause_belongs_to_somebody_else() -> None:
    assert len(cause_index(KERNEL_CAUSES, CAUSES)) == len(KERNEL_CAUSES) + len(CAUSES)


def test_a_spec_survives_the_compiled_catalogue() -> None:
    given = spec(tls="verify", ca_file="certs/rds.pem", timeout=timedelta(seconds=2.5))
    assert from_json(DatabaseSpec, to_json(given)) == given


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"host": ""}, "host"),
        ({"host": "postgres://db"}, "host"),
        ({"host": "db:5432"}, "host"),
        ({"database": ""}, "database"),
        ({"user": "a\nb"}, "user"),
        ({"secret": ""}, "secret"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"timeout": timedelta(0)}, "timeout"),
        ({"timeout": timedelta(seconds=21)}, "timeout"),
        ({"max_connections_percent": 0}, "max_connections_percent"),
        ({"max_connections_percent": 101}, "max_connections_percent"),
        ({"ca_file": "x.pem"}, "ca_file"),
    ],
)
def test_a_target_that_cannot_work_is_refused_by_the_name_of_its_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} "):
        spec(**changes)


def test_the_documentation_explains_every_cause() -> None:
    page = Path(__file__).parents[4].joinpath("docs/families/database.md").read_text(encoding="utf-8")
    assert [cause.id for cause in CAUSES if f"`{cause.id}`" not in page] == []
