"""The aggregator's own state and its outbox in DynamoDB. Written conditionally on a version: there is one writer."""

import gzip
import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from auditor.domain.bundle import State
from auditor.domain.codec import CodecError, from_json, to_json
from auditor.domain.story import Story
from auditor.names import KEY_EXPIRY, KEY_PARTITION, KEY_SORT, STATE_VERDICTS, outbox_partition, state_partition

_KEEP_TOLD_SECONDS = 90 * 86_400
_PART_BYTES = 350_000
"""DynamoDB refuses an item over 400 KB; a transaction takes 4 MB and 100 items, parts and stories together."""


class StaleStateError(Exception):
    """When another aggregator wrote the state first; this one's judgement of the slot is dropped."""


class StateStore:
    """Loads and saves the state; a transition and its outbox item are written in one transaction."""

    def __init__(self, *, stage: str, dynamodb: Any, table_name: str) -> None:
        """``dynamodb`` is a boto3 DynamoDB resource."""
        self._stage = stage
        self._table = dynamodb.Table(table_name)
        self._client = dynamodb.meta.client
        self._table_name = table_name

    def load(self) -> State:
        """The state of the last moment; a fresh one at the very first, and after a version that wrote another shape.

        StaleStateError while another one is written.
        """
        parts = self._items(state_partition(self._stage))
        if not parts:
            return State()
        first = parts[0]
        # A state that became smaller leaves parts of a bigger one behind.
        bodies = [bytes(part["body"]) for part in parts if part["version"] == first["version"]]
        if len(bodies) != first.get("parts", 1):
            raise StaleStateError(f"the state of stage {self._stage} was written while it was read")
        try:
            return from_json(State, json.loads(gzip.decompress(b"".join(bodies))))
        except CodecError:
            return State(version=int(first["version"]))

    def save(self, state: State, stories: Sequence[Story]) -> None:
        """Writes the next state and its stories, all or nothing; StaleStateError when somebody else did first."""
        body = gzip.compress(json.dumps(to_json(state), separators=(",", ":"), sort_keys=True).encode(), mtime=0)
        bodies = [body[start : start + _PART_BYTES] for start in range(0, len(body), _PART_BYTES)]
        items = [
            {
                KEY_PARTITION: state_partition(self._stage),
                KEY_SORT: f"{STATE_VERDICTS}#{number:02}" if number else STATE_VERDICTS,
                "version": state.version,
                "parts": len(bodies),
                "body": part,
            }
            for number, part in enumerate(bodies)
        ]
        writes: list[dict[str, Any]] = [
            {"Put": {"TableName": self._table_name, "Item": item}}
            for item in (*items, *(self._outbox_item(story) for story in stories))
        ]
        # The first part decides for all: a transaction is written as a whole or not at all.
        writes[0]["Put"] |= {
            "ConditionExpression": "attribute_not_exists(#pk) OR #version = :before",
            "ExpressionAttributeNames": {"#pk": KEY_PARTITION, "#version": "version"},
            "ExpressionAttributeValues": {":before": state.version - 1},
        }
        try:
            self._client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
            if {"ConditionalCheckFailed", "TransactionConflict"} & set(reasons):
                raise StaleStateError(f"state version {state.version} of stage {self._stage} exists already") from error
            raise

    def pending(self) -> tuple[Story, ...]:
        """Stories that were decided and not yet marked as told, oldest first."""
        items = self._items(outbox_partition(self._stage), FilterExpression="attribute_not_exists(told_at)")
        stories = [from_json(Story, json.loads(item["story"])) for item in items]
        return tuple(sorted(stories, key=lambda story: (story.at, story.id)))

    def mark_told(self, story: Story, at: str) -> None:
        """Marks a story as published at an instant; it expires later, its deduplication id with it."""
        self._table.update_item(
            Key={KEY_PARTITION: outbox_partition(self._stage), KEY_SORT: story.id},
            UpdateExpression="SET told_at = :at, #expiry = :expiry",
            ExpressionAttributeNames={"#expiry": KEY_EXPIRY},
            ExpressionAttributeValues={":at": at, ":expiry": int(story.at.timestamp()) + _KEEP_TOLD_SECONDS},
        )

    def _items(self, partition: str, **more: str) -> list[dict[str, Any]]:
        """All items of a partition in the order of their sort keys, page by page."""
        items: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            answer = self._table.query(
                KeyConditionExpression="#pk = :pk",
                ExpressionAttributeNames={"#pk": KEY_PARTITION},
                ExpressionAttributeValues={":pk": partition},
                ConsistentRead=True,
                **more,
                **start,
            )
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return items
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _outbox_item(self, story: Story) -> dict[str, Any]:
        return {
            KEY_PARTITION: outbox_partition(self._stage),
            KEY_SORT: story.id,
            "story": json.dumps(to_json(story), sort_keys=True),
        }
