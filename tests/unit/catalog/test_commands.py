"""What ``audit validate`` and ``audit schema`` print, and how they end."""

import io
import json
from pathlib import Path
from typing import Any

from auditor.family import Family
from catalog.schema import catalogue_schema
from cli.schema import schema
from cli.validate import validate

Families = tuple[Family[Any], ...]


def test_a_valid_catalogue_is_summed_up(valid: str, tmp_path: Path, families: Families) -> None:
    path, out = tmp_path / "c.yaml", io.StringIO()
    path.write_text(valid)
    assert validate(str(path), out, families) == 0
    assert out.getvalue() == (
        f"{path}: OK. A shop (shop, eu-west-1): services 2, components 2, "
        "targets 2 (1 page, 1 store; critical 2), dependencies 1\n"
    )


def test_each_problem_has_its_line(valid: str, tmp_path: Path, families: Families) -> None:
    path, out = tmp_path / "c.yaml", io.StringIO()
    path.write_text(valid.replace("family: page", "family: pgae").replace("needs: data", "needs: web"))
    assert validate(str(path), out, families) == 2
    assert out.getvalue().splitlines() == [
        (
            f"{path}:13:13: targets[0].family: no family has this name; did you mean page? "
            '(value "pgae"; allowed page, store)'
        ),
        f'{path}:26:27: dependencies[0].needs: needs itself (value "web"; allowed another one)',
        f"{path}: refused, 2 problems",
    ]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path, out = tmp_path / "none.yaml", io.StringIO()
    assert validate(str(path), out) == 2
    assert out.getvalue() == f"{path}: cannot be read: No such file or directory\n{path}: refused, 1 problem\n"


def test_the_schema_is_printed_as_json(families: Families) -> None:
    out = io.StringIO()
    assert schema(out, families) == 0
    assert json.loads(out.getvalue()) == catalogue_schema(families)
