"""Ten thousand targets through the real stack: synth, deploy on the emulator, a slot of all shards, its report.

Real time, not compressed; the functions share this machine, so the seconds say that it works and not how fast AWS is.
"""

import json
import os
import re
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from auditor.domain.instants import floor_to, format_instant
from auditor.domain.report import Report
from sandbox.deploy import STACK, _run, bootstrap, deploy
from sandbox.follow import Publications, simulated_now
from sandbox.instance import REGION, STAGE, Instance
from sandbox.supervisor import start_emulator
from tests.bench.catalogues import catalogue_text
from tests.bench.estate import PASSWORD, SECRET, estate
from tests.bench.row import Row

TARGETS = 10_000
NETWORK = 77
_FIRST_RUNS_SECONDS = 40.0
"""Every schedule starts its function once as soon as it is deployed; by then those runs have ended somehow."""


@dataclass
class Measured:
    """Wall seconds of each step, sizes in bytes, memory in MiB."""

    seconds: dict[str, float] = field(default_factory=dict)
    resources: int = 0
    shards: int = 0
    asset: int = 0
    peak_mib: dict[str, int] = field(default_factory=dict)
    run_item: int = 0
    state_items: list[int] = field(default_factory=list)
    run_object: int = 0
    files: dict[str, int] = field(default_factory=dict)
    report: Report | None = None


def rows() -> list[Row]:
    """The path once; it takes minutes."""
    done = measured(TARGETS)
    assert done.report is not None
    judged = sum(category.total for category in done.report.categories)
    kib = {name: f"{size / 1024:,.0f} KiB" for name, size in done.files.items()}
    shown = {
        "stack": f"{done.resources} resources, {done.shards} shards, code asset {done.asset / 1024:,.0f} KiB",
        "seconds": ", ".join(f"{name} {value:.1f}" for name, value in done.seconds.items()),
        "peak memory": ", ".join(f"{name} {value} MiB" for name, value in sorted(done.peak_mib.items())),
        "stored": f"run item at most {done.run_item:,} B, run object at most {done.run_object:,} B, "
        f"state {'+'.join(f'{size:,}' for size in done.state_items)} B",
        "report": f"{judged:,} checks of {TARGETS:,} targets, coverage {done.report.coverage_percent:g} %; {kib}",
    }
    works = done.report.coverage_percent == 100.0 and not any(run.stale for run in done.report.runs)
    return [
        Row(
            property=f"{TARGETS:,} targets: synth, deploy on the emulator, one slot, aggregated",
            reach="works; figures",
            measured="; ".join(f"{name}: {value}" for name, value in shown.items()),
            verdict="reached" if works else "missed",
        )
    ]


def measured(targets: int) -> Measured:
    """Synthesizes, deploys, waits for the report of a slot in which every shard ran, and reads what was stored."""
    done = Measured()
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)  # PostgreSQL runs as another user
        instance = _instance(folder)
        catalogue = folder / "bench.yaml"
        catalogue.write_text(catalogue_text(targets, network=NETWORK))
        assembly, log = folder / "cdk.out", folder / "cdk.log"
        with _timed(done, "synth"):
            arguments = ["synth", "--quiet", "--no-validation", "-c", f"stage={STAGE}", "--output", str(assembly)]
            _run([*arguments, "-c", f"catalogue={catalogue}"], {}, log)
        template = json.loads((assembly / f"{STACK}.template.json").read_text())
        done.resources = len(template["Resources"])
        done.asset = max(path.stat().st_size for path in _code_assets(template, assembly))
        ends.enter_context(estate(folder, network=NETWORK, dns_port=instance.dns_port))
        start_emulator(instance, ends)
        _aws(instance, "secretsmanager").create_secret(Name=SECRET, SecretString=PASSWORD)
        with _timed(done, "bootstrap"):
            bootstrap(instance, folder / "bootstrap.log")
        ends.enter_context(_watched_memory(done))
        with _timed(done, "deploy"):
            outputs = deploy(instance, assembly, log)
        publications = Publications(instance, outputs["BucketName"])
        probes, aggregator = _scheduled(instance)
        slot = floor_to(simulated_now(instance), timedelta(minutes=1)) + timedelta(minutes=1)
        with _timed(done, "slot of all shards, two at a time"), ThreadPoolExecutor(2) as two:
            list(two.map(lambda event: _invoke(instance, event, slot), probes))
        with _timed(done, "aggregate"):
            _invoke(instance, aggregator, slot)
        done.report = publications.latest()
        assert done.report is not None
        assert done.report.as_of == slot
        _read_stores(done, instance, outputs, publications)
    return done


