"""The questions asked of a log group. All are advisory: what a log says explains, and what users feel others see."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.instants import format_instant
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.logs import remedies
from functions.logs.facts import FatalKind, LogsFacts
from functions.logs.family import LogsSpec

LogsTarget = Target[LogsSpec]
LogsObservation = Observation[LogsFacts]

_WORDS = {
    FatalKind.WRONG_ARCHITECTURE: "that the image is for another processor",
    FatalKind.FILE_MISSING: "that a file or module is not there",
    FatalKind.SETTING_MISSING: "that a setting is not there",
    FatalKind.LOGIN_REFUSED: "that a database refused the login",
    FatalKind.SCHEMA_MISSING: "that the database lacks a table or revision",
    FatalKind.BUCKET_DENIED: "that a bucket may not be used",
    FatalKind.OUT_OF_MEMORY: "that memory ran out",
    FatalKind.CRASHED: "that the code failed by its own error",
}


def _group_exists(target: LogsTarget, observation: LogsObservation) -> Answer:
    facts, group = _facts(observation), target.spec.group
    if facts.exists is None:
        return _not_read(facts)
    if not facts.exists:
        return _failed("logs.absent", f"No log group {group} exists.")
    return passed(f"The log group {group} exists.")


def _receives(target: LogsTarget, observation: LogsObservation) -> Answer:
    lines = _lines(target, observation)
    if isinstance(lines, Answer):
        return lines
    facts, group, allowed = _facts(observation), target.spec.group, target.spec.max_silence
    assert allowed is not None, "asked only of targets that declare it"
    minutes = allowed.total_seconds() / 60
    newest = facts.newest_at
    if facts.more:
        # The oldest come first: that many lines of the window were not even looked at.
        return passed(f"{group} receives lines: more than were looked at.", lines=lines)
    if newest is None or observation.slot - newest > allowed:
        since = "in the whole window" if newest is None else f"since {format_instant(newest)}"
        return _failed("logs.silent", f"{group} received no line {since}; at most {minutes:g} min are allowed.")
    return passed(f"The newest line of {group} is of {format_instant(newest)}.", lines=lines)


def _error_rate(target: LogsTarget, observation: LogsObservation) -> Answer:
    lines = _lines(target, observation)
    if isinstance(lines, Answer):
        return lines
    spec, errors = target.spec, _facts(observation).errors
    evidence: dict[str, Scalar] = {"lines": lines, "errors": errors, "limit_percent": spec.max_error_percent}
    if lines < spec.min_lines:
        summary = f"{errors} of {lines} lines in {spec.group} are errors; below {spec.min_lines} that is no rate."
        return passed(summary, **evidence)
    percent = 100 * errors / lines
    if percent > spec.max_error_percent:
        summary = f"{errors} of {lines} lines in {spec.group} are errors ({percent:.0f} %)."
        return _failed("logs.many_errors", summary, **evidence)
    return passed(f"{errors} of {lines} lines in {spec.group} are errors.", **evidence)


def _no_fatal(target: LogsTarget, observation: LogsObservation) -> Answer:
    lines = _lines(target, observation)
    if isinstance(lines, Answer):
        return lines
    facts, group = _facts(observation), target.spec.group
    if not facts.fatal:
        return passed(f"No fatal line stands among the {lines} of {group}.", lines=lines)
    first = facts.fatal[0]
    told = ", and ".join(f"{_WORDS[fatal.kind]} ({fatal.count} lines)" for fatal in facts.fatal)
    summary = f"Lines of {group} say {told}; the last is of {format_instant(max(f.last_at for f in facts.fatal))}."
    return _failed(f"logs.{first.kind}", summary, lines=lines, fatal=sum(fatal.count for fatal in facts.fatal))


def _lines(target: LogsTarget, observation: LogsObservation) -> int | Answer:
    answer, facts = _group_exists(target, observation), _facts(observation)
    if answer.status is Status.FAIL:
        return skipped("Not asked, because logs.group_exists failed.")
    if answer.status is not Status.PASS:
        return answer
    return _not_read(facts) if facts.lines is None else facts.lines


def _failed(cause: str, summary: str, **evidence: Scalar) -> Answer:
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def _not_read(facts: LogsFacts) -> Answer:
    failure = facts.unread.get("lines")
    if failure is None:
        detail = "the probe recorded neither lines nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def _facts(observation: LogsObservation) -> LogsFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


CHECKS: tuple[Check[LogsSpec, LogsFacts], ...] = (
    Check(
        id="logs.group_exists",
        severity=Severity.ADVISORY,
        judge=_group_exists,
        remediation="Compare the group's name with the log configuration of the task definition.",
    ),
    Check(
        id="logs.receives_events",
        severity=Severity.ADVISORY,
        judge=_receives,
        asks=lambda target: target.spec.max_silence is not None,
        remediation="See whether the tasks run, and whether their log configuration names this group.",
    ),
    Check(
        id="logs.error_rate_below_limit",
        severity=Severity.ADVISORY,
        judge=_error_rate,
        remediation="Read the errors in CloudWatch Logs Insights: filter @message like /ERROR/.",
    ),
    Check(
        id="logs.no_fatal_lines",
        severity=Severity.ADVISORY,
        judge=_no_fatal,
        remediation="Read the fatal lines in the group at the time that is named.",
    ),
)
