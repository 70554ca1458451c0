"""``python -m tests.bench [ROW ...]``: measure and print the table; without names, every module ``row_*`` in turn."""

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Prints each row as soon as it is measured."""
    names = sys.argv[1:] or sorted(path.stem.removeprefix("row_") for path in Path(__file__).parent.glob("row_*.py"))
    for name in names:
        for row in importlib.import_module(f"tests.bench.row_{name}").rows():
            print(row.property)
            print(f"    reach     {row.reach}\n    measured  {row.measured}\n    {row.verdict}", flush=True)


if __name__ == "__main__":
    main()
