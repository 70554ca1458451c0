"""The frame itself: what it calls right, what it calls shown as health, and in which forms it knows a secret again."""

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from auditor.domain.bundle import Run
from auditor.domain.observation import Observation, Phase
from auditor.domain.result import Result, Severity, Status
from tests.fault_lab.canary import CANARY, leaks, secret_values
from tests.fault_lab.lab import SLOT, VANTAGE, Outcome
from tests.fault_lab.labels import Label
from tests.fault_lab.peers import Word
from tests.fault_lab.situation import Situation

DEAD = Label(
    id="page-dead",
    family="page",
    what="it is dead",
    check="page.reachable",
    status=Status.FAIL,
    phase=Phase.TCP,
    cause="tcp.refused",
    evidence={"port": 80},
)
WELL = replace(DEAD, id="page-well", status=Status.PASS, phase=None, cause=None, evidence={})


def result(check: str, status: Status, cause: str | None = None, phase: Phase | None = None, **evidence: Any) -> Result:
    return Result(
        family="page",
        target="page",
        check=f"page.{check}",
        slot=SLOT,
        status=status,
        severity=Severity.HIGH,
        summary="So it is.",
        cause=cause,
        phase=phase,
        evidence=evidence,
    )


def outcome(label: Label, *results: Result) -> Outcome:
    observation: Observation[Any] = Observation(
        family="page", target="page", slot=SLOT, vantage=VANTAGE, facts={}, phases=()
    )
    run = Run(
        family="page",
        shard=0,
        slot=SLOT,
        request_id="-",
        vantage=VANTAGE,
        observations=(observation,),
        results=results,
    )
    situation: Any = None
    return Outcome(label=label, situation=situation, run=run)


REFUSED = result("reachable", Status.FAIL, "tcp.refused", Phase.TCP, port=80, host="web")
FINE = result("reachable", Status.PASS)


def test_status_phase_cause_and_evidence_make_it_right() -> None:
    assert outcome(DEAD, REFUSED, result("answers", Status.SKIPPED)).problems == ()
    assert outcome(WELL, FINE, result("answers", Status.SKIPPED)).problems == ()
    advice = replace(result("days_left", Status.WARN, "page.soon", Phase.ANSWER), severity=Severity.ADVISORY)
    assert outcome(WELL, FINE, advice).problems == ()


@pytest.mark.parametrize(
    ("label", "results", "problem"),
    [
        (DEAD, [replace(REFUSED, status=Status.WARN)], "status is WARN, labelled FAIL"),
        (DEAD, [replace(REFUSED, phase=Phase.TLS)], "phase is tls, labelled tcp"),
        (DEAD, [replace(REFUSED, cause="tcp.reset")], "cause is tcp.reset, labelled tcp.refused"),
        (DEAD, [replace(REFUSED, evidence={"port": 81})], "port is 81, labelled 80"),
        (DEAD, [result("answers", Status.FAIL)], "page.reachable was not asked"),
        (WELL, [FINE, result("answers", Status.WARN, "page.slow")], "page.answers says WARN page.slow"),
        (WELL, [FINE, result("answers", Status.UNKNOWN, "self.bug")], "page.answers says UNKNOWN self.bug"),
        (WELL, [REFUSED], "status is FAIL, labelled PASS"),
    ],
)
def test_anything_else_is_wrong(label: Label, results: list[Result], problem: str) -> None:
    assert problem in outcome(label, *results).problems


@pytest.mark.parametrize(
    ("results", "shown"),
    [
        ([FINE], True),
        ([result("reachable", Status.SKIPPED), result("answers", Status.PASS)], True),
        ([FINE, result("answers", Status.FAIL, "page.status")], True),
        ([replace(REFUSED, cause="tcp.reset")], False),
        ([result("reachable", Status.UNKNOWN, "self.bug")], False),
    ],
)
def test_a_fault_is_shown_as_health_where_its_check_or_all_say_so(results: list[Result], shown: bool) -> None:
    assert outcome(DEAD, *results).shown_as_pass is shown
    assert not outcome(WELL, *results).shown_as_pass


SECRET = "p4ss/wörd"


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        CANARY.upper(),
        f"https://joe:{CANARY}@host/",
        CANARY.encode().hex(),
        "".join(f"%{byte:02X}" for byte in CANARY.encode()),
        "".join(f"\\u{ord(c):04x}" for c in CANARY),
        *(base64.b64encode(b"user:"[:n] + CANARY.encode() + b":x"[:m]).decode() for n in range(6) for m in range(3)),
        base64.urlsafe_b64encode(CANARY.encode()).decode(),
        hashlib.sha256(CANARY.encode()).hexdigest(),
        hashlib.md5(CANARY.encode()).hexdigest(),
        CANARY[::-1],
    ],
)
def test_a_secret_is_known_again_in_every_form(text: str) -> None:
    (found,) = leaks({"the log": f"before {text} behind"}, [CANARY])
    assert found.startswith("the log (")


@pytest.mark.parametrize("text", [SECRET, quote(SECRET, safe=""), json.dumps(SECRET), SECRET.upper()])
def test_so_is_one_with_letters_that_are_written_otherwise(text: str) -> None:
    assert leaks({"the log": text}, [SECRET])


def test_another_text_is_no_leak() -> None:
    assert leaks({"the log": "all is well, and 'anary7qx9z' is too short"}, [CANARY, SECRET]) == []


def test_of_secrets_only_what_is_secret_is_looked_for() -> None:
    document = json.dumps({"username": "shop_reader", "password": "hunter2-hunter2", "port": 5432, "token": "short"})
    assert set(secret_values({"a": document, "b": "a-plain-text-key", "c": "[1]"})) == {
        "hunter2-hunter2",
        "a-plain-text-key",
    }
    assert "hunter2" not in repr(Situation(target=None, network=None, secrets={"a": document}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cause", "evidence", "line", "named"),
    [
        ("tcp.refused", {}, "connect to address 127.0.0.1 and port 1: Connection refused", True),
        ("tcp.refused", {}, "Socket timeout after 2 seconds", False),
        ("http.status", {"status": 502}, "HTTP CRITICAL: HTTP/1.1 502 Bad Gateway", True),
        ("http.status", {"status": 502}, "HTTP CRITICAL: 5021 bytes", False),
        ("page.auth_failed", {}, "FATAL: auth failed for user", True),
        ("page.auth_failed", {}, "FATAL: something failed", False),
    ],
)
def test_a_peer_names_a_cause_by_its_words(cause: str, evidence: dict[str, Any], line: str, named: bool) -> None:
    label = replace(DEAD, cause=cause, evidence=evidence)
    assert Word(peer="check_page", noticed=True, line=line).names(label) is named
    assert not Word(peer="check_page", noticed=False, line=line).names(label)
    assert not Word(peer="check_page", noticed=True, line=line).names(WELL)
