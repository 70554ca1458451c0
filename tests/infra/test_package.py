"""What is deployed is complete by itself: every handler imports from the assets alone, without the project or venv."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from functions.families import FAMILIES
from infra.build import Assets, build_assets

ROOT = Path(__file__).resolve().parents[2]
IMPORT = """
import sys
sys.path[:0] = sys.argv[2:]
module = __import__(sys.argv[1], fromlist=["handler"])
assert callable(module.handler)
foreign = sorted(
    name for name, found in sys.modules.items()
    if getattr(found, "__file__", None) and "site-packages" in found.__file__
)
assert not foreign, foreign
print("pydantic" in sys.modules, "aws_cdk" in sys.modules)
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    assets: Assets = build_assets(ROOT, "package-test", {}, byte_code_required=False)
    folder = tmp_path_factory.mktemp("lambda")
    paths = []
    for name, archive in (
        ("task", assets.code),
        ("auditor", assets.auditor_layer),
        ("dependencies", assets.dependency_layer),
    ):
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder / name)
        paths.append(str(folder / name if name == "task" else folder / name / "python"))
    return paths


@pytest.mark.parametrize("function", [*FAMILIES, "aggregator"])
def test_a_handler_needs_nothing_but_the_assets(unpacked: list[str], function: str) -> None:
    command = [sys.executable, "-I", "-S", "-c", IMPORT, f"functions.{function}.handler", *unpacked]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == ["False", "False"]
