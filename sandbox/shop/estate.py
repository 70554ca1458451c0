"""The shop's names, addresses and settings in the sandbox."""

import json
import time

from sandbox.fargate.estate import (
    Cache,
    Credentials,
    Database,
    Estate,
    LoadBalancer,
    NetworkNames,
    Service,
    Store,
    private_address,
    public_address,
)
from sandbox.fargate.incidents import Check, Entrance, Wiring
from sandbox.mlflow.shelf import schema

NAMESPACE = "shop-prod.internal"
ORDERS_DB = "orders.c0ffee2example.us-east-1.rds.amazonaws.com"
SESSIONS = "shop-sessions.c0ffee.ng.0001.use1.cache.amazonaws.com"
ORDERS, SHOP_APP, AUDITOR_RO = "orders", "shop_app", "auditor_ro"
"""The database and its two roles."""
ORDERS_SECRET = "shop-prod/orders-db"
SESSIONS_SECRET = "shop-prod/sessions"
AUDITOR_SECRET = "shop-prod/auditor/orders-db"
CANARY_SECRET = "shop-prod/auditor/canary"
WEB, ACCOUNTS = "www.shop.example", "accounts.shop.example"
PRICING_NAME, STOREFRONT_NAME, ACCOUNTS_NAME = (f"{name}.{NAMESPACE}" for name in ("pricing", "storefront", "accounts"))
MODELS_NAME = f"models.{NAMESPACE}"
STOREFRONT_PORT, PRICING_PORT, ACCOUNTS_PORT, ORDERS_PORT, SESSIONS_PORT = 8080, 7070, 9090, 5433, 6380
MODELS_PORT = 6060
SESSIONS_ENDPOINT = "/shop-prod/sessions/endpoint"
HARD_CODED_PRICING = "2.44"
"""The address that one release's status page asks; nothing answers there."""
TAG_WITH_HARD_CODED_ADDRESS = "hotfix-1127"


def shop_estate(network: int) -> Estate:
    """The platform as it should be, with credentials of its own."""
    credentials = Credentials()
    login = {"username": SHOP_APP, "password": credentials.application_password}
    watch = {"username": AUDITOR_RO, "password": credentials.monitoring_password}
    return Estate(
        services_module="sandbox.shop.services",
        network=network,
        network_names=NetworkNames(
            vpc="shop-prod",
            subnet="shop-prod-private",
            acl="shop-prod-private",
            nat="shop-prod-nat",
            tasks="shop-prod-tasks",
            earlier_tasks="shop-prod-web-2023",
            database="shop-prod-orders-db",
            cache="shop-prod-sessions",
            balancers="shop-prod-alb",
        ),
        cluster="shop-prod",
        namespace=NAMESPACE,
        load_balancers=_load_balancers(network),
        services=_services(network),
        database=_orders_db(network),
        cache=Cache(
            identifier="shop-sessions",
            parameters={SESSIONS_ENDPOINT: SESSIONS},
            queue="mail/outgoing",
            envelope=_mail,
            secret=SESSIONS_SECRET,
            store=Store(name=SESSIONS, address=private_address(network, "2.31"), port=SESSIONS_PORT),
        ),
        certificate="*.shop.example",
        release="v418",
        roles=("shop-prod-execution", "shop-prod-task"),
        secrets={
            ORDERS_SECRET: json.dumps(login),
            AUDITOR_SECRET: json.dumps(watch),
            SESSIONS_SECRET: json.dumps({"token": credentials.cache_token}),
            CANARY_SECRET: credentials.canary_key,
        },
        test_results=("shop-prod-builds", "junit/"),
        queues={"shop-prod-mail": "shop-prod-mail-failed"},
        credentials=credentials,
    )


def _mail(number: int) -> str:
    """A mail that waits to be sent."""
    return json.dumps({"to": f"customer-{number}@shop.example", "body": "Tea!" * 20, "queued": {"at": time.time()}})


def _orders_db(network: int) -> Database:
    return Database(
        identifier=ORDERS,
        store=Store(name=ORDERS_DB, address=private_address(network, "2.12"), port=ORDERS_PORT),
        database=ORDERS,
        application_role=SHOP_APP,
        application_secret=ORDERS_SECRET,
        monitoring_role=AUDITOR_RO,
        schema=(
            "CREATE TABLE prices (sku text PRIMARY KEY, cents integer NOT NULL)",
            "INSERT INTO prices VALUES ('teapot', 2450), ('cup', 690)",
            f"GRANT SELECT ON prices TO {SHOP_APP}",
            "CREATE SCHEMA migrations",
            "CREATE TABLE migrations.applied (head text PRIMARY KEY)",
            "INSERT INTO migrations.applied VALUES ('2026_10_prices')",
            *schema(SHOP_APP, "Default", "price-elasticity"),
        ),
        versions=("migrations.applied.head",),
    )


