"""The `http` family's schedule and its target type: what an endpoint should answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from auditor.domain.target import Target
from auditor.family import Family, Plane
from functions.http.jsonpath import JsonPathError, Step, parse_path
from functions.http.redaction import WITHHELD, names_a_credential

Scalar = str | int | float | bool | None

MAX_REDIRECTS = 5
MAX_BODY = 16 * 1024 * 1024
MAX_TIMEOUT = timedelta(seconds=20)
DEFAULT_PORTS = {"http": 80, "https": 443}
_ENGINE_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_TOKEN_CHARACTERS = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonCondition:
    """What must hold at a path of the answer's JSON. A missing field fails every condition but ``exists: false``.

    None means "not asked"; to ask for a null, write ``one_of: [null]``.
    """

    path: str
    equals: Scalar = None
    one_of: tuple[Scalar, ...] = ()
    exists: bool | None = None
    less_than: float | None = None
    greater_than: float | None = None

    def __post_init__(self) -> None:
        try:
            parse_path(self.path)
        except JsonPathError as error:
            raise ValueError(f"json condition: {error}") from error
        if not self._operators():
            raise ValueError(
                f"json condition on {self.path} asks nothing; give equals, one_of, exists, less_than or greater_than"
            )
        if self.exists is False and len(self._operators()) > 1:
            raise ValueError(f"json condition on {self.path}: exists: false leaves no value for a further question")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The parsed path."""
        return parse_path(self.path)

    @property
    def withheld(self) -> bool:
        """Whether the value at this path is never kept, because a name on the way there speaks of a credential."""
        return names_a_credential(self.path)

    @property
    def name(self) -> str:
        """The condition in words; identifies it within a target."""
        return f"json {self.path} {' and '.join(self._operators())}"

    def _operators(self) -> list[str]:
        operators = []
        if self.exists is not None:
            operators.append("exists" if self.exists else "does not exist")
        if self.equals is not None:
            operators.append(f"equals {self._shown(self.equals)}")
        if self.one_of:
            operators.append(f"is one of {', '.join(self._shown(value) for value in self.one_of)}")
        if self.less_than is not None:
            operators.append(f"is less than {self._shown(self.less_than)}")
        if self.greater_than is not None:
            operators.append(f"is greater than {self._shown(self.greater_than)}")
        return operators

    def _shown(self, value: Scalar) -> str:
        return WITHHELD if self.withheld else repr(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a healthy answer looks like.

    ``headers``: a value is compared exactly; with ``~`` in front it must be contained (``~`` alone: present).
    ``redirect_to``: where the last redirect that was answered must point, as an absolute URL without query.
    """

    status: tuple[int, ...] = (200,)
    headers: Mapping[str, str] = field(default_factory=dict)
    body_contains: tuple[str, ...] = ()
    body_excludes: tuple[str, ...] = ()
    json: tuple[JsonCondition, ...] = ()
    redirect_to: str | None = None

    def __post_init__(self) -> None:
        if not self.status or not all(200 <= status <= 599 for status in self.status):
            raise ValueError(f"expect.status is {list(self.status)}; allowed is at least one status from 200 to 599")
        if len({name.lower() for name in self.headers}) < len(self.headers):
            raise ValueError(f"expect.headers names a header twice: {sorted(self.headers)}")
        for name in self.headers:
            _refuse_bad_header_name("expect.headers", name)
        if not all((*self.body_contains, *self.body_excludes)):
            raise ValueError("expect.body_contains or body_excludes holds an empty text, which every body contains")
        if self.redirect_to is not None:
            _refuse_bad_url("expect.redirect_to", self.redirect_to)
            if urlsplit(self.redirect_to).query:
                raise ValueError(
                    "expect.redirect_to has a query; leave it out, query values are never kept or compared"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSpec:
    """One endpoint. TLS is always verified, against ``ca_file`` where one is given.

    ``timeout`` is one deadline for the whole probe, redirects included. ``max_body`` counts bytes after decompression.
    """

    url: str
    method: Literal["GET", "HEAD", "OPTIONS"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    expect: Expect = field(default_factory=Expect)
    follow_redirects: int = 0
    max_body: int = 1024 * 1024
    timeout: timedelta = timedelta(seconds=5)
    slow_after: timedelta = timedelta(seconds=1)
    ca_file: str | None = None

    def __post_init__(self) -> None:
        _refuse_bad_url("url", self.url)
        for name, _ in parse_qsl(urlsplit(self.url).query, keep_blank_values=True):
            if names_a_credential(name):
                raise ValueError(f"url has the query parameter {name!r}; credentials may not stand in a catalogue")
        for name, value in self.headers.items():
            _refuse_bad_request_header(name, value)
        if not 0 <= self.follow_redirects <= MAX_REDIRECTS:
            raise ValueError(f"follow_redirects is {self.follow_redirects}; allowed is 0 to {MAX_REDIRECTS}")
        if not 1 <= self.max_body <= MAX_BODY:
            raise ValueError(f"max_body is {self.max_body}; allowed is 1 to {MAX_BODY} bytes")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            raise ValueError(
                f"timeout is {_seconds(self.timeout)}; allowed is more than 0 s and at most {_seconds(MAX_TIMEOUT)}"
            )
        if not timedelta(0) < self.slow_after <= self.timeout:
            raise ValueError(
                f"slow_after is {_seconds(self.slow_after)}; allowed is more than 0 s and at most the timeout of "
                f"{_seconds(self.timeout)}, or nothing could ever be slow"
            )
        asks_a_body = self.expect.body_contains or self.expect.body_excludes or self.expect.json
        if self.method == "HEAD" and asks_a_body:
            raise ValueError("method HEAD brings no body; use GET with body_contains, body_excludes or json")

    @property
    def port(self) -> int:
        """The port of the URL, or its scheme's own."""
        parts = urlsplit(self.url)
        return parts.port or DEFAULT_PORTS[parts.scheme]


def _refuse_bad_url(field_name: str, url: str) -> None:
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{field_name} holds a space or a character that is not printable ASCII; percent-encode it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{field_name} is not a URL: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"{field_name} holds a user or password; credentials may not stand in a catalogue")
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise ValueError(
            f"{field_name} is {url!r:.200}; allowed is http:// or https:// with a host, e.g. https://web.example/health"
        )
    if parts.fragment:
        raise ValueError(f"{field_name} has a fragment (#{parts.fragment:.50}), which is never sent; leave it out")


