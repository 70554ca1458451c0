"""Answers of a model registry: whatever they are, closed words come of them, and ids that can be asked with again."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.codec import from_json, to_json
from auditor.domain.diagnosis.words import Emitter
from functions.journey.artifacts import served_root
from functions.journey.exchange import Answer
from functions.journey.facts import CallFacts, ErrorCode, Says, StoreRefusal
from functions.journey.naming import ORPHANED_AFTER, is_orphan, made_name, slot_in
from functions.journey.reading import refusal
from functions.journey.stages import STEPS, Context, Step

from .material import CANARY, JSON, altered, mangled, pieces, texts

SLOT = datetime(2026, 7, 1, 12, tzinfo=UTC)
NAME = made_name("health-auditor", "registration", SLOT, "0123abcd")
STEPS_OF_ALL = [step for steps in STEPS.values() for step in steps]
RUN = "7a9"
GOOD = {
    "experiment_id": "12",
    "experiment": {"name": NAME, "lifecycle_stage": "active"},
    "run": {
        "info": {"run_id": RUN, "status": "FINISHED", "artifact_uri": f"mlflow-artifacts:/12/{RUN}/artifacts"},
        "data": {
            "params": [{"key": "learning_rate", "value": "0.01"}],
            "metrics": [{"key": "accuracy", "value": 0.875, "step": 0}],
        },
    },
    "registered_model": {"name": NAME},
    "model_version": {"name": NAME, "version": "1", "run_id": RUN, "status": "READY"},
}
"""An answer to everything."""
CLOSED = {*get_args(Says), *get_args(ErrorCode), *get_args(StoreRefusal), *Emitter, "runs/create"}
WORDS = (
    b'{"error_code":',
    b'"INTERNAL_ERROR"',
    b'"PERMISSION_DENIED"',
    b'"BAD_REQUEST"',
    b'"message":',
    b'"detail":',
    b'"psycopg2 connection refused"',
    b'"no pg_hba.conf entry for host"',
    b"no_encryption",
    b'"API key required"',
    b"Invalid Host header",
    b"Failed to connect to",
    b"<!doctype html><html lang=en><title>404 Not Found</title>",
    b"<center>nginx",
    b",",
    b"}",
    b"[",
    b"\xff\xfe",
    b"1" * 5000,
    CANARY.encode(),
)
HEADERS = st.dictionaries(
    st.sampled_from(["server", "content-type", "location"]),
    st.text(st.characters(max_codepoint=255), max_size=40)
    | st.sampled_from(["awselb/2.0", "uvicorn", "CloudFront", "text/html; charset=utf-16", CANARY]),
)


def refused(status: int, headers: dict[str, str], body: bytes, key_sent: bool, of_artifact: bool) -> None:
    """Facts of closed words come of it, which survive storage."""
    said = refusal("runs/create", status, headers, body, key_sent=key_sent, of_artifact=of_artifact)
    document = to_json(said)
    assert from_json(CallFacts, json.loads(json.dumps(document))) == said
    assert {value for value in document.values() if isinstance(value, str)} <= CLOSED
    assert said.says is not None


@given(st.integers(100, 999), HEADERS, pieces(WORDS), st.booleans(), st.booleans())
def test_words(status: int, headers: dict[str, str], body: bytes, key_sent: bool, of_artifact: bool) -> None:
    refused(status, headers, body, key_sent, of_artifact)


@given(st.sampled_from([400, 401, 403, 404, 500, 502, 503]), JSON, st.booleans())
def test_any_json(status: int, document: Any, key_sent: bool) -> None:
    refused(status, {}, json.dumps({"error_code": document, "message": document}).encode(), key_sent, key_sent)


def read(step: Step, body: bytes) -> None:
    """What a step keeps of an answer can be sent, and names nothing outside of the run."""
    context = Context(name=NAME, made_by="Hokusai", slot=SLOT, experiment="12", run=RUN, version="1")
    said = step.read(context, Answer(status=200, headers={}, body=body))
    assert said is None or said in get_args(Says)
    for id in (context.experiment, context.run, context.version):
        assert id == "" or (id.isascii() and id.isalnum() and len(id) <= 64)
    root = context.artifact_root
    assert root == "" or context.run in root.split("/")
    for other in STEPS_OF_ALL:
        path = other.call(context).path
        assert path.isascii()
        assert path.isprintable()
        assert not {"..", " ", "?", "#"} & {*path, *path.split("/")}


@given(st.sampled_from(STEPS_OF_ALL), altered(GOOD))
def test_an_altered_answer(step: Step, document: Any) -> None:
    read(step, json.dumps(document).encode())


@given(st.sampled_from(STEPS_OF_ALL), mangled(json.dumps(GOOD).encode()))
def test_a_mangled_answer(step: Step, body: bytes) -> None:
    read(step, body)


@given(
    texts(
        [
            "mlflow-artifacts:",
            "http://",
            "s3://",
            "/api/2.0/mlflow-artifacts/artifacts/",
            "/",
            "..",
            "%2e%2e",
            "\\",
            RUN,
            "artifacts",
            "?",
            "#",
            "@",
            "[",
            "\x00",
        ]
    )
)
def test_artifacts_lie_below_the_run(uri: str) -> None:
    root = served_root(uri, RUN)
    assert root == "" or RUN in root.split("/")
    assert ".." not in root
    assert all(each.isascii() and (each.isalnum() or each in "._/-") for each in root)
    assert served_root(uri, "") == ""


@given(texts(["health-auditor", "-", "registration", "20260701T120000Z", "99999999T999999Z", "0123abcd", "\n", "٣"]))
def test_a_name_is_ours_or_is_not(name: str) -> None:
    made = slot_in(name, "health-auditor")
    if made is not None:
        nonce = name[-8:]
        target = name.removeprefix("health-auditor-").removesuffix(f"-{name[-25:-9]}-{nonce}")
        assert name == made_name("health-auditor", target, made, nonce)


@given(
    st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.timedeltas(-ORPHANED_AFTER * 2, ORPHANED_AFTER * 2),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True),
    st.integers(0, 0xFFFFFFFF),
)
def test_what_was_made_is_found_when_it_is_old(slot: datetime, age: Any, target: str, nonce: int) -> None:
    name = made_name("health-auditor", target, slot, f"{nonce:08x}")
    assert slot_in(name, "health-auditor") == slot
    assert is_orphan(name, "health-auditor", slot + age) == (age >= ORPHANED_AFTER)
