"""Registered models and their versions, in memory; each call asks the shelf first whether the database serves."""

from typing import Any

from sandbox.mlflow.shelf import Shelf
from sandbox.mlflow.wire import Asked, Call, RefusedError, name_filter, needed


class Models:
    """Calls below ``/api/2.0/mlflow/`` about registered models."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._models: dict[str, list[dict[str, Any]]] = {}
        self._tags: dict[str, list[dict[str, str]]] = {}
        self.calls: dict[str, Call] = {
            "registered-models/create": ("POST", self._create_model),
            "registered-models/get": ("GET", lambda asked: {"registered_model": self._model(needed(asked, "name"))}),
            "registered-models/search": ("GET", self._search_models),
            "registered-models/delete": ("DELETE", self._delete_model),
            "model-versions/create": ("POST", self._create_version),
            "model-versions/get": ("GET", lambda asked: {"model_version": self._version(asked)}),
            "model-versions/delete": ("DELETE", self._delete_version),
        }

    @property
    def names(self) -> set[str]:
        """All of them."""
        return set(self._models)

    def _create_model(self, asked: Asked) -> dict[str, Any]:
        name = needed(asked, "name")
        self._shelf.all()
        if name in self._models:
            raise RefusedError(400, "RESOURCE_ALREADY_EXISTS", f"Registered Model (name={name}) already exists.")
        self._models[name] = []
        self._tags[name] = list(asked.get("tags", []))
        return {"registered_model": self._model(name)}

    def _search_models(self, asked: Asked) -> dict[str, Any]:
        meant = name_filter(asked.get("filter", ""))
        self._shelf.all()
        models = [self._model(name) for name in sorted(self._models) if meant(name)]
        return {"registered_models": models} if models else {}

    def _delete_model(self, asked: Asked) -> dict[str, Any]:
        del self._models[self._model(needed(asked, "name"))["name"]]
        return {}

    def _create_version(self, asked: Asked) -> dict[str, Any]:
        name, source = needed(asked, "name"), needed(asked, "source")
        versions = self._models[self._model(name)["name"]]
        versions.append(
            {
                "name": name,
                "version": str(len(versions) + 1),
                "creation_timestamp": 0,
                "last_updated_timestamp": 0,
                "current_stage": "None",
                "description": "",
                "source": source,
                "run_id": asked.get("run_id", ""),
                "status": "READY",
                "run_link": "",
            }
        )
        return {"model_version": versions[-1]}

    def _delete_version(self, asked: Asked) -> dict[str, Any]:
        version = self._version(asked)
        self._models[version["name"]].remove(version)
        return {}

    def _model(self, name: str) -> dict[str, Any]:
        self._shelf.all()
        if name not in self._models:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found")
        versions, tags = self._models[name], self._tags.get(name)
        return {
            "name": name,
            "creation_timestamp": 0,
            "last_updated_timestamp": 0,
            **({"latest_versions": versions[-1:]} if versions else {}),
            **({"tags": tags} if tags else {}),
        }

    def _version(self, asked: Asked) -> dict[str, Any]:
        self._shelf.all()
        name, version = needed(asked, "name"), needed(asked, "version")
        for known in self._models.get(name, []):
            if known["version"] == version:
                return known
        raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version={version}) not found")
