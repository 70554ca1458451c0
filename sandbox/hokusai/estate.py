"""The Hokusai platform's names, addresses and settings in the sandbox."""

import json
from datetime import UTC, datetime

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

NAMESPACE = "hokusai-development.local"
CLUSTER = "hokusai-development"
DATABASE = "mlflow_db"
APPLICATION_ROLE = "mlflow"
MONITORING_ROLE = "health_auditor"
APPLICATION_SECRET = "hokusai/app-secrets/development"
MONITORING_SECRET = "hokusai/health-auditor/database"
CANARY_SECRET = "hokusai/health-auditor/canary-api-key"
REDIS_SECRET = "hokusai/redis/development/auth-token"
DATABASE_NAME = "hokusai-mlflow-development.c0ffee0example.us-east-1.rds.amazonaws.com"
REDIS_NAME = "master.hokusai-redis-development.c0ffee.use1.cache.amazonaws.com"
MLFLOW_NAME = f"mlflow.{NAMESPACE}"
API_NAME = f"api.{NAMESPACE}"
AUTH_NAME = f"auth.{NAMESPACE}"
REGISTRY, MAIN, AUTH = "registry.hokus.ai", "api.hokus.ai", "auth.hokus.ai"
API_PORT, MLFLOW_PORT, AUTH_PORT, DATABASE_PORT, REDIS_PORT = 8001, 5000, 8000, 5432, 6379
MLFLOW_SCHEMA = "d3e4f5a6b7c8"
"""What MLflow 3.9.0 migrates its database to."""
HARD_CODED_MLFLOW = "1.173"
"""The address that a released image carried in its code; nothing answers there."""
TAG_WITH_HARD_CODED_ADDRESS = "fix-db-auth"
"""The image of 2025-08-06, whose mlflow_config.py carried a literal address."""


def hokusai_estate(network: int) -> Estate:
    """The platform as it should be, with credentials of its own."""
    credentials = Credentials()
    documents = {
        APPLICATION_SECRET: {
            "secret_key": credentials.signing_key,
            "database_password": credentials.application_password,
        },
        MONITORING_SECRET: {"username": MONITORING_ROLE, "password": credentials.monitoring_password},
        CANARY_SECRET: {"api_key": credentials.canary_key},
        REDIS_SECRET: {"auth_token": credentials.cache_token},
    }
    return Estate(
        network=network,
        network_names=NetworkNames(
            vpc="hokusai-development",
            subnet="hokusai-private-development",
            acl="hokusai-private-development",
            nat="hokusai-nat-development",
            tasks="hokusai-data-pipeline-ecs-tasks",
            earlier_tasks="hokusai-ecs-tasks",
            database="hokusai-rds-development",
            cache="hokusai-redis-sg-development",
            balancers="hokusai-alb-development",
        ),
        services_module="sandbox.hokusai.services",
        namespace=NAMESPACE,
        cluster=CLUSTER,
        certificate="*.hokus.ai",
        roles=("hokusai-data-pipeline-ecs-execution-development", "hokusai-data-pipeline-ecs-task-development"),
        release="2026.11.3",
        database=Database(
            identifier="hokusai-mlflow-development",
            store=Store(name=DATABASE_NAME, address=private_address(network, "2.20"), port=DATABASE_PORT),
            database=DATABASE,
            application_role=APPLICATION_ROLE,
            application_secret=APPLICATION_SECRET,
            monitoring_role=MONITORING_ROLE,
            schema=(
                *schema(APPLICATION_ROLE, "Default", "sales-lead-scoring"),
                "CREATE TABLE alembic_version (version_num text PRIMARY KEY)",
                f"INSERT INTO alembic_version VALUES ('{MLFLOW_SCHEMA}')",
            ),
            versions=("public.alembic_version.version_num",),
        ),
        cache=Cache(
            identifier="hokusai-redis-development",
            store=Store(name=REDIS_NAME, address=private_address(network, "2.30"), port=REDIS_PORT),
            secret=REDIS_SECRET,
            parameters={
                "/hokusai/development/redis/endpoint": REDIS_NAME,
                "/hokusai/development/redis/port": str(REDIS_PORT),
            },
            queue="hokusai:model_ready_queue",
            envelope=_model_ready,
        ),
        services=_services(network, credentials.application_password),
        load_balancers=_load_balancers(network),
        credentials=credentials,
        secrets={name: json.dumps(document) for name, document in documents.items()},
        test_results=("hokusai-pipeline-data-development", "ci/results/"),
        queues={"hokusai-dataset-arrival-development": "hokusai-dataset-arrival-dlq-development"},
    )


def _model_ready(number: int) -> str:
    """As the registry announces a model; the payload is nobody's business but the consumer's."""
    return json.dumps(
        {
            "message_id": f"{number:08x}",
            "message_type": "model_ready",
            "payload": {"model_id": f"sales-lead-scoring-{number}", "metric": "accuracy", "baseline": 0.83},
            "timestamp": datetime.now(UTC).isoformat(),
            "retry_count": 0,
            "max_retries": 3,
        }
    )


