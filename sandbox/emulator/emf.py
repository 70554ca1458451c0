"""CloudWatch's Embedded Metric Format: from a log line to metric samples. Pure.

Specification: "Specification: Embedded metric format" in the CloudWatch user guide. A line that is not a JSON object
with an `_aws` member is an ordinary log line and yields nothing; a broken EMF line yields what its sound parts say and
names the rest, because AWS drops those silently (it counts them in AWS/Logs EMFParsingErrors).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

MAX_VALUES = 100
MAX_DIMENSIONS = 30


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The values of one metric under one set of dimensions at one instant (seconds since 1970)."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    unit: str
    timestamp: float
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """What one line yields: its samples, and what in it CloudWatch would drop without a word."""

    samples: tuple[Sample, ...] = ()
    problems: tuple[str, ...] = ()


def extract(line: str) -> Extracted:
    """The samples of one log line."""
    text = line.strip()
    if not (text.startswith("{") and '"_aws"' in text):
        return Extracted()
    try:
        root = json.loads(text)
    except ValueError:
        return Extracted()
    metadata = root.get("_aws")
    if not isinstance(metadata, dict):
        return Extracted()
    timestamp = metadata.get("Timestamp")
    if not isinstance(timestamp, int) or isinstance(timestamp, bool):
        return Extracted(problems=(f"_aws.Timestamp is {timestamp!r}, must be an integer of milliseconds",))
    samples: list[Sample] = []
    problems: list[str] = []
    for directive in metadata.get("CloudWatchMetrics") or []:
        namespace = directive.get("Namespace")
        if not isinstance(namespace, str) or not namespace:
            problems.append(f"Namespace is {namespace!r}, must be a text")
            continue
        for dimensions in _dimension_sets(directive, root, problems):
            for name, unit, values in _metrics(directive, root, problems):
                samples.append(
                    Sample(
                        namespace=namespace,
                        name=name,
                        dimensions=dimensions,
                        unit=unit,
                        timestamp=timestamp / 1000,
                        values=values,
                    )
                )
    return Extracted(samples=tuple(samples), problems=tuple(dict.fromkeys(problems)))


def _dimension_sets(
    directive: Mapping[str, Any], root: Mapping[str, Any], problems: list[str]
) -> Iterator[Mapping[str, str]]:
    for names in directive.get("Dimensions") or [[]]:
        unfit = [name for name in names if not isinstance(root.get(name), str | int | float)]
        if unfit or len(names) > MAX_DIMENSIONS:
            problems.append(f"dimension set {names} dropped: no root member for {unfit}, or more than {MAX_DIMENSIONS}")
            continue
        yield {name: str(root[name]) for name in names}


def _metrics(
    directive: Mapping[str, Any], root: Mapping[str, Any], problems: list[str]
) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    for definition in directive.get("Metrics") or []:
        name = definition.get("Name")
        value = root.get(name)
        values = value if isinstance(value, list) else [value]
        numbers = tuple(float(each) for each in values if _is_number(each))
        if not numbers or len(numbers) > MAX_VALUES or len(numbers) != len(values):
            problems.append(f"metric {name!r} dropped: its value {value!r} is not 1 to {MAX_VALUES} numbers")
            continue
        yield str(name), str(definition.get("Unit") or "None"), numbers


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
