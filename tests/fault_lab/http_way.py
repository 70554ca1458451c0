"""The way to an endpoint and the exchange itself: names, connections, TLS, and what breaks off."""

import contextlib
import gzip
import socket
import ssl
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import trustme

from auditor.net.network import Network
from tests.fault_lab.canary import plant
from tests.fault_lab.http_making import HASTE, HEAD, HOST, Factory, answer, drips, error, given, sends, serves, waits
from tests.fault_lab.servers import (
    Script,
    ca_file,
    certificate,
    names,
    port_that_never_answers,
    refusing_port,
    reset,
    server_context,
    tcp_server,
)
from tests.fault_lab.situation import Situation

SITUATIONS: dict[str, Factory] = {}


def _resolver(known: Mapping[str, Sequence[str]], **behaviour: Any) -> Factory:
    @contextlib.contextmanager
    def situation() -> Iterator[Situation]:
        with names(known, **behaviour) as resolver:
            network = Network(resolver=resolver)
            yield given(f"http://{HOST}/", network=network, timeout=HASTE)

    return situation


SITUATIONS["http-nxdomain"] = _resolver({})
SITUATIONS["http-nodata"] = _resolver({HOST: ()})
SITUATIONS["http-servfail"] = _resolver({}, rcode="SERVFAIL")
SITUATIONS["http-resolver-silent"] = _resolver({}, silent=True)


@contextlib.contextmanager
def _refused() -> Iterator[Situation]:
    with refusing_port() as port:
        yield given(f"http://127.0.0.1:{port}/")


SITUATIONS["http-refused"] = _refused


@contextlib.contextmanager
def _connect_timeout() -> Iterator[Situation]:
    with port_that_never_answers() as port:
        yield given(f"http://127.0.0.1:{port}/", timeout=HASTE)


SITUATIONS["http-connect-timeout"] = _connect_timeout


@contextlib.contextmanager
def _one_address_refuses() -> Iterator[Situation]:
    with tcp_server(answer(), address="127.0.0.2") as port, names({HOST: ("127.0.0.2", "127.0.0.3")}) as resolver:
        yield given(f"http://{HOST}:{port}/", network=Network(resolver=resolver))


SITUATIONS["http-one-address-refuses"] = _one_address_refuses


@contextlib.contextmanager
def _refused_beside_timeout() -> Iterator[Situation]:
    known = {HOST: ("127.0.0.2", "127.0.0.3")}
    with port_that_never_answers("127.0.0.2") as port, names(known) as resolver:
        yield given(f"http://{HOST}:{port}/", network=Network(resolver=resolver), timeout=HASTE)


SITUATIONS["http-refused-beside-timeout"] = _refused_beside_timeout


@contextlib.contextmanager
def _one_address_500() -> Iterator[Situation]:
    known = {HOST: ("127.0.0.2", "127.0.0.3")}
    with (
        tcp_server(answer(), address="127.0.0.2") as port,
        tcp_server(error("500", {}), address="127.0.0.3", port=port),
        names(known) as resolver,
    ):
        yield given(f"http://{HOST}:{port}/", network=Network(resolver=resolver))


SITUATIONS["http-one-address-500"] = _one_address_500


@contextlib.contextmanager
def _well_two_addresses() -> Iterator[Situation]:
    known = {HOST: ("127.0.0.2", "127.0.0.3")}
    with (
        tcp_server(answer(), address="127.0.0.2") as port,
        tcp_server(answer(), address="127.0.0.3", port=port),
        names(known) as resolver,
    ):
        yield given(f"http://{HOST}:{port}/", network=Network(resolver=resolver))


SITUATIONS["http-well-two-addresses"] = _well_two_addresses


@contextlib.contextmanager
def _well_alias() -> Iterator[Situation]:
    known, alias = {"edge.shop.example": ("127.0.0.1",)}, {HOST: "edge.shop.example"}
    with tcp_server(answer()) as port, names(known, aliases=alias) as resolver:
        yield given(f"http://{HOST}:{port}/", network=Network(resolver=resolver))


SITUATIONS["http-well-alias"] = _well_alias


def https(leaf: Callable[[], trustme.LeafCert], script: Script | None = None, **spec: Any) -> Factory:
    """A situation of one server behind a certificate of the lab's authority."""

    @contextlib.contextmanager
    def situation() -> Iterator[Situation]:
        with tcp_server(script or answer(), tls=server_context(leaf())) as port:
            yield given(f"https://127.0.0.1:{port}/", ca_file=ca_file(), **spec)

    return situation


def leaf(name: str = "127.0.0.1", **more: Any) -> Callable[[], trustme.LeafCert]:
    return lambda: certificate(name, organization_name=plant("http: subject of the certificate"), **more)