def _services(network: int, password: str) -> tuple[Service, ...]:
    return (
        Service(
            name="api",
            ecs_name="hokusai-api-development",
            container="hokusai-api",
            address=private_address(network, "1.150"),
            port=API_PORT,
            size=("512", "1024"),
            health="/health",
            target_group="hokusai-reg-api-development",
            check=("/health", "200"),
            log_group="/ecs/hokusai-api-development",
            variables={
                "API_HOST": "0.0.0.0",
                "API_PORT": str(API_PORT),
                "ENVIRONMENT": "development",
                "AUTH_SERVICE_URL": f"https://{AUTH}",
                "MLFLOW_SERVER_URL": f"http://{MLFLOW_NAME}:{MLFLOW_PORT}",
                "DB_HOST": DATABASE_NAME,
                "DB_PORT": str(DATABASE_PORT),
                "DB_USER": APPLICATION_ROLE,
                "DB_NAME": DATABASE,
                "REDIS_HOST": REDIS_NAME,
                "REDIS_PORT": str(REDIS_PORT),
                "REDIS_TLS_ENABLED": "true",
                "MLFLOW_MTLS_ENABLED": "false",
            },
            references={
                "DB_PASSWORD": f"{APPLICATION_SECRET}:database_password",
                "REDIS_AUTH_TOKEN": f"{REDIS_SECRET}:auth_token",
            },
        ),
        Service(
            name="mlflow",
            ecs_name="hokusai-mlflow-development",
            container="hokusai-mlflow",
            address=private_address(network, "1.221"),
            port=MLFLOW_PORT,
            size=("1024", "2048"),
            health="/mlflow/health",
            target_group="hokusai-reg-mlflow-development",
            check=("/mlflow", "200,308"),
            log_group="/ecs/hokusai-mlflow-development",
            variables={
                "BACKEND_STORE_URI": _backend_store(password),
                # Served by MLflow itself, which alone may use the bucket.
                "DEFAULT_ARTIFACT_ROOT": "mlflow-artifacts:/",
                "ARTIFACTS_DESTINATION": "s3://hokusai-mlflow-artifacts-development",
                "MLFLOW_HOST": "0.0.0.0",
                "MLFLOW_PORT": str(MLFLOW_PORT),
                # The load balancer's health check calls a task by its address.
                "MLFLOW_ALLOWED_HOSTS": f"{REGISTRY},{MLFLOW_NAME}:{MLFLOW_PORT},localhost:{MLFLOW_PORT},10.*",
            },
        ),
        Service(
            name="auth",
            ecs_name="hokusai-auth-development",
            container="hokusai-auth",
            address=private_address(network, "2.88"),
            port=AUTH_PORT,
            size=("256", "512"),
            health="/health",
            target_group="hokusai-auth-tg-development",
            check=("/health", "200"),
            log_group="/ecs/hokusai-auth-development",
        ),
    )


def _backend_store(password: str, options: str = "?sslmode=require") -> str:
    """The password stands in the variable, as on the platform: the auditor must not repeat it."""
    address = f"{DATABASE_NAME}:{DATABASE_PORT}/{DATABASE}"
    return f"postgresql://{APPLICATION_ROLE}:{password}@{address}{options}"


def _load_balancers(network: int) -> tuple[LoadBalancer, ...]:
    rules = ((50, "/mlflow*", "mlflow"), (105, "/api/mlflow/*", "api"), (110, "/api/*", "api"))
    return tuple(
        LoadBalancer(
            name=f"hokusai-{name}-development",
            host=host,
            address=public_address(network, number),
            default=default,
            rules=rules if default == "api" else (),
        )
        for number, (host, name, default) in enumerate(
            ((REGISTRY, "registry", "api"), (MAIN, "main", "api"), (AUTH, "auth", "auth"))
        )
    )


WIRING = Wiring(
    caller="api",
    neighbour="mlflow",
    url="MLFLOW_SERVER_URL",
    wrong_namespace="hokusai.local",
    user="DB_USER",
    wrong_user="postgres",
    cache_settings=("REDIS_HOST", "REDIS_PORT", "REDIS_TLS_ENABLED", "REDIS_AUTH_TOKEN"),
    cache_parameters={
        "REDIS_HOST": "/hokusai/development/redis/endpoint",
        "REDIS_PORT": "/hokusai/development/redis/port",
    },
    cache_targets=("redis-primary", "tls-redis", "port-redis", "secret-redis", "redis-cluster"),
    earlier="3.219",
    hard_coded=HARD_CODED_MLFLOW,
    tag_with_address=TAG_WITH_HARD_CODED_ADDRESS,
    password_key="database_password",
    models="mlflow",
    allowed_hosts="MLFLOW_ALLOWED_HOSTS",
    inline_password=lambda password: {"mlflow": {"BACKEND_STORE_URI": _backend_store(password)}},
    check=Check(strict="mlflow", matcher="200", moved="api", path="/health/live"),
    entrance=Entrance(
        balancer="hokusai-registry-development",
        path="/api/mlflow/*",
        wrong="mlflow",
        bare="hokusai-main-development",
        stopped="auth",
    ),
    without_tls=lambda password: {"mlflow": {"BACKEND_STORE_URI": _backend_store(password, options="")}},
)
"""What the recorded incidents meet. MLflow had four addresses within a month; the earlier one is of a gone task."""
