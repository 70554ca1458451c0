"""Which hosts of a value are looked up."""

import pytest

from functions.configuration.hosts import hosts_of, hosts_to_ask
from functions.configuration.values import parse_setting


@pytest.mark.parametrize(
    ("variable", "value", "hosts"),
    [
        ("API_URL", "http://Api.Shop.local:5000/x", ("api.shop.local",)),
        ("API", "https://api.shop.local.", ("api.shop.local",)),
        ("STORE", "postgresql+psycopg2://u:p@db.shop.internal/x", ("db.shop.internal",)),
        ("STORE", "jdbc:postgresql://db.shop.internal:5432/x", ("db.shop.internal",)),
        ("QUEUE", "amqp://a.shop.local:1,b.shop.local:1/x", ("a.shop.local", "b.shop.local")),
        ("DB_HOST", "db.shop.internal", ("db.shop.internal",)),
        ("PGHOST", "db.shop.internal", ("db.shop.internal",)),
        ("CACHE", "cache.shop.internal:6379", ("cache.shop.internal",)),
        ("BROKERS", "b1.shop.local,b2.shop.local,b1.shop.local", ("b1.shop.local", "b2.shop.local")),
        ("BOOTSTRAP", "b1.shop.local:9092,other.words", ("b1.shop.local",)),
        # Nobody connects to these.
        ("BUCKET", "s3://artifacts.shop.example/x", ()),
        ("STORE", "mongodb+srv://cluster.shop.example/x", ()),
        ("APP_MODULE", "app.main", ()),
        ("VERSION", "2.9.1", ()),
        ("SERVER_URL", "http://2.9.1", ()),
        ("ALLOWED_HOSTS", "api.shop.example:5000,web.shop.example:80", ()),
        ("CORS_ORIGINS", "https://web.shop.example", ()),
        ("NO_PROXY", "web.shop.example:80,internal.example:80", ()),
        ("COOKIE_DOMAIN", "shop.example:80", ()),
        # Only the container knows what these mean, or everybody does.
        ("DB_HOST", "postgres", ()),
        ("API_URL", "http://registry:5000", ()),
        ("DB_HOST", "10.0.1.7", ()),
        ("API_URL", "http://[fd00::7]:5000", ()),
        ("API_URL", "http://localhost:5000", ()),
        ("API_URL", "http://app.localhost:5000", ()),
        ("HOSTS", "*.shop.example:80,localhost:5000", ()),
        ("STORE", "postgresql://u:p/w@db.shop.internal/x", ()),
    ],
)
def test_a_host_is_what_a_client_asks_its_resolver_for(variable: str, value: str, hosts: tuple[str, ...]) -> None:
    assert hosts_of(parse_setting(variable, value), ()) == hosts


@pytest.mark.parametrize("variable", ["REGISTRY", "ALLOWED_REGISTRY"])
def test_what_the_catalogue_declares_to_be_a_host_is_one_whatever_its_name(variable: str) -> None:
    setting = parse_setting(variable, "registry.shop.local", is_address=True)
    assert hosts_of(setting, {variable}) == ("registry.shop.local",)
    assert hosts_of(setting, ()) == ()


def test_a_host_of_several_settings_is_asked_once() -> None:
    settings = [
        parse_setting("A_URL", "http://a.x:1"),
        parse_setting("B_HOST", "b.x"),
        parse_setting("C_URL", "http://a.x:2"),
    ]
    assert hosts_to_ask(settings, ()) == ("a.x", "b.x")
