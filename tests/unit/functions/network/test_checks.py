"""The two questions asked of a port: which cause speaks for several addresses, and what may never pass."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from functions.network.checks import CHECKS
from functions.network.facts import CAUSES, AddressFacts, NetworkFacts, Outcome
from functions.network.family import NetworkSpec
from functions.network.tried import CAUSES as CAUSE_OF

HOST, PORT = "db.shop.internal", 5432
TARGET = Target(id="port", family="network", service="shop", component="rds", spec=NetworkSpec(host=HOST, port=PORT))
ADDRESSES = ("10.0.1.10", "10.0.2.20", "10.0.3.30")


def seen(*outcomes: Any, listened: bool = True) -> NetworkFacts:
    probed = tuple(
        AddressFacts(address=address, outcome=outcome, took_ms=1.0, listened=listened and outcome == "open")
        for address, outcome in zip(ADDRESSES, outcomes, strict=False)
    )
    return NetworkFacts(host=HOST, port=PORT, resolved=ADDRESSES[: len(outcomes)], probed=probed)


def observed(facts: NetworkFacts | None, *failures: Failure) -> Observation[NetworkFacts]:
    return Observation(
        family="network",
        target="port",
        slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
        vantage=Vantage(kind="function", name="network"),
        facts=facts,
        failures=failures,
        could_not_tell=None if facts else Failure(phase=Phase.PREPARE, cause="self.deadline", detail="no turn"),
    )


def results(observation: Observation[NetworkFacts]) -> dict[str, Result]:
    return {result.check.removeprefix("network."): result for result in judge(CHECKS, TARGET, observation)}


def brief(facts: NetworkFacts, *failures: Failure) -> dict[str, tuple[str, str | None]]:
    return {check: (r.status.value, r.cause) for check, r in results(observed(facts, *failures)).items()}


PASS, SKIPPED = ("PASS", None), ("SKIPPED", None)


def test_the_severities() -> None:
    assert {check.id: check.severity for check in CHECKS} == {
        "network.reachable": Severity.CRITICAL,
        "network.not_reset": Severity.HIGH,
    }


def test_all_addresses_some_and_none() -> None:
    assert brief(seen("open", "open")) == {"reachable": PASS, "not_reset": PASS}
    assert brief(seen("open", "timeout")) == {"reachable": ("WARN", "tcp.timeout"), "not_reset": PASS}
    assert brief(seen("timeout", "timeout")) == {"reachable": ("FAIL", "tcp.timeout"), "not_reset": SKIPPED}
    assert brief(seen("reset", "closed")) == {"reachable": PASS, "not_reset": ("FAIL", "tcp.reset")}
    assert brief(seen("open", "closed")) == {"reachable": PASS, "not_reset": ("WARN", "tcp.closed")}
    assert brief(seen("unreachable", "closed")) == {
        "reachable": ("WARN", "tcp.unreachable"),
        "not_reset": ("FAIL", "tcp.closed"),
    }


def test_a_refusal_proves_the_path_and_is_named_before_silence() -> None:
    assert brief(seen("timeout", "refused", "unreachable"))["reachable"] == ("FAIL", "tcp.refused")


def test_a_name_that_leads_nowhere_is_the_reason() -> None:
    gone = Failure(phase=Phase.NAME, cause="dns.nxdomain", detail=f"resolver 10.0.0.2:53 answered NXDOMAIN for {HOST}")
    empty = NetworkFacts(host=HOST, port=PORT)
    found = results(observed(empty, gone))
    assert found["reachable"].summary == (
        f"{HOST}:{PORT} was not reached: resolver 10.0.0.2:53 answered NXDOMAIN for {HOST}."
    )
    assert (found["reachable"].phase, found["not_reset"].status) == (Phase.NAME, Status.SKIPPED)


def test_a_recorded_failure_outweighs_what_an_address_says() -> None:
    silent = Failure(phase=Phase.TCP, cause="tcp.timeout", detail="10.0.2.20:5432 did not answer", address="10.0.2.20")
    assert brief(seen("open", "open"), silent)["reachable"] == ("WARN", "tcp.timeout")
    everywhere = replace(silent, address="")
    assert brief(seen("open", "open"), everywhere)["reachable"] == ("FAIL", "tcp.timeout")


def test_what_was_not_listened_to_is_never_a_pass() -> None:
    assert brief(seen("open", listened=False)) == {"reachable": PASS, "not_reset": ("UNKNOWN", "network.not_listened")}


def test_neither_an_address_nor_a_reason_is_the_auditors_own_bug() -> None:
    assert brief(NetworkFacts(host=HOST, port=PORT))["reachable"] == ("UNKNOWN", "self.bug")
    assert {r.status for r in results(observed(None)).values()} == {Status.UNKNOWN}


def test_the_sentence_names_who_is_well_and_who_is_not() -> None:
    found = results(observed(seen("open", "timeout", "refused")))["reachable"]
    assert found.summary == (
        f"{HOST}:{PORT} takes connections on 10.0.1.10 only: 10.0.3.30:5432 refused the connection; "
        "10.0.2.20:5432 did not answer the connection attempt."
    )
    assert found.evidence["failing_addresses"] == "10.0.2.20, 10.0.3.30"


OUTCOMES = st.sampled_from(get_args(Outcome))


@given(st.lists(OUTCOMES, max_size=3), st.booleans())
def test_a_pass_rests_on_every_address_and_a_bad_answer_is_complete(outcomes: list[Any], listened: bool) -> None:
    observation = observed(seen(*outcomes, listened=listened))
    found = results(observation)
    known = cause_index(KERNEL_CAUSES, CAUSES)
    if found["reachable"].status is Status.PASS:
        assert outcomes
        assert set(outcomes) <= {"open", "reset", "closed"}
    if found["not_reset"].status is Status.PASS:
        assert listened
        assert not {"reset", "closed"} & set(outcomes)
    for result in found.values():
        assert result.summary.endswith(".")
        assert result.remediation.endswith(".")
        if result.status in (Status.FAIL, Status.WARN):
            assert result.cause in {CAUSE_OF[outcome] for outcome in outcomes if outcome != "open"}
            assert result.phase is Phase.TCP
        if result.status is Status.FAIL:
            assert result.cause in known
        assert from_json(Result, to_json(result)) == result
    assert from_json(Observation[NetworkFacts], to_json(observation)) == observation
