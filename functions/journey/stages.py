"""The four stages as lists of steps: what is asked, and what the answer must say. Pure; the context goes along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.journey.artifacts import served_root
from functions.journey.exchange import Answer
from functions.journey.facts import Says, StageName
from functions.journey.reading import document_of
from functions.journey.server import ARTIFACTS, Call, asking

PARAMETER, VALUE = "learning_rate", "0.01"
METRIC, MEASURED = "accuracy", 0.875
ARTIFACT_FILE = "model.txt"
_NOTE = "Made by the health auditor to see that models can be registered; it takes this away again. Safe to delete."


@dataclass(slots=True, kw_only=True)
class Context:
    """What the steps share. ``name`` is that of everything made; ``made_by`` says who runs the auditor.

    The rest is what earlier answers said: empty until then.
    """

    name: str
    made_by: str
    slot: datetime
    experiment: str = ""
    run: str = ""
    artifact_uri: str = ""
    version: str = ""

    @property
    def artifact_root(self) -> str:
        """Where MLflow serves the artifacts of this run; empty where it does not."""
        return served_root(self.artifact_uri, self.run)

    @property
    def content(self) -> bytes:
        """What the artifact holds."""
        return f"{self.name}\n{_NOTE}\n".encode()

    @property
    def at_ms(self) -> int:
        """The journey's instant as MLflow writes it."""
        return int(self.slot.timestamp() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """``read`` takes what is needed of the answer into the context, and says what is wrong with it.

    ``reads_back``: what it asks for was written before, so that its absence means something else than a wrong request.
    """

    call: Callable[[Context], Call]
    read: Callable[[Context, Answer], Says | None]
    reads_back: bool = False


def _tags(context: Context) -> list[dict[str, str]]:
    return [
        {"key": "mlflow.note.content", "value": _NOTE},
        {"key": "health_auditor.made_by", "value": context.made_by},
    ]


def _of(answer: Answer, *path: str) -> Any:
    """The value at a path of an answer's JSON; None where there is none."""
    value: Any = document_of(answer.body)
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _id(value: object) -> str:
    """An id that goes back into requests: a short text of the characters that MLflow's ids have, else empty."""
    usable = isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.isalnum()
    return str(value) if usable else ""


def _pairs(value: object) -> dict[Any, Any]:
    """MLflow's lists of key and value."""
    entries = value if isinstance(value, list) else []
    return {e["key"]: e.get("value") for e in entries if isinstance(e, dict) and isinstance(e.get("key"), str)}


def _experiment_created(context: Context, answer: Answer) -> Says | None:
    context.experiment = _id(_of(answer, "experiment_id"))
    return None if context.experiment else "unreadable"


def _experiment_read(context: Context, answer: Answer) -> Says | None:
    found = _of(answer, "experiment")
    if not isinstance(found, dict):
        return "unreadable"
    same = found.get("name") == context.name and found.get("lifecycle_stage") == "active"
    return None if same else "not_read_back"


def _run_created(context: Context, answer: Answer) -> Says | None:
    context.run = _id(_of(answer, "run", "info", "run_id"))
    uri = _of(answer, "run", "info", "artifact_uri")
    context.artifact_uri = uri if isinstance(uri, str) and len(uri) <= 1000 else ""
    return None if context.run else "unreadable"


def _taken(_context: Context, answer: Answer) -> Says | None:
    return None if document_of(answer.body) is not None else "unreadable"


def _run_read(_context: Context, answer: Answer) -> Says | None:
    run = _of(answer, "run")
    if not isinstance(run, dict):
        return "unreadable"
    info, data = run.get("info"), run.get("data")
    if not isinstance(info, dict) or not isinstance(data, dict):
        return "unreadable"
    metric = _pairs(data.get("metrics")).get(METRIC)
    same = (
        info.get("status") == "FINISHED"
        and _pairs(data.get("params")).get(PARAMETER) == VALUE
        and isinstance(metric, int | float)
        and metric == MEASURED
    )
    return None if same else "not_read_back"


def _artifact_read(context: Context, answer: Answer) -> Says | None:
    return None if answer.body == context.content else "not_read_back"


def _model_created(context: Context, answer: Answer) -> Says | None:
    return None if _of(answer, "registered_model", "name") == context.name else "unreadable"


def _version_created(context: Context, answer: Answer) -> Says | None:
    # A number where MLflow has a text is read all the same: nothing of it is judged but that it comes back.
    version = _of(answer, "model_version", "version")
    context.version = _id(str(version)) if isinstance(version, str | int) else ""
    return None if context.version else "unreadable"


def _version_read(context: Context, answer: Answer) -> Says | None:
    found = _of(answer, "model_version")
    if not isinstance(found, dict):
        return "unreadable"
    same = (
        found.get("name") == context.name
        and str(found.get("version")) == context.version
        and found.get("run_id") == context.run
        and found.get("status", "READY") == "READY"
    )
    return None if same else "not_read_back"


def _artifact(context: Context, method: str, payload: bytes | None = None) -> Call:
    path = f"{ARTIFACTS}/{context.artifact_root}/{context.name}/{ARTIFACT_FILE}"
    return Call(name=f"artifacts {method}", method=method, path=path, payload=payload)


STEPS: Mapping[StageName, tuple[Step, ...]] = {
    "experiment": (
        Step(
            call=lambda c: asking("experiments/create", name=c.name, tags=_tags(c)),
            read=_experiment_created,
        ),
        Step(
            call=lambda c: asking("experiments/get", method="GET", experiment_id=c.experiment),
            read=_experiment_read,
            reads_back=True,
        ),
    ),
    "run": (
        Step(
            call=lambda c: asking(
                "runs/create", experiment_id=c.experiment, run_name=c.name, start_time=c.at_ms, tags=_tags(c)
            ),
            read=_run_created,
        ),
        Step(
            call=lambda c: asking("runs/log-parameter", run_id=c.run, key=PARAMETER, value=VALUE),
            read=_taken,
        ),
        Step(
            call=lambda c: asking(
                "runs/log-metric", run_id=c.run, key=METRIC, value=MEASURED, timestamp=c.at_ms, step=0
            ),
            read=_taken,
        ),
        Step(
            call=lambda c: asking("runs/update", run_id=c.run, status="FINISHED", end_time=c.at_ms),
            read=_taken,
        ),
        Step(
            call=lambda c: asking("runs/get", method="GET", run_id=c.run),
            read=_run_read,
            reads_back=True,
        ),
    ),
    "artifact": (
        Step(call=lambda c: _artifact(c, "PUT", c.content), read=_taken),
        Step(call=lambda c: _artifact(c, "GET"), read=_artifact_read, reads_back=True),
    ),
    "model_version": (
        Step(
            call=lambda c: asking("registered-models/create", name=c.name, tags=_tags(c)),
            read=_model_created,
        ),
        Step(
            call=lambda c: asking(
                "model-versions/create", name=c.name, source=f"{c.artifact_uri}/{c.name}", run_id=c.run
            ),
            read=_version_created,
        ),
        Step(
            call=lambda c: asking("model-versions/get", method="GET", name=c.name, version=c.version),
            read=_version_read,
            reads_back=True,
        ),
    ),
}
"""The requests of ``mlflow.log_param`` and its like, in their order."""
