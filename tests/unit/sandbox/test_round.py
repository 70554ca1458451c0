"""Which run of a function stands for a round, and how a round is told."""

from sandbox.emulator.runs import FunctionRun
from sandbox.round import round_of, told


def run(function: str, *, cold: bool = False, ms: int = 10, calls: dict[str, int] | None = None) -> FunctionRun:
    return FunctionRun(
        function=f"health-auditor-sandbox-{function}",
        ended="2026-11-26T04:00:00Z",
        cold=cold,
        milliseconds=ms,
        peak_mib=70,
        calls=calls,
    )


def test_the_last_warm_run_stands_for_a_function_and_a_cold_one_where_there_is_no_other() -> None:
    seen = [run("dns", cold=True, ms=1), run("dns", ms=2), run("dns", ms=3), run("dns", cold=True, ms=4)]
    (chosen,) = round_of(seen).runs
    assert chosen.milliseconds == 3
    (chosen,) = round_of([run("dns", cold=True, ms=1), run("dns", cold=True, ms=4)]).runs
    assert chosen.milliseconds == 4


def test_functions_of_the_platform_itself_are_not_the_auditors() -> None:
    other = FunctionRun(function="orders", ended="", cold=False, milliseconds=1, peak_mib=1, calls={"ec2": 9})
    assert round_of([other]).runs == ()


def test_calls_about_the_platform_are_told_apart_from_those_to_the_own_stores() -> None:
    seen = round_of(
        [run("vpc", calls={"ec2": 12, "rds": 2, "dynamodb": 1, "s3": 1}), run("dns", calls={"dynamodb": 1})]
    )
    assert (seen.platform_calls, seen.own_calls) == (14, 3)
    text = told(seen)
    assert "14 AWS calls about the platform, 3 to the auditor's own stores" in text
    assert "dynamodb 1, ec2 12, rds 2, s3 1" in text


def test_what_is_not_known_of_a_killed_process_is_not_told_as_nothing() -> None:
    killed = FunctionRun(
        function="health-auditor-sandbox-logs", ended="", cold=False, milliseconds=30_000, peak_mib=None, calls=None
    )
    line = next(line for line in told(round_of([killed])).splitlines() if line.startswith("logs"))
    assert line.split() == ["logs", "warm", "30000", "?", "?"]
