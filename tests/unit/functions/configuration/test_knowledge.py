"""What settings let one say, in the conventions of many platforms; and what must not be said of them."""

from typing import Any

import pytest

from auditor.domain.diagnosis.cache_claims import CredentialInjected, EncryptionSwitched
from auditor.domain.diagnosis.claims import (
    ConnectsAs,
    NameResolves,
    ReferenceLeadsNowhere,
    SettingMissing,
    SettingPointsTo,
    SettingUnusable,
)
from auditor.domain.diagnosis.role_claims import HoldsPassword, PasswordInPlain
from auditor.domain.diagnosis.store_words import Encryption
from auditor.domain.diagnosis.words import NameOutcome, Role
from auditor.domain.observation import Failure, Phase
from functions.configuration.facts import (
    ChangeFacts,
    ConfigurationFacts,
    ContainerFacts,
    LookupFacts,
    Outcome,
    ReferenceFacts,
)
from functions.configuration.family import ConfigurationSpec, ExpectedHost
from functions.configuration.values import parse_setting
from tests.knowing import claims

REGISTRY = ExpectedHost(variable="REGISTRY_URL", host="registry.shop.local", port=5000)


def said(
    kind: type[Any],
    settings: dict[str, str],
    *,
    references: tuple[ReferenceFacts, ...] = (),
    lookups: tuple[LookupFacts, ...] | None = (),
    spec: dict[str, Any] | None = None,
    change: ChangeFacts | None = None,
    **container: Any,
) -> list[Any]:
    target = ConfigurationSpec(**({"task_definition": "web"} | (spec or {})))
    facts = ContainerFacts(
        revision="web:2",
        registered_at=None,
        name="app",
        image="web:2",
        architecture="X86_64",
        execution_role="",
        task_role="",
        variables=tuple(settings),
        settings=tuple(parse_setting(n, v, is_address=n in target.declared) for n, v in settings.items()),
        references=references,
        **container,
    )
    read = ConfigurationFacts(container=facts, lookups=lookups, change=change)
    found = claims("configuration", target, read, component="taskdef.web")
    return [claim for claim in found if isinstance(claim, kind)]


def logins(**settings: str) -> set[tuple[str, str, str, str, str]]:
    return {(c.host, c.user, c.database, c.user_setting, c.database_setting) for c in said(ConnectsAs, settings)}


DB = "db.shop.internal"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"DB_HOST": DB, "DB_USER": "shop", "DB_NAME": "orders"}, {(DB, "shop", "orders", "DB_USER", "DB_NAME")}),
        (
            {"ORDERS_DB_HOST": DB, "ORDERS_DB_USERNAME": "shop", "ORDERS_DB_NAME": "orders"},
            {(DB, "shop", "orders", "ORDERS_DB_USERNAME", "ORDERS_DB_NAME")},
        ),
        ({"PGHOST": DB, "PGUSER": "shop", "PGDATABASE": "orders"}, {(DB, "shop", "orders", "PGUSER", "PGDATABASE")}),
        (
            {"POSTGRES_HOST": DB, "POSTGRES_USER": "shop", "POSTGRES_DB": "orders"},
            {(DB, "shop", "orders", "POSTGRES_USER", "POSTGRES_DB")},
        ),
        (
            {"MYSQL_HOST": f"{DB}:3306", "MYSQL_USER": "shop", "MYSQL_DATABASE": "orders"},
            {(DB, "shop", "orders", "MYSQL_USER", "MYSQL_DATABASE")},
        ),
        ({"RDS_HOSTNAME": DB, "RDS_DB_NAME": "orders"}, {(DB, "", "orders", "", "RDS_DB_NAME")}),
        (
            {"SPRING_DATASOURCE_URL": f"jdbc:postgresql://{DB}:5432/orders", "SPRING_DATASOURCE_USERNAME": "shop"},
            {(DB, "shop", "orders", "SPRING_DATASOURCE_USERNAME", "SPRING_DATASOURCE_URL")},
        ),
        ({"DATABASE_URL": f"postgres://u:p@{DB}/orders"}, {(DB, "", "orders", "", "DATABASE_URL")}),
        ({"BACKEND_STORE_URI": f"postgresql+psycopg2://{DB}/runs"}, {(DB, "", "runs", "", "BACKEND_STORE_URI")}),
        ({"CELERY_RESULTS": f"mysql2://{DB}/results"}, {(DB, "", "results", "", "CELERY_RESULTS")}),
        ({"STORE": f"postgresql://{DB}:5432"}, {(DB, "", "", "", "")}),
        ({"DB_URL": f"{DB}:5432", "DB_USER": "shop"}, {(DB, "shop", "", "DB_USER", "")}),
    ],
)
def test_a_login_is_put_together_from_what_belongs_together(
    settings: dict[str, str], expected: set[tuple[str, str, str, str, str]]
) -> None:
    assert logins(**settings) == expected