def _refuse_bad_header_name(field_name: str, name: str) -> None:
    if not name or not set(name.lower()) <= _TOKEN_CHARACTERS:
        raise ValueError(f"{field_name} has the name {name!r:.100}; allowed are letters, digits and !#$%&'*+-.^_`|~")


def _refuse_bad_request_header(name: str, value: str) -> None:
    _refuse_bad_header_name("headers", name)
    if names_a_credential(name):
        raise ValueError(f"headers holds {name!r}; credentials may not stand in a catalogue")
    if name.lower() in _ENGINE_HEADERS:
        raise ValueError(f"headers holds {name!r}, which the probe sets itself; leave it out")
    if not value.isascii() or not value.isprintable():
        raise ValueError(f"headers.{name} holds a character that is not printable ASCII")


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():g} s"


def _destinations(target: Target[HttpSpec]) -> tuple[str, ...]:
    host = urlsplit(target.spec.url).hostname or ""
    return (f"[{host}]:{target.spec.port}" if ":" in host else f"{host}:{target.spec.port}",)


FAMILY: Family[HttpSpec] = Family(
    name="http",
    title="HTTP endpoints",
    plane=Plane.DATA,
    spec_type=HttpSpec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=30),
    memory_mb=512,
    destinations=_destinations,
)
