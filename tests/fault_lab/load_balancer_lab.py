"""The situations of `labels/load_balancer.yaml`: an account in memory whose answers have AWS's shapes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.load_balancer.family import LoadBalancerSpec, Route
from tests.aws_account import SLOT
from tests.balancer_account import BACK, FRONT, HOST, NOT_FOUND, Account, asked_for, forward, healthy, rule, target
from tests.fault_lab.situation import Situation

Change = Callable[[Account], None]
Made = Callable[[], AbstractContextManager[Situation]]

_API = Route(host=HOST, path="/api/orders", group=BACK)
_HOME = Route(host=HOST, path="/", group=FRONT)
_BALANCER = LoadBalancerSpec(balancer="web", routes=(_API, _HOME), timeout=timedelta(seconds=1.5))
_GROUP = LoadBalancerSpec(group=FRONT, timeout=timedelta(seconds=1.5))


def _situation(spec: LoadBalancerSpec, change: Change) -> Made:
    @contextmanager
    def made() -> Iterator[Situation]:
        account = healthy()
        with asked_for(account):
            change(account)
            probed = Target(id="lab", family="load_balancer", service="shop", component="alb.web", spec=spec)
            yield Situation(target=probed, network=Network(resolver=("127.0.0.1", 9)), slot=SLOT)

    return made


def _balancer(change: Change = lambda _: None, spec: LoadBalancerSpec = _BALANCER) -> Made:
    return _situation(spec, change)


def _group(change: Change = lambda _: None, spec: LoadBalancerSpec = _GROUP) -> Made:
    return _situation(spec, change)


def _refused(operation: str, code: str = "AccessDenied") -> Change:
    return lambda account: account.refuse(operation, code)


def _with_state(code: str) -> Change:
    return lambda account: account.balancer.update(State={"Code": code})


def _with_rules(*rules: dict[str, Any], on_80: tuple[dict[str, Any], ...] = ()) -> Change:
    def change(account: Account) -> None:
        account.rules[443] = list(rules)
        account.rules[80] = list(on_80) or account.rules[80]

    return change


def _without_listeners(*ports: int) -> Change:
    def change(account: Account) -> None:
        account.listeners = [listener for listener in account.listeners if listener["Port"] not in ports]

    return change


def _in_pages_of_one(account: Account) -> None:
    account.rules[443].insert(0, rule(90, forward(FRONT), path="/never/*"))
    account.page = 1


def _with_certificate(days: float, **fields: Any) -> Change:
    def change(account: Account) -> None:
        account.certificate.update(NotAfter=datetime.now(UTC) + timedelta(days=days), **fields)

    return change


def _renewal(status: str, validation: str, **fields: Any) -> dict[str, Any]:
    option = {"DomainName": "*.shop.example", "ValidationStatus": validation, "ValidationMethod": "DNS"}
    base = {"RenewalStatus": status, "DomainValidationOptions": [option], "UpdatedAt": datetime.now(UTC)}
    return {"RenewalSummary": base | fields}


def _counting(**counts: list[float]) -> Change:
    return lambda account: account.counts.update(counts)


def _only_counting(**counts: list[float]) -> Change:
    def change(account: Account) -> None:
        account.counts = dict(counts)

    return change


def _with_targets(*targets: dict[str, Any], **counts: list[float]) -> Change:
    def change(account: Account) -> None:
        account.targets = list(targets)
        account.counts.update(counts)

    return change


def _unattached(account: Account) -> None:
    account.groups[FRONT]["LoadBalancerArns"] = []
    account.targets = [target(1, "unused", "Target.NotInUse", "Target group is not configured to receive traffic")]


def _unchecked(account: Account) -> None:
    account.groups[FRONT].update(TargetType="lambda", HealthCheckEnabled=False)
    account.targets = [target(1, "unavailable", "Target.HealthCheckDisabled", "Health checks are disabled")]


_MISMATCH = ("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [308]")
_TIMEOUT = ("unhealthy", "Target.Timeout", "Request timed out")
_ZONE = "Target is in an Availability Zone that is not enabled for the load balancer"
_LEAVING = ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
_STARTING = ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")

SITUATIONS: dict[str, Made] = {
    "load_balancer-healthy": _balancer(),
    "load_balancer-active": _balancer(),
    "load_balancer-provisioning": _balancer(_with_state("provisioning")),
    "load_balancer-impaired": _balancer(_with_state("active_impaired")),
    "load_balancer-wrong-name": _balancer(spec=LoadBalancerSpec(balancer="webs", routes=(_API,))),
    "load_balancer-listeners-throttled": _balancer(_refused("DescribeListeners", "Throttling")),
    "load_balancer-rules-denied": _balancer(_refused("DescribeRules")),
    "load_balancer-no-listener": _balancer(_without_listeners(80, 443)),
    "load_balancer-port-without-listener": _balancer(_without_listeners(443)),
    "load_balancer-listener-without-rules": _balancer(
        _with_rules(rule(None, NOT_FOUND), on_80=(rule(10, forward(BACK), path="/api/*"), rule(None, forward(FRONT))))
    ),
    "load_balancer-rule-missing": _balancer(
        _with_rules(rule(10, forward(FRONT), path=("/", "/static/*")), rule(None, NOT_FOUND))
    ),
    "load_balancer-rule-wrong-group": _balancer(
        _with_rules(
            rule(10, forward(FRONT), path="/api/orders*"),
            rule(20, forward(BACK), path="/api/*"),
            rule(None, forward(FRONT)),
        )
    ),
    "load_balancer-rule-captures-host": _balancer(
        _with_rules(
            rule(10, forward(FRONT), path="/api/*"),
            rule(20, forward(BACK), host=HOST, path="/api/*"),
            rule(None, forward(FRONT)),
        )
    ),
    "load_balancer-priority-decides": _balancer(
        _with_rules(
            rule(None, forward(FRONT)),
            rule(300, forward(FRONT), path="/api/*"),
            rule(20, forward(BACK), path="/a?i/*"),
        )
    ),
    "load_balancer-host-in-capitals": _balancer(
        _with_rules(rule(10, forward(BACK), host="SHOP.Example", path="/api/*"), rule(None, forward(FRONT)))
    ),
    "load_balancer-path-in-capitals": _balancer(
        _with_rules(rule(10, forward(BACK), path="/API/*"), rule(20, forward(FRONT), path="/"), rule(None, NOT_FOUND))
    ),
    "load_balancer-rule-with-method": _balancer(
        _with_rules(rule(10, forward(BACK), path="/api/*", method="POST"), rule(None, NOT_FOUND)),
        LoadBalancerSpec(balancer="web", routes=(_API,)),
    ),
    "load_balancer-only-with-header": _balancer(
        _with_rules(
            rule(10, forward(BACK), path="/api/*", header=("X-Origin-Verify", "a shared secret")),
            rule(None, NOT_FOUND),
        ),
        LoadBalancerSpec(balancer="web", routes=(_API,)),
    ),
    "load_balancer-other-group-by-header": _balancer(
        _with_rules(
            rule(5, forward(FRONT), path="/api/*", header=("X-Canary", "yes")),
            rule(10, forward(BACK), path="/api/*"),
            rule(None, forward(FRONT)),
        )
    ),
    "load_balancer-weighted-elsewhere": _balancer(
        _with_rules(rule(10, forward(back=90, front=10), path="/api/*"), rule(None, forward(FRONT)))
    ),
    "load_balancer-weight-zero": _balancer(
        _with_rules(rule(10, forward(back=100, front=0), path="/api/*"), rule(None, forward(FRONT)))
    ),
    "load_balancer-rule-on-second-page": _balancer(_in_pages_of_one),
    "load_balancer-certificate-expired": _balancer(
        _with_certificate(-1, Status="EXPIRED", **_renewal("FAILED", "FAILED"))
    ),
    "load_balancer-certificate-revoked": _balancer(_with_certificate(100, Status="REVOKED")),
    "load_balancer-renewal-failed": _balancer(
        _with_certificate(25, **_renewal("FAILED", "FAILED", RenewalStatusReason="CAA_ERROR"))
    ),
    "load_balancer-renewal-waits-for-validation": _balancer(
        _with_certificate(50, **_renewal("PENDING_VALIDATION", "PENDING_VALIDATION"))
    ),
    "load_balancer-renewal-by-itself": _balancer(_with_certificate(45, **_renewal("PENDING_AUTO_RENEWAL", "SUCCESS"))),
    "load_balancer-imported-ends-soon": _balancer(_with_certificate(20, Type="IMPORTED")),
    "load_balancer-certificate-denied": _balancer(_refused("DescribeCertificate", "AccessDeniedException")),
    "load_balancer-answers-503": _balancer(
        _counting(HTTPCode_ELB_5XX_Count=[250.0] * 5, HTTPCode_ELB_503_Count=[250.0] * 5)
    ),
    "load_balancer-answers-503-alone": _balancer(
        _only_counting(HTTPCode_ELB_5XX_Count=[40.0] * 5, HTTPCode_ELB_503_Count=[40.0] * 5)
    ),
    "load_balancer-answers-502": _balancer(
        _counting(
            HTTPCode_ELB_5XX_Count=[90.0] * 5, HTTPCode_ELB_502_Count=[80.0] * 5, HTTPCode_ELB_504_Count=[10.0] * 5
        )
    ),
    "load_balancer-answers-504": _balancer(
        _counting(HTTPCode_ELB_5XX_Count=[90.0] * 5, HTTPCode_ELB_504_Count=[90.0] * 5)
    ),
    "load_balancer-targets-answer-500": _balancer(_counting(HTTPCode_Target_5XX_Count=[100.0] * 5)),
    "load_balancer-few-errors": _balancer(_counting(HTTPCode_ELB_5XX_Count=[2.0], HTTPCode_ELB_502_Count=[2.0])),
    "load_balancer-no-traffic": _balancer(_only_counting()),
    "load_balancer-metrics-denied": _balancer(_refused("GetMetricData")),
    "load_balancer-slow": _balancer(_counting(p95=[2.5] * 5)),
    "load_balancer-one-slow-minute": _balancer(_counting(p95=[0.2, 0.2, 9.0, 0.2, 0.2])),
    "load_balancer-targets-healthy": _group(),
    "load_balancer-code-not-accepted": _group(_with_targets(target(1, *_MISMATCH), target(2, *_MISMATCH))),
    "load_balancer-check-times-out": _group(_with_targets(target(1, *_TIMEOUT))),
    "load_balancer-check-not-connected": _group(
        _with_targets(target(1, "unhealthy", "Target.FailedHealthChecks", "Health checks failed"))
    ),
    "load_balancer-check-fails-inside-aws": _group(
        _with_targets(target(1, "unhealthy", "Elb.InternalError", "Health checks failed due to an internal error"))
    ),
    "load_balancer-one-of-two-unhealthy": _group(
        _with_targets(
            target(1),
            target(2, "unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"),
        )
    ),
    "load_balancer-no-targets": _group(_with_targets()),
    "load_balancer-zone-not-enabled": _group(
        _with_targets(target(1, "unused", "Target.NotInUse", _ZONE, AvailabilityZone="us-east-1c"))
    ),
    "load_balancer-rolling-deployment": _group(_with_targets(target(1), target(2, *_STARTING), target(3, *_LEAVING))),
    "load_balancer-all-start": _group(_with_targets(target(1, *_STARTING))),
    "load_balancer-all-drain": _group(_with_targets(target(1, *_LEAVING), target(2, *_LEAVING))),
    "load_balancer-checks-disabled": _group(_unchecked),
    "load_balancer-not-attached": _group(_unattached),
    "load_balancer-attached": _group(),
    "load_balancer-target-health-denied": _group(_refused("DescribeTargetHealth")),
    "load_balancer-wrong-group-name": _group(spec=LoadBalancerSpec(group="fronts")),
    "load_balancer-fails-open": _group(_with_targets(target(1, *_TIMEOUT), HTTPCode_Target_5XX_Count=[600.0] * 5)),
    "load_balancer-unhealthy-and-serving": _group(_with_targets(target(1, *_MISMATCH))),
    "load_balancer-healthy-and-failing": _group(_counting(HTTPCode_Target_5XX_Count=[333.0] * 5)),
    "load_balancer-health-and-traffic-fit": _group(),
}
