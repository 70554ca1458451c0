"""Hosts that settings name, asked of a real resolver: absent, silent, too many, and those that are nobody's to ask."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.domain.observation import Phase
from functions.configuration.facts import LookupFacts
from functions.configuration.family import ConfigurationSpec, ExpectedHost
from functions.configuration.lookups import MAX_HOSTS

Ask = Callable[..., Any]

RIGHT = "registry.shop-development.local"
WRONG = "registry.shop.local"
DB = "db.shop.internal"
DECLARED = ExpectedHost(variable="REGISTRY_URL", host=RIGHT, port=5000)


def spec(**changes: Any) -> ConfigurationSpec:
    return ConfigurationSpec(
        **({"task_definition": "orders", "expected_hosts": (DECLARED,), "read_variables": ("DB_HOST",)} | changes)
    )


def register(aws: Any, settings: dict[str, str], **more: Any) -> None:
    environment = [{"name": name, "value": value} for name, value in settings.items()]
    app = {"name": "app", "image": "orders:1", "memory": 256, "environment": environment, **more}
    aws.client("ecs").register_task_definition(family="orders", containerDefinitions=[app])


def test_every_host_is_asked_once_and_as_it_stands(aws: Any, ask: Ask, names: Any) -> None:
    register(aws, {"REGISTRY_URL": f"http://{RIGHT}:5000/api", "DB_HOST": DB, "STORE_URL": f"redis://{DB}."})
    names.addresses = {RIGHT: ("10.0.1.5", "10.0.1.6"), DB: ("10.0.2.5",)}
    asked = ask(spec(read_variables=("DB_HOST", "STORE_URL")))
    assert asked.facts.lookups == (
        LookupFacts(host=DB, outcome="resolved", addresses=("10.0.2.5",)),
        LookupFacts(host=RIGHT, outcome="resolved", addresses=("10.0.1.5", "10.0.1.6")),
    )
    assert sorted(names.asked) == [DB, RIGHT]
    assert asked.brief()["hosts_resolve"] == ("PASS", None)


def test_a_name_that_does_not_exist_fails_with_the_declared_one_as_remedy(aws: Any, ask: Ask, names: Any) -> None:
    register(aws, {"REGISTRY_URL": f"http://{WRONG}:5000", "DB_HOST": DB})
    names.addresses = {RIGHT: ("10.0.1.5",), DB: ("10.0.2.5",)}
    asked = ask(spec())
    result = asked.results["hosts_resolve"]
    assert (result.status, result.cause) == ("FAIL", "configuration.host_unknown")
    assert result.evidence == {DB: "10.0.2.5", WRONG: "nxdomain"}
    assert f"REGISTRY_URL names {WRONG}, which does not exist (NXDOMAIN)" in result.summary
    assert f"Set REGISTRY_URL to {RIGHT}" in result.remediation
    assert LookupFacts(host=WRONG, outcome="nxdomain") in asked.facts.lookups
    # An absent name is an answer, so the observation is whole.
    assert asked.observation.failures == ()


def test_a_name_without_addresses_is_told_from_one_that_does_not_exist(aws: Any, ask: Ask, names: Any) -> None:
    register(aws, {"REGISTRY_URL": f"http://{RIGHT}:5000", "DB_HOST": DB})
    names.addresses = {RIGHT: (), DB: ("10.0.2.5",)}
    result = ask(spec()).results["hosts_resolve"]
    assert (result.status, result.cause) == ("FAIL", "configuration.host_unknown")
    assert f"REGISTRY_URL names {RIGHT}, which exists and has no address (NODATA)" in result.summary
    # The variable is right, so nothing else can be put into it.
    assert "register the name" in result.remediation


@pytest.mark.parametrize(
    ("rcode", "cause"), [("SERVFAIL", "dns.servfail"), ("REFUSED", "dns.refused"), ("NOTIMP", "dns.servfail")]
)
def test_a_resolver_that_does_not_know_leaves_it_open(aws: Any, ask: Ask, names: Any, rcode: str, cause: str) -> None:
    register(aws, {"REGISTRY_URL": f"http://{RIGHT}:5000", "DB_HOST": DB})
    names.addresses, names.rcodes = {RIGHT: ("10.0.1.5",)}, {DB: rcode}
    asked = ask(spec())
    assert asked.brief()["hosts_resolve"] == ("UNKNOWN", cause)
    assert asked.brief()["hosts_as_declared"] == ("PASS", None)
    assert asked.observation.failures == ()


def test_silence_is_a_fact_and_takes_no_more_than_the_look_ups_share_of_the_time(
    aws: Any, ask: Ask, names: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.configuration.lookups._SECONDS", 0.4)
    register(aws, {"REGISTRY_URL": f"http://{RIGHT}:5000", "DB_HOST": DB})
    names.addresses, names.silent = {RIGHT: ("10.0.1.5",)}, {DB}
    asked = ask(spec())
    assert asked.brief()["hosts_resolve"] == ("UNKNOWN", "dns.timeout")
    assert [(lookup.host, lookup.outcome) for lookup in asked.facts.lookups] == [(DB, "timeout"), (RIGHT, "resolved")]
    (phase,) = [phase for phase in asked.observation.phases if phase.phase is Phase.NAME]
    assert 390 <= phase.duration_ms < 5_000
    assert phase.ok


def test_without_a_resolver_nothing_is_said_about_the_names(aws: Any, ask: Ask) -> None:
    register(aws, {"REGISTRY_URL": f"http://{RIGHT}:5000", "DB_HOST": DB})
    asked = ask(spec(), resolver=("127.0.0.1", 9))
    assert asked.brief()["hosts_resolve"] == ("UNKNOWN", "dns.unreachable")


def test_an_absent_name_counts_though_another_one_is_open(aws: Any, ask: Ask, names: Any) -> None:
    register(aws, {"REGISTRY_URL": f"http://{WRONG}:5000", "DB_HOST": DB})
    names.rcodes = {DB: "SERVFAIL"}
    assert ask(spec()).brief()["hosts_resolve"] == ("FAIL", "configuration.host_unknown")


def test_from_outside_the_vpc_no_name_is_asked(aws: Any, ask: Ask, names: Any) -> None:
    register(aws, {"REGISTRY_URL": f"http://{WRONG}:5000", "DB_HOST": DB})
    asked = ask(spec(), in_vpc=False)
    assert names.asked == []
    assert asked.facts.lookups is None
    assert asked.brief()["hosts_resolve"] == ("UNKNOWN", "configuration.names_not_asked")
    assert asked.brief()["hosts_as_declared"] == ("FAIL", "configuration.host_differs")


def test_no_more_hosts_are_asked_than_is_said(aws: Any, ask: Ask, names: Any) -> None:
    hosts = [f"n{number}.shop.internal" for number in range(MAX_HOSTS + 1)]
    register(aws, {f"N{number:02}_HOST": host for number, host in enumerate(hosts)})
    names.addresses = dict.fromkeys(hosts, ("10.0.0.1",))
    asked = ask(spec(expected_hosts=(), read_variables=tuple(f"N{number:02}_HOST" for number in range(len(hosts)))))
    assert sorted(names.asked) == sorted(hosts[:MAX_HOSTS])
    assert asked.brief()["hosts_resolve"] == ("UNKNOWN", "configuration.names_not_asked")
    assert hosts[MAX_HOSTS] in asked.results["hosts_resolve"].summary


def test_a_setting_that_names_no_host_for_dns_asks_nothing(aws: Any, ask: Ask, names: Any) -> None:
    register(aws, {"REGISTRY_URL": "http://postgres:5432", "DB_HOST": "10.0.1.7"})
    asked = ask(spec())
    assert names.asked == []
    assert asked.facts.lookups == ()
    assert asked.brief()["hosts_resolve"] == ("PASS", None)


@pytest.mark.parametrize(
    "beside", [{"extraHosts": [{"hostname": WRONG, "ipAddress": "10.0.1.5"}]}, {"dnsServers": ["10.0.0.2"]}]
)
def test_a_container_with_names_of_its_own_may_know_what_dns_does_not(
    aws: Any, ask: Ask, names: Any, beside: dict[str, Any]
) -> None:
    register(aws, {"REGISTRY_URL": f"http://{WRONG}:5000", "DB_HOST": DB}, **beside)
    names.addresses = {DB: ("10.0.2.5",)}
    asked = ask(spec())
    assert asked.facts.container.names_beside_dns
    assert asked.brief()["hosts_resolve"] == ("UNKNOWN", "configuration.value_not_seen")


def test_a_service_that_takes_part_in_service_connect_has_such_names(aws: Any, ask: Ask, names: Any) -> None:
    register(aws, {"REGISTRY_URL": f"http://{WRONG}:5000", "DB_HOST": DB})
    names.addresses = {DB: ("10.0.2.5",)}
    by_service = spec(task_definition=None, cluster="shop", service="orders")
    deployment: dict[str, Any] = {"status": "PRIMARY", "taskDefinition": "orders:1", "runningCount": 1}

    def service(**more: Any) -> None:
        told = {"services": [{"taskDefinition": "orders:1", "deployments": [deployment | more]}]}
        aws.answers("ecs", "DescribeServices", lambda _: told)

    service()
    assert ask(by_service).brief()["hosts_resolve"] == ("FAIL", "configuration.host_unknown")
    service(serviceConnectConfiguration={"enabled": True, "namespace": "shop"})
    assert ask(by_service).brief()["hosts_resolve"] == ("UNKNOWN", "configuration.value_not_seen")
