"""Which rule takes a request, against a reference that tries everything, and against AWS's own examples."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.load_balancer.facts import ForwardFacts, ListenerFacts, OutcomeFacts, RuleFacts
from functions.load_balancer.family import Route
from functions.load_balancer.routing import Fate, Judged, judge_routes, matches, taken_by

NOT_FOUND = OutcomeFacts(kind="fixed_response", status=404)


def to(*groups: str, **weights: int) -> OutcomeFacts:
    shares = {**dict.fromkeys(groups, 1), **weights}
    return OutcomeFacts(kind="forward", forwards=tuple(ForwardFacts(group=g, weight=w) for g, w in shares.items()))


def rule(priority: int | None, outcome: OutcomeFacts, **conditions: Any) -> RuleFacts:
    return RuleFacts(priority=priority, outcome=outcome, **conditions)


def fate(*rules: RuleFacts, host: str = "shop.example", path: str = "/api/x", group: str = "api") -> Judged:
    listener = ListenerFacts(port=443, protocol="HTTPS", certificates=(), rules=rules)
    (judged,) = judge_routes([listener], [Route(host=host, path=path, group=group)])
    return judged


# ---- Wildcards ------------------------------------------------------------------------------------------------------


def fits(pattern: str, text: str) -> bool:
    """The reference: every star tried with every number of characters."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[taken:]) for taken in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


