"""What a journey asks, in which order, with what, and what it makes of it."""

import ssl
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from auditor.domain.diagnosis.words import Emitter
from auditor.domain.observation import Phase
from auditor.net.network import AddressRefusedError, Network
from auditor.net.tls import context_from_file
from functions.journey.cleaning import MOST_AT_ONCE
from functions.journey.credential import Credential
from functions.journey.facts import STAGES
from sandbox.fargate.serving import Application, Reply, Request, json_reply
from sandbox.mlflow.rest import ARTIFACTS, TRACKING, Rest
from tests.fault_lab.journey_lab import (
    KEY,
    LONG_AGO,
    PREFIX,
    SECRET,
    at,
    by_localhost_only,
    mlflow,
    proxied,
    serving,
    text_reply,
    with_orphans,
)
from tests.functional.functions.journey.conftest import ALL_WELL, HeldSecrets, Told, journey

CREDENTIAL = Credential(secret=SECRET)
OF_A_JOURNEY = [
    *("experiments/search", "registered-models/search"),
    *("experiments/create", "experiments/get"),
    *("runs/create", "runs/log-parameter", "runs/log-metric", "runs/update", "runs/get"),
    *("artifacts PUT", "artifacts GET"),
    *("registered-models/create", "model-versions/create", "model-versions/get"),
    *("experiments/search", "registered-models/search", "registered-models/delete", "runs/search"),
    *("artifacts DELETE", "artifacts GET", "experiments/delete"),
    *("experiments/search", "registered-models/search"),
]


