"""What the aggregator counted, in DynamoDB. Every item is written once, by a conditional put, and never changed."""

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from auditor.domain.change import ReportDigest
from auditor.domain.closing import GRACE, REACH
from auditor.domain.codec import from_json, to_json
from auditor.domain.histogram import histogram_from
from auditor.domain.history import DAY, HOUR
from auditor.domain.instants import floor_to, format_instant, parse_instant
from auditor.domain.past import Past
from auditor.domain.rollup import Counts, Rollup, Span, TargetRollup, pack, unpack
from auditor.domain.tally import RunTally, Tally, distinct
from auditor.names import (
    KEY_EXPIRY,
    KEY_PARTITION,
    KEY_SORT,
    ROLLUP_DAY,
    ROLLUP_HOUR,
    ROLLUP_REPORT,
    ROLLUP_TALLY,
    ROLLUP_TARGETS,
    rollup_partition,
    rollup_sort,
)

_KEEP = {
    ROLLUP_TALLY: timedelta(days=2),
    ROLLUP_HOUR: timedelta(days=35),
    ROLLUP_DAY: timedelta(days=400),
    ROLLUP_REPORT: timedelta(days=400),
    ROLLUP_TARGETS + ROLLUP_HOUR: timedelta(days=35),
    ROLLUP_TARGETS + ROLLUP_DAY: timedelta(days=400),
}
_PART_BYTES = 300_000
"""DynamoDB takes 400 KB an item; a part ends with the target that fills it."""
_HOURS_READ = timedelta(days=4)
"""Windows by the hour reach back three days; one more, for a day that could not be closed at once."""
_SLOWEST_WRITE = timedelta(minutes=2)
"""How much later than a newer item one can be written, by an aggregator that takes as long as it may."""


class RollupStore:
    """Keeps tallies, closed hours and days and digests of reports; what was read once is not read again."""

    def __init__(self, *, stage: str, table: Any) -> None:
        self._partition = rollup_partition(stage)
        self._table = table
        self._known: dict[str, dict[str, Any]] = {ROLLUP_TALLY: {}, ROLLUP_HOUR: {}, ROLLUP_DAY: {}}

    def past(self, as_of: datetime, longest: timedelta) -> Past:
        """What the windows of a moment need, the longest of which is ``longest``. Raises AwsError."""
        oldest_hour = floor_to(as_of, HOUR) - REACH
        tallies = self._since(ROLLUP_TALLY, oldest_hour, as_of, _tally_from)
        last = self._query(ROLLUP_REPORT, as_of - _KEEP[ROLLUP_REPORT], as_of, newest_only=True)
        return Past(
            runs=distinct(tallies),
            hours=self._since(ROLLUP_HOUR, floor_to(as_of - _HOURS_READ, DAY), as_of, _rollup_from),
            days=self._since(ROLLUP_DAY, floor_to(as_of - longest, DAY), as_of, _rollup_from),
            last_report=next((from_json(ReportDigest, _document(item)) for item in last), None),
        )

    def tallies(self, begin: datetime, end: datetime) -> list[Tally]:
        """All tallies of a time as they are stored now, whoever wrote them. Raises AwsError."""
        return [_tally_from(_document(item)) for item in self._query(ROLLUP_TALLY, begin, end)]

    def target_hours(self, day: datetime) -> Iterator[dict[str, TargetRollup]]:
        """The targets' roll-ups of a day's closed hours, part by part. Raises AwsError."""
        for item in self._query(ROLLUP_TARGETS + ROLLUP_HOUR, day, day + DAY - GRACE):
            yield unpack(gzip.decompress(bytes(item["body"])))

    def append_tally(self, tally: Tally) -> None:
        """Keeps what a slot counted. Raises AwsError."""
        self._append(ROLLUP_TALLY, tally.as_of, _packed(_tally_document(tally)))

    def append_hour(self, rollup: Rollup, targets: Mapping[str, TargetRollup]) -> None:
        """Closes an hour: the targets first, then the platform's, which says that all of it is there."""
        self._close(ROLLUP_HOUR, rollup, targets)

    def append_day(self, rollup: Rollup, targets: Mapping[str, TargetRollup]) -> None:
        """Closes a day, as an hour."""
        self._close(ROLLUP_DAY, rollup, targets)

    def append_report(self, digest: ReportDigest) -> None:
        """Keeps a dated report's digest. Raises AwsError."""
        self._append(ROLLUP_REPORT, digest.as_of, _packed(to_json(digest)))

    def _close(self, kind: str, rollup: Rollup, targets: Mapping[str, TargetRollup]) -> None:
        for number, part in enumerate(_parts(targets)):
            self._append(ROLLUP_TARGETS + kind, rollup.begin, gzip.compress(part, mtime=0), number)
        self._append(kind, rollup.begin, _packed(_rollup_document(rollup)))

    def _append(self, kind: str, instant: datetime, body: bytes, part: int | None = None) -> None:
        try:
            self._table.put_item(
                Item={
                    KEY_PARTITION: self._partition,
                    KEY_SORT: rollup_sort(kind, instant, part),
                    "body": body,
                    KEY_EXPIRY: int((instant + _KEEP[kind]).timestamp()),
                },
                ConditionExpression="attribute_not_exists(#pk)",
                ExpressionAttributeNames={"#pk": KEY_PARTITION},
            )
        except ClientError as error:
            # Written once: what another run of the aggregator wrote stands.
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise

    def _since(self, kind: str, begin: datetime, as_of: datetime, decode: Any) -> list[Any]:
        """Everything of a kind from ``begin`` on, in the order of time; asks only for what is newer than the known."""
        known = self._known[kind]
        oldest = rollup_sort(kind, begin)
        for key in [key for key in known if key < oldest]:
            del known[key]
        # Asked for again: the last known ones, because another aggregator may have been slow to write.
        newest = max((parse_instant(key.partition("#")[2]) for key in known), default=begin)
        for item in self._query(kind, max(begin, newest - _SLOWEST_WRITE), as_of):
            if item[KEY_SORT] not in known:
                known[item[KEY_SORT]] = decode(_document(item))
        return [known[key] for key in sorted(known)]

    def _query(self, kind: str, begin: datetime, end: datetime, *, newest_only: bool = False) -> Iterator[Any]:
        start: dict[str, Any] = {"Limit": 1} if newest_only else {}
        while True:
            answer = self._table.query(
                KeyConditionExpression="#pk = :pk AND #sk BETWEEN :begin AND :end",
                ExpressionAttributeNames={"#pk": KEY_PARTITION, "#sk": KEY_SORT},
                ExpressionAttributeValues={
                    ":pk": self._partition,
                    ":begin": rollup_sort(kind, begin),
                    # '~' sorts behind every digit and '#', so parts of the last instant are included.
                    ":end": rollup_sort(kind, end) + "~",
                },
                ScanIndexForward=not newest_only,
                ConsistentRead=True,
                **start,
            )
            yield from answer["Items"]
            if newest_only or "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _parts(targets: Mapping[str, TargetRollup]) -> Iterator[bytes]:
    part = bytearray()
    for id in sorted(targets):
        part += pack({id: targets[id]})
        if len(part) >= _PART_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


