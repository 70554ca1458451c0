"""``python -m sandbox``: audit, report, round, break, mend, down. What ``make`` calls."""

import argparse
import sys
from pathlib import Path

from sandbox.audit import AuditError, audit, record, report, running
from sandbox.deploy import DeployError
from sandbox.follow import NoReportError
from sandbox.instance import REAL, ROOT, default_instance
from sandbox.lifecycle import LifecycleError, change, down, list_faults
from sandbox.platforms import CATALOGUES, FARGATE
from sandbox.round import newest_round, told


def main() -> int:
    """Runs one command; 0 when it was done, 1 when it could not be."""
    options = _parser().parse_args()
    instance = default_instance(options.folder)
    try:
        if options.command == "audit":
            estate = options.estate or ("hokusai" if options.incident or options.real else "minimal")
            wanted = default_instance(options.folder, estate=estate, incident=options.incident, real=options.real)
            audit(wanted, options.out)
        elif options.command == "report":
            report(instance, options.out)
        elif options.command == "round":
            print(told(newest_round(running(instance))))
        elif options.command == "record":
            print(record(instance, ROOT / "tests" / "incidents" / "bundles"))
        elif options.command == "down":
            print(down(instance.path))
        elif not options.what:
            print(list_faults())
        else:
            print(change(instance.path, options.command, options.what))
            report(instance, options.out, fresh=True)
    except (AuditError, DeployError, LifecycleError, NoReportError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ninterrupted; {down(instance.path)}", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The local platform and the auditor on it.")
    parser.add_argument("--folder", type=Path, default=ROOT / ".sandbox", help="where the sandbox keeps its files")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "report", help="where the report is copied to")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("audit", help="start the sandbox, deploy the auditor, wait for its report")
    command.add_argument("--estate", choices=CATALOGUES, help="which platform to start; minimal unless given")
    known = sorted({id for kind in FARGATE.values() for id in kind.incidents})
    command.add_argument(
        "--incident", choices=known, default="", help="start it with this incident (hokusai unless given)"
    )
    command.add_argument("--real", choices=REAL, default="", help="a service that is to be no stand-in")
    commands.add_parser("report", help="fetch and print the newest report")
    commands.add_parser("round", help="print what the newest run of every function took, held and asked of AWS")
    for verb in ("break", "mend"):
        command = commands.add_parser(verb, help=f"{verb} a part of the platform, then follow the report")
        command.add_argument("what", nargs="?", help="leave it out to see what there is")
    commands.add_parser("record", help="copy the evidence of a healthy moment to tests/incidents/bundles")
    commands.add_parser("down", help="stop everything that was started")
    return parser


if __name__ == "__main__":
    sys.exit(main())
