"""Alarms: who is paged and who is told, and what missing data means to each, in words."""

from collections.abc import Mapping
from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from auditor import names
from auditor.domain.topology import Service

MINUTE = timedelta(minutes=1)
SILENT_PERIODS = 3


class SilenceAlarm(Construct):
    """Fires when fewer than ``expected`` data points of a metric came in each of three periods.

    Missing data is breaching: saying nothing is exactly what it watches for.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        metric: str,
        dimensions: Mapping[str, str],
        period: timedelta,
        topic: sns.ITopic,
        expected: int = 1,
    ) -> None:
        super().__init__(scope, id)
        self.alarm = cloudwatch.Alarm(
            self,
            "Alarm",
            alarm_name=name,
            alarm_description=description,
            metric=auditor_metric(metric, dimensions, period=period, statistic="Sum"),
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            threshold=expected,
            evaluation_periods=SILENT_PERIODS,
            datapoints_to_alarm=SILENT_PERIODS,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        notify(self.alarm, topic)


class PagingAlarms(Construct):
    """The only alarms that page: each service at fault, a blind auditor, a silent aggregator."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: str,
        services: tuple[Service, ...],
        pages: sns.ITopic,
        latest_report: str,
    ) -> None:
        super().__init__(scope, id)
        self.services: dict[str, cloudwatch.Alarm] = {}
        of_stage = {names.DIMENSION_STAGE: stage}
        for service in services:
            self.services[service.id] = cloudwatch.Alarm(
                self,
                service.id,
                alarm_name=f"{stage}-{service.id}-open-incident",
                alarm_description=(
                    f"{service.title} is at fault: the auditor has an open incident whose root is in this service. "
                    f"Report: {latest_report} Runbook: {service.runbook or 'none in the catalogue'} "
                    f"Owner: {service.owner}"
                ),
                metric=auditor_metric(
                    names.METRIC_OPEN_INCIDENTS,
                    {**of_stage, names.DIMENSION_SERVICE: service.id},
                    statistic="Maximum",
                    period=timedelta(seconds=10),
                ),
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                threshold=1,
                # Evaluated every ten seconds, not once a minute. The datum carries the slot's instant: it can be half a
                # minute old when it comes, and the next one follows a minute later.
                evaluation_periods=6,
                datapoints_to_alarm=1,
                # a silent aggregator must not resolve an incident: the alarm keeps its state until it speaks again
                treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
            )
            notify(self.services[service.id], pages)
        blind = cloudwatch.Alarm(
            self,
            "Blind",
            alarm_name=f"{stage}-auditor-blind",
            alarm_description=(
                "The auditor is blind: no critical target could be judged for two periods. "
                f"Report (coverage gaps and their remedies): {latest_report}"
            ),
            metric=auditor_metric(names.METRIC_BLIND, of_stage, statistic="Maximum"),
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold=1,
            evaluation_periods=2,
            datapoints_to_alarm=2,
            # without reports nobody knows whether it still is: the aggregator's own silence pages by another alarm
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )
        notify(blind, pages)
        SilenceAlarm(
            self,
            "AggregatorSilence",
            name=f"{stage}-aggregator-silent",
            description=(
                "The aggregator published no report for three minutes: the services' alarms keep their last state and "
                f"tell nothing new. Last report: {latest_report}"
            ),
            metric=names.METRIC_REPORTS,
            dimensions=of_stage,
            period=MINUTE,
            topic=pages,
        )


class FailureAlarm(Construct):
    """Tells that a run could not be started, ended in an error or could not be stored."""

    def __init__(self, scope: Construct, id: str, *, stage: str, queue: sqs.IQueue, topic: sns.ITopic) -> None:
        super().__init__(scope, id)
        alarm = cloudwatch.Alarm(
            self,
            "Alarm",
            alarm_name=f"{stage}-runs-failed",
            alarm_description=(
                "Runs of the auditor failed: each message in the on-failure queue is an invocation with its error. "
                f"Read it in {queue.queue_name}, mend the cause, then delete it."
            ),
            metric=queue.metric_approximate_number_of_messages_visible(
                period=cdk.Duration.minutes(1), statistic="Maximum"
            ),
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            threshold=0,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            # SQS stops publishing for a queue that nobody used for hours: an unused failure queue is what we want
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        notify(alarm, topic)


def notify(alarm: cloudwatch.Alarm, topic: sns.ITopic) -> None:
    """Tells the topic when the alarm fires and when it resolves by itself."""
    action = actions.SnsAction(topic)
    alarm.add_alarm_action(action)
    alarm.add_ok_action(action)


def auditor_metric(
    metric: str, dimensions: Mapping[str, str], *, statistic: str, period: timedelta = MINUTE, label: str | None = None
) -> cloudwatch.Metric:
    """A metric that the auditor's functions print."""
    return cloudwatch.Metric(
        namespace=names.METRIC_NAMESPACE,
        metric_name=metric,
        dimensions_map=dict(dimensions),
        statistic=statistic,
        period=cdk.Duration.seconds(period.total_seconds()),
        label=label,
    )
