"""Taking away what journeys made: by its name, which is theirs alone, and bounded in number and time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from auditor.domain.observation import Failure
from functions.journey.artifacts import served_root
from functions.journey.exchange import Answer
from functions.journey.facts import CallFacts
from functions.journey.reading import document_of, refusal
from functions.journey.server import ARTIFACTS, Call, Server, asking

_NEXT_PAGE = "next_page_token"
MOST_AT_ONCE = 20
"""Experiments, and as many models, that one cleanup takes away; what is left waits for the next run."""


@dataclass(slots=True, kw_only=True)
class Cleaned:
    """What came of it: ``found`` and ``removed`` count things, ``left`` names those that are there still.

    ``looked``: whether all was seen that there is to see. ``stopped_at``: the first request that failed; ``failure``
    why no answer came to it.
    """

    found: int = 0
    removed: int = 0
    left: list[str] = field(default_factory=list)
    looked: bool = False
    stopped_at: CallFacts | None = None
    failure: Failure | None = None


class Cleaner:
    """Looks for things by a filter of their names, and takes away those that are due."""

    def __init__(self, server: Server, remaining: Callable[[], float]) -> None:
        self._server = server
        self._remaining = remaining

    async def take_away(self, filter: str, due: Callable[[str], bool]) -> Cleaned:
        """Delete models, artifacts and experiments whose name is due. What fails hides nothing of the rest."""
        cleaned = Cleaned()
        seen = await self._look(filter, due, cleaned)
        for model in seen.models:
            gone = await self._delete(asking("registered-models/delete", method="DELETE", name=model), cleaned)
            _count(cleaned, f"model {model}", gone=gone)
        for id, name in seen.experiments:
            # The artifacts come first: without the experiment nobody would find them again.
            kept = not await self._take_artifacts(id, name, cleaned)
            gone = not kept and await self._delete(asking("experiments/delete", experiment_id=id), cleaned)
            _count(cleaned, f"experiment {name}", gone=gone)
        return cleaned

    async def look_again(self, filter: str, due: Callable[[str], bool], cleaned: Cleaned) -> None:
        """What is left as the server itself shows it, whatever it answered to the deletion."""
        seen = await self._look(filter, due, cleaned)
        shown = [*(f"model {name}" for name in seen.models), *(f"experiment {name}" for _, name in seen.experiments)]
        if cleaned.looked:
            cleaned.left = shown
        else:
            cleaned.left = list(dict.fromkeys([*cleaned.left, *shown]))

    async def _look(self, filter: str, due: Callable[[str], bool], cleaned: Cleaned) -> "_Seen":
        search = asking(
            "experiments/search",
            filter=filter,
            max_results=MOST_AT_ONCE,
            order_by=["creation_time ASC"],
            view_type="ACTIVE_ONLY",
        )
        experiments = await self._list(search, "experiments", cleaned)
        search = asking(
            "registered-models/search",
            method="GET",
            filter=filter,
            max_results=str(MOST_AT_ONCE),
            order_by="name ASC",
        )
        models = await self._list(search, "registered_models", cleaned)
        cleaned.looked = experiments is not None and models is not None
        return _Seen(
            models=[name for model in models or [] if due(name := str(model.get("name")))],
            experiments=[
                (id, name)
                for experiment in experiments or []
                if due(name := str(experiment.get("name"))) and (id := str(experiment.get("experiment_id"))).isalnum()
            ],
        )

    async def _take_artifacts(self, experiment: str, name: str, cleaned: Cleaned) -> bool:
        """Delete what a journey keeps among the artifacts of its runs: a folder of its own name."""
        search = asking("runs/search", experiment_ids=[experiment], max_results=MOST_AT_ONCE)
        runs = await self._list(search, "runs", cleaned)
        gone = runs is not None
        for run in runs or []:
            info = run.get("info")
            root = served_root(str(info.get("artifact_uri")), str(info.get("run_id"))) if isinstance(info, dict) else ""
            if root:
                folder = f"{root}/{name}"
                delete = Call(name="artifacts DELETE", method="DELETE", path=f"{ARTIFACTS}/{folder}")
                deleted = await self._delete(delete, cleaned)
                look = Call(name="artifacts list", method="GET", path=ARTIFACTS, query={"path": folder})
                gone = deleted and await self._list(look, "files", cleaned) == [] and gone
        return gone

    async def _list(self, call: Call, key: str, cleaned: Cleaned) -> list[dict[str, Any]] | None:
        """The objects under a key of the answer; None if it was not told.

        MLflow leaves an empty list out. What answers something else instead has not said that nothing is there.
        """
        answer = await self._ask(call, cleaned)
        document = document_of(answer.body) if answer is not None else None
        if document is None or (key not in document and document.keys() - {_NEXT_PAGE}):
            return None
        found = document.get(key, [])
        if not isinstance(found, list):
            return None
        return [each for each in found[:MOST_AT_ONCE] if isinstance(each, dict)]

    async def _delete(self, call: Call, cleaned: Cleaned) -> bool:
        return await self._ask(call, cleaned) is not None

    async def _ask(self, call: Call, cleaned: Cleaned) -> Answer | None:
        """The answer if it is a good one; what is gone already is as good as deleted."""
        answer = await self._server.ask(call, self._remaining())
        if isinstance(answer, Failure):
            cleaned.stopped_at = cleaned.stopped_at or CallFacts(call=call.name)
            cleaned.failure = cleaned.failure or answer
            return None
        if answer.status == 200:
            return answer
        said = refusal(
            call.name,
            answer.status,
            answer.headers,
            answer.body,
            key_sent=self._server.key_sent,
            of_artifact=call.path.startswith(ARTIFACTS),
        )
        if said.error_code == "RESOURCE_DOES_NOT_EXIST":
            return answer
        cleaned.stopped_at = cleaned.stopped_at or said
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    models: list[str]
    experiments: list[tuple[str, str]]
    """Id and name."""


def _count(cleaned: Cleaned, what: str, *, gone: bool) -> None:
    cleaned.found += 1
    if gone:
        cleaned.removed += 1
    else:
        cleaned.left.append(what)
