"""The ``audit`` command. Exit 0 healthy or done, 1 something is wrong, 2 it could not be judged or done."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auditor.domain.report import Report
from auditor.domain.request import RequestKind
from auditor.domain.verdict import Verdict
from auditor.net.network import Network, system_network
from auditor.net.sandbox_network import SandboxRefusedError, sandbox_network
from auditor.render.report_text import render_text
from auditor.runtime.settings import WorkstationSettings, read_workstation_settings
from catalog.compile import compile_catalogue
from catalog.load import CatalogueError, load
from catalog.texts import parse_duration
from cli.ask import ask
from cli.plan.command import plan_command
from cli.replay import BundleError, read_bundle, replay
from cli.replay_incidents import replay_command
from cli.run import SelectionError, narrowed, run_here, write_files
from cli.schema import schema, schema_of_bundles
from cli.validate import validate

HEALTHY, WRONG, NOT_JUDGED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one sub-command and returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "validate":
        return validate(options.catalogue, sys.stdout)
    if options.command == "schema":
        return schema_of_bundles(sys.stdout) if options.bundle else schema(sys.stdout)
    if options.command == "plan":
        return plan_command(options.catalogue, sys.stdout, sys.stderr, as_json=options.json)
    if options.command == "replay":
        return replay_command(options.files, sys.stdout, sys.stderr, as_json=options.json, score=options.score)
    if options.command == "run":
        return _run(options)
    if options.command in ("ack", "silence"):
        return ask(
            RequestKind(options.command),
            stage=options.stage,
            service=options.service,
            by=options.by,
            reason=options.reason,
            duration=options.duration,
            out=sys.stdout,
            errors=sys.stderr,
        )
    return _report(options)


def exit_code(report: Report) -> int:
    """What a report means to the caller: 1 as soon as something is wrong, 2 when something critical was not judged."""
    if any(line.verdict.bad for line in report.services):
        return WRONG
    if report.verdict is Verdict.UNKNOWN or report.critical_targets_judged < report.critical_targets:
        return NOT_JUDGED
    return HEALTHY


def _run(options: argparse.Namespace) -> int:
    try:
        platform = narrowed(compile_catalogue(load(options.catalogue)), options.family, options.target)
    except CatalogueError:
        return validate(options.catalogue, sys.stderr)
    except SelectionError as error:
        print(error, file=sys.stderr)
        return NOT_JUDGED
    here = read_workstation_settings()
    try:
        network = _network(here)
    except SandboxRefusedError as error:
        print(error, file=sys.stderr)
        return NOT_JUDGED
    report, bundle = run_here(
        platform,
        network=network,
        host=here.host,
        now=datetime.now(UTC),
        progress=lambda line: print(line, file=sys.stderr),
    )
    print("\n" + render_text(report), end="")
    if options.out is not None:
        try:
            paths = write_files(report, bundle, options.out)
        except OSError as error:
            print(f"--out {options.out}: cannot be written ({error})", file=sys.stderr)
            return NOT_JUDGED
        for path in paths:
            print(path)
    return exit_code(report)


def _network(here: WorkstationSettings) -> Network:
    return sandbox_network(here.sandbox_resolver, here.aws_endpoint) if here.sandbox_resolver else system_network()


def _report(options: argparse.Namespace) -> int:
    try:
        report, bundle = replay(read_bundle(options.bundle))
        paths = write_files(report, bundle, options.out)
    except BundleError as error:
        print(error, file=sys.stderr)
        return NOT_JUDGED
    except OSError as error:
        print(f"--out {options.out}: cannot be written ({error})", file=sys.stderr)
        return NOT_JUDGED
    except (RecursionError, UnicodeEncodeError) as error:
        print(f"{options.bundle}: no bundle that can be shown ({type(error).__name__})", file=sys.stderr)
        return NOT_JUDGED
    for path in paths:
        print(path)
    return exit_code(report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="audit",
        description="Audits the health of a platform that runs on AWS.",
        epilog="Exit code: 0 all critical targets judged and healthy, 1 something is wrong, 2 could not be judged.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser("validate", help="check a catalogue; problems name file, line, key, value, remedy")
    check.add_argument("catalogue", metavar="CATALOG")
    shape = commands.add_parser("schema", help="print the JSON Schema of catalogues")
    shape.add_argument("--bundle", action="store_true", help="that of evidence bundles instead")
    ahead = commands.add_parser("plan", help="what a catalogue deploys, costs a month, and what AWS would refuse")
    ahead.add_argument("catalogue", metavar="CATALOG")
    ahead.add_argument("--json", action="store_true", help="the same for machines")
    run = commands.add_parser("run", help="probe from here and now, with nothing deployed")
    run.add_argument("catalogue", metavar="CATALOG")
    run.add_argument("--family", help="only this family's targets")
    run.add_argument("--target", help="only this target")
    run.add_argument("--out", type=Path, help="folder for report.html, report.json, report.md and bundle.json")
    again = commands.add_parser("replay", help="diagnose incident files and say whether the diagnosis is right")
    again.add_argument("files", nargs="+", type=Path, metavar="FILE")
    again.add_argument("--json", action="store_true", help="a list of what was diagnosed, for machines")
    again.add_argument("--score", action="store_true", help="the table over all files and per contrast set")
    _people(commands)
    report = commands.add_parser("report", help="make the report of a bundle again: same bundle, same bytes")
    report.add_argument("bundle", type=Path, metavar="BUNDLE")
    report.add_argument("--out", type=Path, required=True, help="folder for the files")
    return parser


def _people(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What on-call says to a deployed auditor."""
    ack = commands.add_parser("ack", help="say that you work on a service's open incident; reminders stop")
    silence = commands.add_parser("silence", help="mute messages and pages about a service; measuring goes on")
    for parser in (ack, silence):
        parser.add_argument("service", metavar="SERVICE")
        parser.add_argument("--stage", default="sandbox", help="the deployed stage (default sandbox)")
        parser.add_argument("--by", required=True, help="your name; it stands in report and messages")
    ack.set_defaults(reason="", duration=None)
    silence.add_argument("--for", dest="duration", type=_duration, required=True, help="how long, such as 2h")
    silence.add_argument("--reason", required=True, help="why; it stands in report and messages")


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r:.40} is not a duration such as 30m or 2h") from error
