"""MLflow's stand-in against a real MLflow server: the auditor must not be able to tell them apart."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from functions.http.emitter import identify
from functions.http.message import read_message
from functions.journey.reading import refusal
from sandbox.hokusai.estate import APPLICATION_ROLE, MLFLOW_NAME, MLFLOW_PORT, REGISTRY
from sandbox.hokusai.real_mlflow import installed
from tests.functional.sandbox_hokusai.conftest import NETWORK, Pair

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed(), reason="NOT MEASURED: no real MLflow is installed (make mlflow)"),
]

INTERNAL = f"{MLFLOW_NAME}:{MLFLOW_PORT}"
SEARCH = "/api/2.0/mlflow/experiments/search"
BY_NAME = "/api/2.0/mlflow/experiments/get-by-name"
AJAX = "/mlflow/ajax-api/2.0/mlflow/experiments/search"

REQUESTS = [
    # What the catalogue's targets ask, directly and through the balancer.
    ("GET", "/mlflow", INTERNAL, ""),
    ("GET", "/mlflow", REGISTRY, ""),
    ("GET", "/mlflow/", INTERNAL, ""),
    ("GET", "/mlflow/", REGISTRY, ""),
    ("GET", "/mlflow/health", INTERNAL, ""),
    ("GET", "/health", INTERNAL, ""),
    ("GET", f"{SEARCH}?max_results=1", INTERNAL, ""),
    ("GET", SEARCH, INTERNAL, ""),
    ("GET", f"{SEARCH}?max_results=0", INTERNAL, ""),
    ("GET", f"{SEARCH}?max_results=many", INTERNAL, ""),
    ("GET", f"{SEARCH}?max_results=50001", INTERNAL, ""),
    ("POST", SEARCH, INTERNAL, '{"max_results": 1}'),
    ("POST", SEARCH, INTERNAL, "{}"),
    ("GET", f"{AJAX}?max_results=1", REGISTRY, ""),
    # What the API's health check asks.
    ("GET", f"{BY_NAME}?experiment_name=Default", INTERNAL, ""),
    ("GET", f"{BY_NAME}?experiment_name=nobody", INTERNAL, ""),
    ("GET", BY_NAME, INTERNAL, ""),
    # Where nothing is: the prefix left out, or put before what has none.
    ("GET", "/", INTERNAL, ""),
    ("GET", "/mlflow/version", INTERNAL, ""),
    ("GET", "/version", INTERNAL, ""),
    ("GET", f"/mlflow{SEARCH}?max_results=1", INTERNAL, ""),
    ("GET", "/ajax-api/2.0/mlflow/experiments/search?max_results=1", INTERNAL, ""),
    ("GET", "/api/mlflow/api/2.0/mlflow/experiments/search?max_results=1", INTERNAL, ""),
    # Hosts that it does not allow: another name, the name without its port, the address.
    ("GET", "/mlflow", "elsewhere.example", ""),
    ("GET", "/mlflow/health", "elsewhere.example", ""),
    ("GET", "/health", "elsewhere.example", ""),
    ("GET", f"{SEARCH}?max_results=1", MLFLOW_NAME, ""),
    ("GET", f"{SEARCH}?max_results=1", f"10.{NETWORK}.1.221:{MLFLOW_PORT}", ""),
]


@dataclass(frozen=True)
class Fingerprint:
    """What the families keep of an answer, and what they look at."""

    status: int
    kind: str
    location: str
    emitter: tuple[str, str]
    message: tuple[str | None, str]
    error_code: str | None
    says: str | None
    """As the journey reads it."""
    shape: Any
    """Of its JSON every name; of a list the first entry."""


@dataclass(frozen=True)
class Told:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body) if self.headers.get("content-type", "") == "application/json" else {}

    @property
    def fingerprint(self) -> Fingerprint:
        emitter, evidence = identify(self.status, self.headers, self.body)
        said = refusal("it", self.status, self.headers, self.body, key_sent=False, of_artifact=False)
        bad = self.status >= 300
        return Fingerprint(
            status=self.status,
            kind=self.headers.get("content-type", ""),
            location=self.headers.get("location", ""),
            emitter=(str(emitter), evidence),
            message=read_message(self.status, emitter, self.headers, self.body),
            error_code=said.error_code if bad else None,
            says=said.says if bad else None,
            shape=_shape(self.document),
        )


def _shape(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return type(value).__name__


def tell(at: tuple[str, int], method: str, path: str, host: str, body: str) -> Told:
    connection = http.client.HTTPConnection(*at, timeout=20)
    try:
        headers = {"Host": host} | ({"Content-Type": "application/json"} if body else {})
        connection.request(method, path, body=body or None, headers=headers)
        answer = connection.getresponse()
        return Told(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def ask(at: tuple[str, int], method: str, path: str, host: str, body: str) -> Fingerprint:
    return tell(at, method, path, host, body).fingerprint


@pytest.mark.parametrize(("method", "path", "host", "body"), REQUESTS)
def test_the_stand_in_answers_as_the_real_server_does(pair: Pair, method: str, path: str, host: str, body: str) -> None:
    assert ask(pair.standing_in, method, path, host, body) == ask(pair.real, method, path, host, body)


TRACKING, ARTIFACTS = "/api/2.0/mlflow", "/api/2.0/mlflow-artifacts/artifacts"
NOBODY = "0" * 32
CALLS = [
    # Each is asked of both servers in this order; {words} are what earlier answers of the same server said.
    ("POST", f"{TRACKING}/experiments/create", '{{"name": "made-here", "tags": [{{"key": "a", "value": "b"}}]}}'),
    ("POST", f"{TRACKING}/experiments/create", '{{"name": "made-here"}}'),
    ("POST", f"{TRACKING}/experiments/create", "{{}}"),
    ("POST", f"{TRACKING}/experiments/create", "no JSON"),
    ("GET", f"{TRACKING}/experiments/create", ""),
    ("PUT", f"{TRACKING}/experiments/create", "{{}}"),
    ("GET", f"{TRACKING}/experiments/get?experiment_id={{experiment_id}}", ""),
    ("GET", f"{TRACKING}/experiments/get?experiment_id=987654", ""),
    ("GET", f"{TRACKING}/experiments/get", ""),
    ("POST", f"{TRACKING}/experiments/search", '{{"max_results": 9, "filter": "name = \'made-here\'"}}'),
    ("POST", f"{TRACKING}/experiments/search", '{{"max_results": 9, "filter": "name LIKE \'made-%\'"}}'),
    ("POST", f"{TRACKING}/experiments/search", '{{"max_results": 9, "filter": "name = \'nobody\'"}}'),
    ("POST", f"{TRACKING}/experiments/search", '{{"max_results": 9, "filter": "nonsense"}}'),
    ("POST", f"{TRACKING}/runs/create", '{{"experiment_id": "{experiment_id}", "start_time": 1, "run_name": "r"}}'),
    ("POST", f"{TRACKING}/runs/create", '{{"experiment_id": "987654", "start_time": 1}}'),
    ("POST", f"{TRACKING}/runs/log-parameter", '{{"run_id": "{run_id}", "key": "p", "value": "1"}}'),
    ("POST", f"{TRACKING}/runs/log-parameter", f'{{{{"run_id": "{NOBODY}", "key": "p", "value": "1"}}}}'),
    ("POST", f"{TRACKING}/runs/log-metric", '{{"run_id": "{run_id}", "key": "m", "value": 0.5, "timestamp": 1}}'),
    ("POST", f"{TRACKING}/runs/log-metric", '{{"run_id": "{run_id}"}}'),
    ("POST", f"{TRACKING}/runs/update", '{{"run_id": "{run_id}", "status": "FINISHED", "end_time": 2}}'),
    ("GET", f"{TRACKING}/runs/get?run_id={{run_id}}", ""),
    ("GET", f"{TRACKING}/runs/get?run_id={NOBODY}", ""),
    ("POST", f"{TRACKING}/runs/search", '{{"experiment_ids": ["{experiment_id}"], "max_results": 9}}'),
    ("PUT", f"{ARTIFACTS}/{{experiment_id}}/{{run_id}}/artifacts/folder/model.txt", "hello"),
    ("GET", f"{ARTIFACTS}/{{experiment_id}}/{{run_id}}/artifacts/folder/model.txt", ""),
    ("GET", f"{ARTIFACTS}?path={{experiment_id}}/{{run_id}}/artifacts", ""),
    ("GET", f"{ARTIFACTS}?path={{experiment_id}}/{{run_id}}/artifacts/folder", ""),
    ("GET", f"{ARTIFACTS}/{{experiment_id}}/nothing", ""),
    ("PUT", f"{ARTIFACTS}/..%2Fx", "hello"),
    ("POST", f"{TRACKING}/registered-models/create", '{{"name": "made-here"}}'),
    ("POST", f"{TRACKING}/registered-models/create", '{{"name": "made-here"}}'),
    ("POST", f"{TRACKING}/registered-models/create", "{{}}"),
    ("POST", f"{TRACKING}/model-versions/create", '{{"name": "made-here", "source": "mlflow-artifacts:/x"}}'),
    ("POST", f"{TRACKING}/model-versions/create", '{{"name": "nobody", "source": "mlflow-artifacts:/x"}}'),
    ("GET", f"{TRACKING}/model-versions/get?name=made-here&version=1", ""),
    ("GET", f"{TRACKING}/model-versions/get?name=made-here&version=7", ""),
    ("GET", f"{TRACKING}/registered-models/get?name=made-here", ""),
    ("GET", f"{TRACKING}/registered-models/get?name=nobody", ""),
    ("GET", f"{TRACKING}/registered-models/search?max_results=9&filter=name%20%3D%20%27made-here%27", ""),
    ("GET", f"{TRACKING}/registered-models/search?max_results=9&filter=name%20%3D%20%27nobody%27", ""),
    ("DELETE", f"{TRACKING}/model-versions/delete", '{{"name": "made-here", "version": "1"}}'),
    ("DELETE", f"{TRACKING}/model-versions/delete", '{{"name": "made-here", "version": "1"}}'),
    ("DELETE", f"{TRACKING}/registered-models/delete", '{{"name": "made-here"}}'),
    ("DELETE", f"{TRACKING}/registered-models/delete", '{{"name": "made-here"}}'),
    ("DELETE", f"{ARTIFACTS}/{{experiment_id}}/{{run_id}}/artifacts/folder", ""),
    ("DELETE", f"{ARTIFACTS}/{{experiment_id}}/{{run_id}}/artifacts/folder", ""),
    ("GET", f"{ARTIFACTS}?path={{experiment_id}}/{{run_id}}/artifacts/folder", ""),
    ("POST", f"{TRACKING}/runs/delete", '{{"run_id": "{run_id}"}}'),
    ("POST", f"{TRACKING}/experiments/delete", '{{"experiment_id": "{experiment_id}"}}'),
    ("POST", f"{TRACKING}/experiments/delete", '{{"experiment_id": "{experiment_id}"}}'),
    ("GET", f"{TRACKING}/experiments/get?experiment_id={{experiment_id}}", ""),
    ("POST", f"{TRACKING}/experiments/create", '{{"name": "made-here"}}'),
    ("POST", f"{TRACKING}/runs/create", '{{"experiment_id": "{experiment_id}", "start_time": 1}}'),
    ("POST", f"{TRACKING}/experiments/restore", '{{"experiment_id": "{experiment_id}"}}'),
    ("POST", f"{TRACKING}/experiments/delete", '{{"experiment_id": "{experiment_id}"}}'),
    ("POST", f"{TRACKING}/nothing", "{{}}"),
]


def test_the_stand_in_registers_models_as_the_real_server_does(pair: Pair) -> None:
    told: dict[tuple[str, int], list[Fingerprint]] = {}
    for at in (pair.standing_in, pair.real):
        known = {"experiment_id": "", "run_id": ""}
        for method, path, body in CALLS:
            answer = tell(at, method, path.format(**known), INTERNAL, body.format(**known))
            known["experiment_id"] = known["experiment_id"] or answer.document.get("experiment_id", "")
            known["run_id"] = known["run_id"] or answer.document.get("run", {}).get("info", {}).get("run_id", "")
            told.setdefault(at, []).append(answer.fingerprint)
    for call, ours, theirs in zip(CALLS, told[pair.standing_in], told[pair.real], strict=True):
        assert ours == theirs, call


def test_the_real_server_answers_as_the_platform_was_recorded(pair: Pair) -> None:
    def status(path: str, host: str = INTERNAL) -> int:
        return ask(pair.real, "GET", path, host, "").status

    assert (status("/mlflow"), status("/mlflow/health"), status("/health")) == (308, 200, 404)
    assert (status(f"{SEARCH}?max_results=1"), status(SEARCH)) == (200, 400)
    assert ask(pair.real, "GET", "/mlflow", "elsewhere.example", "").message == ("host_rejected", "")


def test_both_say_the_same_of_a_database_that_refuses_them_and_of_one_that_is_gone(pair: Pair) -> None:
    password = pair.postgres.owner.password

    def of_both() -> tuple[Fingerprint, Fingerprint]:
        search, health = f"{SEARCH}?max_results=1", "/mlflow/health"
        assert ask(pair.real, "GET", health, INTERNAL, "") == ask(pair.standing_in, "GET", health, INTERNAL, "")
        return ask(pair.standing_in, "GET", search, INTERNAL, ""), ask(pair.real, "GET", search, INTERNAL, "")

    pair.postgres.set_password(APPLICATION_ROLE, "not-what-the-task-has")
    # The real server keeps connections; only a new one has to log in.
    pair.postgres.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{APPLICATION_ROLE}'"
    )
    try:
        standing_in, real = of_both()
        assert standing_in == real
        assert (real.status, real.error_code, real.says) == (503, "TEMPORARILY_UNAVAILABLE", "store_unavailable")
    finally:
        pair.postgres.set_password(APPLICATION_ROLE, password)
    pair.postgres.stop()
    try:
        standing_in, real = of_both()
        assert standing_in == real
        assert real.status == 503
    finally:
        pair.postgres.start()
    assert [each.status for each in of_both()] == [200, 200]


def test_it_serves_both_sides_in_one_process_that_is_not_root_and_bounded(pair: Pair) -> None:
    assert [ask(at, "GET", "/mlflow/health", INTERNAL, "").status for at in pair.addresses] == [200, 200]
    status = Path(f"/proc/{pair.process.pid}/status").read_text(encoding="utf-8")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    assert int(fields["Uid"].split()[0]) != 0
    assert int(fields["VmRSS"].split()[0]) < 400_000
    limits = Path(f"/proc/{pair.process.pid}/limits").read_text(encoding="utf-8")
    assert next(line for line in limits.splitlines() if line.startswith("Max data size")).split()[3] == str(2 * 1024**3)
    assert Path(f"/proc/{pair.process.pid}/task/{pair.process.pid}/children").read_text(encoding="utf-8") == ""
