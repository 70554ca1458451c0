"""10 names whose resolver never answers beside 190 healthy targets: no healthy one may fail for them."""

from tests.bench.engine import Load
from tests.bench.figure import ROUNDS, Figure
from tests.bench.processes import ENGINE_CPU, SERVER_CPU, probed, serving
from tests.bench.row import Row
from tests.bench.server import Service

_DEAD, _HEALTHY = 10, 190


def rows() -> list[Row]:
    """This module's rows of the bench's table."""
    return [figure.row() for figure in measure(ROUNDS)]


def measure(rounds: int) -> list[Figure]:
    """Healthy targets with any result that is not PASS; the dead ones all have to fail."""
    failed = []
    for _ in range(rounds):
        with (
            serving(Service(kind="answers", cpu=SERVER_CPU)) as served,
            serving(Service(kind="names", cpu=SERVER_CPU)) as resolver,
        ):
            dead = [f"http://dead-{number}.bench.test:{served.port}/" for number in range(_DEAD)]
            healthy = [f"http://web-{number}.bench.test:{served.port}/" for number in range(_HEALTHY)]
            measured = probed(
                Load(urls=[*dead, *healthy], repeat=1, in_flight=256, cpu=ENGINE_CPU, resolver=resolver.port)
            )
        statuses = measured["statuses"]
        if any(of["http.reachable"] != "FAIL" for of in statuses[:_DEAD]):
            raise RuntimeError("a name that was never answered did not fail")
        failed.append(float(sum(set(of.values()) != {"PASS"} for of in statuses[_DEAD:])))
    return [
        Figure(
            claim="10 names whose resolver never answers beside 190 healthy targets",
            reach="0 healthy ones failed",
            unit="failed",
            values=tuple(failed),
            reached=lambda count: count == 0,
        )
    ]
