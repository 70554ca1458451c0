"""Certificates: verified always, with the authority that the target names."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from auditor.domain.observation import Phase
from auditor.domain.result import Status

from .conftest import Ask, Names, StartPeer, answers, sends, server_context


def test_a_trusted_certificate(start: StartPeer, ask: Ask, names: Names, authority: trustme.CA, ca_file: str) -> None:
    names.tell("web.test", "127.0.0.1")
    peer = start(answers(b"ok"), tls=server_context(authority.issue_cert("web.test")))
    seen = ask(peer.url(host="web.test"), ca_file=ca_file)
    assert seen.passes() == {"reachable", "status_expected", "responds_in_time"}
    phases = [timing.phase for timing in seen.observation.phases]
    assert phases == [Phase.NAME, Phase.TCP, Phase.TLS, Phase.REQUEST, Phase.FIRST_BYTE, Phase.TRANSFER]


def test_an_expired_certificate(start: StartPeer, ask: Ask, authority: trustme.CA, ca_file: str) -> None:
    then = datetime.now(UTC) - timedelta(days=1)
    expired = authority.issue_cert("127.0.0.1", not_before=then - timedelta(days=9), not_after=then)
    seen = ask(start(answers(b"ok"), tls=server_context(expired)).url(), ca_file=ca_file)
    assert seen.answer("reachable") == (Status.FAIL, "tls.expired", Phase.TLS)
    assert seen.answer("status_expected")[0] is Status.SKIPPED


def test_a_certificate_for_another_name(start: StartPeer, ask: Ask, authority: trustme.CA, ca_file: str) -> None:
    peer = start(answers(b"ok"), tls=server_context(authority.issue_cert("other.test")))
    assert ask(peer.url(), ca_file=ca_file).answer("reachable") == (Status.FAIL, "tls.name_mismatch", Phase.TLS)


def test_without_its_authority_a_certificate_is_not_trusted(start: StartPeer, ask: Ask, authority: trustme.CA) -> None:
    peer = start(answers(b"ok"), tls=server_context(authority.issue_cert("127.0.0.1")))
    seen = ask(peer.url())
    assert seen.answer("reachable") == (Status.FAIL, "tls.untrusted", Phase.TLS)
    assert peer.requests == []


def test_https_to_a_plain_port(start: StartPeer, ask: Ask, ca_file: str) -> None:
    peer = start(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    url = peer.url().replace("http://", "https://")
    short = timedelta(seconds=0.6)
    status, cause, phase = ask(url, ca_file=ca_file, timeout=short, slow_after=short).answer("reachable")
    assert (status, phase) == (Status.FAIL, Phase.TLS)
    assert cause in ("tls.timeout", "tls.not_tls", "tls.closed")


@pytest.mark.parametrize("content", [None, "no certificate here"])
def test_an_unusable_ca_file_is_the_auditors_limit(content: str | None, ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    seen = ask("https://127.0.0.1:1/", ca_file=str(path))
    assert {result.status for result in seen.results.values()} == {Status.UNKNOWN}
    assert "ca_file" in seen.results["http.reachable"].summary
