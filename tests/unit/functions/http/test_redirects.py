"""Where redirects lead and which are not followed."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.http.family import Expect, HttpSpec
from functions.http.redirects import UNUSABLE, destination, leads_inside, refusal, shown

HERE = urlsplit("https://web.example/a/b?q=1")


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("/login", "https://web.example/login"),
        ("c", "https://web.example/a/c"),
        ("//other.example/x", "https://other.example/x"),
        ("http://web.example:8080/", "http://web.example:8080/"),
        ("https://joe:pw@other.example/x;s=1?token=2#3", "https://other.example/x"),
        ("/caf\xe9 bar", "https://web.example/caf%E9%20bar"),
        ("/a\r\nX-Evil: 1", "https://web.example/a%0D%0AX-Evil:%201"),
    ],
)
def test_a_location_is_resolved_and_shown_without_secrets(location: str, there: str) -> None:
    assert shown(destination(HERE, location), None) == there


def test_the_declared_place_is_shown_as_the_catalogue_has_it() -> None:
    declared = "https://web.example/reset/k7Q2x9Zk"
    assert shown(urlsplit(f"{declared}?a=b"), declared) == declared
    assert shown(urlsplit("https://web.example/reset/A7b8C9d0"), declared) == "https://web.example/reset/<withheld>"
    assert shown(urlsplit(declared), None) == "https://web.example/reset/<withheld>"


@pytest.mark.parametrize(
    "location",
    [
        "ftp://web.example/",
        "javascript:alert(1)",
        "http://",
        "http://[::1/",
        "http://a:99999/",
        "http://a:0/",
        "http://h\xf6st/",
        "data:,x",
    ],
)
def test_what_http_cannot_ask_for_is_no_destination(location: str) -> None:
    assert destination(HERE, location) is None
    assert shown(None, None) == UNUSABLE


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_every_location_gives_a_request_that_http_allows_or_none(location: str) -> None:
    there = destination(HERE, location)
    if there is not None:
        assert there.scheme in ("http", "https")
        assert there.hostname
        assert all("!" <= c <= "~" for c in there.path + there.query)


def _cause(there: str, *, urls: tuple[str, ...] = ("https://web.example/",), **fields: object) -> str | None:
    spec = HttpSpec(**{"url": urls[0], "follow_redirects": 2, **fields})  # type: ignore[arg-type]
    refused = refusal(spec, tuple(urlsplit(u) for u in urls), urlsplit(there))
    return refused.cause if refused else None


def test_a_step_within_bounds_is_followed() -> None:
    assert _cause("https://web.example/next") is None
    assert _cause("https://other.example/") is None


def test_a_place_seen_before_is_a_loop_even_when_no_step_is_left() -> None:
    urls = ("https://web.example/", "https://web.example/b", "https://web.example/c")
    assert _cause("https://web.example/b", urls=urls) == "http.redirect_loop"
    assert _cause("https://web.example/d", urls=urls) == "http.redirect"


def test_from_https_to_http_only_where_declared() -> None:
    assert _cause("http://web.example/") == "http.redirect"
    assert _cause("http://web.example/", expect=Expect(redirect_to="http://web.example/")) is None
    assert _cause("https://web.example/", urls=("http://web.example/",)) is None


@pytest.mark.parametrize(
    ("origin", "address", "inside"),
    [
        ("10.0.1.10", "127.0.0.1", True),
        ("10.0.1.10", "169.254.169.254", True),
        ("10.0.1.10", "169.254.170.2", True),
        ("10.0.1.10", "0.0.0.0", True),
        ("10.0.1.10", "::1", True),
        ("10.0.1.10", "::ffff:127.0.0.1", True),
        ("10.0.1.10", "fe80::1", True),
        ("10.0.1.10", "10.0.2.20", False),
        ("10.0.1.10", "203.0.113.5", False),
        ("127.0.0.1", "127.0.0.2", False),
    ],
)
def test_no_peer_leads_the_auditor_to_its_own_host(origin: str, address: str, inside: bool) -> None:
    assert leads_inside(origin, address) is inside
