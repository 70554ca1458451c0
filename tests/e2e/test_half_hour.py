"""Thirty simulated minutes of the deployed stack: health tells nobody, each fault is told once and ends once."""

import time
from datetime import timedelta

import pytest

from sandbox.follow import simulated_now
from tests.e2e.conftest import SECONDS_PER_MINUTE, Deployed

pytestmark = pytest.mark.slow
"""Half an hour takes five minutes here."""

QUIET_MINUTES, MINUTES = 8, 30
FAULTS = ("web-errors", "database")


def test_half_an_hour_with_two_faults_is_two_pages_two_stories_and_two_ends(deployed: Deployed) -> None:
    deployed.healthy()
    deployed.forget_messages()
    began = simulated_now(deployed.instance)

    def told(topic: str, minutes: float) -> list[str]:
        """What came in so many minutes, by alarm and state or by kind and service."""
        found = deployed.messages(topic, enough=lambda _: False, seconds=minutes * SECONDS_PER_MINUTE)
        if topic == "pages":
            return [message["Subject"].partition(" in ")[0] for message in found]
        return [
            f"{message['MessageAttributes']['kind']['Value']} {message['MessageAttributes']['service']['Value']}"
            for message in found
        ]

    assert told("pages", QUIET_MINUTES) == []
    assert told("stories", 0.1) == []
    for fault, service in zip(FAULTS, ("web", "database"), strict=True):
        broken_at, broken_wall = simulated_now(deployed.instance), time.monotonic()
        deployed.break_(fault)
        try:
            (page,) = deployed.messages("pages", enough=bool, seconds=6 * SECONDS_PER_MINUTE)
            waited = simulated_now(deployed.instance) - broken_at
            print(
                f"{fault}: paged after {time.monotonic() - broken_wall:.1f} s, {waited.total_seconds():.0f} simulated"
            )
            assert f'"sandbox-{service}-open-incident"' in page["Subject"]
            assert waited < timedelta(minutes=5), "two of three slots, and here each second of work counts for six"
        finally:
            deployed.mend(fault)
        assert told("pages", 6) == [f'OK: "sandbox-{service}-open-incident"']
        assert told("stories", 0.2) == [f"opened {service}", f"resolved {service}"]
    rest = timedelta(minutes=MINUTES) - (simulated_now(deployed.instance) - began)
    assert told("pages", max(0.0, rest / timedelta(minutes=1))) == []
    assert told("stories", 0.1) == []
