"""``audit report``: from a bundle to its report again. Recorded results are dropped; the checks are asked anew."""

import gzip
import json
import math
import zlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from auditor.domain.assessment import Assessment, assess
from auditor.domain.bundle import BUNDLE_VERSION, Bundle, Run
from auditor.domain.check import judge
from auditor.domain.codec import CodecError, from_json
from auditor.domain.observation import Observation
from auditor.domain.report import Report
from auditor.domain.reporting import build_report
from auditor.domain.result import Result
from auditor.runtime.catalogue import decoded
from cli.runners import facts_type, runner
from functions.aggregator.claims import diagnosis_of
from functions.aggregator.registry import knowledge
from functions.aggregator.suites import suites_of
from functions.families import FAMILIES

_MAX_BYTES = 512 * 1024 * 1024
_GZIP = b"\x1f\x8b"


class BundleError(ValueError):
    """When a file is not a bundle that this version can replay."""


def read_bundle(path: Path) -> Bundle:
    """The bundle of a file, plain or gzip as the auditor publishes it; BundleError says what is wrong with it."""
    try:
        content = _content(path)
        text = "null" if content is None else content.decode("utf-8")
        document = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise BundleError(f"{path}: not a readable JSON file ({error})") from error
    if content is None:
        raise BundleError(f"{path}: larger than {_MAX_BYTES} bytes, which no bundle is")
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version != BUNDLE_VERSION:
        raise BundleError(f"{path}: schema_version is {version!r:.40}; this version replays {BUNDLE_VERSION}")
    try:
        return from_json(Bundle, document)
    except (CodecError, RecursionError) as error:
        raise BundleError(f"{path}: {error}") from error


def _content(path: Path) -> bytes | None:
    """What a file holds, unpacked; None when that is more than a bundle may have, and no more of it is read."""
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        if path.stat().st_size > _MAX_BYTES:
            return None
        content = (gzip.GzipFile(fileobj=file) if packed else file).read(_MAX_BYTES + 1)
    return content if len(content) <= _MAX_BYTES else None


def replay(bundle: Bundle) -> tuple[Report, Bundle]:
    """The report of a bundle whose results are made anew from its observations; BundleError when they cannot be."""
    judged, assessment = reassess(bundle)
    return build_report(judged, assessment, knowledge(), suites_of(judged)), judged


def reassess(bundle: Bundle) -> tuple[Bundle, Assessment]:
    """The bundle with results made anew, and its judgement; BundleError when they cannot be made."""
    _check_references(bundle)
    judged = replace(bundle, runs=tuple(replace(run, results=_results(bundle, run)) for run in bundle.runs))
    return judged, assess(judged, knowledge(), partial(diagnosis_of, judged))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.40} is no number that a bundle can hold")
    return number


def _check_references(bundle: Bundle) -> None:
    """What the compiler guarantees of a catalogue; a file that went through other hands may lack it."""
    platform = bundle.platform
    references = {
        "family": (
            {t.family for t in platform.targets}
            | {s.family for s in platform.shards}
            | {r.family for r in bundle.runs},
            set(FAMILIES),
        ),
        "service": (
            {t.service for t in platform.targets} | {s for d in platform.dependencies for s in (d.service, d.needs)},
            {service.id for service in platform.services},
        ),
        "target": ({p for t in platform.targets for p in t.proves}, {target.id for target in platform.targets}),
    }
    for kind, (named, known) in references.items():
        if unknown := sorted(named - known):
            raise BundleError(f"the bundle names {kind} {unknown[0]!r:.80}; known are {', '.join(sorted(known)):.200}")


def _results(bundle: Bundle, run: Run) -> tuple[Result, ...]:
    family = runner(run.family)
    targets = {target.id: target for target in bundle.platform.targets if target.family == run.family}
    results: list[Result] = []
    for observation in run.observations:
        if observation.family != run.family:
            raise BundleError(f"a run of {run.family} holds an observation of family {observation.family!r:.80}")
        if observation.target not in targets:
            raise BundleError(
                f"an observation of {run.family} names target {observation.target!r:.80}, which is unknown"
            )
        try:
            target = decoded(targets[observation.target], family.family)
            facts = _facts(run.family, observation)
        except (CodecError, ValueError) as error:
            raise BundleError(f"{run.family}/{observation.target}: {error}") from error
        results += judge(family.checks, target, replace(observation, facts=facts))
    return tuple(results)


def _facts(family: str, observation: Observation[Any]) -> Any:
    if observation.facts is None:
        return None
    return from_json(facts_type(family), observation.facts, f"{observation.target}.facts")
