"""One audit by whoever runs this: ``python -m tests.e2e.unprivileged INSTANCE_JSON ASSEMBLY``; prints JSON."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from auditor.domain.report import Report
from sandbox import lifecycle
from sandbox.deploy import bootstrap, deploy
from sandbox.follow import Publications
from sandbox.instance import Instance

_SECONDS = 120.0


def main() -> None:
    instance, assembly = Instance(**json.loads(sys.argv[1])), Path(sys.argv[2])
    log = instance.path / "cdk.log"
    started = lifecycle.start(instance)
    try:
        bootstrap(started, log)
        bucket = deploy(started, assembly, log)["BucketName"]
        report = Publications(started, bucket).wait_for(_is_healthy, _SECONDS, lambda _: None)
        privileges = [_privileges(pid) for pid in (os.getpid(), started.pid, started.emulator_pid)]
    finally:
        down = lifecycle.down(instance.path)
    print(json.dumps({"verdict": report.verdict, "privileges": privileges, "down": down}))


def _is_healthy(report: Report) -> bool:
    return report.verdict == "HEALTHY" and report.coverage_percent == 100.0


def _privileges(pid: int) -> dict[str, Any]:
    """Who a process is, and what of root it can do without being root."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {"uids": [int(uid) for uid in fields["Uid"].split()], "capabilities": int(fields["CapPrm"], 16)}


if __name__ == "__main__":
    main()
