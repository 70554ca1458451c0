"""Settings of a stage: what ``cdk.json`` says about a deployment, read strictly: a typing error stops the synth."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from auditor.domain.codec import CodecError, from_json

EMULATOR_ACCOUNT = "000000000000"
"""It cannot exist in AWS. What else such a stage needs (resolver, pace) the emulator gives, not the template."""

LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""The values that CloudWatch Logs accepts."""


class SettingsError(ValueError):
    """When the settings of a stage cannot be used; the message names key, value and what is allowed."""


class Removal(StrEnum):
    """What becomes of table, bucket and key when the stack is deleted."""

    RETAIN = "retain"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVpc:
    """The audited platform's VPC, by attributes: a look-up would need credentials at synth.

    ``route_table_ids`` has one for each subnet, in their order; they are read for gateway endpoints only.
    """

    id: str
    cidr: str
    availability_zones: tuple[str, ...]
    private_subnet_ids: tuple[str, ...]
    route_table_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedVpc:
    """A VPC of the auditor's own, with a NAT gateway, for platforms that are public or reached by peering."""

    cidr: str
    availability_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """A deployment of the auditor. Exactly one of ``vpc`` and ``create_vpc`` is given.

    A subscription is an e-mail address, an ``https://`` address or the ARN of an SQS queue.
    """

    stage: str
    catalogue: str
    account: str
    region: str
    vpc: ImportedVpc | None = None
    create_vpc: CreatedVpc | None = None
    create_endpoints: bool = False
    log_retention_days: int = 30
    page_subscriptions: tuple[str, ...] = ()
    story_subscriptions: tuple[str, ...] = ()
    removal: Removal = Removal.RETAIN

    @property
    def emulated(self) -> bool:
        """Whether the stage can live on the emulator only."""
        return self.account == EMULATOR_ACCOUNT


def stage_settings(stages: object, stage: str) -> StageSettings:
    """The settings of ``stage`` out of the context key ``stages`` of cdk.json."""
    if not isinstance(stages, Mapping) or not stages:
        raise SettingsError(f"stages is {stages!r:.80}; allowed is an object of stages in the context of cdk.json")
    if stage not in stages:
        raise SettingsError(
            f"stage is {stage!r}; allowed are {sorted(stages)}: choose one with `-c stage=NAME` or add it"
        )
    document = stages[stage]
    path = f"stages.{stage}"
    if not isinstance(document, Mapping) or "stage" in document:
        raise SettingsError(
            f"{path} is {document!r:.80}; allowed is an object without the key `stage`, which is its name"
        )
    try:
        settings = from_json(StageSettings, {**document, "stage": stage}, path)
    except CodecError as error:
        raise SettingsError(f"cdk.json: {error}") from error
    _Judge(path).settings(settings)
    return settings


class _Judge:
    """Refuses values that have the right type and cannot be right."""

    def __init__(self, path: str) -> None:
        self._path = path

    def settings(self, settings: StageSettings) -> None:
        self._matches(
            "", settings.stage, r"[a-z][a-z0-9-]{0,19}", "a lower-case name of at most 20 letters, digits, hyphens"
        )
        self._matches(".account", settings.account, r"\d{12}", "12 digits")
        self._matches(".region", settings.region, r"[a-z]{2}(-[a-z]+)+-\d", "a region such as us-east-1")
        self._require(".catalogue", settings.catalogue, bool(settings.catalogue), "the path of a catalogue")
        if (settings.vpc is None) == (settings.create_vpc is None):
            both = "both" if settings.vpc else "neither"
            raise SettingsError(f"cdk.json: {self._path} has {both} of `vpc` and `create_vpc`; allowed is exactly one")
        if settings.vpc is not None:
            self._imported_vpc(settings.vpc)
        if settings.create_vpc is not None:
            self._cidr(".create_vpc.cidr", settings.create_vpc.cidr)
            zones = settings.create_vpc.availability_zones
            self._zones(".create_vpc.availability_zones", zones, settings.region)
        days = settings.log_retention_days
        self._require(".log_retention_days", days, days in LOG_RETENTION_DAYS, f"one of {list(LOG_RETENTION_DAYS)}")
        for key in ("page_subscriptions", "story_subscriptions"):
            for index, address in enumerate(getattr(settings, key)):
                subscription_protocol(address, f"cdk.json: {self._path}.{key}[{index}]")

    def _imported_vpc(self, vpc: ImportedVpc) -> None:
        self._matches(".vpc.id", vpc.id, _aws_id("vpc"), "vpc- and 8 or 17 hexadecimal digits")
        self._cidr(".vpc.cidr", vpc.cidr)
        for index, subnet in enumerate(vpc.private_subnet_ids):
            self._matches(
                f".vpc.private_subnet_ids[{index}]",
                subnet,
                _aws_id("subnet"),
                "subnet- and 8 or 17 hexadecimal digits",
            )
        for index, table in enumerate(vpc.route_table_ids):
            self._matches(
                f".vpc.route_table_ids[{index}]", table, _aws_id("rtb"), "rtb- and 8 or 17 hexadecimal digits"
            )
        subnets = len(vpc.private_subnet_ids)
        zones = vpc.availability_zones
        self._require(
            ".vpc.private_subnet_ids",
            list(vpc.private_subnet_ids),
            subnets > 0 and len(zones) > 0 and subnets % len(zones) == 0,
            f"as many in each of the availability zones {list(zones)}, in their order",
        )
        self._require(
            ".vpc.route_table_ids",
            list(vpc.route_table_ids),
            len(vpc.route_table_ids) == subnets,
            f"one for each of the {subnets} private subnets, in their order",
        )

    def _zones(self, key: str, zones: tuple[str, ...], region: str) -> None:
        allowed = f"two or more different zones of {region}, such as {region}a"
        self._require(key, list(zones), len(set(zones)) == len(zones) >= 2, allowed)
        self._require(key, list(zones), all(zone.startswith(region) for zone in zones), allowed)

    def _cidr(self, key: str, value: str) -> None:
        try:
            ipaddress.IPv4Network(value)
        except ValueError as error:
            raise SettingsError(
                f"cdk.json: {self._path}{key} is {value!r}; allowed is an IPv4 block such as 10.0.0.0/16"
            ) from error

    def _matches(self, key: str, value: str, pattern: str, allowed: str) -> None:
        self._require(key, value, re.fullmatch(pattern, value) is not None, allowed)

    def _require(self, key: str, value: Any, holds: bool, allowed: str) -> None:
        if not holds:
            raise SettingsError(f"cdk.json: {self._path}{key} is {value!r}; allowed is {allowed}")


def _aws_id(kind: str) -> str:
    return f"{kind}-([0-9a-f]{{8}}|[0-9a-f]{{17}})"


def subscription_protocol(address: str, where: str = "subscription") -> str:
    """The SNS protocol of a subscriber's address."""
    if re.fullmatch(r"https://\S+", address):
        return "https"
    if re.fullmatch(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:\S+", address):
        return "sqs"
    if re.fullmatch(r"[^@\s:/]+@[^@\s:/]+\.[^@\s:/]+", address):
        return "email"
    raise SettingsError(
        f"{where} is {address!r}; allowed are an e-mail address, an https:// address or the ARN of an SQS queue"
    )
