"""What the incidents of entrances bring about, on one platform or the other: at the control plane and for users."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.sandbox_fargate.staging import World, emulator_fixture, stage_fixture

pytestmark = pytest.mark.slow
"""Each one starts a database and all services."""

emulator = emulator_fixture(77)
hokusai = stage_fixture("hokusai")
shop = stage_fixture("shop")

CHECKED_SECONDS = 12.0
"""Targets are checked every five."""
SEARCH = "https://registry.hokus.ai/api/mlflow/api/2.0/mlflow/experiments/search?max_results=1"


def health(world: World, group: str) -> list[dict[str, str]]:
    """The health of a group's targets, once they were checked."""
    elb = world.platform.aws("elbv2")
    arn = elb.describe_target_groups(Names=[group])["TargetGroups"][0]["TargetGroupArn"]
    until = time.monotonic() + CHECKED_SECONDS
    while True:
        told: list[Any] = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        found = [each["TargetHealth"] for each in told]
        settled = all(each["State"] != "initial" for each in found)
        if settled and not any(each.get("Reason") == "Target.FailedHealthChecks" for each in found):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.2)


def mismatch(status: int) -> list[dict[str, str]]:
    text = f"Health checks failed with these codes: [{status}]"
    return [{"State": "unhealthy", "Reason": "Target.ResponseCodeMismatch", "Description": text}]


def test_h01_mlflow_redirects_and_its_check_does_not_accept_that(hokusai: Callable[..., World]) -> None:
    world = hokusai("H01")
    assert health(world, "hokusai-reg-mlflow-development") == mismatch(308)
    assert health(world, "hokusai-reg-api-development") == [{"State": "healthy"}]
    assert world.vantage.ask("https://registry.hokus.ai/mlflow/").status == 200


def test_p16_the_storefront_has_no_such_page(shop: Callable[..., World]) -> None:
    world = shop("P16")
    assert health(world, "shop-prod-storefront") == mismatch(404)
    assert world.vantage.ask("https://www.shop.example/").status == 200


def test_h07_nothing_of_the_accounts_runs(shop: Callable[..., World]) -> None:
    world = shop("H07")
    assert health(world, "shop-prod-accounts") == []
    answer = world.vantage.ask("https://accounts.shop.example/up")
    assert (answer.status, answer.header("Server")) == (503, "awselb/2.0")
    with pytest.raises(ConnectionRefusedError):
        world.vantage.ask("http://accounts.shop-prod.internal:9090/up")


def test_h10_mlflow_answers_for_the_api(hokusai: Callable[..., World]) -> None:
    world = hokusai("H10")
    answer = world.vantage.ask(SEARCH)
    assert answer.status == 404
    assert b"<!doctype html>" in answer.body
    assert world.vantage.ask("https://registry.hokus.ai/api/v1/models").status == 401


def test_h20_only_port_80_has_rules(hokusai: Callable[..., World]) -> None:
    world = hokusai("H20")
    answer = world.vantage.ask("https://api.hokus.ai/api/v1/models")
    assert (answer.status, answer.header("Server"), answer.body) == (404, "awselb/2.0", b"Not Found")
    assert world.vantage.ask("http://api.hokus.ai/api/v1/models").status == 401
    assert world.vantage.ask("https://registry.hokus.ai/").status == 401
