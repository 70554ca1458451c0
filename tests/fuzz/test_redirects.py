"""Location headers: what is followed is HTTP, can be asked for, is shown without secrets, and leads nowhere inside."""

import ipaddress
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from auditor.net.http_message import Request, write_request
from functions.http.family import HttpSpec
from functions.http.redaction import authority
from functions.http.redirects import UNUSABLE, destination, leads_inside, origin, refusal, shown

from .material import CANARY, holds_canary, texts

HOME = urlsplit("https://site.test/a/b?c=d")
SPEC = HttpSpec(url=HOME.geturl(), follow_redirects=5)
WORDS = (
    "http:",
    "https:",
    "file:",
    "javascript:",
    "//",
    "/",
    "..",
    "\\",
    "@",
    ":",
    "?",
    "#",
    ";",
    "site.test",
    "SITE.TEST.",
    "127.0.0.1",
    "[::1]",
    "[",
    "]",
    "[v1.a]",
    ":80",
    ":0",
    ":99999",
    "%0d%0a",
    "%00",
    "\t",
    " ",
    "\xe9",
    "user:pw@",
    "xn--",
    "a" * 300,
)


@given(texts(WORDS, last=255) | st.text(st.characters(max_codepoint=255), max_size=60))
def test_places_to_go_to(location: str) -> None:
    there = destination(HOME, location)
    text = shown(there, None)
    assert text.isprintable()
    assert len(text) <= 200
    if there is None:
        assert text == UNUSABLE
        assert refusal(SPEC, (HOME,), None) is not None
        return
    assert there.scheme in ("http", "https")
    assert there.hostname
    assert not there.fragment
    assert origin(there)[2] in range(1, 65_536)
    path = (there.path or "/") + (f"?{there.query}" if there.query else "")
    head = write_request(Request(host=authority(there), path=path))
    assert head.count(b"\r\n\r\n") == 1
    assert b"@" not in head.split(b"\r\n")[1]
    if there.scheme == "http":
        assert refusal(SPEC, (HOME,), there) is not None


@given(st.sampled_from(["//u:{}@site.test/", "/x?key={}", "/x#{}", "https://{}@other.test/", "/x;{}"]))
def test_what_is_shown_of_them(template: str) -> None:
    assert not holds_canary(shown(destination(HOME, template.format(CANARY)), None))


@given(st.ip_addresses())
def test_addresses(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert leads_inside("203.0.113.7", str(address)) or not (address.is_loopback or address.is_link_local)
    assert not leads_inside("127.0.0.1", str(address))
