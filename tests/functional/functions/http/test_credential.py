"""The canary key on the wire: where it is sent, what its refusal means, and that it is kept nowhere."""

import json
import socket
from urllib.parse import quote

import pytest

from auditor.domain.codec import to_json
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Status
from functions.http.credential import WRONG_KEY, Credential
from functions.http.family import Expect, JsonCondition
from functions.http.health import HealthDocument

from .conftest import Ask, HeldSecrets, Names, Script, Seen, StartPeer, answers

KEY = "hk_live/canary+0123=="
SECRET = "shop/canary"
CANARY = Credential(secret=SECRET, key="api_key")
JSON = ("Content-Type: application/json", "Server: uvicorn")
PASS = (Status.PASS, None, None)


@pytest.fixture
def secrets() -> HeldSecrets:
    secrets = HeldSecrets()
    secrets.held[SECRET] = json.dumps({"api_key": KEY})
    return secrets


def _protected(connection: socket.socket, request: str) -> None:
    if "Authorization:" not in request:
        script = answers(b'{"detail":"API key required"}', status="401 Unauthorized", headers=JSON)
    elif f"Authorization: Bearer {KEY}\r\n" in request:
        script = answers(b'{"experiments":[]}', headers=JSON)
    else:
        script = answers(b'{"detail":"Invalid or expired API key"}', status="401 Unauthorized", headers=JSON)
    script(connection, request)


def _written(seen: Seen) -> str:
    return json.dumps([to_json(seen.observation), to_json(list(seen.results.values()))]) + repr(seen)


def test_the_three_ways_to_ask_a_protected_endpoint(start: StartPeer, ask: Ask) -> None:
    peer = start(_protected)
    with_key = ask(peer.url(), credential=CANARY)
    assert with_key.answer("status_expected") == PASS
    assert with_key.facts.credential == "canary"
    for credential, message in ((None, "api_key_required"), (Credential(wrong=True), "invalid_key")):
        seen = ask(peer.url(), credential=credential, expect=Expect(status=(401,)))
        assert seen.answer("status_expected") == PASS
        (address,) = seen.facts.probed
        assert address.answer is not None
        assert address.answer.message == message
    assert ["Authorization" in request for request in peer.requests] == [True, False, True]
    assert f"Authorization: Bearer {WRONG_KEY}\r\n" in peer.requests[2]


def test_header_and_scheme_are_the_catalogues(start: StartPeer, ask: Ask, secrets: HeldSecrets) -> None:
    secrets.held["plain"] = KEY
    peer = start(answers(b"ok"))
    ask(peer.url(), credential=Credential(secret="plain", header="X-API-Key"))
    ask(peer.url(), credential=Credential(secret="plain", scheme="ApiKey"))
    ask(peer.url(), method="POST", credential=Credential(secret="plain", scheme=""))
    assert f"X-API-Key: {KEY}\r\n" in peer.requests[0]
    assert f"Authorization: ApiKey {KEY}\r\n" in peer.requests[1]
    assert f"Authorization: {KEY}\r\n" in peer.requests[2]
    assert "Content-Length: 0\r\n" in peer.requests[2]


def test_a_canary_key_that_is_refused_is_the_services_failure(start: StartPeer, ask: Ask, secrets: HeldSecrets) -> None:
    secrets.held[SECRET] = json.dumps({"api_key": "another-key"})
    seen = ask(start(_protected).url(), credential=CANARY)
    assert seen.answer("status_expected") == (Status.FAIL, "http.status", Phase.ANSWER)
    assert "says that the key is not valid" in seen.results["http.status_expected"].summary
    assert "expired or was revoked" in seen.results["http.status_expected"].remediation


def test_a_key_that_was_changed_since_it_was_read_is_no_failure(
    start: StartPeer, ask: Ask, secrets: HeldSecrets
) -> None:
    secrets.cached[SECRET] = json.dumps({"api_key": "the-key-of-yesterday"})
    peer = start(_protected)
    before = ask(peer.url(), credential=CANARY)
    assert before.answer("reachable") == PASS
    assert before.answer("status_expected") == (Status.UNKNOWN, "self.credentials", Phase.PREPARE)
    assert ask(peer.url(), credential=CANARY).answer("status_expected") == PASS


DENIED = Failure(
    phase=Phase.PREPARE,
    cause="aws.denied",
    detail=f"the auditor's role may not call secretsmanager:GetSecretValue on secret {SECRET}",
)
EVERYTHING = Expect(json=(JsonCondition(path="$.experiments", exists=True),), openapi=True)


