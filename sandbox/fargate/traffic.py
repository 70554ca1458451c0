"""What a load balancer tells CloudWatch of its traffic: what the auditor reads, by AWS's reporting criteria.

AWS ("CloudWatch metrics for your Application Load Balancer"): a request counts where a target could be chosen, an error
only where there was one, and nothing is reported for a minute without traffic.
"""

import json
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterable
from typing import Any

_NAMESPACE = "AWS/ApplicationELB"
_SECONDS = 5.0


class Traffic:
    """Counts the answers of one load balancer; ``id`` is ``app/name/…``."""

    def __init__(self, id: str) -> None:
        self._id = id
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._times: dict[str, list[float]] = {}

    def by_target(self, group: str, status: int, seconds: float) -> None:
        """A target of the group (``targetgroup/name/…``) answered."""
        with self._lock:
            for of in ("", group):
                self._counts["RequestCount", of] += 1
                if status >= 400:
                    self._counts[f"HTTPCode_Target_{status // 100}XX_Count", of] += 1
                self._times.setdefault(of, []).append(seconds)

    def by_itself(self, status: int, group: str = "") -> None:
        """The load balancer answered itself; ``group``: one of its targets was tried."""
        with self._lock:
            for of in {"", group} if group else ():
                self._counts["RequestCount", of] += 1
            if status >= 400:
                self._counts[f"HTTPCode_ELB_{status // 100}XX_Count", ""] += 1
            if status in (500, 502, 503, 504):
                self._counts[f"HTTPCode_ELB_{status}_Count", ""] += 1

    def take(self) -> list[dict[str, Any]]:
        """What was counted since the last time, as CloudWatch takes it."""
        with self._lock:
            counts, times = self._counts, self._times
            self._counts, self._times = Counter(), {}
        data = [self._datum(name, of, "Count", [float(count)]) for (name, of), count in sorted(counts.items())]
        return data + [self._datum("TargetResponseTime", of, "Seconds", values[:150]) for of, values in times.items()]

    def _datum(self, name: str, group: str, unit: str, values: list[float]) -> dict[str, Any]:
        dimensions = [{"Name": "LoadBalancer", "Value": self._id}]
        dimensions += [{"Name": "TargetGroup", "Value": group}] if group else []
        return {"MetricName": name, "Dimensions": dimensions, "Unit": unit, "Values": values}


def publish_each_minute(cloudwatch: Any, endpoint: str, traffics: Iterable[Traffic]) -> None:
    """From now on until the process ends; a minute is the sandbox's."""
    with urllib.request.urlopen(f"{endpoint}/_sandbox/time", timeout=_SECONDS) as answer:
        minute = float(json.load(answer)["seconds_per_minute"])
    told = tuple(traffics)

    def publish() -> None:
        pause = threading.Event()
        while not pause.wait(minute):
            data = [datum for traffic in told for datum in traffic.take()]
            if data:
                cloudwatch.put_metric_data(Namespace=_NAMESPACE, MetricData=data)

    threading.Thread(target=publish, daemon=True).start()
