"""Aligned schedules: every run starts on a multiple of its period, and the event says which instant it stands for."""

from collections.abc import Mapping
from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class PeriodError(ValueError):
    """When a period cannot be written as an aligned cron expression."""


def aligned_cron(period: timedelta) -> str:
    """The cron expression that fires at multiples of the period within each hour."""
    minutes, rest = divmod(period, timedelta(minutes=1))
    if rest or minutes < 1 or 60 % minutes:
        raise PeriodError(
            f"period is {period}; allowed are the minutes that divide an hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60"
        )
    field = {1: "*", 60: "0"}.get(minutes, f"0/{minutes}")
    return f"cron({field} * * * ? *)"


class AlignedRule(Construct):
    """One rule that starts one function. Its input carries ``given`` and the scheduled time, nothing else."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        period: timedelta,
        function: lambda_.IFunction,
        given: Mapping[str, str | int],
        failures: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        events.Rule(
            self,
            "Rule",
            rule_name=name,
            description=description,
            schedule=events.Schedule.expression(aligned_cron(period)),
            targets=[
                targets.LambdaFunction(
                    function,
                    event=events.RuleTargetInput.from_object({**given, "time": events.EventField.from_path("$.time")}),
                    # the same event twice changes nothing, and after one period the next slot has come
                    retry_attempts=2,
                    max_event_age=cdk.Duration.seconds(period.total_seconds()),
                    dead_letter_queue=failures,
                )
            ],
        )
