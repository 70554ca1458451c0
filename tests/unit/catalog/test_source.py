"""What is refused before a catalogue is even a mapping, and what of a file may be shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.family import Family
from catalog import source
from catalog.load import load, loads
from catalog.problem import CatalogueError
from catalog.source import MAX_BYTES, MAX_DEPTH

Change = Callable[[str, str], str]
Refuse = Callable[[str], list[str]]

UNREADABLE = {
    "empty": ("", "1:1: the file is empty"),
    "comments only": ("# later\n", "1:1: the file is empty"),
    "a list": (
        "- a\n",
        "1:1: the catalogue is not a mapping (allowed keys such as schema_version, platform, services)",
    ),
    "two documents": ("a: 1\n---\nb: 1\n", "2:1: a second document begins here (allowed one document in a file)"),
    "a tab": ("a:\n\tb: 1\n", "2:1: not YAML: a tab is used for indentation (allowed spaces)"),
    "an open bracket": (
        "a: [1, 2\nb: 1\n",
        "2:2: not YAML: expected ',' or ']', but got ':', while parsing a flow sequence that begins in line 1",
    ),
    "an open quote": (
        'a: "hunter2\n',
        "2:1: not YAML: found unexpected end of stream, while scanning a quoted scalar that begins in line 1",
    ),
    "an anchor": ("a: &x [1]\n", "1:4: a: an anchor (&) is used (allowed the value itself, written out)"),
    "an alias": ("a: *x\n", "1:4: a: an alias (*) is used (allowed the value itself, written out)"),
    "a tag that would run code": (
        "a: !!python/object/apply:os.system [id]\n",
        "1:4: a: a tag (!) is used (allowed plain values without tags)",
    ),
    "a tag whose name is a secret": (
        "a: !hunter2!x 1\n",
        "1:4: not YAML: found undefined tag handle '…', while parsing a node",
    ),
    "a key that is a list": ("? [a]\n: 1\n", "1:3: a key is not a plain text (allowed keys such as id)"),
    "a bell": ("a: \x07\n", "1:4: a control character stands here (value U+0007; allowed printable characters)"),
    "half a character": (r'a: "\ud800"', "1:4: a: half of a surrogate pair is written (allowed whole characters)"),
    "no character": (
        r'a: "\UFFFFFFFF"',
        r"1:7: not YAML: an escape names no character (allowed escapes up to \U0010FFFF)",
    ),
    "deep flow": ("[" * 99, f"1:{MAX_DEPTH + 2}: [0][0][0]: is nested too deeply (allowed at most {MAX_DEPTH} levels)"),
    "deep block": (
        "- " * 99 + "a",
        f"1:{2 * MAX_DEPTH + 3}: [0][0][0]: is nested too deeply (allowed at most {MAX_DEPTH} levels)",
    ),
    "another YAML": (
        "%YAML 3.0\n---\na: 1",
        "1:1: not YAML: found incompatible YAML document (version 1.* is required)",
    ),
}


@pytest.mark.parametrize(("text", "expected"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cannot_be_read_says_where_and_why(text: str, expected: str, refuse: Refuse) -> None:
    assert refuse(text) == [f"c.yaml:{expected}"]


def test_billion_laughs_are_refused_at_the_first_anchor(refuse: Refuse) -> None:
    bomb = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    assert refuse(bomb) == ["c.yaml:1:5: a0: an anchor (&) is used (allowed the value itself, written out)"]


def test_too_many_values_are_refused(refuse: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_VALUES", 10)
    # the mapping, its key and its list are three
    assert refuse("a: [" + "1," * 8 + "]") == [
        "c.yaml:1:19: the file has too many values (allowed at most 10 keys and values)"
    ]


def test_a_doubled_key_is_refused_and_does_not_win(changed: Change, refuse: Refuse) -> None:
    assert refuse(changed("owner: web-team", "owner: web-team\n    owner: data-team")) == [
        "c.yaml:7:5: services[0].owner: the key is written twice, first in line 6 (allowed each key once)"
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: 1\nb: \xff\n", "2:4: this byte is not UTF-8 (value 0xff; allowed a file saved as UTF-8)"),
        ("a: ä\n".encode("latin-1"), "1:4: this byte is not UTF-8 (value 0xe4; allowed a file saved as UTF-8)"),
        (b"#" * (MAX_BYTES + 1), " the file is too big (allowed at most 8 MiB)"),
    ],
)
def test_bytes_that_are_no_catalogue(data: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(data)
    with pytest.raises(CatalogueError) as caught:
        load(str(path))
    assert str(caught.value) == f"{path}:{expected}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(str(tmp_path / "none.yaml"))
    assert str(caught.value) == f"{tmp_path}/none.yaml: cannot be read: No such file or directory"


def test_a_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(str(tmp_path))
    assert str(caught.value) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_byte_order_mark_is_no_problem(valid: str, tmp_path: Path, families: tuple[Family[Any], ...]) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("\ufeff" + valid, encoding="utf-8")
    assert load(str(path), families).platform.name == "shop"


SECRETS = {
    "a key that speaks of a secret": "password: hunter2",
    "its list": "api_keys: [hunter2]",
    "its mapping": "tokens: {a: hunter2}",
    "a mapping where a text is expected": "title: {value: hunter2}",
    "user information of a URL": "link: https://user:hunter2@web.internal/",
    "a password with an at sign": "link: https://user:p@ss:hunter2@web.internal/",
    "a password with a slash": "link: postgres://user:p/hunter2@web.internal/",
    "user information without a URL": "link: shop:hunter2@db.internal",
    "the query of a URL": "link: https://web.internal/?k=hunter2",
    "a doubled key": "owner: hunter2",
    "the tail of a long text": f"link: {'x' * 70}hunter2",
}


@pytest.mark.parametrize("line", SECRETS.values(), ids=SECRETS.keys())
def test_what_looks_like_a_secret_is_never_shown(line: str, changed: Change, refuse: Refuse) -> None:
    messages = refuse(changed("owner: web-team", f"owner: web-team\n    {line}"))
    assert messages
    assert "hunter2" not in "".join(messages)


def test_a_message_cannot_steer_the_terminal(changed: Change, refuse: Refuse) -> None:
    keys = r'"\e[31mred": 1' + "\n    " + r'"bidi\u202e": "\u202e"'
    messages = refuse(changed("owner: web-team", f"owner: web-team\n    {keys}"))
    assert len(messages) == 2
    assert all(message.isprintable() for message in messages)


def test_only_the_first_hundred_problems_are_shown(valid: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        loads(valid + "".join(f"k{n}: 1\n" for n in range(300)), "c.yaml")
    lines = str(caught.value).splitlines()
    assert (len(caught.value.problems), len(lines), lines[-1]) == (100, 101, "only the first 100 problems are shown")
