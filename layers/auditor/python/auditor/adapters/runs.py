"""Runs: a gzip object with everything in S3, then one packed item in DynamoDB that commits it."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from auditor.adapters.aws import AwsError
from auditor.domain.bundle import Run
from auditor.domain.codec import CodecError, from_json, to_json
from auditor.domain.instants import EPOCH, parse_instant
from auditor.domain.observation import Phase
from auditor.domain.result import Result, Severity, Status
from auditor.names import KEY_EXPIRY, KEY_PARTITION, KEY_SORT, observation_key, run_partition, run_sort

KEEP_PASSES = timedelta(days=35)
KEEP_FAILURES = timedelta(days=400)


class NotStoredError(Exception):
    """When a run could not be stored after the SDK's retries; its slot stays unknown."""


class UnreadableRunError(Exception):
    """When a committed run's object is missing, denied, altered or not a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The commit record of a run: its slot, and where the whole of it lies."""

    slot: datetime
    object_key: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRun:
    """A run as its commit record tells it: results with status, severity, cause, phase and latency, no more."""

    slot: datetime
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest commits of a shard; ``extra`` only where it is newer than the scheduled one."""

    scheduled: Commit | None = None
    extra: Commit | None = None


class CommitTable:
    """The one call that a probe makes of DynamoDB, in plain values; without boto3, whose import takes its time."""

    def __init__(self, dynamodb: Any, name: str) -> None:
        """``dynamodb`` is a botocore client."""
        self._dynamodb = dynamodb
        self._name = name

    def put_item(self, **call: Any) -> None:
        """As that of boto3's table, for items of texts, whole numbers and bytes."""
        item = {name: _attribute(value) for name, value in call.pop("Item").items()}
        self._dynamodb.put_item(TableName=self._name, Item=item, **call)


