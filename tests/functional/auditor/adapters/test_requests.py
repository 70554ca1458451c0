"""People's requests in DynamoDB."""

from datetime import timedelta
from typing import Any

from auditor.adapters.requests import RequestStore
from auditor.domain.request import Request, RequestKind
from tests.fakes import T0

ACK = Request(id="2026-11-23T16:00:00Z-1", kind=RequestKind.ACK, service="database", by="ada")
SILENCE = Request(
    id="2026-11-23T16:01:00Z-2",
    kind=RequestKind.SILENCE,
    service="web",
    by="ada",
    reason="ä",
    duration=timedelta(hours=2),
)


def store_of(aws: Any, stage: str = "test") -> RequestStore:
    return RequestStore(stage=stage, table=aws.dynamodb.Table("runs"))


def test_what_was_asked_is_read_oldest_first_and_expires(aws: Any) -> None:
    store = store_of(aws)
    assert store.pending() == ()
    store.append(SILENCE, T0)
    store.append(ACK, T0)
    assert store.pending() == (ACK, SILENCE)
    assert store_of(aws, "other").pending() == ()
    assert {int(item["expires_at"]) for item in aws.items()} == {int((T0 + timedelta(days=2)).timestamp())}


def test_what_nobody_can_read_is_passed_over(aws: Any) -> None:
    store = store_of(aws)
    store.append(ACK, T0)
    for number, text in enumerate(("not json", "{}", '{"kind": "reset"}')):
        aws.dynamodb.Table("runs").put_item(Item={"pk": "request#test", "sk": str(number), "request": text})
    assert store.pending() == (ACK,)