def _load_balancers(network: int) -> tuple[LoadBalancer, ...]:
    feeds = (10, "/feeds/*", "pricing")
    web, accounts = public_address(network, 0), public_address(network, 1)
    return (
        LoadBalancer(name="shop-prod-web", host=WEB, address=web, default="storefront", rules=(feeds,)),
        LoadBalancer(name="shop-prod-accounts", host=ACCOUNTS, address=accounts, default="accounts"),
    )


def _services(network: int) -> tuple[Service, ...]:
    orders = {
        "ORDERS_DB_HOST": ORDERS_DB,
        "ORDERS_DB_PORT": str(ORDERS_PORT),
        "ORDERS_DB_NAME": ORDERS,
        "ORDERS_DB_USER": SHOP_APP,
        "ORDERS_DB_SSLMODE": "require",
    }
    orders_password = {"ORDERS_DB_PASSWORD": f"{ORDERS_SECRET}:password"}
    return (
        Service(
            name="storefront",
            ecs_name="storefront",
            container="web",
            address=private_address(network, "1.17"),
            port=STOREFRONT_PORT,
            size=("1024", "2048"),
            health="/status",
            target_group="shop-prod-storefront",
            check=("/status", "200"),
            log_group="/shop-prod/storefront",
            variables={
                "HTTP_PORT": str(STOREFRONT_PORT),
                "PRICING_URL": f"http://{PRICING_NAME}:{PRICING_PORT}",
                "ACCOUNTS_BASE_URL": f"https://{ACCOUNTS}",
                "SESSIONS_PORT": str(SESSIONS_PORT),
                **orders,
            },
            references={
                "SESSIONS_ENDPOINT": SESSIONS_ENDPOINT,
                "SESSIONS_TOKEN": f"{SESSIONS_SECRET}:token",
                **orders_password,
            },
        ),
        Service(
            name="pricing",
            ecs_name="pricing",
            container="engine",
            address=private_address(network, "1.63"),
            port=PRICING_PORT,
            size=("2048", "4096"),
            health="/v2/ping",
            target_group="shop-prod-pricing",
            check=("/v2/ping", "200"),
            log_group="/shop-prod/pricing",
            variables={"LISTEN": f"0.0.0.0:{PRICING_PORT}", **orders},
            references=orders_password,
        ),
        Service(
            name="accounts",
            ecs_name="accounts",
            container="identity",
            address=private_address(network, "2.99"),
            port=ACCOUNTS_PORT,
            size=("256", "512"),
            health="/up",
            target_group="shop-prod-accounts",
            check=("/up", "200-204"),
            log_group="/shop-prod/accounts",
        ),
        Service(
            name="models",
            ecs_name="models",
            container="mlflow",
            address=private_address(network, "1.81"),
            port=MODELS_PORT,
            size=("512", "1024"),
            health="/models/health",
            target_group="shop-prod-models",
            check=("/models/health", "200"),
            log_group="/shop-prod/models",
            variables={"MLFLOW_SERVER_ALLOWED_HOSTS": f"{MODELS_NAME}:{MODELS_PORT},localhost:{MODELS_PORT}", **orders},
            references=orders_password,
        ),
    )


WIRING = Wiring(
    caller="storefront",
    neighbour="pricing",
    url="PRICING_URL",
    wrong_namespace="shop.internal",
    user="ORDERS_DB_USER",
    wrong_user="orders_owner",
    cache_settings=("SESSIONS_ENDPOINT", "SESSIONS_PORT", "SESSIONS_TOKEN"),
    cache_parameters={"SESSIONS_ENDPOINT": SESSIONS_ENDPOINT},
    cache_targets=("sessions-store", "sessions-encryption", "sessions-port", "secret-sessions", "sessions-nodes"),
    earlier="1.201",
    hard_coded=HARD_CODED_PRICING,
    tag_with_address=TAG_WITH_HARD_CODED_ADDRESS,
    password_key="password",
    check=Check(strict="pricing", matcher="204", moved="storefront", path="/status/alive"),
    entrance=Entrance(
        balancer="shop-prod-web", path="/feeds/*", wrong="storefront", bare="shop-prod-web", stopped="accounts"
    ),
    without_tls=lambda _: {"pricing": {"ORDERS_DB_SSLMODE": "disable"}},
    models="models",
    allowed_hosts="MLFLOW_SERVER_ALLOWED_HOSTS",
)
"""What the recorded incidents meet here."""
