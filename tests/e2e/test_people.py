"""What on-call says to a deployed auditor is in its next report; a silence mutes messages and never measuring."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from auditor.domain.report import IncidentLine, Report
from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.slow

FOR_MINUTES = 7
"""Of simulated time: longer than the outage needs to be judged, shorter than the test is patient."""


def audit(deployed: Deployed, *arguments: str) -> str:
    """The command as a person types it, with that person's credentials."""
    host = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    said = subprocess.run(
        [sys.executable, "-c", "import sys; from cli.main import main; sys.exit(main())", *arguments],
        env={**host, **deployed.instance.aws_environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def incident(report: Report) -> IncidentLine | None:
    """The open incident of the database."""
    return next((line for line in report.incidents if line.service == "database" and line.closed is None), None)


def is_open(fits: Callable[[IncidentLine], bool] = lambda line: True) -> Callable[[Report], bool]:
    return lambda report: (line := incident(report)) is not None and fits(line)


def kinds(stories: list[dict[str, Any]]) -> list[str]:
    return [story["MessageAttributes"]["kind"]["Value"] for story in stories]


def subjects(pages: list[dict[str, Any]]) -> list[str]:
    return [page["Subject"].partition(" in ")[0] for page in pages]


def database(report: Report) -> str:
    return next(str(line.verdict) for line in report.services if line.id == "database")


def test_an_acknowledgement_is_in_the_next_report_and_in_the_evidence(deployed: Deployed) -> None:
    deployed.healthy()
    deployed.forget_messages()
    deployed.break_("database")
    try:
        deployed.report(is_open())
        said = audit(deployed, "ack", "database", "--by", "Ada")
        assert said == "database of stage sandbox is acknowledged by Ada with the aggregator's next slot\n"
        line = incident(deployed.report(is_open(lambda line: line.acknowledged_by == "Ada")))
        assert line is not None
        assert [entry.text for entry in line.timeline].count("acknowledged by Ada") == 1
        state = json.loads(deployed.publications.bundle())["state"]  # never older than the report
        assert state["incidents"]["open"]["database"]["acknowledged"]["by"] == "Ada"
    finally:
        deployed.mend("database")
    pages = deployed.messages("pages", enough=lambda found: len(found) > 1, seconds=90.0)
    assert subjects(pages) == [f'{state}: "sandbox-database-open-incident"' for state in ("ALARM", "OK")]


def test_a_silence_mutes_pages_and_stories_until_it_ends_and_measures_on(deployed: Deployed) -> None:
    deployed.report(lambda report: report.verdict == "HEALTHY" and incident(report) is None)
    deployed.forget_messages()
    reason = "trying a failover"
    audit(deployed, "silence", "database", "--by", "Ada", "--for", f"{FOR_MINUTES}m", "--reason", reason)
    deployed.report(lambda report: report.muted == {"database": f"silenced by Ada: {reason}"})
    deployed.break_("database")
    try:
        report = deployed.report(lambda report: database(report) == "DOWN" and is_open()(report))
        line = incident(report)
        assert line is not None
        assert (line.paging, line.muted_because) == (False, f"silenced by Ada: {reason}")
        assert report.muted.keys() == {"database"}
        assert deployed.messages("pages", enough=bool, seconds=2.0) == []
        assert deployed.messages("stories", enough=bool, seconds=2.0) == []

        deployed.report(lambda report: not report.muted and is_open(lambda line: line.paging)(report))
        assert kinds(deployed.messages("stories", enough=bool)) in (["opened"], ["again"])
        pages = deployed.messages("pages", enough=bool)
        assert subjects(pages) == ['ALARM: "sandbox-database-open-incident"']
    finally:
        deployed.mend("database")
    deployed.healthy()
