"""How the report was made, in its own words: what the verdicts mean, and how coverage is computed."""

from auditor.domain.report import Report
from auditor.domain.verdict import STALE_PERIODS, Verdict
from auditor.render.wording import percent_text

VERDICT_MEANINGS: tuple[tuple[Verdict, str], ...] = (
    (
        Verdict.DOWN,
        "A check of high or critical severity fails. A service is DOWN when one of its critical targets is.",
    ),
    (Verdict.DEGRADED, "A check of lower severity fails or warns, or a target fails that is not critical."),
    (Verdict.UNKNOWN, "The auditor could not tell. This is neither healthy nor an outage."),
    (Verdict.HEALTHY, "Every check of high or critical severity was seen to pass."),
    (Verdict.NOT_DEPLOYED, "The catalogue declares that this does not exist here; it is not judged."),
)

GAPS_ARE_NO_OUTAGES = (
    "These are limits of the auditor, not outages: "
    "nothing below says that a service is down, and nothing below is counted as healthy."
)
NOTHING_FAILS = "No check fails in the latest runs; the verdict comes from warnings, or stands from earlier runs."
STANDS_FROM_EARLIER = "The latest run neither confirmed nor cleared this verdict; it stands from an earlier run."

_SERVICES = (
    "A service takes the worst verdict of its critical targets: DOWN, then DEGRADED, UNKNOWN, HEALTHY. "
    "Targets that are not critical degrade it at most."
)
_ANSWERS = (
    "PASS, WARN and FAIL speak of the target. UNKNOWN speaks of the auditor and is never counted as healthy. "
    "SKIPPED had no turn, because an earlier step failed or the target is declared not deployed."
)
_ATTRIBUTION = (
    "A failure is laid to the auditor only when evidence shows that it is the auditor's: "
    "then it stands under “What the auditor could not see” and opens no outage."
)
_VICTIMS = (
    "A victim fails only because something that it needs fails. "
    "It stands under that root and raises no alarm of its own."
)
_STALE = f"An answer older than {STALE_PERIODS} periods of its family speaks no longer."
_TRACE = "Every number is traced to results by id (family/target/check@slot); the evidence bundle holds them all."

NOTES: tuple[str, ...] = (_SERVICES, _ANSWERS, _ATTRIBUTION, _VICTIMS, _STALE, _TRACE)


def undecided_note(report: Report) -> str:
    """What the evidence does not decide, and what would; empty when all failures are explained."""
    if not report.unexplained:
        return ""
    count = len(report.unexplained)
    note = f"UNDECIDED: the evidence does not explain {count:,} failing {'results' if count != 1 else 'result'}."
    return f"{note} The cheapest next observation: {report.next_observation}" if report.next_observation else note


def coverage_note(report: Report) -> str:
    """The formula of coverage with this report's numbers in it."""
    judged = sum(category.passed + category.warned + category.failed for category in report.categories)
    unknown = sum(category.unknown for category in report.categories)
    skipped = sum(category.skipped for category in report.categories)
    return (
        "Coverage = judged checks (passed, warned, failed) of all checks that were not skipped. "
        f"Here: {judged:,} of {judged + unknown:,}, which gives {percent_text(report.coverage_percent)} "
        f"({unknown:,} unknown, {skipped:,} skipped)."
    )
