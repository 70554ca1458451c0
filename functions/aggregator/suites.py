"""From a bundle's observations to the report's lines about test suites, by the knowledge of families that see any."""

from auditor.domain.bundle import Bundle
from auditor.domain.suites import SuiteLine
from functions.aggregator.claims import known_observations


def suites_of(bundle: Bundle) -> tuple[SuiteLine, ...]:
    """Every suite's line, sorted by target and name."""
    found = [
        line
        for knowledge, target, observation in known_observations(bundle)
        for line in (knowledge.suites(target, observation) if hasattr(knowledge, "suites") else ())
    ]
    return tuple(sorted(found, key=lambda line: (line.target, line.name)))