def _attribute(value: str | int | bytes) -> dict[str, str | bytes]:
    if isinstance(value, bytes):
        return {"B": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


class RunStore:
    """Appends runs and reads them back. Probes use ``append`` only."""

    def __init__(self, *, stage: str, table: Any, s3: Any, bucket: str) -> None:
        self._stage = stage
        self._table = table
        self._s3 = s3
        self._bucket = bucket

    def append(self, run: Run) -> bool:
        """Stores a run; False when the slot was committed before, and then nothing has changed."""
        # Lambda can deliver one event twice under one request id: by the digest the second overwrites nothing.
        document = to_json(run)
        digest = hashlib.sha256(_text(document)).hexdigest()[:12]
        name = f"{digest}-{run.request_id}"
        key = observation_key(self._stage, run.family, run.shard, run.slot, name, extra=run.extra)
        body = _pack({**document, "object_key": key})
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", ContentEncoding="gzip"
            )
            self._table.put_item(
                Item=self._item(run, key, hashlib.sha256(body).hexdigest()),
                ConditionExpression="attribute_not_exists(#pk)",
                ExpressionAttributeNames={"#pk": KEY_PARTITION},
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                return False
            raise NotStoredError(_what(run, error)) from error
        except AwsError as error:
            raise NotStoredError(_what(run, error)) from error
        return True

    def _item(self, run: Run, key: str, sha256: str) -> dict[str, Any]:
        bad = any(result.status not in (Status.PASS, Status.SKIPPED) for result in run.results)
        keep = KEEP_FAILURES if bad else KEEP_PASSES
        return {
            KEY_PARTITION: run_partition(self._stage, run.family, run.shard),
            KEY_SORT: run_sort(run.slot, extra=run.extra),
            "slot": run_sort(run.slot),
            "object": key,
            "sha256": sha256,
            "results": _pack(_summary(run.results)),
            KEY_EXPIRY: int((run.slot + keep).timestamp()),
        }

    def latest(self, family: str, shard: int, since: datetime | None = None) -> Latest:
        """The newest commits of a shard, or of its slots from ``since`` on. Raises AwsError.

        A question that finds nothing costs one read unit, and one that finds the scheduled commit what this one item
        weighs: items are read one by one from the newest on, because each holds all results of its run.
        """
        extra: Commit | None = None
        start: dict[str, Any] = {}
        while True:
            answer = self._table.query(
                KeyConditionExpression="#pk = :pk AND #sk >= :since",
                ProjectionExpression="#sk, #object, sha256",
                ExpressionAttributeNames={"#pk": KEY_PARTITION, "#sk": KEY_SORT, "#object": "object"},
                ExpressionAttributeValues={
                    ":pk": run_partition(self._stage, family, shard),
                    ":since": run_sort(since or EPOCH),
                },
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
                **start,
            )
            for item in answer["Items"]:
                slot, _, kind = item[KEY_SORT].partition("#")
                commit = Commit(slot=parse_instant(slot), object_key=item["object"], sha256=item["sha256"])
                if not kind:
                    return Latest(scheduled=commit, extra=extra if extra and extra.slot > commit.slot else None)
                extra = extra or commit
            if "LastEvaluatedKey" not in answer:
                return Latest(extra=extra)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def between(self, family: str, shard: int, first: datetime, last: datetime) -> tuple[PackedRun, ...]:
        """The scheduled runs of a shard with a slot from ``first`` to ``last``, both included. Raises AwsError."""
        found: list[PackedRun] = []
        start: dict[str, Any] = {}
        while True:
            answer = self._table.query(
                KeyConditionExpression="#pk = :pk AND #sk BETWEEN :first AND :last",
                ExpressionAttributeNames={"#pk": KEY_PARTITION, "#sk": KEY_SORT},
                ExpressionAttributeValues={
                    ":pk": run_partition(self._stage, family, shard),
                    ":first": run_sort(first),
                    ":last": run_sort(last),
                },
                **start,
            )
            for item in answer["Items"]:
                if not item[KEY_SORT].endswith("#extra"):
                    slot = parse_instant(item[KEY_SORT])
                    packed = json.loads(gzip.decompress(bytes(item["results"])))
                    found.append(PackedRun(slot=slot, results=tuple(_unpacked(family, slot, row) for row in packed)))
            if "LastEvaluatedKey" not in answer:
                return tuple(found)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def load(self, commit: Commit) -> Run:
        """The whole run behind a commit record."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=commit.object_key)["Body"].read()
            if hashlib.sha256(body).hexdigest() != commit.sha256:
                raise UnreadableRunError(
                    f"object {commit.object_key} is not the one that was committed (sha256 differs)"
                )
            return from_json(Run, json.loads(gzip.decompress(body)))
        except (*AwsError, OSError, EOFError, ValueError, CodecError) as error:
            raise UnreadableRunError(f"object {commit.object_key}: {type(error).__name__}") from error


def _summary(results: Sequence[Result]) -> list[list[Any]]:
    """Per check: target, check, status, severity, cause, phase, latency in milliseconds to four digits."""
    return [[r.target, r.check, r.status, r.severity, r.cause, r.phase, _four_digits(r.latency_ms)] for r in results]


def _four_digits(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else float(f"{milliseconds:.4g}")


def _unpacked(family: str, slot: datetime, row: Sequence[Any]) -> Result:
    target, check, status, severity, cause, phase, latency_ms = row
    return Result(
        family=family,
        target=target,
        check=check,
        slot=slot,
        status=Status(status),
        severity=Severity(severity),
        summary="",
        cause=cause,
        phase=None if phase is None else Phase(phase),
        latency_ms=latency_ms,
    )


def _pack(document: Any) -> bytes:
    # mtime 0: the same run is the same bytes, so that its sha256 means something. Level 6 takes half the time of 9.
    return gzip.compress(_text(document), compresslevel=6, mtime=0)


def _text(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def _what(run: Run, error: Exception) -> str:
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else type(error).__name__
    return (
        f"run {run.family}/{run.shard} of slot {run_sort(run.slot)} could not be stored: {code}; "
        "the slot stays unknown (self.not_stored)"
    )
