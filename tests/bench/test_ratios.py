"""Guards against a regression of the engine: ratios with generous slack, for a machine that does other things, too.

The figures themselves are measured by ``make bench`` on a quiet machine, and written down in docs/measurements.md.
"""

from pathlib import Path

import pytest

from tests.bench import (
    blackbox,
    row_probe_accuracy,
    row_probe_cpu,
    row_probe_deadlines,
    row_probe_names,
    row_probe_share,
)
from tests.bench.processes import Certificates, made_certificates

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def certificates(folder: Path) -> Certificates:
    return made_certificates(folder)


def test_a_probe_costs_less_cpu_than_the_exporters(folder: Path, certificates: Certificates) -> None:
    if (lacking := blackbox.missing()) is not None:
        pytest.skip(f"NOT MEASURED: {lacking}")
    plain, tls = row_probe_cpu.measure(3, folder, certificates)
    assert plain.middle > 1.5
    assert tls.middle > 0.7


def test_the_reported_total_is_near_the_truth(certificates: Certificates) -> None:
    for figure in row_probe_accuracy.measure(1, certificates):
        assert figure.middle < 25, "a quarter of the 100 ms that are measured"


def test_a_small_function_keeps_memory_and_truth(certificates: Certificates) -> None:
    wall, error, memory = row_probe_share.measure(1, certificates)
    assert wall.middle < 15
    assert error.middle < 50
    assert memory.middle < 96


def test_bad_targets_end_at_the_limit_and_none_is_healthy(certificates: Certificates) -> None:
    for figure in row_probe_deadlines.measure(1, certificates):
        assert figure.note == "0 healthy"
        assert figure.middle < 7.5


def test_dead_names_fail_no_healthy_target() -> None:
    (figure,) = row_probe_names.measure(1)
    assert figure.values == (0.0,)