def _scheduled(instance: Instance) -> tuple[list[tuple[str, str]], tuple[str, str]]:
    """What the schedules would start: function and event of every shard, and of the aggregator. They are switched off.

    In AWS each function has its own share of a core; here thirty at once would have two cores together.
    """
    events = _aws(instance, "events")
    found = []
    for rule in events.list_rules()["Rules"]:
        events.disable_rule(Name=rule["Name"])
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        found.append((target["Arn"], target["InputTransformer"]["InputTemplate"]))
    time.sleep(_FIRST_RUNS_SECONDS)
    (aggregator,) = [event for event in found if event[0].endswith("-aggregator")]
    return [event for event in found if event != aggregator], aggregator


def _invoke(instance: Instance, event: tuple[str, str], slot: datetime) -> None:
    function, template = event
    settings = Config(read_timeout=90, retries={"total_max_attempts": 1})  # type: ignore[arg-type]
    client = boto3.client("lambda", config=settings, **_client_settings(instance))
    payload = template.replace("<time>", json.dumps(format_instant(slot)))
    answer = client.invoke(FunctionName=function, Payload=payload.encode())
    assert "FunctionError" not in answer, answer["Payload"].read()[:2000]


def _read_stores(done: Measured, instance: Instance, outputs: dict[str, str], publications: Publications) -> None:
    assert done.report is not None
    done.shards = len(done.report.runs)
    s3, logs = _aws(instance, "s3"), _aws(instance, "logs")
    listed = s3.get_paginator("list_objects_v2").paginate(Bucket=outputs["BucketName"])
    sizes = {entry["Key"]: entry["Size"] for page in listed for entry in page.get("Contents", [])}
    done.run_object = max(size for key, size in sizes.items() if key.startswith("observations/"))
    done.files = {key.rpartition("/")[2]: size for key, size in sizes.items() if "/latest/" in key}
    table = boto3.resource("dynamodb", **_client_settings(instance)).Table(outputs["TableName"])
    start: dict[str, Any] = {}
    while True:
        answer = table.scan(**start)
        for item in answer["Items"]:
            if item["pk"].startswith("run#"):
                done.run_item = max(done.run_item, len(bytes(item["results"])))
            elif item["pk"].startswith("state#"):
                done.state_items.append(len(bytes(item["body"])))
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    for name in outputs["FunctionNames"].split(","):
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="REPORT")["events"]
        durations = [float(ms) for event in found for ms in re.findall(r"Duration: ([0-9.]+) ms", event["message"])]
        done.seconds[name.removeprefix(f"health-auditor-{STAGE}-")] = max(durations, default=0.0) / 1000


@contextmanager
def _timed(done: Measured, step: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    done.seconds[step] = time.monotonic() - began


@contextmanager
def _watched_memory(done: Measured) -> Iterator[None]:
    """Looks at the functions' processes four times a second and keeps the peak of each function."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.25):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    variables = (process / "environ").read_bytes()
                    peak = re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())
                except OSError:
                    continue
                name = re.search(rb"AWS_LAMBDA_FUNCTION_NAME=health-auditor-[a-z]+-([a-z-]+)\0", variables)
                if name and peak:
                    function = name[1].decode()
                    done.peak_mib[function] = max(done.peak_mib.get(function, 0), int(peak[1]) // 1024)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _code_assets(template: dict[str, Any], assembly: Path) -> Iterator[Path]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            yield assembly / f"asset.{resource['Properties']['Code']['S3Key']}"


def _instance(folder: Path) -> Instance:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return Instance(
        folder=str(folder),
        network=NETWORK,
        emulator_port=ports[0],
        dns_port=ports[1],
        control_port=ports[2],
        seconds_per_minute=60.0,
        auth=True,
        pid=os.getpid(),
    )


def _client_settings(instance: Instance) -> dict[str, str]:
    return {
        "endpoint_url": instance.endpoint,
        "region_name": REGION,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }


def _aws(instance: Instance, service: str) -> Any:
    return boto3.client(service, **_client_settings(instance))
