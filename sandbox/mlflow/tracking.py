"""Experiments on their shelf, and runs in memory."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.mlflow.shelf import ACTIVE, DELETED, Experiment, Shelf
from sandbox.mlflow.wire import Asked, Call, RefusedError, max_results, name_filter, needed


@dataclass(slots=True)
class _Run:
    id: str
    experiment: str
    name: str
    artifact_uri: str
    start_time: int
    stage: str = ACTIVE
    status: str = "RUNNING"
    end_time: int | None = None
    tags: list[dict[str, str]] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def info(self) -> dict[str, Any]:
        ended = {} if self.end_time is None else {"end_time": self.end_time}
        return {
            "run_uuid": self.id,
            "experiment_id": self.experiment,
            "run_name": self.name,
            "user_id": "",
            "status": self.status,
            "start_time": self.start_time,
            **ended,
            "artifact_uri": self.artifact_uri,
            "lifecycle_stage": self.stage,
            "run_id": self.id,
        }

    @property
    def document(self) -> dict[str, Any]:
        metrics = {"metrics": list(self.metrics.values())} if self.metrics else {}
        params = {"params": [{"key": k, "value": v} for k, v in self.params.items()]} if self.params else {}
        return {"info": self.info, "data": {**metrics, **params, "tags": self.tags}, "inputs": {}}


class Tracking:
    """Calls below ``/api/2.0/mlflow/`` about experiments and runs; ``root``: where the runs' artifacts lie."""

    def __init__(self, shelf: Shelf, root: str) -> None:
        self._shelf = shelf
        self._root = root.rstrip("/")
        self._tags: dict[str, list[dict[str, str]]] = {}
        self._runs: dict[str, _Run] = {}
        self.calls: dict[str, Call] = {
            "experiments/create": ("POST", self._create_experiment),
            "experiments/get": ("GET", self._get_experiment),
            "experiments/get-by-name": ("GET", self._experiment_by_name),
            "experiments/search": ("GET POST", self._search_experiments),
            "experiments/delete": ("POST", lambda asked: self._move_experiment(asked, ACTIVE, DELETED)),
            "experiments/restore": ("POST", lambda asked: self._move_experiment(asked, DELETED, ACTIVE)),
            "runs/create": ("POST", self._create_run),
            "runs/get": ("GET", lambda asked: {"run": {**self._run(asked).document, "outputs": {}}}),
            "runs/search": ("POST", self._search_runs),
            "runs/update": ("POST", self._update_run),
            "runs/delete": ("POST", self._delete_run),
            "runs/log-parameter": ("POST", self._log_parameter),
            "runs/log-metric": ("POST", self._log_metric),
        }

    def _create_experiment(self, asked: Asked) -> dict[str, Any]:
        name = needed(asked, "name")
        id = self._shelf.add(name)
        if id is None:
            raise RefusedError(400, "RESOURCE_ALREADY_EXISTS", f"Experiment(name={name}) already exists.")
        self._tags[id] = list(asked.get("tags", []))
        return {"experiment_id": id}

    def _get_experiment(self, asked: Asked) -> dict[str, Any]:
        return {"experiment": self._described(self._experiment(needed(asked, "experiment_id")))}

    def _experiment_by_name(self, asked: Asked) -> dict[str, Any]:
        name = needed(asked, "experiment_name")
        for experiment in self._shelf.all():
            if experiment.name == name:
                return {"experiment": self._described(experiment)}
        raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"Could not find experiment with name '{name}'")

    def _search_experiments(self, asked: Asked) -> dict[str, Any]:
        limit = max_results(asked.get("max_results", 0))
        meant = name_filter(asked.get("filter", ""))
        active = [e for e in self._shelf.all() if e.stage == ACTIVE and meant(e.name)]
        return {"experiments": [self._described(e) for e in active[:limit]]} if active else {}

    def _move_experiment(self, asked: Asked, before: str, after: str) -> dict[str, Any]:
        experiment = self._experiment(needed(asked, "experiment_id"))
        if experiment.stage != before:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"No Experiment with id={experiment.id} exists")
        self._shelf.move(experiment.id, after)
        for run in self._runs.values():
            if run.experiment == experiment.id:
                run.stage = after
        return {}

    def _create_run(self, asked: Asked) -> dict[str, Any]:
        experiment = self._experiment(needed(asked, "experiment_id"))
        if experiment.stage != ACTIVE:
            text = f"The experiment {experiment.id} must be in the 'active' state. Current state is deleted."
            raise RefusedError(400, "INVALID_PARAMETER_VALUE", text)
        id, name = uuid.uuid4().hex, str(asked.get("run_name") or "run")
        uri = f"{self._root}/{experiment.id}/{id}/artifacts"
        tags = [*asked.get("tags", []), {"key": "mlflow.runName", "value": name}]
        self._runs[id] = _Run(id, experiment.id, name, uri, int(asked.get("start_time", 0)), tags=tags)
        return {"run": self._runs[id].document}

    def _search_runs(self, asked: Asked) -> dict[str, Any]:
        experiments = asked.get("experiment_ids", [])
        runs = [run for run in self._runs.values() if run.experiment in experiments and run.stage == ACTIVE]
        self._shelf.all()
        return {"runs": [{**run.document, "outputs": {}} for run in runs]} if runs else {}

    def _update_run(self, asked: Asked) -> dict[str, Any]:
        run = self._run(asked)
        run.status, run.end_time = str(asked.get("status", run.status)), asked.get("end_time", run.end_time)
        return {"run_info": run.info}

    def _delete_run(self, asked: Asked) -> dict[str, Any]:
        self._run(asked).stage = DELETED
        return {}

    def _log_parameter(self, asked: Asked) -> dict[str, Any]:
        self._run(asked).params[needed(asked, "key")] = str(asked.get("value", ""))
        return {}

    def _log_metric(self, asked: Asked) -> dict[str, Any]:
        key = needed(asked, "key")
        value, at, step = float(needed(asked, "value")), int(needed(asked, "timestamp")), int(asked.get("step", 0))
        self._run(asked).metrics[key] = {"key": key, "value": value, "timestamp": at, "step": step}
        return {}

    def _experiment(self, id: str) -> Experiment:
        for experiment in self._shelf.all():
            if experiment.id == id:
                return experiment
        raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"No Experiment with id={id} exists")

    def _described(self, experiment: Experiment) -> dict[str, Any]:
        tags = self._tags.get(experiment.id)
        return {
            "experiment_id": experiment.id,
            "name": experiment.name,
            "artifact_location": f"{self._root}/{experiment.id}",
            "lifecycle_stage": experiment.stage,
            "last_update_time": 0,
            "creation_time": 0,
            **({"tags": tags} if tags else {}),
        }

    def _run(self, asked: Asked) -> _Run:
        self._shelf.all()
        id = needed(asked, "run_id")
        if id not in self._runs:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"Run with id={id} not found")
        return self._runs[id]
