"""The questions asked of HTTP observations: each answer with status, cause, phase, and a sentence on-call can use."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming, Vantage
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from functions.http.checks import CHECKS
from functions.http.conditions import declared
from functions.http.facts import CAUSES, AddressFacts, AnswerFacts, Condition, Emitter, Hop, HttpFacts, Part
from functions.http.family import Expect, HttpSpec, JsonCondition

A, B = "10.0.1.10", "10.0.2.20"
REFUSED = Failure(phase=Phase.TCP, cause="tcp.refused", detail=f"{A}:80 refused the connection", address=A)
SILENT = Failure(phase=Phase.TCP, cause="tcp.timeout", detail=f"{B}:80 did not answer", address=B)
HANGING = Failure(
    phase=Phase.FIRST_BYTE, cause="http.first_byte_timeout", detail=f"{A}:80 sent no answer within 5.0 s", address=A
)
NO_NAME = Failure(phase=Phase.NAME, cause="dns.nxdomain", detail="resolver 10.0.0.2:53 answered NXDOMAIN for x")


def _target(**fields: Any) -> Target[HttpSpec]:
    spec = HttpSpec(**{"url": "http://web.minimal.internal/orders?page=2", **fields})
    return Target(id="orders", family="http", service="web", component="app.web", spec=spec)


def _answer(status: int = 200, emitter: Emitter = Emitter.SERVICE, conditions: Sequence[Condition] = ()) -> AnswerFacts:
    return AnswerFacts(
        status=status,
        http_version="1.1",
        emitter=emitter,
        emitter_evidence="server: uvicorn",
        server="uvicorn",
        content_type="application/json",
        retry_after="",
        body_bytes=2,
        conditions=tuple(conditions),
    )


def _address(
    address: str = A,
    answer: AnswerFacts | None = None,
    failure: Failure | None = None,
    hops: tuple[Hop, ...] = (),
    total_ms: float = 12.4,
) -> AddressFacts:
    return AddressFacts(address=address, answer=answer, failure=failure, hops=hops, total_ms=total_ms)


def _observe(
    *probed: AddressFacts, failures: tuple[Failure, ...] = (), phases: tuple[PhaseTiming, ...] = ()
) -> Observation[HttpFacts]:
    facts = HttpFacts(
        method="GET",
        scheme="http",
        host="web.minimal.internal",
        port=80,
        path="/orders",
        query_names=("page",),
        resolved=tuple(a.address for a in probed),
        probed=probed,
    )
    return Observation(
        family="http",
        target="orders",
        slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
        vantage=Vantage(kind="function", name="http"),
        facts=facts,
        phases=phases,
        failures=failures + tuple(a.failure for a in probed if a.failure),
    )


def _judge(target: Target[HttpSpec], observation: Observation[HttpFacts]) -> dict[str, Result]:
    return {result.check: result for result in judge(CHECKS, target, observation)}


def _seen(result: Result) -> tuple[Status, str | None, Phase | None]:
    return result.status, result.cause, result.phase


def test_an_answer_as_declared_passes_what_was_asked_and_nothing_else_is_asked() -> None:
    results = _judge(_target(), _observe(_address(answer=_answer())))
    assert {check: result.status for check, result in results.items()} == {
        "http.reachable": Status.PASS,
        "http.status_expected": Status.PASS,
        "http.responds_in_time": Status.PASS,
    }


def test_the_sentence_about_a_status_says_what_where_who_and_what_was_expected() -> None:
    result = _judge(_target(), _observe(_address(answer=_answer(503))))["http.status_expected"]
    assert result.summary == (
        "GET http://web.minimal.internal/orders?page=… answered 503 by the service (10.0.1.10) after 12 ms; "
        "expected 200."
    )
    assert _seen(result) == (Status.FAIL, "http.status", Phase.ANSWER)
    assert result.evidence["emitter"] == "service"
    assert result.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("status", "emitter", "remedy"),
    [
        (503, Emitter.LOAD_BALANCER, "registered targets"),
        (502, Emitter.LOAD_BALANCER, "crashes in the target's log"),
        (404, Emitter.LOAD_BALANCER, "listener rule"),
        (502, Emitter.PROXY, "upstream"),
        (503, Emitter.SERVICE, "dependency may be the root"),
        (404, Emitter.SERVICE, "running image"),
        (418, Emitter.UNKNOWN, "emitter"),
    ],
)
def test_the_remedy_of_a_status_depends_on_who_wrote_it(status: int, emitter: Emitter, remedy: str) -> None:
    result = _judge(_target(), _observe(_address(answer=_answer(status, emitter))))["http.status_expected"]
    assert remedy in result.remediation


def test_an_unresolved_name_fails_reachable_and_skips_the_rest() -> None:
    target = _target(expect=Expect(body_contains=("x",)), follow_redirects=1)
    results = _judge(target, _observe(failures=(NO_NAME,)))
    reachable = results.pop("http.reachable")
    assert _seen(reachable) == (Status.FAIL, "dns.nxdomain", Phase.NAME)
    assert NO_NAME.detail in reachable.summary
    assert len(results) == 4
    assert {result.status for result in results.values()} == {Status.SKIPPED}


def test_one_dead_address_of_two_is_a_warning_that_names_it() -> None:
    results = _judge(_target(), _observe(_address(A, failure=REFUSED), _address(B, _answer())))
    reachable = results["http.reachable"]
    assert _seen(reachable) == (Status.WARN, "tcp.refused", Phase.TCP)
    assert reachable.evidence["failing_addresses"] == A
    assert f"1 of 2 addresses ({B})" in reachable.summary
    assert results["http.status_expected"].status is Status.PASS


def test_a_refusal_is_not_hidden_behind_a_timeout() -> None:
    reachable = _judge(_target(), _observe(_address(B, failure=SILENT), _address(A, failure=REFUSED)))["http.reachable"]
    assert _seen(reachable) == (Status.FAIL, "tcp.refused", Phase.TCP)
    assert SILENT.detail in reachable.summary


def test_one_wrong_status_of_two_is_a_warning() -> None:
    result = _judge(_target(), _observe(_address(A, _answer(500)), _address(B, _answer())))["http.status_expected"]
    assert _seen(result) == (Status.WARN, "http.status", Phase.ANSWER)
    assert result.evidence["failing_addresses"] == A
    assert B in result.summary


def test_a_hanging_service_is_reachable_and_gives_no_status() -> None:
    results = _judge(_target(), _observe(_address(failure=HANGING)))
    assert results["http.reachable"].status is Status.PASS
    assert _seen(results["http.status_expected"]) == (Status.FAIL, "http.first_byte_timeout", Phase.FIRST_BYTE)
    assert results["http.responds_in_time"].status is Status.SKIPPED


PARTS: tuple[tuple[Part, str, Expect], ...] = (
    ("header", "http.header", Expect(headers={"Content-Type": "~json"})),
    ("body", "http.body", Expect(body_excludes=("Traceback",))),
    ("json", "http.json", Expect(json=(JsonCondition(path="$.status", equals="ok"),))),
)
CHECK_OF = {"header": "http.headers_expected", "body": "http.body_expected", "json": "http.json_expected"}


@pytest.mark.parametrize(("part", "cause", "expect"), PARTS)
def test_a_condition_passes_only_when_it_was_recorded_as_met(part: Part, cause: str, expect: Expect) -> None:
    (name,) = declared(expect, part)
    met = Condition(part=part, name=name, met=True, observed="fine")
    unmet = Condition(part=part, name=name, met=False, observed="what was seen")
    other = Condition(part=part, name="another", met=True, observed="fine")
    target = _target(expect=expect)

    def ask(*conditions: Condition) -> Result:
        return _judge(target, _observe(_address(answer=_answer(conditions=conditions))))[CHECK_OF[part]]

    assert ask(met).status is Status.PASS
    assert _seen(ask(unmet)) == (Status.FAIL, cause, Phase.ANSWER)
    assert f"{name}, observed what was seen" in ask(unmet).summary
    assert _seen(ask(other)) == (Status.FAIL, cause, Phase.ANSWER)
    assert _seen(ask()) == (Status.FAIL, cause, Phase.ANSWER)


@pytest.mark.parametrize(("part", "cause", "expect"), PARTS)
def test_conditions_have_no_turn_after_a_wrong_status(part: Part, cause: str, expect: Expect) -> None:
    results = _judge(_target(expect=expect), _observe(_address(answer=_answer(500))))
    assert results[CHECK_OF[part]].status is Status.SKIPPED


def test_a_condition_unmet_on_one_address_of_two_is_a_warning() -> None:
    expect = Expect(body_contains=("ready",))
    (name,) = declared(expect, "body")
    outcomes = [Condition(part="body", name=name, met=met, observed="") for met in (True, False)]
    observation = _observe(_address(A, _answer(conditions=outcomes[:1])), _address(B, _answer(conditions=outcomes[1:])))
    result = _judge(_target(expect=expect), observation)["http.body_expected"]
    assert _seen(result) == (Status.WARN, "http.body", Phase.ANSWER)
    assert result.evidence["failing_addresses"] == B


LOGIN = "https://login.example/start"
MOVED = Hop(address=A, status=301, location=LOGIN)


@pytest.mark.parametrize(
    ("wanted", "hops", "status"),
    [
        (LOGIN, (MOVED,), Status.PASS),
        ("https://LOGIN.example:443/start", (MOVED,), Status.PASS),
        ("https://login.example/other", (MOVED,), Status.FAIL),
        (LOGIN, (), Status.FAIL),
        (LOGIN, (MOVED, Hop(address=A, status=302, location="https://elsewhere.example/")), Status.FAIL),
    ],
)
def test_where_a_redirect_leads(wanted: str, hops: tuple[Hop, ...], status: Status) -> None:
    target = _target(expect=Expect(status=(301,), redirect_to=wanted))
    result = _judge(target, _observe(_address(answer=_answer(301), hops=hops)))["http.redirect_expected"]
    assert _seen(result) == ((status, None, None) if status is Status.PASS else (status, "http.redirect", Phase.ANSWER))


def test_a_redirect_loop_fails_both_the_redirect_and_the_status() -> None:
    loop = Failure(phase=Phase.ANSWER, cause="http.redirect_loop", detail="redirects back to itself", address=A)
    results = _judge(_target(follow_redirects=3), _observe(_address(failure=loop, hops=(MOVED,))))
    assert results["http.reachable"].status is Status.PASS
    for check in ("http.status_expected", "http.redirect_expected"):
        assert _seen(results[check]) == (Status.FAIL, "http.redirect_loop", Phase.ANSWER)
        assert "X-Forwarded-Proto" in results[check].remediation


def test_a_slow_answer_is_a_warning_in_the_phase_that_took_longest() -> None:
    phases = (
        PhaseTiming(phase=Phase.TCP, start_ms=0, duration_ms=5, ok=True, address=A),
        PhaseTiming(phase=Phase.FIRST_BYTE, start_ms=5, duration_ms=1400, ok=True, address=A),
        PhaseTiming(phase=Phase.TRANSFER, start_ms=5, duration_ms=4000, ok=True, address=B),
    )
    observation = _observe(_address(A, _answer(), total_ms=1410), _address(B, _answer(), total_ms=900), phases=phases)
    result = _judge(_target(), observation)["http.responds_in_time"]
    assert _seen(result) == (Status.WARN, "http.slow", Phase.FIRST_BYTE)
    assert result.evidence["slowest_ms"] == 1410
    assert (result.evidence["samples"], result.evidence["slow_samples"]) == (1, 1)
    assert "1410 ms on 10.0.1.10" in result.summary


@pytest.mark.parametrize(
    ("samples", "status", "why"),
    [
        ((2400, 118, 121, 119), "PASS", "one slow answer of five is nothing"),
        ((2400, 118, 2300, 121, 119), "PASS", "two are nothing"),
        ((2400, 118, 1100, 1100), "WARN", "three slow ones of four are typical"),
        ((2400, 1100, 1100), "WARN", "three of three"),
        ((2400, 118), "WARN", "two are too few to call the first one an exception"),
        ((2400,), "WARN", "the only one"),
    ],
)
def test_the_typical_time_counts(samples: tuple[float, ...], status: str, why: str) -> None:
    slow = replace(_address(answer=_answer(), total_ms=2400), samples_ms=samples)
    result = _judge(_target(), _observe(slow, _address(B, _answer(), total_ms=900)))["http.responds_in_time"]
    assert str(result.status) == status, why
    assert result.evidence["slow_after_ms"] == 1000
    # Where it passes the evidence is of the other address, which typically takes longer.
    assert result.evidence["slow_samples"] == (0 if status == "PASS" else sum(took > 1000 for took in samples))


def test_exactly_the_limit_is_in_time() -> None:
    result = _judge(_target(), _observe(_address(answer=_answer(), total_ms=1000.0)))["http.responds_in_time"]
    assert result.status is Status.PASS


def test_without_facts_every_answer_is_unknown() -> None:
    observation: Observation[HttpFacts] = Observation(
        family="http",
        target="orders",
        slot=datetime(2026, 11, 23, tzinfo=UTC),
        vantage=Vantage(kind="function", name="http"),
        facts=None,
        could_not_tell=Failure(phase=Phase.PREPARE, cause="self.deadline", detail="no time was left"),
    )
    results = _judge(_target(), observation)
    assert {result.status for result in results.values()} == {Status.UNKNOWN}


@pytest.mark.parametrize("probed", [(), (_address(),)])
def test_facts_that_contradict_themselves_are_never_a_pass(probed: tuple[AddressFacts, ...]) -> None:
    results = _judge(_target(), _observe(*probed))
    assert (results["http.reachable"].status, results["http.reachable"].cause) == (Status.UNKNOWN, "self.bug")
    assert Status.PASS not in {result.status for result in results.values()}


PATH_FAILURES = [c.id for c in KERNEL_CAUSES if c.id.startswith(("dns.", "tcp.", "tls."))]
EXCHANGE_FAILURES = [c.id for c in CAUSES if c.id not in ("http.slow", "http.status", "http.body", "http.json")]
EVERYTHING = Expect(
    status=(200, 204),
    headers={"Content-Type": "~json"},
    body_contains=("a",),
    json=(JsonCondition(path="$.a", equals=1),),
    redirect_to=LOGIN,
)
NAMES: list[tuple[Part, str]] = [
    (part, name) for part in ("header", "body", "json") for name in declared(EVERYTHING, part)
]


@st.composite
def _addresses(draw: st.DrawFn) -> AddressFacts:
    address = draw(st.sampled_from([A, B, "10.0.3.30", "fd00::1"]))
    hops = draw(st.sampled_from([(), (MOVED,)]))
    total = draw(st.floats(0, 5000))
    kind = draw(st.sampled_from(["answer", "path", "exchange"]))
    if kind == "answer":
        recorded = draw(st.lists(st.sampled_from(NAMES), unique=True))
        conditions = [Condition(part=p, name=n, met=draw(st.booleans()), observed="x") for p, n in recorded]
        return _address(
            address, _answer(draw(st.sampled_from([200, 204, 301, 404, 503])), conditions=conditions), None, hops, total
        )
    phases = (
        [Phase.TCP, Phase.TLS] if kind == "path" else [Phase.REQUEST, Phase.FIRST_BYTE, Phase.TRANSFER, Phase.ANSWER]
    )
    cause = draw(st.sampled_from(PATH_FAILURES if kind == "path" else EXCHANGE_FAILURES))
    failure = Failure(phase=draw(st.sampled_from(phases)), cause=cause, detail=f"{address} {cause}", address=address)
    return _address(address, None, failure, hops, total)


@given(st.lists(_addresses(), min_size=1, max_size=4, unique_by=lambda a: a.address))
def test_nothing_that_rests_on_a_failure_passes(probed: list[AddressFacts]) -> None:
    results = _judge(_target(expect=EVERYTHING, follow_redirects=2), _observe(*probed))
    in_path = [a for a in probed if a.failure and a.failure.phase in (Phase.NAME, Phase.TCP, Phase.TLS)]
    good = [a for a in probed if a.answer and a.answer.status in (200, 204)]
    passes = {check for check, result in results.items() if result.status is Status.PASS}
    if in_path:
        assert "http.reachable" not in passes
    if len(good) + len(in_path) < len(probed) or not good:
        assert "http.status_expected" not in passes
    if not good:
        assert passes <= {"http.reachable"}
    for part, check in CHECK_OF.items():
        names = {name for of, name in NAMES if of == part}
        met = [{c.name for c in a.answer.conditions if c.part == part and c.met} for a in good if a.answer]
        if not all(names <= recorded for recorded in met):
            assert check not in passes


@given(st.lists(_addresses(), min_size=1, max_size=4, unique_by=lambda a: a.address))
def test_every_bad_answer_names_a_known_cause_its_phase_and_a_remedy(probed: list[AddressFacts]) -> None:
    known = cause_index(KERNEL_CAUSES, CAUSES)
    observation = _observe(*probed)
    for result in judge(CHECKS, _target(expect=EVERYTHING, follow_redirects=2), observation):
        assert result.status is not Status.UNKNOWN
        assert result.summary.endswith(".")
        assert result.remediation
        if result.status in (Status.FAIL, Status.WARN):
            assert result.cause in known
            assert result.phase is not None
        assert from_json(Result, to_json(result)) == result
    assert from_json(Observation[HttpFacts], to_json(observation)) == observation


def test_check_ids_are_unique_claims_of_this_family() -> None:
    ids = [check.id for check in CHECKS]
    assert len(ids) == len(set(ids))
    assert all(id.startswith("http.") for id in ids)


def test_slow_after_comes_from_the_target() -> None:
    target = _target(slow_after=timedelta(milliseconds=10))
    assert _judge(target, _observe(_address(answer=_answer())))["http.responds_in_time"].status is Status.WARN


def _refused(status: int, message: Any, *addresses: str) -> Observation[HttpFacts]:
    answer = replace(_answer(status), message=message, retry_after="30")
    observation = _observe(*(_address(address, answer) for address in addresses or (A,)))
    assert observation.facts is not None
    return replace(observation, facts=replace(observation.facts, credential="canary"))


@pytest.mark.parametrize(
    ("status", "message", "remedy"),
    [
        (402, "payment_required", "no balance"),
        (403, "permission_denied", "scope or role"),
        (429, "rate_limited", "over its rate"),
    ],
)
def test_a_rule_about_the_owner_of_the_canary_key_is_the_auditors_limit(status: int, message: Any, remedy: str) -> None:
    results = _judge(_target(), _refused(status, message))
    said = results["http.status_expected"]
    assert (said.status, said.cause, said.phase) == (Status.UNKNOWN, "self.credentials", Phase.ANSWER)
    assert (said.evidence["message"], said.evidence["retry_after"]) == (message, "30")
    assert remedy in said.remediation
    assert results["http.responds_in_time"].status is Status.SKIPPED


@pytest.mark.parametrize(("status", "message"), [(401, "invalid_key"), (403, "forbidden"), (403, None), (429, None)])
def test_what_a_service_may_say_to_anybody_is_its_failure(status: int, message: Any) -> None:
    said = _judge(_target(), _refused(status, message))["http.status_expected"]
    assert (said.status, said.cause) == (Status.FAIL, "http.status")


def test_the_same_rules_without_our_key_are_the_services_failure() -> None:
    observation = _refused(429, "rate_limited")
    assert observation.facts is not None
    observation = replace(observation, facts=replace(observation.facts, credential="none"))
    said = _judge(_target(), observation)["http.status_expected"]
    assert (said.status, said.cause) == (Status.FAIL, "http.status")
    assert "asks too often" in said.summary


def test_beside_a_broken_address_the_owners_rule_is_no_excuse() -> None:
    limited = _refused(429, "rate_limited", B)
    assert limited.facts is not None
    probed = (*limited.facts.probed, _address(A, _answer(500)))
    said = _judge(_target(), replace(limited, facts=replace(limited.facts, probed=probed)))["http.status_expected"]
    assert (said.status, said.cause) == (Status.FAIL, "http.status")
    assert said.evidence["status"] == 500