class Listener:
    """Remembers what is asked of an application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        return self._application(request)

    @property
    def calls(self) -> list[str]:
        return [
            f"artifacts {r.method}" if r.path.startswith(ARTIFACTS) else r.path.removeprefix(TRACKING)
            for r in self.requests
        ]


def asked(application: Application, **more: Any) -> Told:
    with serving(application) as port:
        return journey(f"http://127.0.0.1:{port}{more.pop('prefix', '')}", **more)


def test_a_whole_journey_and_nothing_is_left() -> None:
    server = mlflow()
    listener = Listener(server)
    told = asked(listener)
    assert told.brief() == ALL_WELL
    assert listener.calls == OF_A_JOURNEY
    assert server.names() == {"Default"}
    assert server.files == {}
    assert [(stage.name, stage.outcome) for stage in told.facts.stages] == [(name, "done") for name in STAGES]
    assert [timing.phase for timing in told.observation.phases] == [Phase.TCP, Phase.FIRST_BYTE, Phase.TRANSFER]
    assert all(timing.ok and timing.duration_ms >= 0 for timing in told.observation.phases)


def test_every_request_calls_the_server_by_its_name_and_none_carries_what_nobody_declared() -> None:
    listener = Listener(mlflow())
    with serving(listener) as port:
        journey(f"http://127.0.0.1:{port}")
    assert {request.headers["host"] for request in listener.requests} == {f"127.0.0.1:{port}"}
    for request in listener.requests:
        assert not {"authorization", "cookie", "x-api-key"} & set(request.headers)
        assert request.headers["user-agent"] == "health-auditor"


def test_what_is_made_says_whose_it_is() -> None:
    listener = Listener(mlflow())
    asked(listener, id="registration-direct")
    made = [r.body.decode() for r in listener.requests if r.path.endswith("/create")]
    assert len(made) == 4
    for body in made[:3]:
        assert '"health-auditor-registration-direct-20261123T164500Z-' in body
        assert '"health-auditor-test-journey"' in body


@pytest.mark.parametrize("stage", STAGES)
def test_after_a_failure_the_later_stages_have_no_turn_and_what_was_made_is_taken_away(stage: str) -> None:
    calls = {
        "experiment": "experiments/get",
        "run": "runs/update",
        "artifact": "artifacts GET",
        "model_version": "model-versions/create",
    }
    server = mlflow()
    failing = at(calls[stage], json_reply(500, {"error_code": "INTERNAL_ERROR", "message": "no"}), server)
    told = asked(failing)
    number = STAGES.index(stage)  # type: ignore[arg-type]
    statuses = [result.status for result in told.results.values()]
    assert statuses[:4] == ["PASS"] * number + ["FAIL"] + ["SKIPPED"] * (3 - number)
    assert told.brief()["completes_in_time"] == ("SKIPPED", None)
    stopped = told.facts.stages[number].stopped_at
    assert stopped is not None
    assert (stopped.call, stopped.status, stopped.error_code) == (calls[stage], 500, "INTERNAL_ERROR")
    assert server.names() == {"Default"}
    assert server.files == {}


def test_while_it_is_not_enabled_nothing_is_sent_and_nothing_is_green() -> None:
    listener = Listener(mlflow())
    told = asked(listener, enabled=False)
    assert listener.requests == []
    assert {result.status for result in told.results.values()} == {"SKIPPED"}
    assert "enabled: true" in told.results["journey.experiment_created"].summary


@pytest.mark.parametrize("secret", ["", '{"other": "x"}', "with a line\nbreak", " blank in front", "k\u00fc"])
def test_without_a_usable_key_nothing_is_sent_and_the_auditor_says_so(secret: str) -> None:
    listener = Listener(mlflow())
    told = asked(listener, credential=CREDENTIAL, secrets=HeldSecrets({SECRET: secret}))
    assert listener.requests == []
    assert {status for status, _ in told.brief().values()} == {"UNKNOWN"}
    assert {cause for _, cause in told.brief().values()} <= {"self.secret_malformed", "aws.not_found"}


def test_the_key_goes_to_the_declared_place_only_and_nowhere_into_what_is_kept() -> None:
    elsewhere = Listener(mlflow())
    with serving(elsewhere) as other:
        moved = text_reply(307, "", Location=f"http://127.0.0.1:{other}/api/2.0/mlflow/experiments/create")
        front = Listener(lambda _request: moved)
        told = asked(front, credential=CREDENTIAL, secrets=HeldSecrets({SECRET: KEY}))
    assert {request.headers["authorization"] for request in front.requests} == {f"Bearer {KEY}"}
    assert elsewhere.requests == []
    assert told.brief()["experiment_created"] == ("FAIL", "journey.redirected")
    assert KEY not in told.text


@pytest.mark.parametrize(
    ("credential", "header"),
    [
        (Credential(secret=SECRET, header="X-API-Key"), ("x-api-key", KEY)),
        (Credential(secret=SECRET, scheme="ApiKey"), ("authorization", f"ApiKey {KEY}")),
        (Credential(secret=SECRET, key="api_key"), ("authorization", f"Bearer {KEY}")),
    ],
)
def test_the_key_is_presented_as_declared(credential: Credential, header: tuple[str, str]) -> None:
    listener = Listener(mlflow())
    text = f'{{"api_key": "{KEY}"}}' if credential.key else KEY
    told = asked(listener, credential=credential, secrets=HeldSecrets({SECRET: text}))
    assert told.brief() == ALL_WELL
    assert {request.headers.get(header[0]) for request in listener.requests} == {header[1]}


def test_a_key_that_was_rotated_meanwhile_is_the_auditors_own_matter() -> None:
    secrets = HeldSecrets({SECRET: KEY}, cached={SECRET: "the-key-of-yesterday"})
    told = asked(proxied(mlflow()), prefix=PREFIX, credential=CREDENTIAL, secrets=secrets)
    assert {status for status, _ in told.brief().values()} == {"UNKNOWN"}
    assert {cause for _, cause in told.brief().values()} == {"self.credentials"}
    again = asked(proxied(mlflow()), prefix=PREFIX, credential=CREDENTIAL, secrets=secrets)
    assert again.brief() == ALL_WELL


def test_neither_the_environment_nor_a_netrc_has_a_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password of-somebody\n", encoding="utf-8")
    netrc.chmod(0o600)
    for name, value in {
        "NETRC": str(netrc),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    listener = Listener(mlflow())
    assert asked(listener).brief() == ALL_WELL
    assert all("authorization" not in request.headers for request in listener.requests)


def test_every_connection_goes_through_the_networks_one_seam() -> None:
    dialled = []
    with serving(mlflow()) as port:

        def translate(address: str, named: int) -> tuple[str, int]:
            dialled.append((address, named))
            return "127.0.0.1", port

        told = journey("http://10.20.30.40:5000", network=Network(resolver=("127.0.0.1", 9), translate=translate))
    assert told.brief() == ALL_WELL
    assert set(dialled) == {("10.20.30.40", 5000)}
    assert len(dialled) == len(OF_A_JOURNEY)
    assert "127.0.0.1" not in told.text


def test_an_address_that_the_network_refuses_is_not_dialled() -> None:
    def refuse(address: str, _port: int) -> tuple[str, int]:
        raise AddressRefusedError(f"{address} is none of ours")

    told = journey("http://10.20.30.40:5000", network=Network(resolver=("127.0.0.1", 9), translate=refuse))
    assert told.brief()["experiment_created"] == ("FAIL", "tcp.unreachable")


def test_the_process_makes_one_tls_context_for_all_its_requests(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    made = context_from_file.cache_info().misses
    with serving(mlflow(), server_side) as port:
        for _ in range(2):
            told = journey(f"https://127.0.0.1:{port}", ca_file=str(tmp_path / "ca.pem"))
            assert told.brief() == ALL_WELL
    assert context_from_file.cache_info().misses == made + 1
    assert Phase.TLS in {timing.phase for timing in told.observation.phases}


def test_a_rejected_host_is_told_from_a_server_that_rejects_everybody() -> None:
    assert asked(by_localhost_only).facts.by_other_host is True
    rejected = text_reply(403, "Invalid Host header - possible DNS rebinding attack detected")
    assert asked(lambda _request: rejected).facts.by_other_host is False


def test_who_answered_is_told() -> None:
    balancer = Reply(status=502, body=b"<html></html>", kind="text/html", server="awselb/2.0")
    proxy = json_reply(502, {"detail": "Failed to connect to MLflow server at http://x:5000"})
    for reply, emitter in ((balancer, Emitter.LOAD_BALANCER), (proxy, Emitter.PROXY)):
        stopped = asked(lambda _request, reply=reply: reply).stage("experiment").stopped_at
        assert stopped is not None
        assert (stopped.emitter, stopped.says) == (emitter, "upstream_unreachable")


def stalling_at(server: Rest, call: str, seconds: float) -> Application:
    def stall(request: Request) -> Reply:
        time.sleep(seconds)
        return server(request)

    return at(call, stall, server)


def test_a_server_that_stalls_costs_one_requests_time_and_the_cleanup_has_its_own() -> None:
    server = mlflow()
    times = {"request_timeout": timedelta(seconds=0.3), "cleanup_timeout": timedelta(seconds=1)}
    began = time.monotonic()
    told = asked(stalling_at(server, "runs/log-metric", 1.0), **times)
    assert time.monotonic() - began < 2.5
    assert told.brief()["run_recorded"] == ("FAIL", "journey.no_answer")
    assert told.brief()["leaves_nothing"] == ("PASS", None)
    assert server.names() == {"Default"}


def test_when_the_stages_have_used_up_their_time_the_cleanup_still_has_its_own() -> None:
    server = mlflow()
    times: Mapping[str, timedelta] = {
        "timeout": timedelta(seconds=2.0),
        "cleanup_timeout": timedelta(seconds=1.0),
        "request_timeout": timedelta(seconds=0.9),
        "slow_after": timedelta(seconds=1),
    }
    slow = stalling_at(server, "runs/log-parameter", 0.6)
    told = asked(stalling_at_behind(slow, "runs/log-metric", 0.6), **times)
    status, cause = told.brief()["run_recorded"]
    assert (status, cause) in {("FAIL", "journey.no_answer"), ("FAIL", "journey.out_of_time")}
    assert told.brief()["leaves_nothing"] == ("PASS", None)
    assert server.names() == {"Default"}


def stalling_at_behind(behind: Application, call: str, seconds: float) -> Application:
    def stall(request: Request) -> Reply:
        time.sleep(seconds)
        return behind(request)

    return at(call, stall, behind)


def test_no_more_than_so_many_orphans_are_taken_away_at_once() -> None:
    many = MOST_AT_ONCE + 5
    server = with_orphans(LONG_AGO, *(f"health-auditor-it-{LONG_AGO}-{number:08x}" for number in range(2, many)))
    with serving(server) as port:
        first = journey(f"http://127.0.0.1:{port}").facts.remains
        second = journey(f"http://127.0.0.1:{port}").facts.remains
    assert first is not None
    assert second is not None
    assert (first.orphans, second.orphans) == (2 * MOST_AT_ONCE, 10)
    assert (first.orphans_removed, second.orphans_removed) == (2 * MOST_AT_ONCE, 10)
    assert server.names() == {"Default"}
