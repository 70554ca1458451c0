"""The shop's names, addresses and settings in the sandbox."""

import json

from sandbox.fargate.estate import (
    Cache,
    Credentials,
    Database,
    Estate,
    LoadBalancer,
    Service,
    Store,
    private_address,
    public_address,
)
from sandbox.fargate.incidents import Wiring

NAMESPACE = "shop-prod.internal"
ORDERS_DB = "orders.c0ffee2example.us-east-1.rds.amazonaws.com"
SESSIONS = "shop-sessions.c0ffee.ng.0001.use1.cache.amazonaws.com"
DATABASE = "orders"
APPLICATION_ROLE = "shop_app"
MONITORING_ROLE = "auditor_ro"
ORDERS_SECRET = "shop-prod/orders-db"
SESSIONS_SECRET = "shop-prod/sessions"
AUDITOR_SECRET = "shop-prod/auditor/orders-db"
CANARY_SECRET = "shop-prod/auditor/canary"
WEB, ACCOUNTS = "www.shop.example", "accounts.shop.example"
PRICING_NAME, STOREFRONT_NAME, ACCOUNTS_NAME = (f"{name}.{NAMESPACE}" for name in ("pricing", "storefront", "accounts"))
STOREFRONT_PORT, PRICING_PORT, ACCOUNTS_PORT, ORDERS_PORT, SESSIONS_PORT = 8080, 7070, 9090, 5433, 6380
SESSIONS_ENDPOINT = "/shop-prod/sessions/endpoint"
HARD_CODED_PRICING = "2.44"
"""The address that one release's status page asks; nothing answers there."""
TAG_WITH_HARD_CODED_ADDRESS = "hotfix-1127"


def shop_estate(network: int) -> Estate:
    """The platform as it should be, with credentials of its own."""
    credentials = Credentials()
    login = {"username": APPLICATION_ROLE, "password": credentials.application_password}
    monitoring = {"username": MONITORING_ROLE, "password": credentials.monitoring_password}
    return Estate(
        network=network,
        services_module="sandbox.shop.services",
        namespace=NAMESPACE,
        cluster="shop-prod",
        certificate="*.shop.example",
        roles=("shop-prod-execution", "shop-prod-task"),
        release="v418",
        database=Database(
            store=Store(name=ORDERS_DB, address=private_address(network, "2.12"), port=ORDERS_PORT),
            database=DATABASE,
            application_role=APPLICATION_ROLE,
            application_secret=ORDERS_SECRET,
            monitoring_role=MONITORING_ROLE,
            schema=(
                "CREATE TABLE prices (sku text PRIMARY KEY, cents integer NOT NULL)",
                "INSERT INTO prices VALUES ('teapot', 2450), ('cup', 690)",
                f"GRANT SELECT ON prices TO {APPLICATION_ROLE}",
            ),
        ),
        cache=Cache(
            store=Store(name=SESSIONS, address=private_address(network, "2.31"), port=SESSIONS_PORT),
            secret=SESSIONS_SECRET,
            parameters={SESSIONS_ENDPOINT: SESSIONS},
        ),
        services=_services(network),
        load_balancers=(
            LoadBalancer(
                name="shop-prod-web",
                host=WEB,
                address=public_address(network, 0),
                default="storefront",
                rules=((10, "/feeds/*", "pricing"),),
            ),
            LoadBalancer(
                name="shop-prod-accounts", host=ACCOUNTS, address=public_address(network, 1), default="accounts"
            ),
        ),
        credentials=credentials,
        secrets={
            ORDERS_SECRET: json.dumps(login),
            AUDITOR_SECRET: json.dumps(monitoring),
            SESSIONS_SECRET: json.dumps({"token": credentials.cache_token}),
            CANARY_SECRET: credentials.canary_key,
        },
    )


def _services(network: int) -> tuple[Service, ...]:
    orders = {
        "ORDERS_DB_HOST": ORDERS_DB,
        "ORDERS_DB_PORT": str(ORDERS_PORT),
        "ORDERS_DB_NAME": DATABASE,
        "ORDERS_DB_USER": APPLICATION_ROLE,
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
    )


WIRING = Wiring(
    caller="storefront",
    neighbour="pricing",
    url="PRICING_URL",
    wrong_namespace="shop.internal",
    user="ORDERS_DB_USER",
    wrong_user="orders_owner",
    cache_settings=("SESSIONS_ENDPOINT", "SESSIONS_PORT", "SESSIONS_TOKEN"),
    earlier="1.201",
    hard_coded=HARD_CODED_PRICING,
    tag_with_address=TAG_WITH_HARD_CODED_ADDRESS,
    password_key="password",
)
"""What the recorded incidents meet here."""
