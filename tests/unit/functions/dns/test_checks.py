"""The questions asked of names: which one speaks, for what cause, with which remedy; and what may never pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming, Vantage
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from functions.dns import remedies
from functions.dns.checks import CHECKS
from functions.dns.facts import CAUSES, DnsFacts, PublicFacts, RecordFacts
from functions.dns.family import DnsSpec

NAME, RESOLVER = "db.shop.internal", "10.0.0.2:53"
TIMEOUT = Failure(
    phase=Phase.NAME, cause="dns.timeout", detail=f"resolver {RESOLVER} did not answer for {NAME} within 2.0 s"
)
TOOK = PhaseTiming(phase=Phase.NAME, start_ms=0, duration_ms=2000.1, ok=False)
MISSING = DnsFacts(name=NAME, type="A", resolver=RESOLVER, rcode="NXDOMAIN", soa_zone="internal", soa_minimum=60)
FOUND = DnsFacts(
    name=NAME,
    type="A",
    resolver=RESOLVER,
    rcode="NOERROR",
    records=(RecordFacts(type="A", value="10.0.1.10", ttl=10),),
)


def target(*, private: bool = True, **fields: Any) -> Target[DnsSpec]:
    spec = DnsSpec(**{"name": NAME, **fields})
    return Target(id="db", family="dns", service="shop", component="dns.db", spec=spec, private=private)


def observed(facts: DnsFacts | None, *failures: Failure, phases: tuple[PhaseTiming, ...] = ()) -> Observation[DnsFacts]:
    return Observation(
        family="dns",
        target="db",
        slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
        vantage=Vantage(kind="function", name="dns"),
        facts=facts,
        phases=phases,
        failures=failures,
        could_not_tell=None if facts else Failure(phase=Phase.PREPARE, cause="self.deadline", detail="no turn"),
    )


def results(of: Target[DnsSpec], observation: Observation[DnsFacts]) -> dict[str, Result]:
    return {result.check.removeprefix("dns."): result for result in judge(CHECKS, of, observation)}


def test_only_what_was_declared_is_asked() -> None:
    assert set(results(target(), observed(FOUND))) == {"resolver_answers", "name_resolves"}
    everything = target(within=("10.0.0.0/8",), max_ttl=timedelta(seconds=60))
    assert set(results(everything, observed(FOUND))) == {
        "resolver_answers",
        "name_resolves",
        "records_expected",
        "ttl_within",
    }
    assert set(results(target(expect_absent=True), observed(FOUND))) == {"resolver_answers", "name_absent"}


def test_the_severities() -> None:
    assert {check.id.removeprefix("dns."): check.severity for check in CHECKS} == {
        "resolver_answers": Severity.HIGH,
        "name_resolves": Severity.CRITICAL,
        "name_absent": Severity.HIGH,
        "records_expected": Severity.HIGH,
        "same_as_public": Severity.HIGH,
        "ttl_within": Severity.LOW,
    }


def test_a_silent_resolver_is_said_with_its_time_and_the_name_has_no_turn() -> None:
    facts = DnsFacts(name=NAME, type="A", resolver=RESOLVER)
    of = target(within=("10.0.0.0/8",), max_ttl=timedelta(seconds=60))
    seen = results(of, observed(facts, TIMEOUT, phases=(TOOK,)))
    assert seen["resolver_answers"].summary == (
        f"Resolver {RESOLVER} did not answer for {NAME} within 2.0 s (dns.timeout) after 2000.1 ms."
    )
    assert (seen["resolver_answers"].cause, seen["resolver_answers"].phase) == ("dns.timeout", Phase.NAME)
    assert {seen[c].status for c in ("name_resolves", "records_expected", "ttl_within")} == {Status.SKIPPED}
    assert seen["name_resolves"].evidence == {"failed_check": "dns.resolver_answers"}


def test_a_missing_name_is_the_names_failure_and_what_asks_for_records_says_which_check_failed() -> None:
    seen = results(target(within=("10.0.0.0/8",)), observed(MISSING))
    assert seen["resolver_answers"].status is Status.PASS
    assert seen["name_resolves"].summary == (
        f"{NAME} does not exist (NXDOMAIN), says resolver {RESOLVER}; zone internal denies it."
    )
    assert seen["records_expected"].evidence == {"failed_check": "dns.name_resolves"}


def test_the_remedy_fits_the_cause() -> None:
    def remedy(facts: DnsFacts, check: str = "name_resolves", *, private: bool = True) -> str:
        return results(target(private=private), observed(facts))[check].remediation

    texts = {
        remedy(MISSING),
        remedy(MISSING, private=False),
        remedy(replace(MISSING, canonical=(RecordFacts(type="CNAME", value="gone.example", ttl=60),))),
        remedy(replace(MISSING, rcode="NOERROR")),
        remedy(replace(MISSING, rcode="SERVFAIL"), "resolver_answers"),
        remedy(replace(MISSING, rcode="REFUSED"), "resolver_answers"),
    }
    assert len(texts) == 6
    assert "Cloud Map" in remedy(MISSING)
    assert "registrar" in remedy(MISSING, private=False)


def test_every_cause_of_dns_has_a_remedy_of_its_own() -> None:
    ours = [cause.id for cause in (*KERNEL_CAUSES, *CAUSES) if cause.id.startswith("dns.")]
    texts = [remedies.for_cause(cause) for cause in ours if cause != "dns.nxdomain"]
    assert None not in texts
    assert len(set(texts)) == len(texts)


def test_the_alias_to_mend_is_the_last_that_exists() -> None:
    aliases = tuple(RecordFacts(type="CNAME", value=f"{n}.example", ttl=60) for n in ("lb", "gone"))
    remedy = results(target(), observed(replace(MISSING, canonical=aliases)))["name_resolves"].remediation
    assert "the alias at lb.example;" in remedy


def test_facts_without_an_answer_or_a_reason_are_the_auditors_own_bug() -> None:
    for of in (target(within=("10.0.0.0/8",)), target(expect_absent=True)):
        seen = results(of, observed(DnsFacts(name=NAME, type="A", resolver=RESOLVER)))
        assert {(r.status, r.cause) for r in seen.values()} == {(Status.UNKNOWN, "self.bug")}


def test_without_facts_every_answer_is_unknown() -> None:
    seen = results(target(within=("10.0.0.0/8",), max_ttl=timedelta(seconds=60)), observed(None))
    assert {(r.status, r.cause) for r in seen.values()} == {(Status.UNKNOWN, "self.deadline")}


def test_of_many_records_the_sentence_spells_out_eight() -> None:
    records = tuple(RecordFacts(type="A", value=f"10.0.0.{n}", ttl=10) for n in range(20))
    result = results(target(), observed(replace(FOUND, records=records)))["name_resolves"]
    assert "10.0.0.7 and 12 more" in result.summary
    assert "10.0.0.8" not in result.summary


def test_records_that_contradict_the_error_code_do_not_make_a_name_resolve_or_be_absent() -> None:
    contradiction = replace(FOUND, rcode="NXDOMAIN")
    assert results(target(), observed(contradiction))["name_resolves"].cause == "dns.nxdomain"
    assert results(target(expect_absent=True), observed(contradiction))["name_absent"].cause == "dns.name_present"


PUBLIC = "203.0.113.53:53"


def publicly(*values: str, rcode: str = "NOERROR", through: str = "", failure: Failure | None = None) -> PublicFacts:
    return PublicFacts(
        resolver=PUBLIC,
        rcode="" if failure else rcode,
        records=tuple(RecordFacts(type="A", value=value, ttl=60) for value in values),
        canonical=(RecordFacts(type="CNAME", value=through, ttl=60),) if through else (),
        failure=failure,
    )


def compared(facts: DnsFacts, public: PublicFacts | None) -> Result:
    of = target(public_resolver=PUBLIC)
    return results(of, observed(replace(facts, public=public)))["same_as_public"]


def test_inside_and_outside_agree_where_an_address_or_the_alias_before_it_is_the_same() -> None:
    assert compared(FOUND, publicly("10.0.1.10", "10.0.1.11")).status is Status.PASS
    assert (
        compared(
            replace(FOUND, canonical=(RecordFacts(type="CNAME", value="LB.x.", ttl=9),)),
            publicly("203.0.113.1", through="lb.x"),
        ).status
        is Status.PASS
    )
    assert compared(MISSING, publicly(rcode="NXDOMAIN")).status is Status.PASS


def test_who_hides_what_from_whom() -> None:
    hidden = compared(MISSING, publicly("203.0.113.1"))
    assert (hidden.status, hidden.cause, hidden.phase) == (Status.FAIL, "dns.shadowed", Phase.ANSWER)
    assert hidden.summary == (
        f"{NAME} leads nowhere (NXDOMAIN), says resolver {RESOLVER}; zone internal denies it; "
        f"outside it leads to 203.0.113.1, says {PUBLIC}."
    )
    assert compared(FOUND, publicly("203.0.113.1")).cause == "dns.shadowed"
    gone = compared(FOUND, publicly(rcode="NXDOMAIN"))
    assert (gone.status, gone.cause) == (Status.FAIL, "dns.not_public")


def test_what_was_not_compared_is_the_auditors_own_limit() -> None:
    silent = Failure(phase=Phase.NAME, cause="dns.timeout", detail=f"resolver {PUBLIC} did not answer within 1.0 s")
    for public in (publicly(failure=silent), publicly(rcode="SERVFAIL"), publicly(rcode="REFUSED")):
        said = compared(FOUND, public)
        assert (said.status, said.cause, said.phase) == (Status.UNKNOWN, "dns.public_unanswered", Phase.NAME)
    assert compared(FOUND, None).cause == "self.bug"
    unresolved = DnsFacts(name=NAME, type="A", resolver=RESOLVER)
    of = target(public_resolver=PUBLIC)
    assert results(of, observed(unresolved, TIMEOUT))["same_as_public"].status is Status.SKIPPED


def test_a_name_of_another_type_is_told_from_one_without_any_record() -> None:
    empty = replace(MISSING, rcode="NOERROR")
    for types, cause in ((("AAAA", "SRV"), "dns.other_type"), ((), "dns.nodata"), (None, "dns.nodata")):
        assert results(target(), observed(replace(empty, other_types=types)))["name_resolves"].cause == cause


def test_who_invents_addresses_is_believed_nothing() -> None:
    lying = replace(FOUND, invents=True)
    for of in (target(expect_absent=True), target(within=("10.0.2.0/24",))):
        seen = results(of, observed(lying))
        assert (seen["resolver_answers"].status, seen["resolver_answers"].cause) == (Status.FAIL, "dns.lying")
        assert {r.status for check, r in seen.items() if check != "resolver_answers"} == {Status.SKIPPED}
    assert results(target(), observed(replace(FOUND, invents=False)))["resolver_answers"].status is Status.PASS


def test_a_name_that_a_search_domain_completed_says_so() -> None:
    of = target(name="db", search=("shop.internal",))
    short = replace(FOUND, name="db", found_as=NAME, searched=(NAME,))
    assert results(of, observed(short))["name_resolves"].summary.startswith(f"db (as {NAME}) resolves to 10.0.1.10")


RCODES = ("", "NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "FORMERR", "RCODE9")
EXCHANGE_FAILURES = ("dns.timeout", "dns.unreachable", "dns.malformed", "dns.truncated")
ADDRESSES = st.sampled_from(["10.0.1.10", "10.0.2.20", "192.168.0.1"])
TTLS = st.integers(0, 2**31 - 1)
RECORDS = st.lists(st.builds(RecordFacts, type=st.just("A"), value=ADDRESSES, ttl=TTLS), max_size=4).map(tuple)
ALIASES = st.lists(st.builds(RecordFacts, type=st.just("CNAME"), value=st.just("lb.x"), ttl=TTLS), max_size=2)
FACTS = st.builds(
    DnsFacts,
    name=st.just(NAME),
    type=st.just("A"),
    resolver=st.just(RESOLVER),
    rcode=st.sampled_from(RCODES),
    records=RECORDS,
    canonical=ALIASES.map(tuple),
    truncated=st.booleans(),
    authoritative=st.booleans(),
    soa_zone=st.sampled_from([None, ".", "internal"]),
    soa_minimum=st.sampled_from([None, 0, 60]),
    other_types=st.sampled_from([None, (), ("AAAA",)]),
    public=st.sampled_from([None, publicly(), publicly("10.0.1.10"), publicly(rcode="SERVFAIL")]),
    invents=st.sampled_from([None, False, True]),
)
FAILURES = st.one_of(
    st.none(),
    st.sampled_from(EXCHANGE_FAILURES).map(lambda cause: Failure(phase=Phase.NAME, cause=cause, detail=f"x {cause}")),
)
DECLARED = st.sampled_from(
    [
        {},
        {"expect_absent": True},
        {"expect": ("10.0.1.10",), "max_ttl": timedelta(seconds=60)},
        {"within": ("10.0.0.0/16",), "min_records": 2},
        {"public_resolver": PUBLIC},
    ]
)


@given(FACTS, FAILURES, DECLARED)
def test_a_pass_rests_on_what_was_seen(facts: DnsFacts, failure: Failure | None, declared: dict[str, Any]) -> None:
    of = target(**declared)
    seen = results(of, observed(facts, *([failure] if failure else [])))
    passes = {check for check, result in seen.items() if result.status is Status.PASS}
    if failure or facts.rcode not in ("NOERROR", "NXDOMAIN"):
        assert not passes
    if facts.invents:
        assert not passes
    if facts.rcode != "NOERROR" or not facts.records:
        assert passes <= {"resolver_answers", "name_absent", "same_as_public"}
    if "same_as_public" in passes:
        assert facts.public is not None
        assert bool(facts.public.records) is bool(facts.records)
    if facts.rcode != "NXDOMAIN" or facts.records or facts.canonical:
        assert "name_absent" not in passes
    values = {record.value for record in facts.records}
    if "records_expected" in passes:
        assert all(of.spec.is_expected(value) for value in values)
        assert len(values) >= of.spec.min_records
    if "ttl_within" in passes:
        assert all(record.ttl <= 60 for record in (*facts.records, *facts.canonical))


@given(FACTS, FAILURES, DECLARED)
def test_every_bad_answer_names_a_known_cause_its_phase_and_a_remedy(
    facts: DnsFacts, failure: Failure | None, declared: dict[str, Any]
) -> None:
    known = cause_index(KERNEL_CAUSES, CAUSES)
    observation = observed(facts, *([failure] if failure else []))
    for result in judge(CHECKS, target(**declared), observation):
        assert result.summary.endswith(".")
        assert not result.summary.endswith("..")
        assert result.remediation.endswith(".")
        if result.status in (Status.FAIL, Status.WARN):
            assert result.cause in known
            assert result.phase is not None
        elif result.check == "dns.same_as_public" and result.status is Status.UNKNOWN:
            assert result.cause in ("dns.public_unanswered", "self.bug")
        elif result.status is Status.UNKNOWN:
            assert not facts.rcode
            assert failure is None
        assert from_json(Result, to_json(result)) == result
    assert from_json(Observation[DnsFacts], to_json(observation)) == observation
    # Two questions never give the same failure twice: it would be told twice.
    causes = [r.cause for r in judge(CHECKS, target(**declared), observation) if r.status is Status.FAIL]
    assert len(causes) == len(set(causes))
