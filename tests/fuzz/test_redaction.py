"""Texts that may be kept: a planted secret never survives, whatever stands around it and wherever the text is cut."""

import time
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from catalog.problem import value_text, without_credentials
from functions.compute.facts import StopKind
from functions.compute.stops import grouped, kept, kind_of, named
from functions.http.redaction import OBSERVED_LIMIT, bounded, bounded_place, names_a_credential, without

from .material import CANARY, holds_canary, texts

AROUND = (
    st.sampled_from(["bearer", "Password:", "token = ", "Basic bearer", "key:"])
    | st.text(max_size=60)
    | st.text("abc /:@?=&,;", max_size=250)
)
PLANTED = st.sampled_from(
    [
        "https://user:{}@host/x",
        "postgresql://u:{}@db:5432/a",
        "redis://:{}@cache",
        "https://{}@host/",
        "http://h/x?token={}",
        "http://h/x#{}",
        "http://h/x;session={}",
        "password={}",
        "PASSWORD: {}",
        '"api_key": "{}"',
        "'secret' = '{}'",
        "Authorization: Bearer {}",
        "bearer {}",
        "Basic {}",
        "eyJ{}.a.b",
        "AKIA{}",
        "token={}&a=b",
        "x-api-key:{}",
    ]
)
WORDS = (
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-b",
    "CannotPullContainerError: ",
    "pull access denied",
    "/a/b/c",
    "a.b.c/d:e",
    "ResourceInitializationError",
    "password=",
    "://",
    "@",
    "key",
    "a" * 50,
    "a.a.a.a.",
    "-",
    "OutOfMemoryError",
    "\x1b[31m",
)


def planted(template: str) -> str:
    """The secret in a place where secrets stand; of an access key only its own look gives it away."""
    return template.format(CANARY.upper() if template.startswith("AKIA") else CANARY)


@given(AROUND, PLANTED, AROUND, st.sampled_from([20, 60, OBSERVED_LIMIT]))
def test_what_http_keeps(before: str, template: str, behind: str, limit: int) -> None:
    text = bounded(f"{before} {planted(template)} {behind}", limit)
    assert not holds_canary(text)
    assert len(text) <= limit
    assert text.isprintable()


@given(AROUND, PLANTED, AROUND)
def test_what_is_kept_of_a_stopped_task(before: str, template: str, behind: str) -> None:
    if ";session" in template or "x-api-key" in template:
        return  # neither is a form that AWS's texts have
    text = kept(f"{before} {planted(template)} {behind}")
    assert not holds_canary(text)
    assert len(text) <= 240
    assert text.isprintable()


@given(texts(WORDS, 40))
def test_stop_reasons(text: str) -> None:
    began = time.thread_time()
    assert isinstance(kind_of("", text), StopKind)
    assert len(kept(text)) <= 240
    assert all(len(name) <= 200 for name in named(text))
    task = {"stoppedReason": text, "containers": [{"name": "a", "exitCode": 1, "reason": text}]}
    assert grouped([task, task])[0].count == 2
    assert time.thread_time() - began < 0.5


@given(st.text("KEY0123+/=% ", min_size=8, max_size=30), AROUND, AROUND)
def test_a_key_of_our_own(key: str, before: str, behind: str) -> None:
    for form in (key, quote(key), quote(key, safe="")):
        assert form not in without(key, f"{before}{form}{behind}")


@given(st.sampled_from(["u:{}@h", "postgres://u:{}@h/d", "https://h/p?a={}"]), st.text("abc @'\"", max_size=20))
def test_what_a_catalogue_message_shows(template: str, behind: str) -> None:
    assert not holds_canary(without_credentials(f"{template.format(CANARY)} {behind}"))
    assert not holds_canary(value_text(CANARY, ("targets", 0, "spec", "password")))


@given(
    st.sampled_from(["http://u:{}@h", "https://{}@h", "http://h/a?{}", "http://h/#{}", "http://h/;{}"]),
    texts(["a", ":", "[", "]", "::1", "/", "?", "#", ";", "80", "%"]),
)
def test_places(template: str, behind: str) -> None:
    try:
        shown = bounded_place(template.format(CANARY) + behind)
    except ValueError:  # of urlsplit: callers give what they have parsed themselves
        return
    assert not holds_canary(shown)
    assert len(shown) <= OBSERVED_LIMIT
    assert names_a_credential(f"{behind}Token")
