"""Whose own health page says that a key-value store fails it: what the rules about such stores join over."""

from collections.abc import Iterator

from auditor.domain.diagnosis.cache_claims import StoreAdmits, StoreServes
from auditor.domain.diagnosis.claims import HealthReports
from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.words import KEY_VALUE_STORE


def complaining(evidence: Evidence, store: str) -> Iterator[tuple[str, list[HealthReports]]]:
    """The services whose own health pages say that this store fails them, and what they say.

    A page speaks of "the cache", which means this one if the platform has no other, or by the store's own name.
    """
    seen: list[StoreAdmits | StoreServes] = [*evidence.of(StoreAdmits), *evidence.of(StoreServes)]
    stores = {claim.component for claim in seen}
    names = {_folded(evidence.service_of(store)), _folded(store.partition(".")[2])} - {""}
    found: dict[str, list[HealthReports]] = {}
    for report in evidence.of(HealthReports):
        meant = _folded(report.word) in names or (report.dependency == KEY_VALUE_STORE and stores == {store})
        service = evidence.service_of(report.component)
        if not report.healthy and meant and service and service != evidence.service_of(store):
            found.setdefault(service, []).append(report)
    yield from sorted(found.items())


def _folded(name: str) -> str:
    return name.lower().replace("-", "_")