def _packed(document: Any) -> bytes:
    return gzip.compress(json.dumps(document, separators=(",", ":"), sort_keys=True).encode(), mtime=0)


def _document(item: Mapping[str, Any]) -> Any:
    return json.loads(gzip.decompress(bytes(item["body"])))


def _tally_document(tally: Tally) -> Any:
    return {"as_of": format_instant(tally.as_of), "score": tally.score, "runs": [to_json(run) for run in tally.runs]}


def _tally_from(document: Any) -> Tally:
    """By hand and not by the codec, which would look at each of thousands of numbers."""
    return Tally(
        as_of=parse_instant(document["as_of"]),
        score=document["score"],
        runs=tuple(_run_from(run) for run in document["runs"]),
    )


def _run_from(document: Any) -> RunTally:
    return RunTally(
        family=document["family"],
        shard=document["shard"],
        slot=parse_instant(document["slot"]),
        minutes=document["minutes"],
        targets=tuple(document["targets"]),
        outcomes=document["outcomes"],
        buckets=tuple(document["buckets"]),
        services={id: Counts(**counts) for id, counts in document["services"].items()},
    )


def _rollup_document(rollup: Rollup) -> Any:
    return {
        "begin": format_instant(rollup.begin),
        "services": {id: [to_json(span.counts), span.minutes] for id, span in rollup.services.items()},
        "latencies": {id: base64.b64encode(h.to_bytes()).decode() for id, h in rollup.latencies.items()},
        "score": [rollup.score_sum, rollup.scored],
    }


def _rollup_from(document: Any) -> Rollup:
    score_sum, scored = document["score"]
    return Rollup(
        begin=parse_instant(document["begin"]),
        services={id: Span(Counts(**counts), minutes) for id, (counts, minutes) in document["services"].items()},
        latencies={id: histogram_from(base64.b64decode(text)) for id, text in document["latencies"].items()},
        score_sum=score_sum,
        scored=scored,
    )
