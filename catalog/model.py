"""The catalogue as its owner writes it. Targets' specs are narrowed by the families (see ``specs.py``)."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from auditor.domain import topology
from auditor.domain.verdict import Judging
from catalog.texts import (
    ComponentId,
    Duration,
    Id,
    Instant,
    Line,
    MajorityText,
    Region,
    TimeOfDay,
    Timezone,
    Title,
    WebAddress,
    format_duration,
    refused,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_OBJECTIVE = topology.Objective()
_THRESHOLDS = topology.Thresholds()
_JUDGING = Judging()

MOST_SERVICES = 90
"""One slot's state and messages are one transaction of DynamoDB of at most 100 items: so many, and ten of state."""

Percent = Annotated[float, Field(ge=0, le=100)]


class Entry(BaseModel):
    """What all parts share: unknown keys are refused, nothing is converted, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=False)


class PlatformEntry(Entry):
    """The audited platform itself."""

    name: Id = Field(description="Short name; names the stage's resources.")
    title: Title = Field(description="What people call it; the report's headline.")
    region: Region = Field(description="The AWS region it runs in.")


class ObjectiveEntry(Entry):
    """The promise that the error budget is computed from."""

    availability_percent: Annotated[float, Field(gt=0, lt=100)] = Field(
        default=_OBJECTIVE.availability_percent, description="Share of valid events that must be good."
    )
    window: Duration = Field(
        default=_OBJECTIVE.window,
        description="The time over which the share is taken.",
        json_schema_extra={"default": format_duration(_OBJECTIVE.window)},
    )


class ServiceEntry(Entry):
    """A part of the platform someone owns."""

    id: Id
    title: Title
    owner: Title = Field(description="The team that mends it.")
    contact: Line = Field(default="", description="Where the owner is reached, such as a chat channel.")
    runbook: WebAddress = Field(default="", description="The page that on-call opens first.")
    objective: ObjectiveEntry = ObjectiveEntry()


class ComponentEntry(Entry):
    """A piece that can be at fault."""

    id: ComponentId
    service: Id = Field(description="The service that it belongs to.")
    aws_name: Line = Field(default="", description="Its name in AWS, or where else it lives.")


class JudgingEntry(Entry):
    """How many of the last judged slots decide about a target's verdict, each way."""

    bad: MajorityText = Field(default=_JUDGING.bad, description="To turn bad.", json_schema_extra={"default": "2 of 3"})
    well: MajorityText = Field(
        default=_JUDGING.well, description="To turn well again.", json_schema_extra={"default": "2 of 3"}
    )


class TargetEntry(Entry):
    """One addressable thing that is probed."""

    id: Id
    family: str
    service: Id = Field(description="The service whose health it tells.")
    component: ComponentId = Field(description="The component at fault when only this target fails.")
    critical: bool = Field(default=True, description="Whether the service is down when this target is.")
    private: bool = Field(default=True, description="Whether it is reachable from inside the VPC only.")
    deployed: bool = Field(default=True, description="false: it is known not to exist yet, and that is no failure.")
    proves: tuple[Id, ...] = Field(default=(), description="Targets that this one cannot pass without.")
    judging: JudgingEntry | None = Field(default=None, description="In place of the catalogue's own.")
    spec: Any


class DependencyEntry(Entry):
    """``service`` cannot do its work without ``needs``."""

    service: Id
    needs: Id
    over: Line = Field(default="", description="How it is reached, such as tcp 5432.")


class ThresholdsEntry(Entry):
    """The platform's own limits; they travel with it, and nothing is judged by them yet (`docs/catalogue.md`)."""

    availability_percent: Percent = Field(default=_THRESHOLDS.availability_percent, description="Bad below.")
    response: Duration = Field(
        default=_THRESHOLDS.response,
        description="Bad above.",
        json_schema_extra={"default": format_duration(_THRESHOLDS.response)},
    )
    error_rate_percent: Percent = Field(default=_THRESHOLDS.error_rate_percent, description="Bad above.")
    database_connections_percent: Percent = Field(
        default=_THRESHOLDS.database_connections_percent, description="Used of allowed connections; bad above."
    )
    ecs_task_restarts: int = Field(default=_THRESHOLDS.ecs_task_restarts, ge=0, description="Bad above.")


class Once(Entry):
    """A maintenance window that happens one time."""

    starts: Instant
    ends: Instant

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends <= self.starts:
            raise refused("ends before it starts", "an end after the start")
        return self


class Weekly(Entry):
    """A maintenance window of every week, in the wall-clock time of a place."""

    weekday: Weekday
    at: TimeOfDay
    duration: Duration
    timezone: Timezone = "UTC"

    @model_validator(mode="after")
    def _shorter_than_a_week(self) -> Self:
        if self.duration >= timedelta(days=7):
            raise refused("a weekly window lasts a week or longer", "a duration under 7d")
        return self


class MaintenanceEntry(Entry):
    """A planned time in which notifications about services are mute; measuring goes on."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["once"]}, {"required": ["weekly"]}]})

    id: Id
    services: tuple[Id, ...] = Field(min_length=1)
    reason: Title
    once: Once | None = None
    weekly: Weekly | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.once is None) == (self.weekly is None):
            raise refused("says neither or both of when it happens", "either once or weekly")
        return self


class BudgetEntry(Entry):
    """What the auditor itself may cost; `audit plan` refuses a catalogue that would cost more."""

    dollars_a_month: float = Field(gt=0, description="US dollars, at the list prices that docs/plan.md names.")


class Catalogue(Entry):
    """The whole file."""

    schema_version: Literal[1] = Field(description="The version of this format.")
    platform: PlatformEntry
    services: tuple[ServiceEntry, ...] = Field(min_length=1, max_length=MOST_SERVICES)
    components: tuple[ComponentEntry, ...] = Field(min_length=1)
    targets: tuple[TargetEntry, ...] = Field(min_length=1)
    dependencies: tuple[DependencyEntry, ...] = ()
    thresholds: ThresholdsEntry = ThresholdsEntry()
    judging: JudgingEntry = JudgingEntry()
    maintenance: tuple[MaintenanceEntry, ...] = ()
    budget: BudgetEntry | None = None
