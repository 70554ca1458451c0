"""The `http` family's schedule and its target type: what an endpoint should answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane, secret_permission
from functions.http.credential import Credential
from functions.http.health import HealthDocument
from functions.http.jsonpath import JsonPathError, Step, parse_path
from functions.http.redaction import WITHHELD, names_a_credential
from functions.http.refusals import DEFAULT_PORTS, refuse_bad_header_name, refuse_bad_request_header, refuse_bad_url

Scalar = str | int | float | bool | None

MAX_REDIRECTS = 5
MAX_BODY = 16 * 1024 * 1024
MAX_TIMEOUT = timedelta(seconds=20)


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
    ``openapi``: the body is an OpenAPI document with at least one path.
    """

    status: tuple[int, ...] = (200,)
    headers: Mapping[str, str] = field(default_factory=dict)
    body_contains: tuple[str, ...] = ()
    body_excludes: tuple[str, ...] = ()
    json: tuple[JsonCondition, ...] = ()
    redirect_to: str | None = None
    openapi: bool = False

    def __post_init__(self) -> None:
        if not self.status or not all(200 <= status <= 599 for status in self.status):
            raise ValueError(f"expect.status is {list(self.status)}; allowed is at least one status from 200 to 599")
        if len({name.lower() for name in self.headers}) < len(self.headers):
            raise ValueError(f"expect.headers names a header twice: {sorted(self.headers)}")
        for name in self.headers:
            refuse_bad_header_name("expect.headers", name)
        if not all((*self.body_contains, *self.body_excludes)):
            raise ValueError("expect.body_contains or body_excludes holds an empty text, which every body contains")
        if self.redirect_to is not None:
            refuse_bad_url("expect.redirect_to", self.redirect_to)
            if urlsplit(self.redirect_to).query:
                raise ValueError(
                    "expect.redirect_to has a query; leave it out, query values are never kept or compared"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSpec:
    """One endpoint. TLS is always verified, against ``ca_file`` where one is given.

    ``timeout`` is one deadline for the whole probe, redirects included. ``max_body`` counts bytes after decompression.
    ``method`` POST is for requests that change nothing, such as the validation of a key; it sends ``body`` as a JSON
    object, and nothing where that is left out.
    """

    url: str
    method: Literal["GET", "HEAD", "OPTIONS", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Scalar] | None = None
    credential: Credential | None = None
    expect: Expect = field(default_factory=Expect)
    health: HealthDocument | None = None
    follow_redirects: int = 0
    max_body: int = 1024 * 1024
    timeout: timedelta = timedelta(seconds=5)
    slow_after: timedelta = timedelta(seconds=1)
    ca_file: str | None = None

    def __post_init__(self) -> None:
        refuse_bad_url("url", self.url)
        for name, _ in parse_qsl(urlsplit(self.url).query, keep_blank_values=True):
            if names_a_credential(name):
                raise ValueError(f"url has the query parameter {name!r}; credentials may not stand in a catalogue")
        for name, value in self.headers.items():
            refuse_bad_request_header(name, value)
        if not 0 <= self.follow_redirects <= MAX_REDIRECTS:
            raise ValueError(f"follow_redirects is {self.follow_redirects}; allowed is 0 to {MAX_REDIRECTS}")
        if not 1 <= self.max_body <= MAX_BODY:
            raise ValueError(f"max_body is {self.max_body}; allowed is 1 to {MAX_BODY} bytes")
        self._refuse_bad_times()
        if self.credential is not None and self.credential.header.lower() in {name.lower() for name in self.headers}:
            raise ValueError(f"headers and credential both set {self.credential.header!r}; leave it out of headers")
        self._refuse_bad_body()
        if self.method == "POST" and self.follow_redirects:
            raise ValueError("method POST follows no redirect; set follow_redirects to 0")
        if self.method == "HEAD" and self._asks_a_body():
            raise ValueError(
                "method HEAD brings no body; use GET with body_contains, body_excludes, json, openapi or health"
            )

    @property
    def port(self) -> int:
        """The port of the URL, or its scheme's own."""
        parts = urlsplit(self.url)
        return parts.port or DEFAULT_PORTS[parts.scheme]

    def _refuse_bad_body(self) -> None:
        if self.body is None:
            return
        if self.method != "POST":
            raise ValueError(f"method {self.method} sends no body; leave body out, or use POST")
        if secret := next((name for name in self.body if names_a_credential(name)), None):
            raise ValueError(f"body holds {secret!r}; credentials may not stand in a catalogue")

    def _refuse_bad_times(self) -> None:
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            raise ValueError(
                f"timeout is {_seconds(self.timeout)}; allowed is more than 0 s and at most {_seconds(MAX_TIMEOUT)}"
            )
        if not timedelta(0) < self.slow_after <= self.timeout:
            raise ValueError(
                f"slow_after is {_seconds(self.slow_after)}; allowed is more than 0 s and at most the timeout of "
                f"{_seconds(self.timeout)}, or nothing could ever be slow"
            )

    def _asks_a_body(self) -> bool:
        expect = self.expect
        asked = expect.body_contains or expect.body_excludes or expect.json or expect.openapi or self.health
        return bool(asked)


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():g} s"


def _destinations(target: Target[HttpSpec]) -> tuple[str, ...]:
    host = urlsplit(target.spec.url).hostname or ""
    return (f"[{host}]:{target.spec.port}" if ":" in host else f"{host}:{target.spec.port}",)


def _permissions(targets: Sequence[Target[HttpSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    credentials = (target.spec.credential for target in targets)
    secrets = [credential.secret for credential in credentials if credential is not None and credential.secret]
    reason = "the canary key of each endpoint that the catalogue probes with one, and of no other"
    return secret_permission(secrets, scope, reason=reason)


FAMILY: Family[HttpSpec] = Family(
    name="http",
    title="HTTP endpoints",
    plane=Plane.DATA,
    spec_type=HttpSpec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=30),
    memory_mb=512,
    # 0.7 ms for a plain page of four checks, 0.5 more for TLS; up to eight addresses are asked side by side
    cost=Cost(cpu_ms=1.5, descriptors=8),
    permissions=_permissions,
    destinations=_destinations,
)
