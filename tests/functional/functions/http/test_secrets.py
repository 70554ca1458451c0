"""A secret that a peer sends, wherever it puts it, is in no observation and no result."""

import json

import pytest

from auditor.domain.codec import to_json
from functions.http.family import Expect, JsonCondition

from .conftest import Ask, Script, StartPeer, answers, sends

CANARY = "S3CR3T-canary"
BODY = json.dumps(
    {
        "password": CANARY,
        "db": {"secret": {"value": CANARY}, "dsn": f"postgres://app:{CANARY}@db:5432/x"},
        "error": f"login with password={CANARY} failed",
        "everything": [CANARY],
        "detail": f"Bearer {CANARY}",
    }
).encode()
EXPECT = Expect(
    headers={"Set-Cookie": "sid=other", "Location": "~/login", "X-Debug": "quiet"},
    body_contains=("nothing like this",),
    body_excludes=("password",),
    json=tuple(
        JsonCondition(path=path, equals="other")
        for path in ("$.password", "$.db", "$.db.secret.value", "$.db.dsn", "$.error", "$.everything", "$.detail", "$")
    ),
)
HEADERS = (
    f"Set-Cookie: sid={CANARY}",
    f"Location: http://joe:{CANARY}@127.0.0.1:1/login;s={CANARY}?next={CANARY}#{CANARY}",
    f"X-Debug: token={CANARY}",
    f"X-Other: {CANARY}",
    f"Server: uvicorn token={CANARY}",
    f"Content-Type: application/json; secret={CANARY}",
    f"Retry-After: key={CANARY}",
    f"Authorization: Bearer {CANARY}",
)
HEAD = b"HTTP/1.1 200 OK\r\n"
SCRIPTS: dict[str, Script] = {
    "a good answer": answers(BODY, headers=HEADERS),
    "a bad status": answers(BODY, status=f"500 {CANARY}", headers=HEADERS),
    "a redirect": answers(BODY, status="302 Found", headers=HEADERS),
    "not http": sends(f"{CANARY} 200\r\n\r\n".encode()),
    "a bad header": sends(HEAD + f"{CANARY} {CANARY}\r\n\r\n".encode()),
    "a bad length": sends(HEAD + f"Content-Length: {CANARY}\r\n\r\n".encode()),
    "a bad chunk": sends(HEAD + f"Transfer-Encoding: chunked\r\n\r\n{CANARY}\r\n".encode()),
    "a bad coding": sends(HEAD + f"Content-Encoding: {CANARY}\r\n\r\nx".encode()),
    "a truncated body": sends(HEAD + f"Content-Length: 999\r\n\r\n{CANARY}".encode()),
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("follow", [0, 2])
def test_a_secret_is_nowhere(name: str, follow: int, start: StartPeer, ask: Ask) -> None:
    peer = start(SCRIPTS[name])
    seen = ask(peer.url(f"/orders?page={CANARY}&size=5"), expect=EXPECT, follow_redirects=follow)
    assert CANARY in peer.requests[0]
    assert seen.facts.query_names == ("page", "size")
    written = json.dumps([to_json(seen.observation), to_json(list(seen.results.values()))])
    assert CANARY not in written
    assert repr(CANARY) not in repr(seen)
    assert not seen.passes() & {"headers_expected", "body_expected", "json_expected"}
