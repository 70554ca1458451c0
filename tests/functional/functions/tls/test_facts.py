"""What is kept of a place beside the answer to a question: with real servers of the fault lab."""

import socket
import ssl
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.observation import Observation, Phase
from auditor.domain.result import Status
from auditor.domain.target import Target
from auditor.net.network import Network
from functions.tls.facts import AddressFacts, TlsFacts
from functions.tls.family import TlsSpec
from tests.certificates import leaf, root
from tests.fault_lab.situation import Situation
from tests.fault_lab.tls_lab import NAME, SITUATIONS
from tests.fault_lab.tls_servers import encrypted, server, waits
from tests.functional.functions.database.conftest import Listeners

from .conftest import observed


def seen(id: str) -> tuple[Observation[TlsFacts], AddressFacts]:
    """The observation of a situation, and its first address."""
    with SITUATIONS[id]() as situation:
        observation, _ = observed(situation)
    assert observation.facts is not None
    return observation, observation.facts.probed[0]


def test_a_chain_is_counted_and_its_links_are_seen() -> None:
    _, whole = seen("tls-valid-intermediate")
    assert (whole.chain_length, whole.issuer_presented, whole.verified, whole.verify_code) == (2, True, True, None)
    _, alone = seen("tls-missing-intermediate")
    assert (alone.chain_length, alone.issuer_presented, alone.verified, alone.verify_code) == (1, False, False, 20)
    _, rooted = seen("tls-valid-root-presented")
    assert rooted.chain_length == 3


@pytest.mark.parametrize(
    ("id", "code"),
    [
        ("tls-expired", 10),
        ("tls-not-yet-valid", 9),
        ("tls-wrong-name", 62),
        ("tls-self-signed", 18),
        ("tls-untrusted-root", 20),
        ("tls-untrusted-root-presented", 19),
    ],
)
def test_a_certificate_that_is_not_believed_is_described_by_the_same_handshake(id: str, code: int) -> None:
    observation, address = seen(id)
    assert (address.verified, address.verify_code) == (False, code)
    assert address.certificate is not None
    assert address.certificate.issuer in ("Test root", "Test server", "Strangers")
    assert address.certificate.covers_name is (id != "tls-wrong-name")
    assert address.certificate.issued_by_itself is (id == "tls-self-signed")
    assert (address.certificate.days_left < 0) is (id == "tls-expired")
    assert address.version == "TLSv1.3"
    assert [(timing.phase, timing.ok) for timing in observation.phases] == [(Phase.TCP, True), (Phase.TLS, False)]


def test_what_is_shown_to_who_names_no_host() -> None:
    _, same = seen("tls-valid-ec")
    assert same.without_name is not None
    assert (same.without_name.certificate, same.without_name.names, same.without_name.covers_name) == (
        "same",
        (NAME,),
        True,
    )
    _, other = seen("tls-valid-other-without-name")
    assert other.without_name is not None
    assert (other.without_name.certificate, other.without_name.names, other.without_name.covers_name) == (
        "other",
        ("default.test",),
        False,
    )
    _, refused = seen("tls-valid-refused-without-name")
    assert refused.without_name is not None
    assert (refused.without_name.certificate, refused.without_name.names) == ("none", ())
    for id in ("tls-valid-address", "tls-valid-postgres", "tls-silence"):
        assert seen(id)[1].without_name is None, "it was not asked"


def test_what_is_there_instead_of_tls() -> None:
    for id in ("tls-plain-http", "tls-plain-http-waits", "tls-plain-http-closes"):
        assert seen(id)[1].answers_plain_http is True
    for id in ("tls-ssh", "tls-silence", "tls-closed", "tls-reset"):
        assert seen(id)[1].answers_plain_http is False
    assert seen("tls-valid-ec")[1].answers_plain_http is None
    assert seen("tls-10-only")[1].older_version == "TLSv1"
    assert seen("tls-11-only")[1].older_version == "TLSv1.1"
    assert seen("tls-no-common-cipher")[1].older_version == ""


@pytest.mark.parametrize("version", ["12", "13"])
def test_who_demands_a_certificate_has_shown_its_own(version: str) -> None:
    for id in (f"tls-client-certificate-{version}", f"tls-valid-client-certificate-{version}"):
        observation, address = seen(id)
        assert address.client_certificate_demanded is True
        assert address.verified is True
        assert address.certificate is not None
        assert address.certificate.names == (NAME,)
        assert bool(observation.failures) is ("valid" not in id), "a demand that is declared is no failure"
    assert seen("tls-valid-ec")[1].client_certificate_demanded is False
    assert seen("tls-expired")[1].client_certificate_demanded is None