def test_two_stores_are_kept_apart() -> None:
    assert logins(ORDERS_DB_HOST=DB, ORDERS_DB_USER="shop", AUDIT_DB_HOST="audit.x.y", AUDIT_DB_USER="trail") == {
        (DB, "shop", "", "ORDERS_DB_USER", ""),
        ("audit.x.y", "trail", "", "AUDIT_DB_USER", ""),
    }


def test_of_two_variables_that_say_the_same_thing_differently_either_may_be_the_one() -> None:
    assert logins(DB_HOST=DB, DB_USER="shop", DB_USERNAME="clerk") == {
        (DB, "shop", "", "DB_USER", ""),
        (DB, "clerk", "", "DB_USERNAME", ""),
    }
    assert logins(DB_HOST=DB, DB_SERVER="other.x.y", DB_USER="shop") == {("", "shop", "", "DB_USER", "")}


def test_who_stands_in_a_url_is_not_the_user_of_a_variable() -> None:
    assert logins(DATABASE_URL=f"postgresql://u:p@{DB}/orders", DATABASE_USER="shop") == {
        (DB, "", "orders", "", "DATABASE_URL"),
        ("", "shop", "", "DATABASE_USER", ""),
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"APP_NAME": "web", "SMTP_USER": "mail", "API_HOST": "0.0.0.0"},
        {"REDIS_HOST": "cache.x.y", "REDIS_DB": "0", "REDIS_USER": "default"},
        {"MONGO_DB_NAME": "orders", "MONGO_URL": "mongodb://m.x.y/orders"},
        {"ARTIFACTS": "s3://bucket/x", "API_URL": "http://api.x.y/orders"},
        {"DB_HOST": DB},
        {"DATABASE_URL": f"postgresql://u:p/w@{DB}/orders"},
        {"DB_USER": "two words"},
    ],
    ids=["no store", "key-value store", "document store", "no store's URL", "host alone", "unusable", "unreadable"],
)
def test_what_names_no_login_to_a_relational_store_is_none(settings: dict[str, str]) -> None:
    assert logins(**settings) == set()


def points(spec: dict[str, Any] | None = None, **settings: str) -> list[tuple[str, str, int | None]]:
    return [(c.setting, c.host, c.port) for c in said(SettingPointsTo, settings, spec=spec)]


def test_a_setting_points_to_each_host_that_it_names() -> None:
    assert points(API_URL="https://api.x.y", BROKERS="b1.x.y:9092,b2.x.y:9093", CACHE="10.0.1.7") == [
        ("API_URL", "api.x.y", None),
        ("BROKERS", "b1.x.y", 9092),
        ("BROKERS", "b2.x.y", 9093),
        ("CACHE", "10.0.1.7", None),
    ]
    assert points(API_URL="http://localhost:5000", DB_HOST="localhost") == [
        ("API_URL", "localhost", 5000),
        ("DB_HOST", "localhost", None),
    ]


def test_what_is_no_place_is_not_pointed_to() -> None:
    assert (
        points(BUCKET="s3://artifacts/x", VERSION="2.9.1", APP="app.main", DB_NAME="orders", ALLOWED_HOSTS="a.b:1")
        == []
    )


def test_a_declared_setting_says_what_is_declared() -> None:
    spec = {"expected_hosts": (REGISTRY,)}
    (claim,) = said(SettingPointsTo, {"REGISTRY_URL": "http://registry.old.local:5000"}, spec=spec)
    assert (claim.component, claim.scheme, claim.declared_host) == ("taskdef.web", "http", "registry.shop.local")
    assert points(spec, REGISTRY_URL="registry") == [("REGISTRY_URL", "registry", None)]


def test_a_value_that_no_client_can_use_points_nowhere() -> None:
    settings = {"API_URL": "http://host:port"}
    (claim,) = said(SettingUnusable, settings)
    assert claim.setting == "API_URL"
    assert claim.problem
    assert said(SettingPointsTo, settings) == []


def missing(settings: dict[str, str], **more: Any) -> dict[str, Role]:
    spec = {"required": ("DB_USER", "DB_PASSWORD", "FLAG"), "expected_hosts": (REGISTRY,)}
    return {claim.setting: claim.role for claim in said(SettingMissing, settings, spec=spec, **more)}


def test_what_is_absent_has_a_role() -> None:
    assert missing({}) == {
        "DB_USER": Role.LOGIN_USER,
        "DB_PASSWORD": Role.CREDENTIAL,
        "FLAG": Role.OTHER,
        "REGISTRY_URL": Role.ENDPOINT,
    }


