"""``audit report``: the same bundle gives the same bytes, and what is no bundle is refused in words."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.result import Status
from cli.main import main
from cli.replay import BundleError, read_bundle, replay


def test_a_replay_gives_the_same_bytes(audited: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(audited / "bundle.json"), "--out", str(tmp_path / "again")]) == 1
    for name in ("report.html", "report.json", "report.md", "bundle.json"):
        assert (tmp_path / "again" / name).read_bytes() == (audited / name).read_bytes(), name
    assert str(tmp_path / "again" / "report.html") in capsys.readouterr().out


def test_the_recorded_results_are_dropped_and_the_checks_are_asked_anew(audited: Path) -> None:
    bundle = read_bundle(audited / "bundle.json")
    assert {str(r.status) for run in bundle.runs for r in run.results} >= {"PASS", "FAIL", "SKIPPED"}
    lying = replace(
        bundle,
        runs=tuple(
            replace(run, results=tuple(replace(r, status=Status.PASS) for r in run.results)) for run in bundle.runs
        ),
    )
    report, judged = replay(lying)
    assert judged == bundle
    assert {line.id: str(line.verdict) for line in report.services} == {
        "home": "HEALTHY",
        "orders": "DOWN",
        "gone": "DOWN",
    }


def test_a_probe_that_could_not_tell_stays_unknown(audited: Path) -> None:
    bundle = read_bundle(audited / "bundle.json")
    blind = tuple(replace(o, facts=None, could_not_tell=None) for o in bundle.runs[0].observations)
    report, _ = replay(replace(bundle, runs=(replace(bundle.runs[0], observations=blind),)))
    assert {str(line.verdict) for line in report.services} == {"UNKNOWN"}


Spoil = Callable[[dict[str, Any]], Any]


def _set(*path: Any, value: Any) -> Spoil:
    def spoil(document: dict[str, Any]) -> dict[str, Any]:
        place: Any = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        return document

    return spoil


SPOILT: list[tuple[str, Spoil, str]] = [
    ("a list", lambda _d: [], "schema_version is None; this version replays 2"),
    ("a text", lambda _d: "bundle", "schema_version is None"),
    ("no version", lambda d: {k: v for k, v in d.items() if k != "schema_version"}, "schema_version is None"),
    ("another version", _set("schema_version", value=99), "schema_version is 99; this version replays 2"),
    ("a version that is true", _set("schema_version", value=True), "schema_version is True"),
    ("an unknown key", _set("extra", value=1), "Bundle.extra is unknown"),
    ("a missing part", lambda d: {k: v for k, v in d.items() if k != "runs"}, "Bundle.runs is missing"),
    ("no instant", _set("as_of", value="yesterday"), "Bundle.as_of: instant 'yesterday'"),
    ("an instant before time", _set("as_of", value="0001-01-01T00:00:00+14:00"), "Bundle.as_of: instant"),
    ("an unknown family of a run", _set("runs", 0, "family", value="telepathy"), "names family 'telepathy'; known are"),
    ("an unknown family of a target", _set("platform", "targets", 0, "family", value="x"), "names family 'x'"),
    ("an unknown family of a shard", _set("platform", "shards", 0, "family", value="x"), "names family 'x'"),
    ("an unknown service", _set("platform", "targets", 0, "service", value="x"), "names service 'x'"),
    (
        "an unknown dependency",
        _set("platform", "dependencies", value=[{"service": "home", "needs": "x"}]),
        "service 'x'",
    ),
    ("an unknown proof", _set("platform", "targets", 0, "proves", value=["x"]), "names target 'x'"),
    (
        "an unknown target",
        _set("runs", 0, "observations", 0, "target", value="x"),
        "names target 'x', which is unknown",
    ),
    (
        "an observation of another family than its run",
        _set("runs", 0, "observations", 0, "family", value="dns"),
        "a run of http holds an observation of family 'dns'",
    ),
    ("facts of another shape", _set("runs", 0, "observations", 0, "facts", value={"x": 1}), "home.facts.x is unknown"),
    ("a spec of another shape", _set("platform", "targets", 0, "spec", value={"url": 7}), "home.spec.url is 7"),
    ("a spec that is refused", _set("platform", "targets", 0, "spec", value={"url": "ftp://x"}), "url is 'ftp://x'"),
    (
        "an endless timeout",
        _set("platform", "targets", 0, "spec", value={"url": "http://x/", "timeout": 1e300}),
        "timeout",
    ),
]


@pytest.mark.parametrize(("spoil", "words"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_a_spoilt_bundle_is_refused_in_words(
    audited: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Spoil, words: str
) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(spoil(json.loads((audited / "bundle.json").read_text(encoding="utf-8")))))
    assert main(["report", str(path), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert len(told) < 1000
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a readable JSON file"),
        (b"<html>", "not a readable JSON file"),
        (b"\xff\xfe{}", "not a readable JSON file"),
        (b'{"schema_version": NaN}', "NaN is no number"),
        (b'{"schema_version": -Infinity}', "-Infinity is no number"),
        (b'{"schema_version": 1, "as_of": 1e999}', "1e999 is no number"),
        (b'{"schema_version": ' + b"9" * 5000 + b"}", "not a readable JSON file"),
        (b"[" * 100_000, "not a readable JSON file"),
        (b'{"a":' * 100_000, "not a readable JSON file"),
    ],
    ids=["empty", "html", "utf-16", "NaN", "-Infinity", "1e999", "5000 digits", "deep list", "deep object"],
)
def test_a_file_that_is_no_json_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(content)
    assert main(["report", str(path), "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "value",
    [json.loads("[" * 700 + "]" * 700), "\ud800"],
    ids=["nested deeper than it can be written", "half a character"],
)
def test_what_can_be_read_and_not_shown_is_refused_in_words(
    audited: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], value: Any
) -> None:
    document = json.loads((audited / "bundle.json").read_text(encoding="utf-8"))
    document["platform"]["title"] = value if isinstance(value, str) else "x"
    document["incidents"] = [value]
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(document))
    assert main(["report", str(path), "--out", str(tmp_path / "out")]) in (1, 2)
    assert "Traceback" not in capsys.readouterr().err


def test_a_packed_bundle_is_the_bundle(audited: Path, tmp_path: Path) -> None:
    packed = tmp_path / "bundle.json"
    packed.write_bytes(gzip.compress((audited / "bundle.json").read_bytes()))
    assert read_bundle(packed) == read_bundle(audited / "bundle.json")


@pytest.mark.parametrize("spoil", [lambda b: b[:-20], lambda b: b[:2], lambda b: b[:40] + bytes(40) + b[80:]])
def test_a_packed_file_that_is_broken_is_refused(
    audited: Path, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(spoil(gzip.compress((audited / "bundle.json").read_bytes())))
    with pytest.raises(BundleError, match="not a readable JSON file"):
        read_bundle(path)


def test_what_becomes_too_large_by_unpacking_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.replay._MAX_BYTES", 1000)
    path = tmp_path / "bundle.json"
    path.write_bytes(gzip.compress(b" " * 1001))
    with pytest.raises(BundleError, match="larger than 1000 bytes"):
        read_bundle(path)


@pytest.mark.parametrize("missing", ["nothing-here.json", "."])
def test_a_path_without_a_file_is_refused(tmp_path: Path, missing: str) -> None:
    with pytest.raises(BundleError, match="not a readable JSON file"):
        read_bundle(tmp_path / missing)


def test_a_file_that_no_bundle_is_as_large_as_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(600 * 1024 * 1024)
    with pytest.raises(BundleError, match="larger than"):
        read_bundle(path)


def test_a_folder_that_cannot_be_written_is_named(
    audited: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert main(["report", str(audited / "bundle.json"), "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err
