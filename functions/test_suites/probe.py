"""Reads the newest result file of each name under a prefix."""

from datetime import datetime
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.test_suites import junit
from functions.test_suites.facts import RefusedFacts, SuiteFacts, SuitesFacts
from functions.test_suites.family import SuitesSpec

MAX_FILES = 50
MAX_BYTES = 4 * 1024 * 1024


async def observe(target: Target[SuitesSpec], probe: Probe) -> Observation[SuitesFacts]:
    """What lies there, as far as it could be read; what could not is named in ``unread``."""
    spec = target.spec
    place = f"{spec.bucket}/{spec.prefix}"
    listed = await calls.pages(
        probe,
        "s3:ListBucket",
        place,
        lambda **more: client("s3").list_objects_v2(Bucket=spec.bucket, Prefix=spec.prefix, **more),
        items="Contents",
        marker=("ContinuationToken", "NextContinuationToken"),
    )
    if isinstance(listed, Failure):
        return probe.observation(SuitesFacts(unread={"files": listed}), (listed,))
    files = [item for item in listed if item["Key"].lower().endswith(".xml")]
    suites: list[SuiteFacts] = []
    refused: list[RefusedFacts] = []
    unread: dict[str, Failure] = {}
    for name, item in _newest(files):
        read = await _read(spec.bucket, item, probe)
        if isinstance(read, Failure):
            unread["file"] = read
        elif isinstance(read, RefusedFacts):
            refused.append(read)
        else:
            suites += _suites(name, item["Key"], item["LastModified"], read)
    facts = SuitesFacts(files=len(files), suites=tuple(suites), refused=tuple(refused), unread=unread)
    return probe.observation(facts, tuple(unread.values()))


def _newest(files: list[Any]) -> list[tuple[str, Any]]:
    """The newest file of each name, whatever folder of a run it lies in; sorted by name."""
    newest: dict[str, Any] = {}
    for item in sorted(files, key=lambda item: (item["LastModified"], item["Key"]), reverse=True):
        newest.setdefault(item["Key"].rpartition("/")[2][: -len(".xml")], item)
    return sorted(list(newest.items())[:MAX_FILES])


async def _read(bucket: str, item: Any, probe: Probe) -> list[junit.Counts] | RefusedFacts | Failure:
    if item["Size"] > MAX_BYTES:
        return RefusedFacts(key=item["Key"], problem="too_large")
    answer: list[junit.Counts] | RefusedFacts | Failure = await calls.ask(
        probe, "s3:GetObject", f"{bucket}/{item['Key']}", partial(_parsed, bucket, item["Key"])
    )
    return answer


def _parsed(bucket: str, key: str) -> list[junit.Counts] | RefusedFacts:
    """Only numbers leave this function: names and messages of tests may hold anything."""
    document = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read(MAX_BYTES + 1)
    if len(document) > MAX_BYTES:  # it grew since it was listed
        return RefusedFacts(key=key, problem="too_large")
    try:
        return junit.parse(document)
    except junit.RefusedError as error:
        return RefusedFacts(key=key, problem=error.problem)


def _suites(name: str, key: str, at: datetime, counted: list[junit.Counts]) -> list[SuiteFacts]:
    return [
        SuiteFacts(
            name=f"{name}: {counts.name or number}" if len(counted) > 1 else name,
            key=key,
            at=at,
            passed=counts.passed,
            failed=counts.failed,
            errors=counts.errors,
            skipped=counts.skipped,
            declared=counts.declared,
        )
        for number, counts in enumerate(counted, start=1)
    ]
