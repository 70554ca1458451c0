"""The dashboard: what is at fault, and whether the auditor itself runs."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from auditor import names
from auditor.domain.topology import Service
from infra.constructs.alarms import auditor_metric
from infra.families import DeployedFamily

FULL_WIDTH = 24
HALF_WIDTH = 12


class Dashboard(Construct):
    """Incidents of every service; runs, failed and unknown checks of every family."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: str,
        services: Sequence[Service],
        families: Sequence[DeployedFamily],
        service_alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, id)
        of_stage = {names.DIMENSION_STAGE: stage}
        incidents: list[cloudwatch.IMetric] = [
            auditor_metric(
                names.METRIC_OPEN_INCIDENTS,
                {**of_stage, names.DIMENSION_SERVICE: service.id},
                statistic="Maximum",
                label=service.title,
            )
            for service in services
        ]

        def by_family(metric: str) -> list[cloudwatch.IMetric]:
            return [
                auditor_metric(
                    metric,
                    {**of_stage, names.DIMENSION_FAMILY: deployed.family.name},
                    statistic="Sum",
                    period=deployed.family.period,
                    label=deployed.family.title,
                )
                for deployed in families
            ]

        auditor: list[cloudwatch.IMetric] = [
            auditor_metric(names.METRIC_REPORTS, of_stage, statistic="Sum", label="reports published"),
            auditor_metric(names.METRIC_BLIND, of_stage, statistic="Maximum", label="auditor is blind"),
        ]
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"HealthAuditor-{stage}",
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Services", alarms=list(service_alarms), width=FULL_WIDTH)],
                [
                    cloudwatch.GraphWidget(title="Open incidents", left=incidents, width=HALF_WIDTH),
                    cloudwatch.GraphWidget(title="The auditor itself", left=auditor, width=HALF_WIDTH),
                ],
                [
                    cloudwatch.GraphWidget(title=title, left=by_family(metric), width=FULL_WIDTH // 3)
                    for title, metric in (
                        ("Failed checks", names.METRIC_FAILURES),
                        ("Checks that could not be judged", names.METRIC_UNKNOWNS),
                        ("Runs stored", names.METRIC_RUNS),
                    )
                ],
            ],
        )