def test_what_comes_from_a_reference_or_may_come_from_a_file_is_not_absent() -> None:
    reference = ReferenceFacts(variable="DB_USER", kind="secret", reference="arn", shape="ok")
    assert "DB_USER" not in missing({}, references=(reference,))
    assert missing({}, environment_files=1) == {}


def test_references_lead_nowhere_only_where_that_was_seen() -> None:
    def reference(variable: str, **parts: Any) -> ReferenceFacts:
        return ReferenceFacts(**({"variable": variable, "kind": "parameter", "reference": "/x", "shape": "ok"} | parts))

    references = (
        reference("GONE", exists=False),
        reference("THERE", exists=True),
        reference("UNASKED"),
        reference("TEMPLATE", kind="secret", shape="placeholder"),
        reference("SHORT", kind="secret", shape="no_suffix"),
    )
    found = said(ReferenceLeadsNowhere, {}, references=references)
    assert [(claim.setting, claim.to_parameter) for claim in found] == [("GONE", True), ("TEMPLATE", False)]


ALL: tuple[Outcome, ...] = (
    "resolved",
    "nxdomain",
    "nodata",
    "servfail",
    "refused",
    "timeout",
    "malformed",
    "unreachable",
)


def test_secrets_that_are_injected_are_named_and_parameters_are_not() -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/cache-AbC123:token::"
    references = (
        ReferenceFacts(variable="CACHE_TOKEN", kind="secret", reference=secret, shape="ok"),
        ReferenceFacts(variable="CACHE_HOST", kind="parameter", reference="/shop/cache/host", shape="ok"),
        ReferenceFacts(variable="WRONG", kind="unknown", reference="", shape="fields"),
    )
    found = said(CredentialInjected, {}, references=references)
    assert [(claim.setting, claim.secret) for claim in found] == [("CACHE_TOKEN", secret)]


def injected(variable: str) -> tuple[ReferenceFacts, ...]:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/x-AbC123"
    return (ReferenceFacts(variable=variable, kind="secret", reference=arn, shape="ok"),)


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (ChangeFacts(revision="web:1", changed=("OTHER", "SHOP_TOKEN")), True),
        (ChangeFacts(revision="web:1", added=("SHOP_TOKEN",)), False),
        (ChangeFacts(revision="web:1", removed=("SHOP_TOKEN",), image_changed=True), False),
        (ChangeFacts(revision="web:1", changed=("SHOP_TOKEN_OLD",), added=("TOKEN",)), False),
        (None, False),
    ],
    ids=["changed", "added", "removed", "others", "no revision before"],
)
def test_a_secret_is_told_with_whether_the_running_revision_changed_it(
    change: ChangeFacts | None, changed: bool
) -> None:
    (claim,) = said(CredentialInjected, {}, references=injected("SHOP_TOKEN"), change=change)
    assert claim.changed is changed


@pytest.mark.parametrize(
    ("variable", "of_store"),
    [("DB_PASSWORD", True), ("REDIS_TOKEN", True), ("SHOP_TOKEN", False), ("DASHBOARD_KEY", False)],
)
def test_a_secret_is_told_with_whether_its_name_tells_of_a_store(variable: str, of_store: bool) -> None:
    (claim,) = said(CredentialInjected, {}, references=injected(variable))
    assert claim.of_store is of_store


@pytest.mark.parametrize("variable", ["DB_PASSWORD", "PGPASSWORD", "ORDERS_DB_PASS", "spring.datasource.password"])
def test_a_password_of_a_store_that_is_no_reference_is_told_and_its_value_is_not(variable: str) -> None:
    found = said(PasswordInPlain, {variable: "canary-pw"})
    assert [claim.setting for claim in found] == [variable]
    assert "canary" not in repr(found)


@pytest.mark.parametrize("variable", ["API_KEY", "SMTP_PASSWORD", "DB_USER", "DB_HOST"])
def test_another_setting_is_no_password_of_a_store(variable: str) -> None:
    assert said(PasswordInPlain, {variable: "x"}) == []


def test_a_password_that_comes_from_a_secret_stands_nowhere_in_plain() -> None:
    assert said(PasswordInPlain, {"LOG_LEVEL": "info"}, references=injected("DB_PASSWORD")) == []


@pytest.mark.parametrize(
    ("variable", "value", "on"),
    [
        ("CACHE_TLS_ENABLED", "true", True),
        ("CACHE_SSL", "1", True),
        ("REDIS_USE_TLS", "False", False),
        ("redis.ssl.enabled", "off", False),
        ("MTLS_ENABLED", "true", None),
        ("CACHE_ENABLED", "true", None),
        ("DB_SSL_MODE", "require", None),
        ("CACHE_TLS_PORT", "6380", None),
    ],
)
def test_a_switch_for_encryption_says_how_it_stands(variable: str, value: str, on: bool | None) -> None:
    assert [claim.on for claim in said(EncryptionSwitched, {variable: value})] == ([] if on is None else [on])