SITUATIONS["http-tls-expired"] = https(leaf(days=(-30, -1)))
SITUATIONS["http-tls-not-yet-valid"] = https(leaf(days=(1, 30)))
SITUATIONS["http-tls-name-mismatch"] = https(leaf("other.shop.example"))
SITUATIONS["http-tls-untrusted"] = https(lambda: trustme.CA().issue_cert("127.0.0.1"))
SITUATIONS["http-well-tls"] = https(leaf())
SITUATIONS["http-well-tls-few-days"] = https(leaf(days=(-70, 20)))


@contextlib.contextmanager
def _tls_self_signed() -> Iterator[Situation]:
    alone = trustme.CA(organization_name=plant("http: subject of the certificate"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with alone.private_key_pem.tempfile() as key, alone.cert_pem.tempfile() as chain:
        context.load_cert_chain(chain, key)
    with tcp_server(answer(), tls=context) as port:
        yield given(f"https://127.0.0.1:{port}/", ca_file=ca_file())


SITUATIONS["http-tls-self-signed"] = _tls_self_signed


@contextlib.contextmanager
def _tls_not_tls() -> Iterator[Situation]:
    page = f"HTTP/1.1 400 Bad Request\r\nX-Debug: {plant('http: in place of a handshake')}\r\n\r\n".encode()

    def script(connection: socket.socket, _: bytes) -> None:
        connection.recv(65_536)
        connection.sendall(page)

    with tcp_server(script, reads_request=False) as port:
        yield given(f"https://127.0.0.1:{port}/", ca_file=ca_file())


SITUATIONS["http-tls-not-tls"] = _tls_not_tls


def _speaks_old_tls_only() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


_OLD = _speaks_old_tls_only()  # here, because warnings are of the whole process and situations run side by side


@contextlib.contextmanager
def _tls_old_protocol() -> Iterator[Situation]:
    certificate().configure_cert(_OLD)
    with tcp_server(answer(), tls=_OLD) as port:
        yield given(f"https://127.0.0.1:{port}/", ca_file=ca_file())


SITUATIONS["http-tls-old-protocol"] = _tls_old_protocol


@contextlib.contextmanager
def _tls_silent() -> Iterator[Situation]:
    with tcp_server(waits, reads_request=False) as port:
        yield given(f"https://127.0.0.1:{port}/", ca_file=ca_file(), timeout=HASTE)


SITUATIONS["http-tls-silent"] = _tls_silent


@contextlib.contextmanager
def _tls_reset() -> Iterator[Situation]:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.recv(65_536)
        reset(connection)

    with tcp_server(script, reads_request=False) as port:
        yield given(f"https://127.0.0.1:{port}/", ca_file=ca_file())


SITUATIONS["http-tls-reset"] = _tls_reset


@contextlib.contextmanager
def _tls_client_certificate() -> Iterator[Situation]:
    context = server_context(certificate())
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file())
    with tcp_server(answer(), tls=context) as port:
        yield given(f"https://127.0.0.1:{port}/", ca_file=ca_file())


SITUATIONS["http-tls-client-certificate"] = _tls_client_certificate


def _resets(connection: socket.socket, _: bytes) -> None:
    reset(connection)


def _resets_in_body(connection: socket.socket, _: bytes) -> None:
    connection.sendall(HEAD + b"Content-Length: 99\r\n\r\nabc")
    time.sleep(0.1)  # so that it is read before the reset throws it away
    reset(connection)


SITUATIONS["http-silent"] = serves(lambda: waits, timeout=HASTE)
SITUATIONS["http-closed"] = serves(sends)
SITUATIONS["http-reset"] = serves(lambda: _resets)
SITUATIONS["http-drips-header"] = serves(lambda: drips(HEAD, b"X-A: b\r\n"), timeout=HASTE)
SITUATIONS["http-drips-body"] = serves(lambda: drips(HEAD + b"Content-Length: 99999\r\n\r\n", b"x"), timeout=HASTE)
SITUATIONS["http-reset-in-body"] = serves(lambda: _resets_in_body)
SITUATIONS["http-truncated"] = serves(
    lambda: sends(HEAD + f"Content-Length: 999\r\n\r\n{plant('http: half a body')}".encode())
)
SITUATIONS["http-not-http"] = serves(lambda: sends(f"SSH-2.0-OpenSSH_9.2 {plant('http: banner')}\r\n".encode()))
SITUATIONS["http-body-too-large"] = serves(lambda: answer(b"x" * 100_001), max_body=100_000)
SITUATIONS["http-gzip-bomb"] = serves(
    lambda: answer(gzip.compress(b"\0" * 5_000_000), "200 OK", "Content-Encoding: gzip"),
    max_body=100_000,
)
SITUATIONS["http-gzip-broken"] = serves(lambda: answer(b"plain", "200 OK", "Content-Encoding: gzip"))
SITUATIONS["http-header-too-large"] = serves(lambda: answer(b"", "200 OK", f"Set-Cookie: a={'x' * 1_000_000}"))
