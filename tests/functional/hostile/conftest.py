"""What the hostile peers share: listeners, an authority, and the file of its certificate."""

from pathlib import Path

import pytest
import trustme

from tests.functional.functions.database.conftest import listeners

__all__ = ["listeners"]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)