def test_every_address_is_asked_and_has_phases_of_its_own() -> None:
    observation, _ = seen("tls-one-of-two-expired")
    assert observation.facts is not None
    assert [(a.address, a.verified) for a in observation.facts.probed] == [("127.0.0.1", True), ("127.0.0.2", False)]
    phases = [(t.phase, t.address) for t in observation.phases]
    assert phases.count((Phase.TLS, "127.0.0.1")) == phases.count((Phase.TLS, "127.0.0.2")) == 1
    assert [f.address for f in observation.failures] == ["127.0.0.2"]


def test_the_time_that_a_healthy_server_is_listened_to_belongs_to_no_phase() -> None:
    context = leaf(root(), NAME).server_context()
    context.num_tickets = 0
    with server(encrypted(context)) as port:
        began = time.monotonic()
        observation, results = observed(_situation(port, verify=False))
        took = time.monotonic() - began
    assert {result.status for result in results.values()} == {Status.PASS}
    assert took - (observation.latency_ms() or 0) / 1000 > 0.24


def _situation(port: int, **spec: Any) -> Situation:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "server_name": NAME, "timeout": timedelta(seconds=2)}
    target = Target(id="it", family="tls", service="shop", component="tls.shop", spec=TlsSpec(**(values | spec)))
    return Situation(target=target, network=Network(resolver=("127.0.0.1", 9)))


def test_eight_addresses_are_asked_side_by_side_and_further_ones_are_only_named() -> None:
    context = leaf(root(), NAME).server_context()
    busy, most = 0, 0
    lock = threading.Lock()

    def slow(connection: socket.socket) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.2)
        with lock:
            busy -= 1
        encrypted(context)(connection)

    addresses = [f"127.0.0.{number}" for number in range(1, 11)]
    listeners = Listeners()
    with listeners.closing, ExitStack() as running:
        port = running.enter_context(server(slow))
        for address in addresses[1:]:
            running.enter_context(server(slow, address=address, port=port))
        situation = _situation(port, host=NAME, server_name=None, verify=False)
        network = listeners.dns({NAME: addresses})
        observation, _ = observed(Situation(target=situation.target, network=network))
    assert observation.facts is not None
    assert len(observation.facts.resolved) == 10
    assert len(observation.facts.probed) == 8
    assert all(address.version for address in observation.facts.probed)
    assert most == 8


def test_a_server_that_stalls_after_its_certificate_was_seen_costs_the_deadline_and_no_more() -> None:
    """The question without a name hangs; what was seen before it stands."""
    context = leaf(root(), NAME).server_context()
    connections: list[int] = []

    def first_only(connection: socket.socket) -> None:
        connections.append(1)
        (encrypted(context) if len(connections) == 1 else waits)(connection)

    began = time.monotonic()
    with server(first_only) as port:
        observation, results = observed(_situation(port, verify=False, timeout=timedelta(seconds=0.6)))
        took = time.monotonic() - began
    assert took < 1.2
    assert {result.status for result in results.values()} == {Status.PASS}
    assert observation.facts is not None
    assert observation.facts.probed[0].without_name is None


def test_the_slot_and_not_the_clock_says_how_many_days_are_left() -> None:
    certificate = leaf(root(), NAME, days=(-10, 40.57))
    with server(encrypted(certificate.server_context())) as port:
        situation = _situation(port, verify=False)
        now, _ = observed(situation)
        later, results = observed(situation, slot=datetime.now(UTC) + timedelta(days=35))
    assert now.facts is not None
    assert later.facts is not None
    days = [facts.probed[0].certificate.days_left for facts in (now.facts, later.facts) if facts.probed[0].certificate]
    assert days == [40.5, 5.5]
    assert results["certificate_valid_7_days"].status is Status.FAIL


def test_the_name_goes_along_and_no_address_does() -> None:
    asked: list[str | None] = []
    context = leaf(root(), NAME, "127.0.0.1").server_context()

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        asked.append(name)

    context.sni_callback = note  # type: ignore[assignment]
    with server(encrypted(context)) as port:
        observed(_situation(port, verify=False))
        observed(_situation(port, verify=False, server_name=None))
    assert asked == [NAME, None, None]
