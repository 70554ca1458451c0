"""JUnit files: whatever CI uploads is counted or refused, and never more tests than the file can hold."""

from hypothesis import given
from hypothesis import strategies as st

from functions.test_suites.junit import RefusedError, parse

TAGS = ("testsuites", "testsuite", "testcase", "failure", "error", "skipped", "property", "html")
WORDS = (
    *(f"<{tag}>" for tag in TAGS),
    *(f"</{tag}>" for tag in TAGS),
    *(f"<{tag}/>" for tag in TAGS),
    '<testsuite name="a" tests="3">',
    '<testsuite tests="-1" name="\N{RIGHT-TO-LEFT OVERRIDE}">',
    '<!DOCTYPE x [<!ENTITY a "b">]>',
    "&a;",
    "<![CDATA[",
    "]]>",
    "<?xml version='1.0' encoding='utf-16'?>",
    "\x00",
)


def check(document: bytes) -> None:
    try:
        suites = parse(document)
    except RefusedError:
        return
    tests = sum(suite.passed + suite.failed + suite.errors + suite.skipped for suite in suites)
    assert tests <= document.count(b"<testcase")
    assert all(suite.name.isprintable() or not suite.name for suite in suites)
    assert all(suite.declared is None or suite.declared >= 0 for suite in suites)


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_files_made_of_what_results_are_made_of(words: list[str]) -> None:
    check("".join(words).encode())


@given(
    st.lists(st.sampled_from(("<testcase/>", "<testcase><failure/></testcase>")), max_size=30), st.binary(max_size=20)
)
def test_results_with_a_few_bytes_of_something_else(cases: list[str], noise: bytes) -> None:
    document = f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>".encode()
    check(document)
    middle = len(document) // 2
    check(document[:middle] + noise + document[middle:])
    assert sum(s.passed + s.failed for s in parse(document)) == len(cases)


@given(st.binary(max_size=200))
def test_any_bytes(document: bytes) -> None:
    check(document)