def lookups(*outcomes: Outcome) -> tuple[LookupFacts, ...]:
    return tuple(
        LookupFacts(host=f"{o}.x.y", outcome=o, addresses=("10.0.1.5",) if o == "resolved" else ()) for o in outcomes
    )


def test_look_ups_are_quoted_and_what_was_not_understood_is_not() -> None:
    found = said(NameResolves, {}, lookups=lookups(*ALL))
    assert {claim.name.removesuffix(".x.y"): claim.outcome for claim in found} == {
        str(outcome): outcome for outcome in NameOutcome
    }
    assert [claim.addresses for claim in found if claim.addresses] == [("10.0.1.5",)]
    assert not any(claim.meant_absent for claim in found)


def test_a_container_with_names_of_its_own_may_reach_what_dns_does_not_know() -> None:
    found = said(NameResolves, {}, lookups=lookups("resolved", "nxdomain", "nodata", "timeout"), names_beside_dns=True)
    assert [claim.outcome for claim in found] == [NameOutcome.RESOLVED, NameOutcome.TIMEOUT]


def test_names_that_were_not_asked_and_what_was_not_read_say_nothing() -> None:
    assert said(NameResolves, {"API_URL": "http://a.x.y"}, lookups=None) == []
    spec = ConfigurationSpec(task_definition="web", required=("A",))
    denied = Failure(phase=Phase.QUERY, cause="aws.denied", detail="-")
    assert claims("configuration", spec, ConfigurationFacts(unread={"container": denied})) == []
    assert claims("configuration", spec, None) == []


@pytest.mark.parametrize(
    ("settings", "encryption"),
    [
        ({"DATABASE_URL": f"postgresql://{DB}/orders"}, Encryption.UNSAID),
        ({"DATABASE_URL": f"postgresql://{DB}/orders?sslmode=disable"}, Encryption.OFF),
        ({"DATABASE_URL": f"postgresql://{DB}/orders?sslmode=prefer"}, Encryption.ON),
        ({"DATABASE_URL": f"postgresql://{DB}/orders?sslmode=require"}, Encryption.ON),
        ({"DATABASE_URL": f"postgresql://{DB}/orders?sslmode=verify-full"}, Encryption.VERIFIED),
        ({"DB_HOST": DB, "DB_NAME": "orders", "DB_SSLMODE": "disable"}, Encryption.OFF),
        ({"PGHOST": DB, "PGUSER": "shop", "PGSSLMODE": "verify-ca"}, Encryption.VERIFIED),
        ({"DB_HOST": DB, "DB_NAME": "orders", "OTHER_DB_SSLMODE": "disable"}, Encryption.UNSAID),
        ({"DB_HOST": DB, "DB_NAME": "orders", "DB_SSLMODE": "sometimes"}, Encryption.UNSAID),
    ],
)
def test_how_a_client_encrypts_is_said_by_its_url_or_beside_it(
    settings: dict[str, str], encryption: Encryption
) -> None:
    (claim,) = said(ConnectsAs, settings)
    assert (claim.host, claim.encryption) == (DB, encryption)


def test_a_url_with_a_login_of_its_own_is_named_and_the_login_is_not() -> None:
    (claim,) = said(ConnectsAs, {"BACKEND_STORE_URI": f"postgresql://canary-user:canary-pw@{DB}/orders"})
    assert (claim.login_setting, claim.user) == ("BACKEND_STORE_URI", "")
    assert "canary" not in repr(claim)
    (without,) = said(ConnectsAs, {"BACKEND_STORE_URI": f"postgresql://{DB}/orders"})
    assert without.login_setting == ""


@pytest.mark.parametrize(
    ("value", "holds_login"),
    [
        (f"postgresql://shop:pa/ss@{DB}/orders", True),
        (f"postgresql://shop:pa@ss@{DB}/orders", True),
        ("postgresql:///orders", False),
        (f"https://user:pa/ss@{DB}/x", False),
    ],
)
def test_whether_an_unusable_value_seems_to_hold_the_login_of_a_store(value: str, holds_login: bool) -> None:
    (claim,) = said(SettingUnusable, {"STORE_URI": value})
    assert claim.holds_login is holds_login


@pytest.mark.parametrize(
    ("value", "host"),
    [
        (f"postgresql://shop:secret@{DB}:5432/orders", DB),
        (f"postgresql://{DB}:5432/orders", None),
        (f"https://user:secret@{DB}/", None),
    ],
)
def test_a_login_in_the_clear_is_told_of_stores_only_and_never_itself(value: str, host: str | None) -> None:
    found = said(HoldsPassword, {"BACKEND_STORE_URI": value})
    assert [claim.host for claim in found] == ([host] if host else [])
    assert "secret" not in repr(found)