@pytest.mark.parametrize(
    ("held", "cause", "words"),
    [
        (DENIED, "aws.denied", "secretsmanager:GetSecretValue"),
        ('{"other": 1}', "self.secret_malformed", "'api_key'"),
        ('{"api_key": "short"}', "self.secret_malformed", "less than 8"),
    ],
)
def test_without_its_key_the_auditor_cannot_tell(
    held: str | Failure, cause: str, words: str, start: StartPeer, ask: Ask, secrets: HeldSecrets
) -> None:
    secrets.held[SECRET] = held
    peer = start(_protected)
    seen = ask(peer.url(), credential=CANARY, expect=EVERYTHING)
    assert seen.answer("reachable") == PASS
    rest = [result for check, result in seen.results.items() if check != "http.reachable"]
    assert len(rest) == 4
    for result in rest:
        assert (result.status, result.cause, result.phase) == (Status.UNKNOWN, cause, Phase.PREPARE)
        assert words in result.summary
        assert SECRET in result.summary
        assert "secret" in result.remediation
    assert peer.requests == []


def test_without_its_key_it_still_sees_that_the_peer_is_gone(ask: Ask, secrets: HeldSecrets) -> None:
    secrets.held[SECRET] = DENIED
    gone = ask("http://127.0.0.33:1/", credential=CANARY)
    assert gone.answer("reachable") == (Status.FAIL, "tcp.refused", Phase.TCP)
    assert gone.answer("status_expected") == (Status.SKIPPED, None, None)
    nowhere = ask("http://nowhere.test/", credential=CANARY)
    assert nowhere.answer("reachable") == (Status.FAIL, "dns.nxdomain", Phase.NAME)


@pytest.mark.parametrize("host", ["there.test", "here.test"])
def test_the_key_goes_to_the_declared_host_and_port_only(host: str, start: StartPeer, ask: Ask, names: Names) -> None:
    names.tell("here.test", "127.0.0.31")
    names.tell("there.test", "127.0.0.31")
    there = start(answers(b"fine"), address="127.0.0.31")
    moved = answers(status="307 Temporary Redirect", headers=(f"Location: {there.url('/x', host=host)}",))
    here = start(moved, address="127.0.0.31")
    assert ask(here.url(host="here.test"), credential=CANARY, follow_redirects=1).answer("status_expected") == PASS
    assert KEY in here.requests[0]
    assert KEY not in there.requests[0]
    assert "Authorization" not in there.requests[0]


def test_the_key_stays_on_a_redirect_within_its_host(start: StartPeer, ask: Ask) -> None:
    def script(connection: socket.socket, request: str) -> None:
        if request.startswith("GET / "):
            answers(status="308 Permanent Redirect", headers=("Location: /x/",))(connection, request)
        else:
            _protected(connection, request)

    assert ask(start(script).url(), credential=CANARY, follow_redirects=1).answer("status_expected") == PASS


ESCAPED = "".join(f"\\u{ord(character):04x}" for character in KEY)
ECHOES: dict[str, Script] = {
    "in a header": answers(b"{}", headers=(f"Server: uvicorn {KEY}", f"X-Debug: {KEY}", f"Retry-After: {KEY}")),
    "in its type": answers(b"{}", headers=(f"Content-Type: application/{KEY}",)),
    "in a redirect": answers(status="302 Found", headers=(f"Location: http://127.0.0.1:1/{KEY}?{KEY}",)),
    "in a redirect, encoded": answers(
        status="302 Found", headers=(f"Location: http://127.0.0.1:1/{quote(KEY, safe='')}",)
    ),
    "in JSON": answers(json.dumps({"experiments": KEY, "status": KEY, "services": {KEY: KEY}}).encode(), headers=JSON),
    "in JSON, escaped": answers(
        f'{{"experiments":"{ESCAPED}","services":{{"{ESCAPED}":"down"}}}}'.encode(), headers=JSON
    ),
    "as an upstream": answers(
        json.dumps({"detail": f"Failed to connect to server at http://{KEY[:7]}:5000/{KEY}"}).encode(),
        status="502 Bad Gateway",
        headers=JSON,
    ),
    "in a plain sentence": answers(f"the caller {KEY} is unknown".encode(), status="403 Forbidden"),
}


@pytest.mark.parametrize("follow", [0, 2])
@pytest.mark.parametrize("echo", ECHOES)
def test_a_peer_that_repeats_the_key_puts_it_nowhere(echo: str, follow: int, start: StartPeer, ask: Ask) -> None:
    peer = start(ECHOES[echo])
    expect = Expect(
        headers={"X-Debug": "quiet", "Location": "~/login"},
        json=(JsonCondition(path="$.experiments", equals="other"), JsonCondition(path="$", equals="other")),
    )
    seen = ask(
        peer.url(),
        credential=CANARY,
        follow_redirects=follow,
        expect=expect,
        health=HealthDocument(status="$.status", services="$.services"),
    )
    assert KEY in peer.requests[0]
    written = _written(seen)
    for form in (KEY, quote(KEY), quote(KEY, safe=""), json.dumps(KEY)[1:-1]):
        assert form not in written
