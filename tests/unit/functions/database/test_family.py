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
from functions.database.family import FAMILY, DatabaseSpec, SchemaVersion

SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


def spec(**changes: Any) -> DatabaseSpec:
    values: dict[str, Any] = {"host": "db.test", "database": "shop", "user": "shop", "secret": "platform/db"}
    return DatabaseSpec(**(values | changes))


def version(**changes: Any) -> SchemaVersion:
    values: dict[str, Any] = {"table": "alembic_version", "expected": ("a1",)}
    return SchemaVersion(**(values | changes))


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
    given = spec(
        tls="verify",
        ca_file="certs/rds.pem",
        timeout=timedelta(seconds=2.5),
        schema_versions=(version(table="app.alembic_version", expected=("a1", "b2")),),
    )
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
        ({"max_blocked": -1}, "max_blocked"),
        ({"max_blocked": 20}, "max_blocked"),
        ({"max_lock_wait": timedelta(0)}, "max_lock_wait"),
        ({"max_transaction": timedelta(0)}, "max_transaction"),
        ({"role": "replica", "max_replica_lag": timedelta(0)}, "max_replica_lag"),
        ({"max_replica_lag": timedelta(seconds=1)}, "max_replica_lag"),
        ({"schema_versions": (version(), version(table="public.alembic_version"))}, "schema_versions"),
        ({"schema_versions": tuple(version(table=f"t{n}") for n in range(5))}, "schema_versions"),
    ],
)
def test_a_target_that_cannot_work_is_refused_by_the_name_of_its_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} "):
        spec(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"table": ""}, "table"),
        ({"table": "a.b.c"}, "table"),
        ({"table": 'a"; DROP TABLE orders; --'}, "table"),
        ({"table": "Alembic"}, "table"),
        ({"column": "a.b"}, "column"),
        ({"column": "version num"}, "column"),
        ({"expected": ()}, "expected"),
        ({"expected": ("a1", "a1")}, "expected"),
        ({"expected": ("a 1",)}, "expected"),
        ({"expected": ("x" * 65,)}, "expected"),
        ({"expected": tuple(f"r{n}" for n in range(11))}, "expected"),
    ],
)
def test_a_version_table_that_could_be_another_statement_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=rf"^schema_versions\.{named} "):
        version(**changes)


def test_a_table_without_a_schema_is_one_of_public() -> None:
    assert version().place == ("public", "alembic_version")
    assert version(table="app.versions").place == ("app", "versions")


def test_the_documentation_explains_every_cause() -> None:
    page = Path(__file__).parents[4].joinpath("docs/families/database.md").read_text(encoding="utf-8")
    assert [cause.id for cause in CAUSES if f"`{cause.id}`" not in page] == []
