"""The TLS situations: certificates that are thrown away, and servers that do with them what the labels say."""

import atexit
import socket
import ssl
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.tls.family import TlsSpec
from tests.certificates import Issued, intermediate, leaf, root
from tests.fault_lab.canary import plant
from tests.functional.functions.database.conftest import Listeners

from .situation import Situation
from .tls_servers import Script, asked_first, demanding, encrypted, restricted, server, waits

NAME = "web.shop.test"
_NOWHERE = Network(resolver=("127.0.0.1", 9))
_ISSUER_URL = "http://authority.test/intermediate.der"
_TLS_1_2, _TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

Make = Callable[[], AbstractContextManager[Situation]]


@cache
def _root() -> Issued:
    return root()


@cache
def _intermediate() -> Issued:
    return intermediate(_root())


@cache
def _valid() -> Issued:
    return leaf(_root(), NAME)


@cache
def _ca_file() -> str:
    folder = tempfile.TemporaryDirectory(prefix="tls-lab-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "authorities.pem"
    path.write_bytes(_root().pem)
    return str(path)


def _spec(host: str, port: int, **more: Any) -> TlsSpec:
    values: dict[str, Any] = {
        "host": host,
        "port": port,
        "server_name": NAME,
        "ca_file": _ca_file(),
        "timeout": timedelta(seconds=1.5),
    }
    return TlsSpec(**{**values, **more})


def _situation(spec: TlsSpec, network: Network = _NOWHERE) -> Situation:
    target = Target(id="it", family="tls", service="shop", component="tls.shop", spec=spec)
    return Situation(target=target, network=network, peers=_peers(spec))


def _peers(spec: TlsSpec) -> Mapping[str, str]:
    if spec.begins != "tls":
        return {}
    return {"check_http": f"-I {spec.host} -H {spec.name} -p {spec.port} --sni -S -C {spec.days_warn},{spec.days_fail}"}


def _served(script: Callable[[], Script], **spec: Any) -> Make:
    @contextmanager
    def make() -> Iterator[Situation]:
        with server(script()) as port:
            yield _situation(_spec("127.0.0.1", port, **spec))

    return make


def _certified(certificate: Callable[[], Issued], *chain: Callable[[], Issued], **spec: Any) -> Make:
    return _served(lambda: encrypted(certificate().server_context(*(each() for each in chain))), **spec)


def _two(first: Callable[[], Script], second: Callable[[], Script] | None, **spec: Any) -> Make:
    """One name with two addresses; without a second script nothing listens on the second one."""

    @contextmanager
    def make() -> Iterator[Situation]:
        listeners = Listeners()
        with listeners.closing, ExitStack() as running:
            port = running.enter_context(server(first()))
            if second is not None:
                running.enter_context(server(second(), address="127.0.0.2", port=port))
            network = listeners.dns({NAME: ["127.0.0.1", "127.0.0.2"]})
            yield _situation(_spec(NAME, port, **{"server_name": None, **spec}), network)

    return make


def _with_days(days: float, **spec: Any) -> Make:
    return _certified(lambda: leaf(_root(), NAME, days=(-60, days)), **spec)


def _by_name(named: Callable[[], ssl.SSLContext], unnamed: Callable[[], ssl.SSLContext | None]) -> Script:
    """A server that looks at the name that is asked for; None refuses who asks for none."""

    def choose(connection: ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
        context = named() if name == NAME else unnamed()
        if context is None:
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        connection.context = context
        return None

    default = _valid().server_context()
    default.sni_callback = choose  # type: ignore[assignment]
    return encrypted(default)


def _other_without_name() -> Script:
    named, other = _valid().server_context(), leaf(None, "default.test").server_context()
    return _by_name(lambda: named, lambda: other)


def _refused_without_name() -> Script:
    named = _valid().server_context()
    return _by_name(lambda: named, lambda: None)


def _demands(most: ssl.TLSVersion) -> Callable[[], Script]:
    return lambda: encrypted(demanding(_valid().server_context(), _root().pem, most))


def _huge() -> Issued:
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(2_000_000))
    return leaf(_root(), NAME, extensions=[extension])


def _slow() -> Script:
    context = _valid().server_context()

    def serve(connection: socket.socket) -> None:
        time.sleep(0.5)
        encrypted(context)(connection)

    return serve


def _greets(connection: socket.socket) -> None:
    connection.sendall(f"* OK {plant('tls: greeting')} ready\r\n".encode())
    waits(connection)


def _no_common_cipher() -> Script:
    context = leaf(_root(), NAME, key="rsa").server_context()
    context.maximum_version = _TLS_1_2
    context.set_ciphers("NULL-SHA256:@SECLEVEL=0")
    return encrypted(context)


def _answer(status: str) -> bytes:
    secret = plant("tls: header of a plain answer")
    return f"HTTP/1.1 {status}\r\nSet-Cookie: sid={secret}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def _plain_http(connection: socket.socket) -> None:
    head = connection.recv(65_536)
    connection.sendall(_answer("200 OK" if head.startswith(b"HEAD ") else "400 Bad Request"))
    waits(connection)


def _plain_http_waits(connection: socket.socket) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65_536)
        if not data:
            return
        head += data
    connection.sendall(_answer("200 OK"))


