"""Every hostile TLS place leads to its labelled outcome: in time, in little memory, and never green."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.result import Status
from functions.tls.checks import CHECKS
from functions.tls.facts import TlsFacts
from functions.tls.family import TlsSpec
from functions.tls.probe import observe
from tests.certificates import Issued, root
from tests.functional.functions.database.conftest import Listeners

from .outcome import Label, Outcome, each, probed, require
from .tls_places import AFTER, BESIDE, CERTIFICATES, HANDSHAKES, NAME, POSTGRES


@pytest.fixture(scope="module")
def own() -> Issued:
    return root("Hostile tests")


@pytest.fixture(scope="module")
def own_file(own: Issued, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("own") / "ca.pem"
    path.write_bytes(own.pem)
    return str(path)


def ask(port: int, ca_file: str, deadline: float, **fields: Any) -> Outcome:
    spec = TlsSpec(
        host="127.0.0.1",
        port=port,
        server_name=NAME,
        ca_file=ca_file,
        timeout=timedelta(seconds=deadline),
        **fields,
    )
    return probed(spec, observe, CHECKS, TlsFacts, weighed=True)


def expect(outcome: Outcome, label: Label) -> None:
    if label.status is Status.PASS:
        assert {check for check, r in outcome.results.items() if r.status is Status.PASS} == label.passes
        assert outcome.observation.could_not_tell is None
        assert outcome.seconds < 4
    else:
        require(outcome, label)


@pytest.mark.parametrize(
    "name", each({name: label for name, (_, label) in HANDSHAKES.items()}, always=("a hello that drips",))
)
def test_a_peer_that_breaks_the_handshake(name: str, listeners: Listeners, own_file: str) -> None:
    script, label = HANDSHAKES[name]
    expect(ask(listeners.tcp(script), own_file, label.deadline), label)


@pytest.mark.parametrize("name", AFTER)
def test_a_peer_that_misbehaves_right_after_it(name: str, listeners: Listeners, own: Issued, own_file: str) -> None:
    make, label = AFTER[name]
    expect(ask(listeners.tcp(make(own)), own_file, label.deadline), label)


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_certificate_that_is_meant_to_hurt(name: str, listeners: Listeners, own: Issued, own_file: str) -> None:
    make, label = CERTIFICATES[name]
    outcome = ask(listeners.tcp(make(own)), own_file, label.deadline)
    expect(outcome, label)
    assert len(outcome.text) < 30_000
    assert "\\r" not in outcome.text
    assert "user:password" not in outcome.text


@pytest.mark.parametrize("name", each({name: label for name, (_, label) in BESIDE.items()}, always=BESIDE))
def test_a_peer_that_misbehaves_when_it_is_asked_in_plain_http(name: str, listeners: Listeners, own_file: str) -> None:
    script, label = BESIDE[name]
    expect(ask(listeners.tcp(script), own_file, 0.6), label)


@pytest.mark.parametrize("name", each({name: label for name, (_, label) in POSTGRES.items()}, always=("silence",)))
def test_a_peer_that_only_plays_postgres(name: str, listeners: Listeners, own_file: str) -> None:
    script, label = POSTGRES[name]
    expect(ask(listeners.tcp(script), own_file, label.deadline, begins="postgres"), label)
