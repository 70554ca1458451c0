"""Runs in S3 and DynamoDB: appended once, read back whole, and never half."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from auditor.adapters.aws import client
from auditor.adapters.runs import CommitTable, Latest, NotStoredError, RunStore, UnreadableRunError
from auditor.domain.bundle import Run
from auditor.domain.history import HOUR
from tests.fakes import MINUTE, REFUSED, SHOP, T0, run

BUCKET = "observations"
FINE_RUN = run(SHOP, "page", T0, {})


def store_of(aws: Any) -> RunStore:
    return RunStore(stage="test", table=aws.table, s3=aws.s3, bucket=BUCKET)


def read(aws: Any, family: str = "page") -> Run:
    commit = store_of(aws).latest(family, 0).scheduled
    assert commit is not None
    return store_of(aws).load(commit)


def test_a_run_comes_back_whole(aws: Any) -> None:
    broken = run(SHOP, "store", T0, {"db": REFUSED})
    assert store_of(aws).append(broken) is True
    back = read(aws, "store")
    assert replace(back, object_key="") == broken
    assert [back.object_key] == aws.keys()
    assert back.object_key.startswith("observations/test/2026-11-23/store/2026-11-23T16:00:00Z-0-run-")
    assert back.object_key.endswith("req-store-0.json.gz")


def test_the_second_delivery_of_a_slot_changes_nothing(aws: Any) -> None:
    assert store_of(aws).append(FINE_RUN) is True
    before = aws.items()
    again = replace(run(SHOP, "page", T0, {"home": REFUSED}), request_id="another")
    assert store_of(aws).append(again) is False
    assert aws.items() == before
    assert replace(read(aws), object_key="") == FINE_RUN


def test_a_second_delivery_with_the_same_request_id_does_not_spoil_the_first(aws: Any) -> None:
    # Lambda may deliver one asynchronous event twice under one request id, and the second probe sees something else.
    store_of(aws).append(FINE_RUN)
    assert store_of(aws).append(run(SHOP, "page", T0, {"home": REFUSED})) is False
    assert replace(read(aws), object_key="") == FINE_RUN


def test_the_same_run_is_the_same_bytes(aws: Any) -> None:
    store_of(aws).append(FINE_RUN)
    keys, items = aws.keys(), aws.items()
    store_of(aws).append(FINE_RUN)
    assert aws.keys() == keys
    assert aws.items() == items


def test_the_packed_item_holds_every_answer(aws: Any) -> None:
    store_of(aws).append(run(SHOP, "store", T0, {"db": REFUSED}))
    (item,) = aws.items()
    assert (item["pk"], item["sk"]) == ("run#test#store#0", "2026-11-23T16:00:00Z")
    assert json.loads(gzip.decompress(bytes(item["results"]))) == [
        ["db", "store.reachable", "FAIL", "high", "tcp.refused", "tcp", 12.5],
        ["db", "store.answers", "SKIPPED", "high", None, None, 12.5],
    ]


@pytest.mark.parametrize(("said", "days"), [({}, 35), ({"home": REFUSED}, 400)])
def test_failures_are_kept_longer_than_passes(aws: Any, said: Any, days: int) -> None:
    store_of(aws).append(run(SHOP, "page", T0, said))
    (item,) = aws.items()
    assert item["expires_at"] == int((T0 + timedelta(days=days)).timestamp())


def test_latest_is_the_newest_scheduled_run_and_no_extra_one(aws: Any) -> None:
    store = store_of(aws)
    assert store.latest("page", 0).scheduled is None
    for minute in (0, 2, 1):
        store.append(run(SHOP, "page", T0 + minute * MINUTE, {}))
    assert store.append(replace(run(SHOP, "page", T0 + 2 * MINUTE, {"home": REFUSED}), extra=True)) is True
    assert store.append(replace(run(SHOP, "page", T0 + 3 * MINUTE, {}), extra=True)) is True
    store.append(run(SHOP, "store", T0 + 9 * MINUTE, {}))
    newest = store.latest("page", 0).scheduled
    assert newest is not None
    assert newest.slot == T0 + 2 * MINUTE
    assert not store.load(newest).extra
    assert store.latest("page", 1).scheduled is None


def test_an_extra_run_never_takes_the_place_of_the_scheduled_one(aws: Any) -> None:
    store = store_of(aws)
    assert store.append(replace(FINE_RUN, extra=True)) is True
    assert store.latest("page", 0).scheduled is None
    assert store.append(FINE_RUN) is True
    assert len(aws.keys()) == 2


@pytest.mark.parametrize("extras", [3, 4, 9])
def test_many_extra_runs_do_not_hide_the_scheduled_one_and_the_newest_is_found(aws: Any, extras: int) -> None:
    store = store_of(aws)
    store.append(FINE_RUN)
    for minute in range(1, extras + 1):
        store.append(replace(run(SHOP, "page", T0 + minute * MINUTE, {}), extra=True))
    newest = store.latest("page", 0)
    assert newest.scheduled is not None
    assert newest.extra is not None
    assert (newest.scheduled.slot, newest.extra.slot) == (T0, T0 + extras * MINUTE)
    assert store.load(newest.extra).extra


@pytest.mark.parametrize(("extra_at", "told"), [(-1, None), (0, None), (1, 1)])
def test_an_extra_run_is_told_only_where_it_is_newer_than_the_scheduled_one(
    aws: Any, extra_at: int, told: int | None
) -> None:
    store = store_of(aws)
    store.append(FINE_RUN)
    store.append(replace(run(SHOP, "page", T0 + extra_at * MINUTE, {}), extra=True))
    extra = store.latest("page", 0).extra
    assert (extra and extra.slot) == (None if told is None else T0 + told * MINUTE)


def test_since_a_slot_only_what_is_not_older_is_told(aws: Any) -> None:
    store = store_of(aws)
    store.append(FINE_RUN)
    store.append(replace(run(SHOP, "page", T0 + MINUTE, {}), extra=True))
    assert store.latest("page", 0, T0 + 2 * MINUTE) == Latest()
    late = store.latest("page", 0, T0 + MINUTE)
    assert late.scheduled is None
    assert late.extra is not None
    assert store.latest("page", 0, T0) == store.latest("page", 0)
    store.append(run(SHOP, "page", T0 + 3 * MINUTE, {}))
    ahead = store.latest("page", 0, T0 + 2 * MINUTE).scheduled
    assert ahead is not None
    assert ahead.slot == T0 + 3 * MINUTE


def test_one_question_reads_one_item_and_none_while_it_waits(aws: Any) -> None:
    store, read = store_of(aws), []
    calls = aws.table.meta.client.meta.events
    calls.register("after-call.dynamodb.Query", lambda parsed, **_: read.append(parsed["ScannedCount"]), "counting")
    for minute in range(9):
        store.append(run(SHOP, "page", T0 + minute * MINUTE, {}))
    store.latest("page", 0, T0 + 9 * MINUTE)
    store.latest("page", 0, T0 + 8 * MINUTE)
    store.latest("page", 0)
    calls.unregister("after-call.dynamodb.Query", unique_id="counting")
    assert read == [0, 1, 1]


def test_the_packed_runs_of_a_time_come_back_with_what_counting_needs(aws: Any) -> None:
    store = store_of(aws)
    for minute in range(4):
        store.append(run(SHOP, "store", T0 + minute * MINUTE, {"db": REFUSED}))
    store.append(replace(run(SHOP, "store", T0 + 2 * MINUTE, {}), extra=True))
    store.append(run(SHOP, "page", T0 + MINUTE, {}))
    found = store.between("store", 0, T0 + MINUTE, T0 + 2 * MINUTE)
    assert [packed.slot for packed in found] == [T0 + MINUTE, T0 + 2 * MINUTE]
    whole = run(SHOP, "store", T0 + MINUTE, {"db": REFUSED}).results
    assert found[0].results == tuple(replace(r, summary="", evidence={}, remediation="") for r in whole)
    assert store.between("store", 1, T0, T0 + HOUR) == ()


def _altered(body: bytes) -> bytes:
    return gzip.compress(gzip.decompress(body).replace(b"PASS", b"FAIL"), mtime=0)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_altered, "not the one that was committed"),
        (lambda body: body[:-9], "not the one that was committed"),
        (lambda _body: b"", "not the one that was committed"),
    ],
    ids=["altered", "cut", "empty"],
)
def test_an_object_that_is_not_the_committed_one_is_unreadable(
    aws: Any, spoil: Callable[[bytes], bytes], words: str
) -> None:
    store_of(aws).append(FINE_RUN)
    (key,) = aws.keys()
    body = aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=spoil(body))
    with pytest.raises(UnreadableRunError, match=words):
        read(aws)


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b"no json"), gzip.compress(b'{"family": 1}'), gzip.compress(b'"x"')[:-3]],
    ids=["no gzip", "no json", "no run", "cut gzip"],
)
def test_a_committed_object_that_is_no_run_is_unreadable_by_its_key(aws: Any, body: bytes) -> None:
    store_of(aws).append(FINE_RUN)
    commit = store_of(aws).latest("page", 0).scheduled
    assert commit is not None
    aws.s3.put_object(Bucket=BUCKET, Key=commit.object_key, Body=body)
    with pytest.raises(UnreadableRunError, match=commit.object_key):
        store_of(aws).load(replace(commit, sha256=sha256(body).hexdigest()))


def test_a_missing_object_is_unreadable(aws: Any) -> None:
    store_of(aws).append(FINE_RUN)
    aws.s3.delete_object(Bucket=BUCKET, Key=aws.keys()[0])
    with pytest.raises(UnreadableRunError, match="NoSuchKey"):
        read(aws)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 400),
        ("AccessDeniedException", 400),
        ("ResourceNotFoundException", 400),
        ("InternalServerError", 500),
    ],
)
def test_a_table_that_refuses_is_named_by_its_code_and_without_its_words(
    aws: Any, refuse: Any, code: str, status: int
) -> None:
    refuser = refuse(code, status)
    store = RunStore(stage="test", table=refuser.dynamodb().Table("t"), s3=aws.s3, bucket=BUCKET)
    with pytest.raises(NotStoredError) as caught:
        store.append(FINE_RUN)
    message = str(caught.value)
    assert code in message
    assert "run page/0 of slot 2026-11-23T16:00:00Z could not be stored" in message
    assert "self.not_stored" in message
    assert "hunter2" not in message
    assert refuser.calls
    assert all(call == "DynamoDB_20120810.PutItem" for call in refuser.calls)


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("SlowDown", 503)])
def test_a_bucket_that_refuses_commits_nothing(aws: Any, refuse: Any, code: str, status: int) -> None:
    refuser = refuse(code, status)
    store = RunStore(stage="test", table=aws.table, s3=refuser.client("s3"), bucket=BUCKET)
    with pytest.raises(NotStoredError, match=code) as caught:
        store.append(FINE_RUN)
    assert "hunter2" not in str(caught.value)
    assert aws.items() == []


def test_a_table_that_answers_nothing_is_named_by_the_error_of_the_sdk(aws: Any, refuse: Any) -> None:
    gone = refuse("X")
    gone.url = "http://127.0.0.1:9"
    store = RunStore(stage="test", table=gone.dynamodb().Table("t"), s3=aws.s3, bucket=BUCKET)
    with pytest.raises(NotStoredError, match="EndpointConnectionError"):
        store.append(FINE_RUN)


def test_a_denied_object_is_unreadable_with_the_code(aws: Any, refuse: Any) -> None:
    store_of(aws).append(FINE_RUN)
    commit = store_of(aws).latest("page", 0).scheduled
    assert commit is not None
    denied = RunStore(stage="test", table=aws.table, s3=refuse("AccessDenied", 403).client("s3"), bucket=BUCKET)
    with pytest.raises(UnreadableRunError, match="AccessDenied") as caught:
        denied.load(commit)
    assert "hunter2" not in str(caught.value)


def test_a_commit_without_boto3_is_the_same_item(aws: Any) -> None:
    table = CommitTable(client("dynamodb"), "runs")
    store = RunStore(stage="lean", table=table, s3=aws.s3, bucket="observations")
    whole = run(SHOP, "page", T0, {"home": REFUSED})
    assert (store.append(whole), store.append(whole)) == (True, False)
    commit = RunStore(stage="lean", table=aws.table, s3=aws.s3, bucket="observations").latest("page", 0).scheduled
    assert commit is not None
    assert store.load(commit).results == whole.results
    store_of(aws).append(whole)
    lean, rich = sorted(aws.items(), key=lambda item: item["pk"])
    same = lean.keys() - {"pk", "object", "sha256"}
    assert {key: lean[key] for key in same} == {key: rich[key] for key in same}