def _plain_http_closes(connection: socket.socket) -> None:
    if connection.recv(65_536).startswith(b"HEAD "):
        connection.sendall(_answer("302 Found"))


def _ssh(connection: socket.socket) -> None:
    connection.sendall(f"SSH-2.0-OpenSSH_9.2p1 {plant('tls: banner in place of a handshake')}\r\n".encode())
    waits(connection)


def _postgres(connection: socket.socket) -> None:
    """PostgreSQL before 17: the first four bytes are a length, and more than 10,000 are no start of a session."""
    (length,) = struct.unpack("!i", connection.recv(8192)[:4])
    if length <= 10_000:
        waits(connection)


def _closes(connection: socket.socket) -> None:
    connection.recv(65_536)


def _resets(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def _refused() -> Iterator[Situation]:
    with socket.socket() as held:  # bound and not listening: nobody else gets the port
        held.bind(("127.0.0.1", 0))
        yield _situation(_spec("127.0.0.1", held.getsockname()[1]))


@contextmanager
def _black_hole() -> Iterator[Situation]:
    listeners = Listeners()
    with listeners.closing:
        yield _situation(_spec("127.0.0.1", listeners.black_hole(), timeout=timedelta(seconds=0.6)))


@contextmanager
def _no_such_name() -> Iterator[Situation]:
    listeners = Listeners()
    with listeners.closing:
        yield _situation(_spec(NAME, 443, server_name=None), listeners.dns({}))


def _self_signed() -> Issued:
    return leaf(None, NAME)


def _expired_intermediate() -> tuple[Issued, Issued]:
    below = intermediate(_root(), end=_valid().certificate.not_valid_before_utc + timedelta(days=365))
    return leaf(below, NAME), below


def _expired_below() -> Script:
    own, below = _expired_intermediate()
    return encrypted(own.server_context(below))


def _of_stranger(*, root_too: bool) -> Callable[[], Script]:
    def make() -> Script:
        stranger = root("Strangers")
        return encrypted(leaf(stranger, NAME).server_context(*([stranger] if root_too else [])))

    return make


def _of_strangers_intermediate() -> Script:
    below = intermediate(root("Strangers"), "Strangers below")
    return encrypted(leaf(below, NAME, issuer_url=_ISSUER_URL).server_context(below))


def _own_below() -> Issued:
    return leaf(_intermediate(), NAME, issuer_url=_ISSUER_URL)


def _without_url() -> Issued:
    return leaf(_intermediate(), NAME)


def _only(version: ssl.TLSVersion) -> Callable[[], Script]:
    key = "rsa"  # what such old servers have
    return lambda: encrypted(restricted(leaf(_root(), NAME, key=key).server_context(), least=version, most=version))


def _expired() -> Issued:
    return leaf(_root(), NAME, days=(-90, -1))


def _asked_first(certificate: Callable[[], Issued]) -> Callable[[], Script]:
    return lambda: asked_first(b"S", encrypted(certificate().server_context()))


_TIMED: dict[str, Any] = {"timeout": timedelta(seconds=0.8)}

SITUATIONS: dict[str, Make] = {
    "tls-valid-ec": _certified(_valid),
    "tls-valid-rsa": _certified(lambda: leaf(_root(), NAME, key="rsa")),
    "tls-valid-intermediate": _certified(_own_below, _intermediate),
    "tls-valid-root-presented": _certified(_own_below, _intermediate, _root),
    "tls-valid-wildcard": _certified(lambda: leaf(_root(), "*.shop.test")),
    "tls-valid-address": _certified(lambda: leaf(_root(), "127.0.0.1"), server_name=None),
    "tls-valid-two-addresses": _two(
        lambda: encrypted(_valid().server_context()), lambda: encrypted(_valid().server_context())
    ),
    "tls-valid-other-without-name": _served(_other_without_name),
    "tls-valid-refused-without-name": _served(_refused_without_name),
    "tls-valid-12": _served(lambda: encrypted(restricted(_valid().server_context(), most=_TLS_1_2))),
    "tls-valid-31-days": _with_days(31.5),
    "tls-valid-8-days": _with_days(8.5),
    "tls-valid-short-lived": _with_days(5.5, days_warn=3, days_fail=1),
    "tls-valid-unknown-authority": _served(_of_stranger(root_too=False), verify=False, ca_file=None),
    "tls-valid-client-certificate-12": _served(_demands(_TLS_1_2), client_certificate="demanded"),
    "tls-valid-client-certificate-13": _served(_demands(_TLS_1_3), client_certificate="demanded"),
    "tls-valid-behind-client-certificate-12": _served(_demands(_TLS_1_2), client_certificate="demanded"),
    "tls-valid-postgres": _served(_asked_first(_valid), begins="postgres"),
    "tls-valid-speaks-first": _served(lambda: encrypted(_valid().server_context(), _greets)),
    "tls-valid-slow": _served(_slow),
    "tls-29-days": _with_days(29.5),
    "tls-6-days": _with_days(6.5),
    "tls-expired": _certified(_expired),
    "tls-expired-unverified": _certified(_expired, verify=False, ca_file=None),
    "tls-expired-intermediate": _served(_expired_below),
    "tls-expired-postgres": _served(_asked_first(_expired), begins="postgres"),
    "tls-not-yet-valid": _certified(lambda: leaf(_root(), NAME, days=(1, 90))),
    "tls-wrong-name": _certified(lambda: leaf(_root(), "other.shop.test", "shop.test")),
    "tls-wildcard-too-high": _certified(lambda: leaf(_root(), "*.shop.test"), server_name=f"a.{NAME}"),
    "tls-self-signed": _certified(_self_signed),
    "tls-untrusted-root": _served(_of_stranger(root_too=False)),
    "tls-untrusted-root-presented": _served(_of_stranger(root_too=True)),
    "tls-untrusted-intermediate": _served(_of_strangers_intermediate),
    "tls-missing-intermediate": _certified(_own_below),
    "tls-wrong-intermediate": _certified(_own_below, lambda: intermediate(_root(), "Another intermediate")),
    "tls-one-of-two-lacks-intermediate": _two(
        lambda: encrypted(_without_url().server_context(_intermediate())),
        lambda: encrypted(_without_url().server_context()),
    ),
    "tls-one-of-two-expired": _two(
        lambda: encrypted(_valid().server_context()), lambda: encrypted(_expired().server_context())
    ),
    "tls-huge-certificate": _certified(_huge),
    "tls-10-only": _served(_only(ssl.TLSVersion.TLSv1)),
    "tls-11-only": _served(_only(ssl.TLSVersion.TLSv1_1)),
    "tls-12-where-13-is-due": _served(
        lambda: encrypted(restricted(_valid().server_context(), most=_TLS_1_2)), min_version="1.3"
    ),
    "tls-no-common-cipher": _served(_no_common_cipher),
    "tls-client-certificate-12": _served(_demands(_TLS_1_2)),
    "tls-client-certificate-13": _served(_demands(_TLS_1_3)),
    "tls-client-certificate-not-demanded": _certified(_valid, client_certificate="demanded"),
    "tls-plain-http": _served(lambda: _plain_http),
    "tls-plain-http-waits": _served(lambda: _plain_http_waits, **_TIMED),
    "tls-plain-http-closes": _served(lambda: _plain_http_closes),
    "tls-ssh": _served(lambda: _ssh),
    "tls-postgres-without-being-asked": _served(lambda: _postgres),
    "tls-postgres-without-tls": _served(lambda: asked_first(b"N", waits), begins="postgres"),
    "tls-silence": _served(lambda: waits, **_TIMED),
    "tls-closed": _served(lambda: _closes),
    "tls-closed-after-handshake": _served(lambda: encrypted(_valid().server_context(), lambda _: None)),
    "tls-reset": _served(lambda: _resets),
    "tls-refused": _refused,
    "tls-one-of-two-refused": _two(lambda: encrypted(_valid().server_context()), None),
    "tls-black-hole": _black_hole,
    "tls-no-such-name": _no_such_name,
    "tls-no-ca-file": _certified(_valid, ca_file="/nonexistent/authorities.pem"),
}
