"""Where the stand-in's experiments lie: in PostgreSQL, as MLflow's do, or for tests in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sandbox.fargate import database
from sandbox.fargate.dialling import Dialler

ACTIVE, DELETED = "active", "deleted"
_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One experiment; MLflow keeps a deleted one with its name."""

    id: str
    name: str
    stage: str = ACTIVE


class Shelf(Protocol):
    """Holds experiments. Every method raises ``database.RefusedError`` where the database does not serve."""

    def all(self) -> list[Experiment]:
        """All of them, the oldest first."""

    def add(self, name: str) -> str | None:
        """The id of a new one; None where the name is taken."""

    def move(self, id: str, stage: str) -> None:
        """Delete one, or take it back."""


class MemoryShelf:
    """For tests: with the experiment that every MLflow has."""

    def __init__(self) -> None:
        self._experiments = [Experiment(id="0", name="Default")]

    def all(self) -> list[Experiment]:
        """All of them."""
        return list(self._experiments)

    def add(self, name: str) -> str | None:
        """The id of a new one."""
        if any(experiment.name == name for experiment in self._experiments):
            return None
        id = str(len(self._experiments))
        self._experiments.append(Experiment(id=id, name=name))
        return id

    def move(self, id: str, stage: str) -> None:
        """Delete one, or take it back."""
        self._experiments = [replace(e, stage=stage) if e.id == id else e for e in self._experiments]


def schema(role: str, *names: str) -> tuple[str, ...]:
    """The statements that make the table for a role, with experiments of these names."""
    values = ", ".join(f"('{name}')" for name in names)
    columns = "experiment_id serial PRIMARY KEY, name text UNIQUE NOT NULL, lifecycle_stage text NOT NULL"
    return (
        f"CREATE TABLE experiments ({columns} DEFAULT '{ACTIVE}')",
        f"INSERT INTO experiments (name) VALUES {values}",
        f"GRANT SELECT, INSERT, UPDATE ON experiments TO {role}",
        f"GRANT USAGE ON SEQUENCE experiments_experiment_id_seq TO {role}",
    )


class PostgresShelf:
    """Logs in for every request with what the task was given; ``settings`` are those of ``database.run``."""

    def __init__(self, dialler: Dialler, settings: Mapping[str, str]) -> None:
        self._dialler = dialler
        self._settings = settings

    def all(self) -> list[Experiment]:
        """All of them."""
        rows = self._run("SELECT experiment_id, name, lifecycle_stage FROM experiments ORDER BY experiment_id")
        return [Experiment(id=str(id), name=name, stage=stage) for id, name, stage in rows]

    def add(self, name: str) -> str | None:
        """The id of a new one."""
        statement = (
            f"INSERT INTO experiments (name) VALUES ({_quoted(name)}) ON CONFLICT DO NOTHING RETURNING experiment_id"
        )
        rows = self._run(statement)
        return str(rows[0][0]) if rows else None

    def move(self, id: str, stage: str) -> None:
        """Delete one, or take it back."""
        self._run(f"UPDATE experiments SET lifecycle_stage = '{stage}' WHERE experiment_id = {int(id)}")

    def _run(self, statement: str) -> list[list[Any]]:
        return database.run(self._dialler, self._settings, statement, _SECONDS)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
