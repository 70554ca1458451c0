"""People's requests in DynamoDB: the command line appends, the aggregator reads all that have not expired."""

import json
from datetime import datetime, timedelta
from typing import Any

from auditor.domain.codec import CodecError, from_json, to_json
from auditor.domain.request import Request
from auditor.names import KEY_EXPIRY, KEY_PARTITION, KEY_SORT, requests_partition

_KEPT = timedelta(days=2)
"""Longer than any outage of the aggregator that is worth a request; DynamoDB then drops it."""


class RequestStore:
    """Appends requests and reads those that have not expired."""

    def __init__(self, *, stage: str, table: Any) -> None:
        self._stage = stage
        self._table = table

    def append(self, request: Request, now: datetime) -> None:
        """Writes one request. Raises AwsError."""
        self._table.put_item(
            Item={
                KEY_PARTITION: requests_partition(self._stage),
                KEY_SORT: request.id,
                "request": json.dumps(to_json(request), sort_keys=True),
                KEY_EXPIRY: int((now + _KEPT).timestamp()),
            },
            ConditionExpression="attribute_not_exists(#pk)",
            ExpressionAttributeNames={"#pk": KEY_PARTITION},
        )

    def pending(self) -> tuple[Request, ...]:
        """All that have not expired, oldest first; what another version wrote in another shape is passed over."""
        found: list[Request] = []
        start: dict[str, Any] = {}
        while True:
            answer = self._table.query(
                KeyConditionExpression="#pk = :pk",
                ExpressionAttributeNames={"#pk": KEY_PARTITION},
                ExpressionAttributeValues={":pk": requests_partition(self._stage)},
                ConsistentRead=True,
                **start,
            )
            for item in answer["Items"]:
                try:
                    found.append(from_json(Request, json.loads(item["request"])))
                except (CodecError, ValueError, KeyError):
                    continue
            if "LastEvaluatedKey" not in answer:
                return tuple(found)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
