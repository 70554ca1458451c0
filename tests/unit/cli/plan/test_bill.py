"""The bill: one small platform computed by hand, and what must hold for every platform."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.domain.topology import Shard
from cli.plan.model import Plan
from cli.plan.plan import plan
from tests.unit.cli.plan.platforms import FAMILIES, PAGE, platform, sized, target

TWO_PAGES = plan(sized(pages=[2]), FAMILIES)

GIB = 1024 * 1024 * 1024
# run: one wave of 0.2 s (its CPU, 2 x 2 x 1.5 ms on 512/1769 of a core, is 0.02 s), then two calls of 30 ms
RUN = 0.2 + 2 * (0.03 + 2 * 0.0017 / (512 / 1769))
# the aggregator sees it at 0.5 s
WAIT = 0.5
# and makes fifteen calls: commit, object, state read and written, requests, four of the past, tally, stories, files
WORK = 2 * (2 * 0.0006 + 15 * 0.0017) / (512 / 1769) + 15 * 0.03
REPORT = 66_000 + 2 * (2_838 + 1_705)
RECORD, TALLY, HOUR, DAY = 450 + 2 * 24, 420 + 2 * 5, 900 + 2 * 38, 900 + 2 * 74
KEPT = 35 * 24 * 60 * RECORD + 2 * 24 * 60 * TALLY + 35 * 24 * HOUR + 400 * DAY

BY_HAND = {
    "Lambda, probing": (43_800 * RUN * 512 / 1024, 0.0000133334),
    "Lambda, aggregating": (43_800 * (WAIT + WORK) * 512 / 1024, 0.0000133334),
    "Lambda, requests": (2 * 43_800, 0.20 / 1e6),
    "EventBridge, 2 rules": (2 * 43_800, 0),
    # three of the family, one of the service, two of the aggregator
    "CloudWatch, metrics": (3 + 1 + 2, 0.30),
    # silence of the family; blind, silent aggregator, failed runs
    "CloudWatch, alarms": (1 + 3, 0.10),
    # the service
    "CloudWatch, high-resolution alarms": (1, 0.30),
    "CloudWatch, dashboard": (1, 3),
    # each run 480 bytes; each minute one document of the family, one of the service, two of the aggregator
    "Logs, written": ((2 * 43_800 * 480 + 4 * 43_800 * 400) / GIB, 0.50),
    "Logs, kept": ((2 * 480 + 4 * 400) * 60 * 24 * 30 / GIB, 0.03),
    # a record is one unit, a tally one; the state in a transaction two; an hour and a digest one each; a day two
    "DynamoDB, writes": (43_800 * (1 + 1 + 2) + 730 * (1 + 1) + 730 / 24 * 2, 0.625 / 1e6),
    # each minute: the commit asked for in vain at 0 s and found at 0.5 s; state; 60 stories of 2 KB; the last tallies;
    # requests, hour, day, digest. Each ten minutes half of 45 commits. Each hour 70 tallies, each day 24 hours
    "DynamoDB, reads": (
        43_800 * (1 + 1 + 1 + 30 + 1 + 4) + 4_380 * 6 / 2 + 730 * 8 + 730 / 24 * 24,
        0.125 / 1e6,
    ),
    "DynamoDB, kept": (KEPT / GIB, 0.25),
    "DynamoDB, recovery": (KEPT / GIB, 0.20),
    # the run's object; four files each minute and each hour
    "S3, puts": (43_800 + 4 * (43_800 + 730), 0.005 / 1e3),
    "S3, gets": (43_800, 0.0004 / 1e3),
    "S3, observations": ((30 + 7) * 24 * 60 * (1200 + 2 * 240) / GIB, 0.023),
    "S3, versions of latest": (REPORT * (1 + 7 * 24 * 60) / GIB, 0.023),
    "S3, dated reports": (REPORT * 24 * (400 + 7) / GIB, 0.023),
    "KMS, key": (1, 1),
    # two functions, each every five minutes; forty messages
    "KMS, requests": (2 * 8_760 + 40, 0.03 / 1e4),
    "Secrets Manager, reads": (0, 0.05 / 1e4),
    "SNS, messages": (40, 0.50 / 1e6),
    "AWS calls of families": (0, 0),
}


def quantity(planned: Plan, name: str) -> float:
    (found,) = [term.quantity for term in planned.terms if term.name == name]
    return found


@pytest.mark.parametrize("name", BY_HAND)
def test_each_term_of_two_pages_is_what_a_person_computes(name: str) -> None:
    (term,) = [term for term in TWO_PAGES.terms if term.name == name]
    amount, price = BY_HAND[name]
    assert term.quantity == pytest.approx(amount, rel=1e-9)
    assert term.dollars == pytest.approx(amount * price, rel=1e-9)


def test_the_bill_has_no_other_term_and_its_sum_is_the_total() -> None:
    assert [term.name for term in TWO_PAGES.terms] == list(BY_HAND)
    assert TWO_PAGES.dollars == pytest.approx(sum(amount * price for amount, price in BY_HAND.values()), rel=1e-9)
    assert TWO_PAGES.checks_a_month == 2 * 43_800
    assert TWO_PAGES.dollars_a_million_checks == pytest.approx(TWO_PAGES.dollars / 0.0876, rel=1e-9)
    assert TWO_PAGES.dominant.name == "CloudWatch, dashboard"


def test_calls_are_the_familys_number_for_each_target_and_run() -> None:
    assert quantity(plan(sized(roles=[4, 1]), FAMILIES), "AWS calls of families") == 8_760 * 3 * 5


def test_each_shard_reads_each_of_its_secrets_every_ten_minutes() -> None:
    targets = [target(id, "page", secret=secret) for id, secret in (("a", "x"), ("b", "x"), ("c", "y"), ("d", ""))]
    shards = [
        Shard(family="page", number=0, targets=("a", "b")),
        Shard(family="page", number=1, targets=("c", "d")),
    ]
    assert quantity(plan(platform(targets, shards), FAMILIES), "Secrets Manager, reads") == 2 * 4_380


def test_a_target_that_is_not_deployed_is_not_probed_but_its_port_is_opened() -> None:
    targets = [target("a", "page"), target("b", "page", deployed=False, place="b.internal:8080")]
    planned = plan(platform(targets, [Shard(family="page", number=0, targets=("a", "b"))]), FAMILIES)
    assert planned.checks_a_month == 43_800
    assert planned.stack.egress_ports == 2


def test_a_family_with_a_longer_period_costs_less() -> None:
    slower = replace(PAGE, period=PAGE.period * 5)
    assert plan(sized(pages=[500]), [slower]).dollars < plan(sized(pages=[500]), [PAGE]).dollars * 0.8


def test_the_aggregator_waits_for_the_slowest_family_that_is_due_and_never_longer_than_it_may() -> None:
    one = plan(sized(pages=[256]), FAMILIES)
    both = plan(sized(pages=[256], roles=[40]), FAMILIES)
    page, role = (family.slowest_seconds for family in both.families)
    assert role > page
    # it asks twice a second
    seen_page, seen_role = (math.ceil(2 * seconds) / 2 for seconds in (page, role))
    assert seen_role > seen_page
    assert one.aggregator.waiting_seconds == pytest.approx(seen_page)
    assert both.aggregator.waiting_seconds == pytest.approx((4 * seen_page + seen_role) / 5), "due each fifth minute"
    assert plan(sized(pages=[9_000]), FAMILIES).aggregator.waiting_seconds == 20


def test_a_platform_without_a_probe_has_a_bill_and_no_price_of_a_check() -> None:
    nothing = plan(platform([], []), FAMILIES)
    assert nothing.dollars > 0
    assert nothing.dollars_a_million_checks is None


SIZES = st.lists(st.integers(min_value=0, max_value=700), max_size=3)


@settings(max_examples=60, deadline=None)
@given(pages=SIZES, roles=SIZES, more=st.integers(min_value=1, max_value=400), data=st.data())
def test_more_targets_never_cost_less(pages: list[int], roles: list[int], more: int, data: st.DataObject) -> None:
    pages = [*pages, 1]
    grown = list(pages)
    grown[data.draw(st.integers(min_value=0, max_value=len(pages) - 1))] += more
    before = plan(sized(pages=pages, roles=roles), FAMILIES)
    after = plan(sized(pages=grown, roles=roles), FAMILIES)
    for small, large in zip(before.terms, after.terms, strict=True):
        assert small.name == large.name
        assert small.dollars <= large.dollars
    assert before.dollars < after.dollars
    assert after.dollars == pytest.approx(sum(term.price.of(term.quantity) for term in after.terms))
    for smaller, larger in zip(before.limits, after.limits, strict=True):
        # each thousand targets give the aggregator memory, and with it more of a core
        assert smaller.used <= larger.used or smaller.name == "seconds of the aggregator"
