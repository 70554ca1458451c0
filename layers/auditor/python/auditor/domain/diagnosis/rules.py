"""All joins: named pure functions from evidence to candidates. Their order means nothing."""

from collections.abc import Callable, Iterable

from auditor.domain.diagnosis import (
    access_rules,
    cache_client_rules,
    cache_rules,
    check_encryption_rules,
    clock_rules,
    contract_rules,
    data_rules,
    database_rules,
    deployment_rules,
    disagreement_rules,
    dns_rules,
    entrance_rules,
    health_check_rules,
    journey_rules,
    listener_rules,
    managed_store_rules,
    network_rules,
    queue_rules,
    reference_rules,
    routing_rules,
    settings_rules,
    shared_secret_rules,
    store_client_rules,
    task_rules,
    tls_rules,
    zone_rules,
)
from auditor.domain.diagnosis.candidate import Candidate
from auditor.domain.diagnosis.evidence import Evidence

Rule = Callable[[Evidence], Iterable[Candidate]]

RULES: tuple[Rule, ...] = (
    *settings_rules.RULES,
    *reference_rules.RULES,
    *data_rules.RULES,
    *database_rules.RULES,
    *store_client_rules.RULES,
    *task_rules.RULES,
    *queue_rules.RULES,
    *access_rules.RULES,
    *contract_rules.RULES,
    *shared_secret_rules.RULES,
    *clock_rules.RULES,
    *tls_rules.RULES,
    *cache_rules.RULES,
    *cache_client_rules.RULES,
    *dns_rules.RULES,
    *zone_rules.RULES,
    *listener_rules.RULES,
    *routing_rules.RULES,
    *health_check_rules.RULES,
    *check_encryption_rules.RULES,
    *network_rules.RULES,
    *managed_store_rules.RULES,
    *journey_rules.RULES,
    *deployment_rules.RULES,
    *entrance_rules.RULES,
    *disagreement_rules.RULES,
)
