"""Health checks of target groups, really made: one request to the target, as a load balancer would send it.

AWS ("Health checks for Application Load Balancer target groups", "TargetHealth"): a target is healthy when it answers
the group's path within the timeout with a status that the matcher accepts; the Host header is the target's address.
Thresholds are left out: the last check decides. Timeouts are of the wall's clock, as all latencies of the sandbox.
"""

import http.client
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

_AGENT = "ELB-HealthChecker/2.0"
_PARALLEL = 16

Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What DescribeTargetHealth says of one target; empty texts are left out there."""

    state: str
    reason: str = ""
    description: str = ""


HEALTHY = Health(state="healthy")
INITIAL = Health(state="initial", reason="Elb.InitialHealthChecking", description="Initial health checks in progress")


def check(group: Mapping[str, Any], target: Place, side: Callable[[str, int], Place]) -> Health:
    """One health check. ``group`` is MiniStack's record; ``side``: where an address of the platform really is."""
    address, own_port = target
    port = own_port if group.get("HealthCheckPort") == "traffic-port" else int(group["HealthCheckPort"])
    connection = _connection(group, side(address, port))
    try:
        headers = {"Host": f"{address}:{port}", "User-Agent": _AGENT}
        connection.request("GET", group.get("HealthCheckPath") or "/", headers=headers)
        answer = connection.getresponse()
        answer.read()
    except TimeoutError:
        return Health(state="unhealthy", reason="Target.Timeout", description="Request timed out")
    except (OSError, http.client.HTTPException):
        return Health(state="unhealthy", reason="Target.FailedHealthChecks", description="Health checks failed")
    finally:
        connection.close()
    if accepts(group.get("Matcher", {}).get("HttpCode", "200"), answer.status):
        return HEALTHY
    description = f"Health checks failed with these codes: [{answer.status}]"
    return Health(state="unhealthy", reason="Target.ResponseCodeMismatch", description=description)


def accepts(matcher: str, status: int) -> bool:
    """Whether ``200``, ``200,302`` or ``200-299`` holds a status."""
    for part in matcher.split(","):
        first, _, last = part.strip().partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False


def _connection(group: Mapping[str, Any], at: Place) -> http.client.HTTPConnection:
    timeout = float(group.get("HealthCheckTimeoutSeconds", 5))
    if group.get("HealthCheckProtocol") != "HTTPS":
        return http.client.HTTPConnection(*at, timeout=timeout)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # a load balancer verifies no target's certificate
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(*at, timeout=timeout, context=context)


class Checker:
    """Checks every registered target again and again, beside the server.

    ``registered`` gives the groups by ARN with their targets; a target whose check still runs is not checked twice.
    """

    def __init__(
        self,
        registered: Callable[[], list[tuple[str, Mapping[str, Any], Place]]],
        side: Callable[[str, int], Place],
        every: float,
    ) -> None:
        self._registered = registered
        self._side = side
        self._every = every
        self._known: dict[tuple[str, Place], Health] = {}
        self._running: set[tuple[str, Place]] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """From now on; ends with the process."""
        threading.Thread(target=self._loop, daemon=True).start()

    def health(self, arn: str, target: Place) -> Health:
        """The last check's outcome."""
        return self._known.get((arn, target), INITIAL)

    def forget(self) -> None:
        """As if nothing had been checked."""
        self._known.clear()

    def _loop(self) -> None:
        with ThreadPoolExecutor(_PARALLEL) as pool:
            pause = threading.Event()
            while not pause.wait(self._every):
                for arn, group, target in self._registered():
                    with self._lock:
                        busy = (arn, target) in self._running
                        self._running.add((arn, target))
                    if not busy:
                        pool.submit(self._check, arn, dict(group), target)

    def _check(self, arn: str, group: Mapping[str, Any], target: Place) -> None:
        try:
            self._known[arn, target] = check(group, target, self._side)
        finally:
            with self._lock:
                self._running.discard((arn, target))
