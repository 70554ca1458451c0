"""What is read of AWS's answers, in how many calls, and what is left out."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.codec import to_json
from functions.load_balancer.facts import MAX_RULES, MAX_TARGETS, ForwardFacts, Reason, State
from functions.load_balancer.family import FAMILY, LoadBalancerSpec, Route
from tests.aws_account import CANARY, SLOT
from tests.balancer_account import BACK, FRONT, HOST, Account, forward, rule, target

Ask = Callable[[LoadBalancerSpec], Any]

ROUTES = (Route(host=HOST, path="/api/orders", group=BACK), Route(host=HOST, path="/", group=FRONT))
WEB, GROUP = LoadBalancerSpec(balancer="web", routes=ROUTES), LoadBalancerSpec(group=FRONT)


def test_a_balancer_takes_as_many_calls_as_the_family_declares_and_a_group_three(account: Account, ask: Ask) -> None:
    ask(WEB)
    assert len(account.aws.calls) == FAMILY.calls_per_target
    account.aws.calls.clear()
    ask(GROUP)
    assert account.aws.calls == ["DescribeTargetGroups", "DescribeTargetHealth", "GetMetricData"]


def test_a_balancer_is_told_with_its_listeners_rules_and_certificates(account: Account, ask: Ask) -> None:
    facts = ask(WEB).facts
    balancer = facts.balancer
    assert (balancer.id, balancer.zones) == ("app/web/1a2b3c4d5e6f7a8b", ("us-east-1a", "us-east-1b"))
    assert balancer.security_groups == ("sg-1",)
    plain, secure = facts.listeners
    assert (plain.port, plain.protocol, plain.rules[0].outcome.status) == (80, "HTTP", 301)
    first, default = secure.rules
    assert (first.priority, first.hosts, first.paths) == (10, (HOST,), ("/api/*",))
    assert first.outcome.forwards == (ForwardFacts(group=BACK, weight=1),)
    assert default.priority is None
    (certificate,) = facts.certificates
    assert (certificate.domain, certificate.origin) == ("*.shop.example", "amazon_issued")
    assert 199 < certificate.days_left < 200.1


def test_the_minutes_of_cloudwatch_are_whole_ones_before_the_slot(account: Account, ask: Ask) -> None:
    facts = ask(WEB).facts
    assert facts.measured_to == SLOT - timedelta(minutes=2)
    assert facts.measured_to - facts.measured_from == timedelta(minutes=5)
    assert [sample.value for sample in facts.metrics["requests"]] == [1000.0] * 5
    assert facts.metrics["requests"][0].at == facts.measured_from
    assert facts.metrics["target_5xx"] == ()


def test_a_group_is_asked_for_its_own_numbers_behind_its_balancer(account: Account, ask: Ask) -> None:
    ask(GROUP)
    dimensions = account.aws.parameters["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"]
    assert [each["Value"] for each in dimensions] == ["app/web/1a2b3c4d5e6f7a8b", "targetgroup/front/9f8e7d6c5b4a3f2e"]


def test_values_of_headers_and_queries_are_not_kept(account: Account, ask: Ask) -> None:
    account.rules[443][:0] = [
        rule(1, forward(FRONT), header=("X-Origin-Verify", CANARY)),
        rule(2, forward(FRONT), query=CANARY),
    ]
    asked = ask(WEB)
    assert CANARY not in json.dumps(to_json(asked.observation))
    assert [each.undecidable for each in asked.facts.listeners[1].rules[:2]] == [
        ("http-header X-Origin-Verify",),
        ("query-string",),
    ]
    passed = asked.results["routes_as_declared"]
    assert (str(passed.status), passed.evidence["depends_on"]) == ("PASS", "http-header X-Origin-Verify, query-string")


def test_a_regular_expression_is_not_evaluated(account: Account, ask: Ask) -> None:
    own = rule(10, forward(BACK), path="/api/*")
    own["Conditions"][0]["PathPatternConfig"] = {"RegexValues": ["^/api/.*$"]}
    account.rules[443][0] = own
    assert ask(WEB).brief()["routes_as_declared"] == ("UNKNOWN", "lb.route_undecidable")


def test_users_that_must_log_in_first_go_where_the_last_action_says(account: Account, ask: Ask) -> None:
    login = {"Type": "authenticate-oidc", "Order": 1}
    account.rules[443][0]["Actions"] = [{**forward(BACK), "Order": 2}, login]
    asked = ask(WEB)
    outcome = asked.facts.listeners[1].rules[0].outcome
    assert (outcome.forwards[0].group, outcome.after_login) == (BACK, True)
    assert asked.brief()["routes_as_declared"] == ("PASS", None)


def test_more_rules_than_are_kept_decide_nothing(account: Account, ask: Ask) -> None:
    account.rules[443] = [rule(n, forward(FRONT), path=f"/{n}") for n in range(1, MAX_RULES + 2)]
    asked = ask(WEB)
    assert asked.brief()["routes_as_declared"] == ("UNKNOWN", "aws.failed")
    assert asked.facts.listeners[1].rules is None


def test_one_listener_that_cannot_be_read_hides_no_fault_of_another(account: Account, ask: Ask) -> None:
    account.rules[443] = [rule(n, forward(FRONT), path=f"/{n}") for n in range(1, MAX_RULES + 2)]
    routes = (*ROUTES, Route(host=HOST, path="/", group=FRONT, port=80))
    assert ask(LoadBalancerSpec(balancer="web", routes=routes)).brief()["routes_as_declared"] == ("FAIL", "lb.no_rules")


def test_another_kind_of_balancer_has_only_what_its_listener_does_by_default(account: Account, ask: Ask) -> None:
    account.balancer["Type"] = "network"
    account.listeners[1].update(Protocol="TLS", DefaultActions=[forward(FRONT)])
    asked = ask(LoadBalancerSpec(balancer="web", routes=ROUTES[1:]))
    assert asked.brief()["routes_as_declared"] == ("PASS", None)
    assert "DescribeRules" not in account.aws.calls


def test_a_certificate_outside_acm_is_not_asked_for(account: Account, ask: Ask) -> None:
    other = {"CertificateArn": "arn:aws:iam::123456789012:server-certificate/old"}
    account.aws.answers("elbv2", "DescribeListenerCertificates", lambda _: {"Certificates": [other]})
    asked = ask(WEB)
    assert asked.brief()["certificates_valid"] == ("SKIPPED", None)
    assert "DescribeCertificate" not in account.aws.calls


def test_where_all_certificates_of_a_listener_are_denied_none_is_called_valid(account: Account, ask: Ask) -> None:
    account.refuse("DescribeListenerCertificates", "AccessDenied")
    asked = ask(WEB)
    assert asked.brief()["certificates_valid"] == ("UNKNOWN", "aws.denied")
    assert "elasticloadbalancing:DescribeListenerCertificates" in asked.results["certificates_valid"].summary
    assert asked.brief()["routes_as_declared"] == ("PASS", None)


def test_what_cloudwatch_could_not_tell_is_no_pass(account: Account, ask: Ask) -> None:
    results = [{"Id": "requests", "StatusCode": "InternalError", "Timestamps": [], "Values": []}]
    account.aws.answers("cloudwatch", "GetMetricData", lambda _: {"MetricDataResults": results})
    brief = ask(WEB).brief()
    for check in ("own_errors_rare", "target_errors_rare", "latency_within_limit"):
        assert brief[check] == ("UNKNOWN", "aws.failed")


def test_targets_that_are_not_healthy_are_kept_first(account: Account, ask: Ask) -> None:
    account.targets = [target(n) for n in range(MAX_TARGETS + 20)]
    account.targets.append(
        target(250, "unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [502, 503]")
    )
    facts = ask(GROUP).facts
    assert (len(facts.targets), facts.targets_total) == (MAX_TARGETS, MAX_TARGETS + 21)
    first = facts.targets[0]
    assert (first.id, first.state, first.reason) == ("10.0.1.250", State.UNHEALTHY, Reason.RESPONSE_CODE_MISMATCH)
    assert first.codes == (502, 503)


def test_a_zone_that_is_not_served_is_told_beside_those_that_are(account: Account, ask: Ask) -> None:
    text = "Target is in an Availability Zone that is not enabled for the load balancer"
    account.targets = [target(1), target(2, "unused", "Target.NotInUse", text, AvailabilityZone="us-east-1c")]
    asked = ask(GROUP)
    assert asked.brief()["targets_healthy"] == ("WARN", "lb.zone_not_enabled")
    assert "us-east-1c, which is none of the balancer's zones (us-east-1a, us-east-1b)" in (
        asked.results["targets_healthy"].summary
    )
    assert "DescribeLoadBalancers" in account.aws.calls


@pytest.mark.parametrize(
    ("operation", "action", "blind"),
    [
        ("DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers", "active"),
        ("DescribeListeners", "elasticloadbalancing:DescribeListeners", "listens"),
        ("DescribeRules", "elasticloadbalancing:DescribeRules", "routes_as_declared"),
        ("DescribeCertificate", "acm:DescribeCertificate", "certificates_valid"),
        ("GetMetricData", "cloudwatch:GetMetricData", "own_errors_rare"),
    ],
)
def test_what_is_denied_names_the_action_to_grant(
    account: Account, ask: Ask, operation: str, action: str, blind: str
) -> None:
    account.refuse(operation, "AccessDenied")
    result = ask(WEB).results[blind]
    assert (str(result.status), result.cause) == ("UNKNOWN", "aws.denied")
    assert action in result.summary
    assert "Grant" in result.remediation


def test_an_account_in_memory_answers_in_the_wire_format_of_aws(aws: Any, ask: Ask) -> None:
    ec2, elb, acm = (aws.client(name) for name in ("ec2", "elbv2", "acm"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for n, zone in enumerate("ab")
    ]
    web = elb.create_load_balancer(Name="web", Subnets=[subnet["SubnetId"] for subnet in subnets])["LoadBalancers"][0]
    groups = {
        name: elb.create_target_group(Name=name, Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        for name in (FRONT, BACK)
    }
    listener = elb.create_listener(
        LoadBalancerArn=web["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": acm.request_certificate(DomainName="*.shop.example")["CertificateArn"]}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[FRONT]}],
    )["Listeners"][0]["ListenerArn"]
    elb.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": groups[BACK]}],
    )
    elb.register_targets(TargetGroupArn=groups[FRONT], Targets=[{"Id": "10.0.0.7", "Port": 8080}])
    asked = ask(WEB)
    assert asked.brief()["routes_as_declared"] == ("PASS", None)
    assert asked.facts.certificates[0].domain == "*.shop.example"
    assert asked.brief()["own_errors_rare"] == ("SKIPPED", None)
    assert ask(GROUP).brief()["targets_healthy"] == ("PASS", None)
    assert ask(LoadBalancerSpec(balancer="shop")).brief()["active"] == ("UNKNOWN", "aws.not_found")
    assert ask(LoadBalancerSpec(group="shop")).brief()["targets_healthy"] == ("UNKNOWN", "aws.not_found")
