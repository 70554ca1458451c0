"""A function's environment: what is missing or unusable is named with its remedy."""

from pathlib import Path

import pytest

from auditor import names
from auditor.runtime.settings import SettingsError, read_settings, read_workstation_settings

GOOD = {
    names.ENV_STAGE: "prod",
    names.ENV_CATALOGUE: "catalogue.json",
    names.ENV_TABLE: "table",
    names.ENV_BUCKET: "bucket",
    names.ENV_STORIES_TOPIC: "arn:topic",
    names.ENV_IN_VPC: "true",
    names.ENV_COMMIT_WAIT: "7.5",
    "AWS_REGION": "eu-central-1",
    "AWS_LAMBDA_FUNCTION_NAME": "auditor-page",
    "LAMBDA_TASK_ROOT": "/var/task",
}


def test_everything_is_read() -> None:
    settings = read_settings(GOOD)
    assert (settings.stage, settings.table, settings.bucket, settings.region) == (
        "prod",
        "table",
        "bucket",
        "eu-central-1",
    )
    assert settings.catalogue == Path("/var/task/catalogue.json")
    assert settings.commit_wait_seconds == 7.5
    assert settings.in_vpc
    assert (settings.sandbox_resolver, settings.sandbox_seconds_per_minute) == ("", None)


def test_outside_a_vpc_and_with_the_defaults() -> None:
    required = dict.fromkeys((names.ENV_STAGE, names.ENV_CATALOGUE, names.ENV_TABLE, names.ENV_BUCKET), "x")
    settings = read_settings(required)
    assert not settings.in_vpc
    assert settings.commit_wait_seconds == 20.0


def test_a_pace_is_the_sandboxes_only() -> None:
    assert read_settings(GOOD | {names.ENV_SANDBOX_PACE: "2.5"}).sandbox_seconds_per_minute == 2.5


@pytest.mark.parametrize("name", [names.ENV_STAGE, names.ENV_CATALOGUE, names.ENV_TABLE, names.ENV_BUCKET])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named_with_the_remedy(name: str, value: str | None) -> None:
    environment = {key: text for key, text in GOOD.items() if key != name}
    with pytest.raises(SettingsError, match=f"{name} is missing or empty; .*deploy it again"):
        read_settings(environment if value is None else environment | {name: value})


@pytest.mark.parametrize("name", [names.ENV_COMMIT_WAIT, names.ENV_SANDBOX_PACE])
@pytest.mark.parametrize("value", ["soon", "20s", "-1", "nan", "inf", "1e999"])
def test_a_number_that_would_wait_for_ever_or_not_at_all_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'; allowed is a number of seconds"):
        read_settings(GOOD | {name: value})


@pytest.mark.parametrize(("memory", "share"), [("512", 512 / 1769), ("1769", 1.0), ("3008", 1.0), ("", 1.0)])
def test_memory_gives_a_share_of_a_core(memory: str, share: float) -> None:
    assert read_settings(GOOD | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory}).cpu_share == share


def test_in_the_sandbox_memory_limits_no_cpu() -> None:
    sandbox = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", names.ENV_SANDBOX_NETWORK: "127.0.0.1:5353"}
    assert read_settings(GOOD | sandbox).cpu_share == 1.0


def test_a_workstation_needs_nothing() -> None:
    here = read_workstation_settings({})
    assert here.host
    assert (here.sandbox_resolver, here.aws_endpoint) == ("", "")
