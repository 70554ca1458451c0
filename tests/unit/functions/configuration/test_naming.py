"""What names of variables tell."""

import pytest

from auditor.domain.diagnosis.words import KEY_VALUE_STORE, RELATIONAL_STORE, Role
from functions.configuration.naming import StorePart, role_of, store_kind, store_part, tells_of_store


@pytest.mark.parametrize(
    ("variable", "store", "part"),
    [
        ("DB_HOST", "DB", "host"),
        ("DB_USER", "DB", "user"),
        ("DB_USERNAME", "DB", "user"),
        ("DB_USER_NAME", "DB", "user"),
        ("DB_NAME", "DB", "database"),
        ("DB_DATABASE", "DB", "database"),
        ("DATABASE_URL", "DATABASE", "url"),
        ("DATABASE_HOST_NAME", "DATABASE", "host"),
        ("POSTGRES_DB", "POSTGRES", "database"),
        ("POSTGRES_DB_NAME", "POSTGRES", "database"),
        ("POSTGRES_HOST", "POSTGRES", "host"),
        ("MYSQL_DATABASE", "MYSQL", "database"),
        ("RDS_HOSTNAME", "RDS", "host"),
        ("RDS_DB_NAME", "RDS", "database"),
        ("PGHOST", "PG", "host"),
        ("PGUSER", "PG", "user"),
        ("PGDATABASE", "PG", "database"),
        ("ORDERS_DB_HOST", "ORDERS_DB", "host"),
        ("ORDERS_DB_USER", "ORDERS_DB", "user"),
        ("ORDERS_DATABASE_NAME", "ORDERS_DATABASE", "database"),
        ("SPRING_DATASOURCE_URL", "SPRING_DATASOURCE", "url"),
        ("spring.datasource.username", "SPRING_DATASOURCE", "user"),
        ("SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_DATABASE", "url"),
        ("JDBC_DATABASE_USERNAME", "JDBC", "user"),
    ],
)
def test_a_variable_says_one_thing_about_one_store(variable: str, store: str, part: str) -> None:
    assert store_part(variable) == StorePart(store=store, part=part)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "variable",
    [
        "",
        "DB",
        "HOST",
        "PORT",
        "APP_NAME",
        "SMTP_USER",
        "BASIC_AUTH_USERNAME",
        "API_HOST",
        "ORDERS_DB",
        "REDIS_DB",
        "REDIS_DB_USER",
        "MONGO_DB_NAME",
        "SESSION_CACHE_DB_NAME",
        "ELASTICSEARCH_HOST",
        "DBT_USER",
        "GDB_HOST",
        "DB_POOL_SIZE",
    ],
)
def test_a_name_that_does_not_speak_of_a_relational_store_says_nothing(variable: str) -> None:
    assert store_part(variable) is None


@pytest.mark.parametrize(
    ("variable", "role"),
    [
        ("DB_USER", Role.LOGIN_USER),
        ("ORDERS_DB_USERNAME", Role.LOGIN_USER),
        ("PGUSER", Role.LOGIN_USER),
        ("POSTGRES_DB", Role.NAME_OF_DATABASE),
        ("DB_HOST", Role.ENDPOINT),
        ("DATABASE_URL", Role.ENDPOINT),
        ("DB_PASSWORD", Role.CREDENTIAL),
        ("PGPASSWORD", Role.CREDENTIAL),
        ("DBPASSWORD", Role.CREDENTIAL),
        ("STRIPE_API_KEYS", Role.CREDENTIAL),
        ("SERVICE_CREDENTIALS", Role.CREDENTIAL),
        # Not the login to a store, and no credential though its word stands in them.
        ("SMTP_USER", Role.OTHER),
        ("MONKEY_NAME", Role.OTHER),
        ("KEYCLOAK_REALM", Role.OTHER),
        ("TOKENIZER_MODEL", Role.OTHER),
        ("APP_NAME", Role.OTHER),
    ],
)
def test_a_missing_variable_has_the_role_that_its_name_tells(variable: str, role: Role) -> None:
    assert role_of(variable) is role


@pytest.mark.parametrize(
    ("variable", "kind"),
    [
        ("REDIS_URL", KEY_VALUE_STORE),
        ("SESSION_CACHE_HOST", KEY_VALUE_STORE),
        ("valkey.endpoint", KEY_VALUE_STORE),
        ("ELASTICACHE_HOST", KEY_VALUE_STORE),
        ("REDIS_DB", KEY_VALUE_STORE),
        ("DB_CACHE_HOST", KEY_VALUE_STORE),
        ("DATABASE_URL", RELATIONAL_STORE),
        ("ORDERS_DB_HOST", RELATIONAL_STORE),
        ("PGHOST", RELATIONAL_STORE),
        ("MONGO_DB_HOST", ""),
        ("CACHED_PAGES_URL", ""),
        ("BASKET_URL", ""),
        ("", ""),
    ],
)
def test_a_variable_tells_of_the_kind_of_store_that_its_name_names(variable: str, kind: str) -> None:
    assert store_kind(variable) == kind


@pytest.mark.parametrize(
    ("variable", "tells"),
    [
        ("DB_PASSWORD", True),
        ("PGPASSWORD", True),
        ("REDIS_AUTH_TOKEN", True),
        ("MONGODB_KEY", True),
        ("SERVICE_TOKEN", False),
        ("JWT_SECRET", False),
    ],
)
def test_a_variable_of_a_store_says_so(variable: str, tells: bool) -> None:
    assert tells_of_store(variable) is tells