@settings(max_examples=400, deadline=None)
@given(st.text("ab/*?", max_size=7), st.text("ab/*?", max_size=7))
@example("*a*b", "aab")
@example("a*?", "a")
def test_wildcards_fit_as_the_reference_says(pattern: str, text: str) -> None:
    assert matches(pattern, text) is fits(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [  # the examples of "Condition types for listener rules"
        ("/img/*", "/img/picture.jpg", True),
        ("/img/*", "/img", False),
        ("/img/*/pics", "/img/a/b/pics", True),
        ("*.example.com", "test.example.com", True),
        ("*.example.com", "example.com", False),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("/[ab]", "/a", False),
    ],
)
def test_wildcards_of_aws_and_of_nobody_else(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_a_pattern_of_stars_takes_no_time() -> None:
    assert not matches("*a" * 60, "a" * 119 + "b")


# ---- Rules by priority ----------------------------------------------------------------------------------------------

HOSTS, PATHS, METHODS = ("a.x", "A.X", "b.x", "*.x", "?.x"), ("/", "/p", "/P", "/p/*", "/*"), ("GET", "POST", "get")
CONDITIONS = st.fixed_dictionaries(
    {
        "hosts": st.none() | st.lists(st.sampled_from(HOSTS), min_size=1, max_size=3).map(tuple),
        "paths": st.none() | st.lists(st.sampled_from(PATHS), min_size=1, max_size=3).map(tuple),
        "methods": st.none() | st.lists(st.sampled_from(METHODS), min_size=1, max_size=2).map(tuple),
        "undecidable": st.sampled_from([(), (), ("query-string",)]),
    }
)
RULES = st.lists(st.tuples(st.integers(1, 50), CONDITIONS), max_size=6, unique_by=lambda each: each[0])


def reference(rules: Sequence[RuleFacts], host: str, path: str, method: str) -> tuple[int | None, list[int]]:
    """Priority of the rule that takes an ordinary request, and of those that might before; every pattern tried."""
    might = []
    for priority in sorted(r.priority for r in rules if r.priority is not None):
        (one,) = (r for r in rules if r.priority == priority)
        holds = one.hosts is None or [v for v in one.hosts if fits(v.lower(), host.lower())]
        holds = holds and (one.paths is None or [v for v in one.paths if fits(v, path)])
        holds = holds and (one.methods is None or [v for v in one.methods if v == method])
        if holds and one.undecidable:
            might.append(priority)
        elif holds:
            return priority, might
    return None, might


@settings(max_examples=300, deadline=None)
@given(RULES, st.sampled_from(("a.x", "b.x", "A.x", "c.y")), st.sampled_from(PATHS[:3]), st.sampled_from(METHODS))
def test_the_rule_that_takes_a_request_is_the_references(
    given_rules: list[tuple[int, dict[str, Any]]], host: str, path: str, method: str
) -> None:
    rules = [rule(None, NOT_FOUND), *(rule(n, to("g"), **conditions) for n, conditions in given_rules)]
    expected, might = reference(rules, host, path, method)
    taken = taken_by(rules, host, path, method)
    assert taken.rule is not None
    assert (taken.rule.priority, [each.priority for each in taken.before]) == (expected, might)


def test_rules_without_a_default_may_take_nothing() -> None:
    assert taken_by([rule(1, to("g"), paths=("/a",))], "h.x", "/b", "GET").rule is None


# ---- Fates of declared routes ---------------------------------------------------------------------------------------

DEFAULT = rule(None, to("web"))


def test_a_rule_with_the_wrong_group_is_no_missing_one() -> None:
    # A wider rule further down would be right: its path is not this one's, so nothing was captured.
    judged = fate(
        rule(50, to("web"), paths=("/api/x*",)), rule(60, to("api"), paths=("/api/*",)), rule(None, to("api"))
    )
    assert judged.fate is Fate.WRONG_GROUP
    assert judged.own_rule is None


@pytest.mark.parametrize("hosts", [None, ("*.example",), ("other.example", "sh?p.example")])
def test_a_rule_that_does_not_name_the_host_captures_what_the_hosts_own_rule_would_get(
    hosts: tuple[str, ...] | None,
) -> None:
    judged = fate(
        rule(10, to("web"), hosts=hosts, paths=("/api/*",)),
        rule(20, to("api"), hosts=("Shop.example",), paths=("/api/*",)),
        DEFAULT,
    )
    assert judged.fate is Fate.CAPTURED
    assert judged.own_rule is not None
    assert judged.own_rule.priority == 20


def test_a_wildcard_host_captures_even_from_the_default_rule() -> None:
    judged = fate(rule(10, to("web"), hosts=("*.example",)), rule(None, to("api")))
    assert judged.fate is Fate.CAPTURED


def test_a_rule_of_this_very_host_is_wrong_itself() -> None:
    judged = fate(rule(10, to("web"), hosts=("shop.example",)), rule(20, to("api"), hosts=("shop.example",)))
    assert judged.fate is Fate.WRONG_GROUP


def test_what_is_captured_would_have_to_be_right_further_down() -> None:
    own = rule(20, to("third"), hosts=("shop.example",), paths=("/api/*",))
    assert fate(rule(10, to("web"), paths=("/api/*",)), own, DEFAULT).fate is Fate.WRONG_GROUP


def test_another_listener_that_would_be_right_is_told() -> None:
    secure = ListenerFacts(port=443, protocol="HTTPS", certificates=(), rules=(rule(None, NOT_FOUND),))
    plain = ListenerFacts(port=80, protocol="HTTP", certificates=(), rules=(rule(None, to("api")),))
    (judged,) = judge_routes([secure, plain], [Route(host="a.example", path="/", group="api")])
    assert (judged.fate, judged.elsewhere) == (Fate.NO_RULES, (80,))


def test_shares_count_only_with_a_weight() -> None:
    assert fate(rule(None, to(api=3, web=1))).fate is Fate.PARTLY
    assert fate(rule(None, to(api=1, web=0))).fate is Fate.AS_DECLARED
    assert fate(rule(None, to(api=0, web=1))).fate is Fate.WRONG_GROUP
    assert fate(rule(None, to(api=0, web=0))).fate is Fate.NO_RULES


def test_what_depends_on_a_header_is_undecided_only_where_it_would_be_right() -> None:
    with_header = {"paths": ("/api/*",), "undecidable": ("http-header X-Key",)}
    assert fate(rule(10, to("api"), **with_header), rule(None, NOT_FOUND)).fate is Fate.UNDECIDED
    assert fate(rule(10, to("web"), **with_header), rule(None, NOT_FOUND)).fate is Fate.MISSING
    assert fate(rule(10, to("web"), **with_header), rule(None, to("api"))).fate is Fate.AS_DECLARED


def test_what_was_not_read_has_no_fate() -> None:
    listener = ListenerFacts(port=443, protocol="HTTPS", certificates=(), rules=None)
    (judged,) = judge_routes([listener], [Route(host="a.example", path="/", group="api")])
    assert judged.fate is Fate.UNREAD
