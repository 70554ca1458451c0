"""Every gap to AWS that the sandbox closes, in the order in which the patches are applied.

Each module says what AWS does, where AWS documents it, and what stock MiniStack does. Each refuses to apply itself to
a function that is not the one it was written against.
"""

from sandbox.emulator.patches import (
    alarm_actions,
    alarms,
    async_invocation,
    balancer_use,
    certificates,
    cfn_composite_alarm,
    cfn_dynamodb_table,
    cfn_lambda_function,
    cfn_query_definition,
    cfn_s3_bucket,
    cfn_security_group_rule,
    cfn_sns_topic,
    cfn_vpc,
    condition_keys,
    ecs_resources,
    ecs_services,
    embedded_metrics,
    event_invoke_config,
    function_process,
    lambda_metrics,
    math_alarms,
    metric_queries,
    run_ledger,
    s3_managed_key,
    scheduled_rules,
    secure_transport,
    shared_archives,
    simulated_time,
    target_health,
    vpc_network,
)
from sandbox.emulator.patching import PatchContext

PATCHES = (
    simulated_time,
    alarms,
    alarm_actions,
    math_alarms,
    metric_queries,
    embedded_metrics,
    lambda_metrics,
    scheduled_rules,
    async_invocation,
    event_invoke_config,
    function_process,
    run_ledger,
    shared_archives,
    condition_keys,
    ecs_resources,
    ecs_services,
    balancer_use,
    target_health,
    certificates,
    secure_transport,
    s3_managed_key,
    cfn_composite_alarm,
    cfn_dynamodb_table,
    cfn_lambda_function,
    cfn_query_definition,
    cfn_s3_bucket,
    cfn_security_group_rule,
    cfn_sns_topic,
    cfn_vpc,
    vpc_network,
)


def apply_all(context: PatchContext) -> None:
    """Apply every patch once."""
    for patch in PATCHES:
        patch.apply(context)
