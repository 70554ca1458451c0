"""Rules, targets and certificates of a balancer: whatever their owner wrote, facts are bounded and hold no secret."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.codec import from_json, to_json
from functions.load_balancer import answers
from functions.load_balancer.facts import MAX_NAMES, ListenerFacts, TargetFacts
from functions.load_balancer.family import Route
from functions.load_balancer.reasons import MAX_CODES, codes_of, reason_of, state_of
from functions.load_balancer.routing import judge_routes, matches

from .material import CANARY, holds_canary, texts

WORDS = ("*", "?", "/", "api", "shop.example", "SHOP", "[", "]", "\\", "..", "%2f", " ", "\x00", "é", "a" * 300, "**?*")
PATTERNS = texts(WORDS)
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{}/9f8e7d6c5b4a3f2e"
ROUTE = Route(host="shop.example", path="/api/orders", group="api")


def _config(field: str, config: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return values.map(lambda given: {"Field": field, config: {"Values": given}})


_LISTS = st.lists(PATTERNS, max_size=30)
CONDITIONS = st.one_of(
    _config("host-header", "HostHeaderConfig", _LISTS),
    _config("path-pattern", "PathPatternConfig", _LISTS),
    _config("http-request-method", "HttpRequestMethodConfig", _LISTS),
    _config("source-ip", "SourceIpConfig", _LISTS),
    _LISTS.map(lambda values: {"Field": "path-pattern", "Values": values}),
    PATTERNS.map(
        lambda name: {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": [CANARY]}}
    ),
    st.just({"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "k", "Value": CANARY}]}}),
    st.just({"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/.*$"]}}),
    PATTERNS.map(lambda name: {"Field": name}),
)
ACTIONS = st.one_of(
    st.sampled_from(("api", "web")).map(lambda name: {"Type": "forward", "TargetGroupArn": GROUP.format(name)}),
    st.lists(st.integers(0, 999), max_size=5).map(
        lambda weights: {
            "Type": "forward",
            "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GROUP.format("api"), "Weight": w} for w in weights]},
        }
    ),
    PATTERNS.map(
        lambda code: {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": code, "MessageBody": CANARY}}
    ),
    st.just({"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", "Query": f"k={CANARY}"}}),
    PATTERNS.map(lambda kind: {"Type": kind, "Order": 1}),
    st.just({"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"ClientSecret": CANARY}}),
)
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "Priority": st.just("default") | st.integers(1, 50_000).map(str) | PATTERNS,
            "Conditions": st.lists(CONDITIONS, max_size=5),
            "Actions": st.lists(ACTIONS, max_size=3),
        }
    ),
    max_size=6,
)


@given(RULES)
def test_rules(rules: list[dict[str, Any]]) -> None:
    facts = answers.listener({"Port": 443, "Protocol": "HTTPS"}, (), rules)
    document = json.loads(json.dumps(to_json(facts)))
    assert from_json(ListenerFacts, document) == facts
    assert not holds_canary(json.dumps(document))
    assert facts.rules is not None
    for rule in facts.rules:
        assert all(len(values or ()) <= MAX_NAMES for values in (rule.hosts, rule.paths, rule.methods))
    (judged,) = judge_routes([facts], [ROUTE])
    assert judged.taken is not None
    assert judged.taken.rule is None or judged.taken.rule in facts.rules


@given(PATTERNS, PATTERNS)
def test_patterns(pattern: str, text: str) -> None:
    assert matches("*", text)
    assert matches(text.replace("*", "?"), text)
    if matches(pattern, text):
        assert matches(f"*{pattern}", text)
        assert matches(f"{pattern}*", text)


@given(
    texts(("unhealthy", "healthy", "unhealthy.draining")),
    texts(("Target.", "NotInUse", "Timeout", "Elb.")),
    texts(("[", "]", "308", ", ", "Availability Zone", "9" * 40, CANARY)),
)
def test_targets(state: str, reason: str, text: str) -> None:
    (facts,) = answers.targets(
        [{"Target": {"Id": "10.0.0.1"}, "TargetHealth": {"State": state, "Reason": reason, "Description": text}}],
        attached=True,
    )
    assert from_json(TargetFacts, json.loads(json.dumps(to_json(facts)))) == facts
    assert not holds_canary(json.dumps(to_json(facts)))
    assert (facts.state, facts.reason) == (state_of(state), reason_of(reason, text, attached=True))
    assert len(codes_of(text)) <= MAX_CODES
    assert all(0 <= code <= 999 for code in facts.codes)


@given(
    st.datetimes(timezones=st.just(UTC)) | st.none(),
    st.lists(st.fixed_dictionaries({"DomainName": PATTERNS, "ValidationStatus": PATTERNS}), max_size=30),
)
def test_certificates(ends: datetime | None, options: list[dict[str, str]]) -> None:
    item = {"NotAfter": ends, "RenewalSummary": {"RenewalStatus": "FAILED", "DomainValidationOptions": options}}
    facts = answers.certificate(item, "arn", datetime(2026, 1, 1, tzinfo=UTC))
    assert len(facts.unvalidated) <= MAX_NAMES
    assert facts.expired is (ends is not None and facts.days_left is not None and facts.days_left < 0)
