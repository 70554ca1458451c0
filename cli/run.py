"""``audit run``: probe a catalogue's targets from here and now, with nothing deployed, and report what was seen."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from auditor.adapters.secrets import Secrets
from auditor.domain.assessment import assess
from auditor.domain.bundle import BUNDLE_VERSION, Bundle, State
from auditor.domain.instants import floor_to
from auditor.domain.observation import Vantage
from auditor.domain.report import Report
from auditor.domain.reporting import build_report
from auditor.domain.topology import Platform, Shard
from auditor.net.network import Network
from auditor.runtime.catalogue import decoded
from cli.runners import runner
from functions.aggregator.aggregate import rendered
from functions.aggregator.claims import diagnosis_of
from functions.aggregator.registry import knowledge
from functions.aggregator.suites import suites_of


class SelectionError(ValueError):
    """When ``--family`` or ``--target`` names nothing in the catalogue."""


def narrowed(platform: Platform, family: str | None, target: str | None) -> Platform:
    """The platform with the chosen targets only; what the others prove is not known then."""
    chosen = [t for t in platform.targets if family in (None, t.family) and target in (None, t.id)]
    if not chosen:
        known = (
            sorted({t.family for t in platform.targets}) if target is None else sorted(t.id for t in platform.targets)
        )
        raise SelectionError(f"--family {family} --target {target}: the catalogue has {', '.join(known)}")
    ids = {t.id for t in chosen}
    kept = tuple(replace(t, proves=tuple(p for p in t.proves if p in ids)) for t in chosen)
    shards = tuple(
        Shard(family=s.family, number=s.number, targets=tuple(t for t in s.targets if t in ids))
        for s in platform.shards
        if ids & set(s.targets)
    )
    services = tuple(s for s in platform.services if any(t.service == s.id for t in chosen))
    left = {s.id for s in services}
    return replace(
        platform,
        targets=kept,
        shards=shards,
        services=services,
        components=tuple(c for c in platform.components if c.service in left),
        dependencies=tuple(d for d in platform.dependencies if {d.service, d.needs} <= left),
    )


def run_here(
    platform: Platform, *, network: Network, host: str, now: datetime, progress: Callable[[str], None]
) -> tuple[Report, Bundle]:
    """Runs every family of the platform once from this machine and judges what was seen."""
    as_of = floor_to(now.astimezone(UTC), timedelta(minutes=1))
    secrets = Secrets()
    runs = []
    for shard in platform.shards:
        family = runner(shard.family)
        targets = [decoded(t, family.family) for t in platform.targets if t.id in set(shard.targets)]
        progress(f"probing {len(targets)} {shard.family} target{'s' if len(targets) != 1 else ''} ...")
        runs.append(
            family.run(
                targets,
                shard=shard.number,
                slot=as_of,
                request_id=uuid4().hex,
                vantage=Vantage(kind="workstation", name=host, region="", in_vpc=False),
                network=network,
                secrets=secrets,
                within=family.family.timeout,
            )
        )
    bundle = Bundle(
        schema_version=BUNDLE_VERSION, stage="here", as_of=as_of, platform=platform, runs=tuple(runs), state=State()
    )
    assessment = assess(bundle, knowledge(), partial(diagnosis_of, bundle))
    return build_report(bundle, assessment, knowledge(), suites_of(bundle)), bundle


def write_files(report: Report, bundle: Bundle, folder: Path) -> Sequence[Path]:
    """Writes the renderings and the bundle; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in rendered(report, bundle).items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
