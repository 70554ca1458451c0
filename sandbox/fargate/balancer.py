"""The load balancers' stand-in: the listeners, rules and targets of the control plane, and awselb's own answers."""

import http.client
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sandbox.fargate.estate import platform_side
from sandbox.fargate.serving import Reply, Request
from sandbox.fargate.traffic import Traffic

SERVER = "awselb/2.0"
_CONNECT_SECONDS = 5.0
_IDLE_SECONDS = 60.0
_REASONS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
_HOP_BY_HOP = ("connection", "transfer-encoding", "keep-alive", "content-length", "content-type", "date", "server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a listener; the default one has no path. ``group``: ``targetgroup/name/…`` of whom it forwards to."""

    priority: float
    paths: tuple[str, ...]
    action: Mapping[str, Any]
    group: str = ""
    targets: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One listener of one load balancer with its rules by priority; all of a balancer count in one ``traffic``."""

    port: int
    rules: tuple[Rule, ...]
    traffic: Traffic


def listeners_of(elbv2: Any, load_balancer: str) -> tuple[Listener, ...]:
    """What the control plane says of a load balancer now."""
    (found,) = elbv2.describe_load_balancers(Names=[load_balancer])["LoadBalancers"]
    arn = found["LoadBalancerArn"]
    traffic = Traffic(arn.partition("loadbalancer/")[2])
    return tuple(
        Listener(port=listener["Port"], rules=_rules(elbv2, listener["ListenerArn"]), traffic=traffic)
        for listener in elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    )


def _rules(elbv2: Any, listener_arn: str) -> tuple[Rule, ...]:
    rules = []
    for rule in elbv2.describe_rules(ListenerArn=listener_arn)["Rules"]:
        action = rule["Actions"][0]
        paths = [v for c in rule["Conditions"] if c["Field"] == "path-pattern" for v in _values(c)]
        priority = float("inf") if rule["Priority"] == "default" else float(rule["Priority"])
        arn = action.get("TargetGroupArn")
        rules.append(
            Rule(
                priority=priority,
                paths=tuple(paths),
                action=action,
                group=(arn or "").rpartition(":")[2],
                targets=_targets(elbv2, arn),
            )
        )
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def _values(condition: Mapping[str, Any]) -> Sequence[str]:
    values: Sequence[str] = condition.get("Values") or condition["PathPatternConfig"]["Values"]
    return values


def _targets(elbv2: Any, group: str | None) -> tuple[tuple[str, int], ...]:
    if group is None:
        return ()
    found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return tuple((each["Target"]["Id"], each["Target"]["Port"]) for each in found)


class Balancer:
    """One listener at work."""

    def __init__(self, listener: Listener) -> None:
        self._rules = listener.rules
        self._traffic = listener.traffic

    def __call__(self, request: Request) -> Reply:
        """Answers by the first rule that matches."""
        rule = next(r for r in self._rules if not r.paths or any(fnmatchcase(request.path, p) for p in r.paths))
        match rule.action["Type"]:
            case "redirect":
                return _redirect(rule.action["RedirectConfig"], request)
            case "fixed-response":
                fixed = rule.action["FixedResponseConfig"]
                body = fixed.get("MessageBody", "").encode()
                kind = fixed.get("ContentType", "text/plain")
                return Reply(status=int(fixed["StatusCode"]), body=body, kind=kind, server=SERVER)
        return self._forwarded(rule, request)

    def _forwarded(self, rule: Rule, request: Request) -> Reply:
        began = time.monotonic()
        reply = _forward(rule.targets, request)
        if reply.server == SERVER:
            self._traffic.by_itself(reply.status, rule.group if rule.targets else "")
        else:
            self._traffic.by_target(rule.group, reply.status, time.monotonic() - began)
        return reply


def _redirect(config: Mapping[str, str], request: Request) -> Reply:
    host = request.headers.get("host", "").partition(":")[0]
    location = f"{config['Protocol'].lower()}://{host}:{config['Port']}{request.target}"
    return Reply(
        status=301,
        body=_page(301, "Moved Permanently"),
        kind="text/html",
        headers=(("Location", location),),
        server=SERVER,
    )


def _forward(targets: tuple[tuple[str, int], ...], request: Request) -> Reply:
    if not targets:
        return _error(503)
    host, port = platform_side(*targets[0])
    connection = http.client.HTTPConnection(host, port, timeout=_CONNECT_SECONDS)
    try:
        connection.connect()
        connection.sock.settimeout(_IDLE_SECONDS)
        headers = {**request.headers, "x-forwarded-for": request.client, "x-forwarded-proto": "https"}
        connection.request(request.method, request.target, body=request.body or None, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    except TimeoutError:
        return _error(504)
    except (OSError, http.client.HTTPException):
        return _error(502)
    finally:
        connection.close()
    passed = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP)
    kind = answer.getheader("Content-Type") or "application/octet-stream"
    return Reply(status=answer.status, body=body, kind=kind, headers=passed, server=answer.getheader("Server"))


def _error(status: int) -> Reply:
    return Reply(status=status, body=_page(status, _REASONS[status]), kind="text/html", server=SERVER)


def _page(status: int, reason: str) -> bytes:
    head = f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n"
    return f"{head}<body>\r\n<center><h1>{status} {reason}</h1></center>\r\n</body>\r\n</html>\r\n".encode()
