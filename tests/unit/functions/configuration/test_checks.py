"""Gaps in an observation, and several wrong settings at once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from auditor.domain.check import judge
from auditor.domain.observation import Observation, Vantage
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from auditor.domain.verdict import Verdict, slot_verdict
from functions.configuration.checks import CHECKS
from functions.configuration.facts import (
    ConfigurationFacts,
    ContainerFacts,
    LookupFacts,
    Outcome,
    ReferenceFacts,
    SettingFacts,
)
from functions.configuration.family import ConfigurationSpec, ExpectedHost

URL = SettingFacts(variable="URL", form="url", scheme="http", host="web.shop.local", port=80)
CONTAINER = ContainerFacts(
    revision="web:2",
    registered_at=None,
    name="app",
    image="web:v2",
    architecture="X86_64",
    execution_role="",
    task_role="",
    variables=("URL",),
    settings=(URL,),
    references=(ReferenceFacts(variable="HOST", kind="parameter", reference="/shop/host", shape="ok", exists=True),),
)
FOUND = (LookupFacts(host="web.shop.local", outcome="resolved", addresses=("10.0.0.1",)),)
EXPECTED = ExpectedHost(variable="URL", host="Web.shop.local.")


def results(
    container: ContainerFacts | None, lookups: tuple[LookupFacts, ...] | None = FOUND, **changes: Any
) -> dict[str, Result]:
    values: dict[str, Any] = {"task_definition": "web", "required": ("URL", "HOST"), "expected_hosts": (EXPECTED,)}
    target = Target(
        id="t",
        family="configuration",
        service="s",
        component="taskdef.web",
        spec=ConfigurationSpec(**(values | changes)),
    )
    observation = Observation(
        family="configuration",
        target="t",
        slot=datetime(2026, 11, 23, 16, 45, tzinfo=UTC),
        vantage=Vantage(kind="function", name="configuration"),
        facts=ConfigurationFacts(container=container, lookups=lookups),
    )
    return {result.check.removeprefix("configuration."): result for result in judge(CHECKS, target, observation)}


def test_what_was_recorded_whole_passes_and_what_was_not_is_unknown() -> None:
    asked = results(CONTAINER)
    assert asked.pop("nothing_dropped").status is Status.SKIPPED
    assert {result.status for result in asked.values()} == {Status.PASS}
    assert {result.status for result in results(None).values()} == {Status.UNKNOWN}


def test_a_configuration_that_names_no_parameter_and_no_host_is_healthy() -> None:
    plain = replace(CONTAINER, settings=(), references=())
    asked = results(plain, None, required=("URL",), expected_hosts=(), read_variables=("URL",))
    judged = [result for result in asked.values() if result.status.judged]
    assert slot_verdict(judged, {result.check: result.severity for result in asked.values()}) is Verdict.HEALTHY
    assert "names no host" in asked["hosts_resolve"].summary
    assert "refers to no SSM parameter" in asked["references_exist"].summary


def test_a_parameter_that_was_not_looked_up_is_no_pass() -> None:
    unasked = replace(CONTAINER, references=(replace(CONTAINER.references[0], exists=None),))
    assert results(unasked)["references_exist"].status is Status.UNKNOWN


def test_a_host_that_comes_from_a_reference_cannot_be_compared() -> None:
    declared = ExpectedHost(variable="HOST", host="cache.shop.local")
    result = results(CONTAINER, expected_hosts=(declared,))["hosts_as_declared"]
    assert (result.status, result.cause) == (Status.UNKNOWN, "configuration.value_not_seen")


def test_a_wrong_host_is_told_even_if_another_cannot_be_seen() -> None:
    declared = (ExpectedHost(variable="HOST", host="x"), ExpectedHost(variable="URL", host="api.shop.local"))
    result = results(CONTAINER, expected_hosts=declared)["hosts_as_declared"]
    assert (result.status, result.cause) == (Status.FAIL, "configuration.host_differs")
    assert result.evidence["URL.observed"] == "web.shop.local:80"


def test_a_value_that_cannot_be_read_points_nowhere_and_says_why() -> None:
    broken = replace(CONTAINER, settings=(replace(URL, host="", port=None, problem="has two @"),))
    asked = results(broken)
    assert asked["hosts_as_declared"].status is Status.FAIL
    assert "has two @" in asked["hosts_as_declared"].summary
    assert asked["values_well_formed"].evidence == {"URL": "has two @"}


def test_without_declarations_only_shape_and_references_are_asked() -> None:
    assert results(CONTAINER, required=(), expected_hosts=()).keys() == {
        "values_well_formed",
        "references_exist",
        "nothing_dropped",
    }


def looked_up(**outcomes: Outcome) -> tuple[LookupFacts, ...]:
    return tuple(LookupFacts(host=f"{host}.shop.local", outcome=outcome) for host, outcome in outcomes.items())


LIST = SettingFacts(variable="BROKERS", form="list", items=("b1.shop.local:9092", "b2.shop.local:9092"))


def test_what_an_older_version_did_not_look_up_is_no_pass() -> None:
    assert results(CONTAINER, None)["hosts_resolve"].status is Status.UNKNOWN
    assert results(CONTAINER, ())["hosts_resolve"].status is Status.UNKNOWN


def test_of_a_list_some_that_exist_are_a_warning_and_none_is_a_failure() -> None:
    brokers = replace(CONTAINER, settings=(LIST,))
    spec = {"expected_hosts": (), "read_variables": ("BROKERS",)}
    assert results(brokers, looked_up(b1="resolved", b2="resolved"), **spec)["hosts_resolve"].status is Status.PASS
    result = results(brokers, looked_up(b1="resolved", b2="nxdomain"), **spec)["hosts_resolve"]
    assert (result.status, result.cause) == (Status.WARN, "configuration.host_unknown")
    assert result.evidence == {"b1.shop.local": "", "b2.shop.local": "nxdomain"}
    assert results(brokers, looked_up(b1="nodata", b2="nxdomain"), **spec)["hosts_resolve"].status is Status.FAIL
    # While one of them is open, it may be the one that works.
    assert results(brokers, looked_up(b1="timeout", b2="nxdomain"), **spec)["hosts_resolve"].status is Status.WARN


def test_the_nearest_name_that_exists_is_named_where_the_variable_has_no_declared_one() -> None:
    typo = replace(URL, variable="API_URL", host="web.shop.lokal")
    asked = replace(CONTAINER, settings=(URL, typo))
    absent = (*FOUND, LookupFacts(host="web.shop.lokal", outcome="nxdomain"))
    remedy = results(asked, absent, read_variables=("API_URL",))["hosts_resolve"].remediation
    assert "Set API_URL to web.shop.local " in remedy
    strange = (*FOUND, LookupFacts(host="mail.example", outcome="nxdomain"))
    asked = replace(CONTAINER, settings=(URL, replace(typo, host="mail.example")))
    remedy = results(asked, strange, read_variables=("API_URL",))["hosts_resolve"].remediation
    assert "Compare the name with what is registered" in remedy
