"""Whom a certificate is for, how long it holds, and what of a chain is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.net.tls import Certificate
from functions.tls.certificate import certificate_facts, covers, issuer_of, lacks_intermediate
from functions.tls.versions import in_words, is_older

SLOT = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
Name = tuple[tuple[tuple[str, str], ...], ...]


def named(common_name: str) -> Name:
    return ((("organizationName", "Shop"),), (("commonName", common_name),))


def certificate(
    subject: str = "server", issuer: str = "authority", *names: tuple[str, str], **more: Any
) -> Certificate:
    values = {
        "serial": "01",
        "subject": named(subject),
        "issuer": named(issuer),
        "names": names,
        "not_before": SLOT - timedelta(days=10),
        "not_after": SLOT + timedelta(days=80),
        "issuer_to_be_had": False,
    }
    return Certificate(**(values | more))


@pytest.mark.parametrize(
    ("names", "name", "covered"),
    [
        ([("DNS", "shop.example")], "shop.example", True),
        ([("DNS", "SHOP.example")], "shop.EXAMPLE", True),
        ([("DNS", "a.example"), ("DNS", "shop.example")], "shop.example", True),
        ([("DNS", "*.shop.example")], "www.shop.example", True),
        ([("DNS", "*.shop.example")], "shop.example", False),
        ([("DNS", "*.shop.example")], "a.www.shop.example", False),
        ([("DNS", "*.example")], "shop.example", False),
        ([("DNS", "w*.shop.example")], "www.shop.example", False),
        ([("DNS", "www.*.example")], "www.shop.example", False),
        ([("DNS", "*")], "shop", False),
        ([("DNS", "shop.example.evil.test")], "shop.example", False),
        ([("IP Address", "10.0.0.5")], "10.0.0.5", True),
        ([("IP Address", "FD00:0:0:0:0:0:0:5")], "fd00::5", True),
        ([("DNS", "10.0.0.5")], "10.0.0.5", False),
        ([("IP Address", "not an address")], "10.0.0.5", False),
        ([], "shop.example", False),
    ],
)
def test_whom_a_certificate_is_for(names: list[tuple[str, str]], name: str, covered: bool) -> None:
    assert covers(certificate("server", "authority", *names), name) is covered


@pytest.mark.parametrize(
    ("left", "days"),
    [(timedelta(days=30), 30.0), (timedelta(days=29, hours=23), 29.9), (timedelta(minutes=1), 0.0),
     (-timedelta(minutes=1), -0.1), (-timedelta(days=3), -3.0)],
)  # fmt: skip
def test_days_left_are_never_more_than_there_are(left: timedelta, days: float) -> None:
    assert certificate_facts(certificate(not_after=SLOT + left), "x", SLOT).days_left == days


def test_what_is_kept_of_a_certificate_is_bounded_and_clean() -> None:
    names = [("DNS", "a\x00b.example"), ("DNS", "x\r\n\x1b[31m.example"), ("DNS", "y" * 1000)]
    names += [("DNS", f"{n}.example") for n in range(5_000)]
    issuer: Name = ((("commonName", "Evil \u202e\x1b[0m " + "z" * 500),),)
    facts = certificate_facts(replace(certificate("server", "x", *names), issuer=issuer), "7.example", SLOT)
    assert (len(facts.names), facts.names_total, facts.covers_name) == (20, 5_003, True)
    assert facts.names[:2] == ("a?b.example", "x????31m.example")
    assert len(facts.names[2]) == 253
    assert facts.issuer.startswith("Evil ??[0m zzz")
    assert len(facts.issuer) == 100


@given(st.lists(st.tuples(st.sampled_from(["DNS", "IP Address", "URI", "othername"]), st.text())), st.text())
def test_no_text_of_a_certificate_comes_through_that_could_not_stand_in_a_report(
    names: list[tuple[str, str]], issuer: str
) -> None:
    facts = certificate_facts(certificate("s", issuer, *names), "shop.example", SLOT)
    assert all(name.isascii() and name.isprintable() and len(name) <= 253 for name in facts.names)
    assert facts.issuer.isprintable()
    assert facts.names_total == len(names)


def test_the_issuer_is_the_one_that_is_named() -> None:
    own, other, below = certificate(), certificate("another", "root"), certificate("authority", "root")
    assert issuer_of(own, [other, below]) is below
    assert issuer_of(own, [other]) is None
    nameless = replace(own, issuer=((("organizationName", "Shop Ltd"),),))
    assert certificate_facts(nameless, "x", SLOT).issuer == "Shop Ltd"
    assert certificate_facts(replace(own, issuer=()), "x", SLOT).issuer == ""


BELOW, ROOT = certificate("authority", "root"), certificate("authority", "authority")


@pytest.mark.parametrize(
    ("chain", "elsewhere", "lacking"),
    [
        ([certificate(issuer_to_be_had=True)], [], True),
        ([certificate(issuer_to_be_had=True), certificate("another", "root")], [], True),
        ([certificate()], [BELOW], True),
        ([certificate()], [], False),
        ([certificate()], [ROOT], False),
        ([certificate(issuer_to_be_had=True)], [ROOT], False),
        ([certificate(issuer_to_be_had=True), BELOW], [], False),
        ([certificate("server", "server", issuer_to_be_had=True)], [], False),
    ],
    ids=["says where it is", "with a stranger", "seen elsewhere", "may be a root", "is a root elsewhere",
         "says where and is a root", "presented", "signed itself"],
)  # fmt: skip
def test_a_missing_intermediate_is_told_from_a_root_that_is_rightly_left_out(
    chain: list[Certificate], elsewhere: list[Certificate], lacking: bool
) -> None:
    assert lacks_intermediate(chain, elsewhere) is lacking


def test_versions_have_an_order_and_a_name() -> None:
    assert is_older("TLSv1.2", "1.3")
    assert is_older("TLSv1", "1.2")
    assert not is_older("TLSv1.2", "1.2")
    assert not is_older("TLSv1.3", "1.2")
    assert not is_older("TLSv1.4", "1.3"), "what is not known yet is newer"
    assert [in_words(version) for version in ("TLSv1", "TLSv1.1", "TLSv1.3")] == ["TLS 1.0", "TLS 1.1", "TLS 1.3"]
