"""Where it is well that there is none of something, and does not mean that none was seen: each with its reason.

A check that passes without a fact which would otherwise decide has to stand here, or is wrong.
"""

NONE_IS_WELL: dict[tuple[str, str], str] = {
    ("compute.deployment_completed", "service.deployments.rollout"): "ECS tells it of its own rollouts only; where "
    "another controller deploys, one deployment alone is a complete one",
    ("compute.runs_as_wanted", "service.deployments.rollout"): "as above: a second deployment beside it goes on",
    ("compute.tasks_running", "service.deployments.rollout"): "as above: a second deployment beside it goes on",
    ("load_balancer.certificates_valid", "certificates.days_left"): "ACM's status says itself whether it is valid",
    ("test_suites.totals_agree", "suites.declared"): "a file that declares no totals contradicts none",
    ("vpc.edges_admitted", "network.network_acls.entries.ports"): "an entry without ports means every port",
    ("vpc.edges_admitted", "network.security_groups.rules.ports"): "a rule without ports means every port",
    ("vpc.maintenance_not_forced", "maintenance.forced_in_seconds"): "AWS names a moment only where it will force it",
}
"""Check and fact that may be None."""

EMPTY_IS_WELL: dict[tuple[str, str], str] = {
    ("configuration.no_literal_address", "container.settings"): "a container without settings names no address",
    ("configuration.no_loopback_default", "container.settings"): "a container without settings names no address",
    ("configuration.nothing_dropped", "change.removed"): "the revision has all that the one before it had",
    ("configuration.references_exist", "container.references"): "a container that refers to nothing lacks nothing",
    ("configuration.secrets_exist", "container.references"): "a container that refers to nothing lacks nothing",
    ("configuration.values_well_formed", "container.references"): "no reference has a wrong shape",
    ("configuration.values_well_formed", "container.settings"): "no value is malformed",
    ("database.no_session_blocked", "server.activity.waiting"): "nobody waits",
    ("database.transactions_short", "server.activity.oldest"): "no transaction is open",
    ("dns.resolver_answers", "invents"): "a resolver that invents nothing is honest",
    ("dns.same_as_public", "public.records"): "outside the name has no record, so that none is hidden",
    ("dns.same_as_public", "records"): "a name without records hides none",
    ("dns.ttl_within", "canonical"): "an answer without aliases has the TTL of its records",
    ("logs.no_fatal_lines", "fatal"): "no line was fatal",
    ("secrets.keys_present", "value.empty_keys"): "no key is empty",
    ("secrets.keys_present", "value.missing_keys"): "no key is missing",
    ("test_suites.results_readable", "refused"): "no file was refused",
    ("vpc.edges_admitted", "network.interfaces.security_groups"): "that of the first interface, beside others",
    ("vpc.references_live", "network.security_groups"): "no group refers to any other",
    ("vpc.resolver_enabled", "vpc.name_servers"): "without servers of its own the VPC asks AWS's",
    ("vpc.references_live", "network.security_groups.rules"): "a group without rules refers to no other",
    ("vpc.routes_active", "network.route_tables"): "no table has a dead route",
    ("vpc.routes_active", "network.route_tables.routes"): "no route is dead",
}
"""Check and list."""
