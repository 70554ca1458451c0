"""The main job: sandbox up, stack deployed, every family run by its schedule, report published and fetched."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from auditor.domain.report import Report
from auditor.names import ENV_SANDBOX_NETWORK
from auditor.render.report_text import render_text
from sandbox import lifecycle
from sandbox.deploy import bootstrap, deploy, synthesize
from sandbox.follow import Publications, simulated_now
from sandbox.instance import ROOT, Instance
from sandbox.platforms import FARGATE, function_variables

_REPORT_SECONDS = 90.0
_ASSEMBLY = ROOT / ".build" / "cdk.out"


class AuditError(RuntimeError):
    """When there is nothing to report on."""


class _Progress:
    """Lines with the seconds since the beginning, so that a person sees where the time goes."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, line: str) -> None:
        print(f"[{time.monotonic() - self._began:5.1f} s] {line}", flush=True)


def audit(instance: Instance, out: Path) -> Report:
    """Runs the whole path and leaves the sandbox running. Raises when it could not be done."""
    say = _Progress()
    if instance.incident and (
        instance.estate not in FARGATE or instance.incident not in FARGATE[instance.estate].incidents
    ):
        raise AuditError(f"{instance.estate} has no incident {instance.incident}")
    found = lifecycle.running(instance.path)
    if found is not None and _situation(found) != _situation(instance):
        running = " with ".join(filter(None, _situation(found)))
        raise AuditError(f"a sandbox of {running} runs already; `make down` ends it")
    log = instance.path / "cdk.log"
    instance.path.mkdir(parents=True, exist_ok=True)
    platform = "web site" if instance.estate == "minimal" else f"{instance.estate} services"
    starting = f", starting the sandbox (PostgreSQL, {platform}, DNS, AWS emulator)"
    say("synthesizing the stack" + ("" if found else starting))
    synthesis = _InBackground(lambda: synthesize(_ASSEMBLY, log, estate=instance.estate, incident=instance.incident))
    if found is None:
        found = lifecycle.start(instance)
        say(f"sandbox runs: emulator at {found.endpoint}, one minute takes {found.seconds_per_minute:g} s here")
        bootstrap(found, instance.path / "bootstrap.log")
        say("cdk bootstrap done")
    synthesis.join()
    say("cdk synth done; deploying")
    outputs = deploy(found, _ASSEMBLY, log)
    (instance.path / "outputs.json").write_text(json.dumps(outputs, indent=1) + "\n", encoding="utf-8")
    (instance.path / "env").write_text(_exports(found), encoding="utf-8")
    deployed_at = simulated_now(found)
    say("cdk deploy done; waiting until EventBridge has run every family and the aggregator has published")
    publications = Publications(found, outputs["BucketName"])
    report = publications.wait_for(
        lambda r: r.as_of >= deployed_at.replace(second=0, microsecond=0) and all(not run.stale for run in r.runs),
        _REPORT_SECONDS,
        say,
    )
    publications.download(out)
    say("report published")
    _show(report, out)
    print("\nThe sandbox keeps running. `make break WHAT=database` breaks something, `make down` ends it.")
    return report


def _situation(instance: Instance) -> tuple[str, str, str]:
    return instance.estate, instance.incident, f"a real {instance.real}" if instance.real else ""


def _exports(instance: Instance) -> str:
    """What a shell sources so that `audit run` probes the sandbox's platform and asks the emulator."""
    variables = {**instance.aws_environment(), ENV_SANDBOX_NETWORK: instance.resolver, **function_variables(instance)}
    return "".join(f"export {name}={value}\n" for name, value in variables.items())


def running(instance: Instance) -> Instance:
    """The sandbox that runs in an instance's folder; AuditError where none does."""
    found = lifecycle.running(instance.path)
    if found is None:
        raise AuditError("no sandbox runs; start it with `make audit`")
    return found


def report(instance: Instance, out: Path, *, fresh: bool = False) -> Report:
    """Fetches and prints the newest report; a fresh one judges only what was probed after now."""
    found = running(instance)
    outputs = json.loads((instance.path / "outputs.json").read_text(encoding="utf-8"))
    publications = Publications(found, outputs["BucketName"])
    if fresh:
        asked_at = simulated_now(found)
        # The first slot after a change may blame cautiously (blame.awaits_proof); the second has seen all of it.
        current = publications.wait_for(
            lambda r: (r.as_of - asked_at).total_seconds() > 60, _REPORT_SECONDS, _Progress()
        )
    else:
        latest = publications.latest()
        if latest is None:
            raise AuditError("no report was published yet; run `make audit`")
        current = latest
    publications.download(out)
    _show(current, out)
    return current


def record(instance: Instance, folder: Path) -> Path:
    """Copies the bundle of a moment without problem or gap and after such moments, which incident files start from."""
    found = running(instance)
    outputs = json.loads((instance.path / "outputs.json").read_text(encoding="utf-8"))
    publications = Publications(found, outputs["BucketName"])
    publications.wait_for(
        lambda r: not r.problems and not r.coverage_gaps and remembers_all(publications.bundle()),
        _REPORT_SECONDS,
        _Progress(),
    )
    text = publications.bundle()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{json.loads(text)['platform']['name']}.json"
    path.write_text(text, encoding="utf-8")
    return path


def remembers_all(bundle: str) -> bool:
    """Whether a bundle knows of an earlier moment of every target; the first one that is published knows of none."""
    document = json.loads(bundle)
    return {target["id"] for target in document["platform"]["targets"]} == set(document["state"]["targets"])


def _show(report: Report, out: Path) -> None:
    print("\n" + render_text(report), end="")
    print(f"\nReport: {out / 'report.html'} (also .md, .json), evidence: {out / 'bundle.json'}")


class _InBackground:
    """Work that goes on beside; ``join`` raises what it raised."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that joins
            self._error = error

    def join(self) -> None:
        """Waits for the end of the work."""
        self._thread.join()
        if self._error is not None:
            raise self._error
