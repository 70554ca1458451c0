"""Assets: what they hold, that they are built once, and what a missing interpreter means."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import build
from infra.build import BuildError, build_assets, find_interpreter
from tests.infra.synthesis import ROOT

IMPORT_EVERYTHING = """
import sys
sys.path[:0] = [sys.argv[1] + "/python"]
import aws_lambda_powertools, boto3, pg8000.native, requests, zoneinfo
zoneinfo.reset_tzpath(to=[])  # no database of this machine's
zoneinfo.ZoneInfo("Europe/Zurich")
assert all(module.__file__.startswith(sys.argv[1]) for module in (aws_lambda_powertools, boto3, pg8000, requests))
"""


FILES = {"catalogue.json": '{"a": 1}', "shards/http-0.json": "[1]", "shards/http-1.json": "[2]"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with the folders that assets are made of, and no third-party package."""
    for path, text in {
        "functions/http/handler.py": "handler = None\n",
        "functions/http/notes.txt": "not code\n",
        "layers/auditor/python/auditor/names.py": "NAME = 1\n",
        "layers/auditor/pyproject.toml": "",
        "layers/dependencies/requirements.txt": "# nothing\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def _names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return {name for name in opened.namelist() if not name.endswith(".pyc")}


def test_code_holds_every_family_and_the_catalogue_the_layer_the_kernel(project: Path) -> None:
    assets = build_assets(project, "live", FILES, byte_code_required=False)
    assert _names(assets.code) == {"functions/http/handler.py", *FILES}
    assert _names(assets.auditor_layer) == {"python/auditor/names.py"}
    with zipfile.ZipFile(assets.code) as opened:
        assert {name: opened.read(name).decode() for name in FILES} == FILES


def test_the_same_content_is_built_once_and_a_change_is_another_file(project: Path) -> None:
    first = build_assets(project, "live", {}, byte_code_required=False)
    written = first.code.stat().st_mtime_ns
    assert build_assets(project, "live", {}, byte_code_required=False) == first
    assert first.code.stat().st_mtime_ns == written
    (project / "functions/http/handler.py").write_text("handler = 1\n")
    changed = build_assets(project, "live", {}, byte_code_required=False)
    assert changed.code != first.code
    assert changed.auditor_layer == first.auditor_layer


def test_the_same_content_gives_the_same_bytes(project: Path) -> None:
    archive = build_assets(project, "live", {}, byte_code_required=False).auditor_layer
    before = archive.read_bytes()
    archive.unlink()
    assert build_assets(project, "live", {}, byte_code_required=False).auditor_layer.read_bytes() == before


def test_a_real_stage_is_refused_without_an_interpreter_of_the_runtimes_version(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "find_interpreter", lambda: None)
    with pytest.raises(BuildError, match=r"Python 3\.13 was found neither .* Install it"):
        build_assets(project, "live", {}, byte_code_required=True)
    assets = build_assets(project, "sandbox", {}, byte_code_required=False)
    assert capsys.readouterr().err.count("\n") == 1
    with zipfile.ZipFile(assets.code) as opened:
        assert not [name for name in opened.namelist() if name.endswith(".pyc")]


@pytest.mark.skipif(find_interpreter() is None, reason="no Python of the runtime's minor version on this machine")
def test_byte_code_is_of_the_runtimes_version_unchecked_and_names_the_place_where_it_runs(project: Path) -> None:
    assets = build_assets(project, "live", {}, byte_code_required=True)
    with zipfile.ZipFile(assets.auditor_layer) as opened:
        code = opened.read("python/auditor/__pycache__/names.cpython-313.pyc")
    # PEP 552: bit 0 of the flags says "hash-based", bit 1 "check the source"
    assert int.from_bytes(code[4:8], "little") == 0b01
    assert b"/opt/python/auditor/names.py" in code


def test_native_code_is_refused(project: Path) -> None:
    staged = project / "staged"
    staged.mkdir()
    (staged / "fast.cpython-313-aarch64-linux-gnu.so").write_bytes(b"")
    with pytest.raises(BuildError, match=r"native code \['fast\.cpython"):
        build._refuse_native_code(staged)


def test_a_lock_without_hashes_is_refused_with_pips_reason(project: Path) -> None:
    (project / "layers/dependencies/requirements.txt").write_text("requests==2.34.2\n")
    with pytest.raises(BuildError, match=r"cannot be installed .*hash"):
        build_assets(project, "live", {}, byte_code_required=False)


def test_every_aws_service_that_a_function_calls_stays_in_the_layer() -> None:
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers/auditor/python").rglob("*.py")]
    called = {name for path in sources for name in re.findall(r"\bclient\(\"([a-z0-9-]+)\"\)", path.read_text())}
    assert {"s3", "sns", "secretsmanager"} <= called <= set(build.SDK_SERVICES)


@pytest.mark.slow
def test_the_dependency_layer_is_complete_by_itself(tmp_path: Path) -> None:
    lock = ROOT / "layers/dependencies/requirements.txt"
    builder = build._Builder(ROOT / ".build", find_interpreter())
    layer = builder.asset("dependencies", {}, runs_at="/opt", salt=lock.read_text(), fill=build._pip(lock))
    with zipfile.ZipFile(layer) as opened:
        opened.extractall(tmp_path)
    # -I -S: neither this project's packages nor the venv's can help out
    command = [sys.executable, "-I", "-S", "-c", IMPORT_EVERYTHING, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
