"""``python -m tests.fault_lab [FAMILY ...]``: run every situation, and print what we and our peers said of it."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from auditor.domain.result import Status
from functions.families import FAMILIES
from tests.fault_lab.canary import PLANTED, canaries, leaks
from tests.fault_lab.lab import FamilyOutcome, Outcome, families_with_situations, run_family, situations_of
from tests.fault_lab.peers import Peers, Word, installed_peers, shown
from tests.fault_lab.written import written

_OF_THE_TARGET = (Status.FAIL, Status.WARN)


def main(families: Sequence[str]) -> int:
    """0 where everything is said as labelled, no fault is shown as health, and no secret is found anywhere."""
    known = families_with_situations()
    if unknown := set(families) - set(known):
        print(f"no situations of {', '.join(sorted(unknown))}; there are those of {', '.join(known)}")
        return 2
    wanted = [family for family in known if not families or family in families]
    with installed_peers() as peers:
        seen = [run_family(family, ask_peers=peers.ask) for family in wanted]
    for of in seen:
        print(_heading(of.family))
        _print(_numbers(of))
        _print(_statuses(of))
        _print(_causes(of))
        _print(_wrong(of))
        _print(_said_by_peers(of, peers))
    leaked = sum(_secrets(of) for of in seen)
    print(_heading("all"))
    return _totals(seen, peers, leaked)


def _heading(text: str) -> str:
    return f"\n==== {text} {'=' * (114 - len(text))}"


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        print(line)


def _numbers(of: FamilyOutcome) -> Iterator[str]:
    faults = [o for o in of.outcomes if o.label.faulty]
    well = [o for o in of.outcomes if o.label.healthy]
    yield f"{len(of.outcomes)} situations in {of.seconds:.1f} s; status, phase and cause right: {of.right}"
    yield f"  faults {len(faults)}, shown as health {sum(o.shown_as_pass for o in faults)}"
    yield f"  healthy variants {len(well)}, judged wrong {sum(bool(o.problems) for o in well)}"


def _statuses(of: FamilyOutcome) -> Iterator[str]:
    counts = of.statuses()
    columns = [*(str(status) for status in Status), "not asked"]
    columns = [column for column in columns if any(said == column for _, said in counts)]
    yield ""
    yield f"  {'labelled':<10}" + "".join(f"{column:>10}" for column in columns) + "   said"
    for row in (str(status) for status in Status):
        if any(labelled == row for labelled, _ in counts):
            yield f"  {row:<10}" + "".join(f"{counts[row, column] or '.':>10}" for column in columns)


def _causes(of: FamilyOutcome) -> Iterator[str]:
    """The matrix of causes, row by row: its columns would be as many, and all but one of a row's fields are empty."""
    rows: dict[str, Counter[str]] = {}
    for (labelled, said), count in of.causes().items():
        rows.setdefault(labelled, Counter())[said] += count
    yield ""
    yield f"  {'cause labelled':<34}{'n':>4}   said"
    for labelled in sorted(rows):
        said = ", ".join(f"{cause} {count}" for cause, count in rows[labelled].most_common())
        yield f"  {labelled:<34}{rows[labelled].total():>4}   {said}"


def _wrong(of: FamilyOutcome) -> Iterator[str]:
    for outcome in of.outcomes:
        for problem in outcome.problems:
            yield f"  WRONG {outcome.label.id}: {problem}"


def _said_by_peers(of: FamilyOutcome, peers: Peers) -> Iterator[str]:
    asked = [o for o in of.outcomes if peers.words.get(o.label.id)]
    yield ""
    if not asked:
        yield "  peers: NOT ASKED (no situation says how)"
        return
    yield "  what peers said of it: noticed that something is wrong (!), named it (*), took it for health (-)"
    for outcome in asked:
        label = outcome.label
        yield f"  {label.id}: {label.what} ({label.cause or 'nothing is wrong'})"
        for word in peers.words[label.id]:
            yield f"      {_mark(word, outcome)} {word.peer:<18} {shown(word)}"


def _mark(word: Word, outcome: Outcome) -> str:
    return ("*" if word.names(outcome.label) else "!") if word.noticed else "-"


def _secrets(of: FamilyOutcome) -> int:
    """How often a secret was found in what is written of a family."""
    found = leaks(written(of), canaries(outcome.situation.secrets for outcome in of.outcomes))
    for place in found:
        print(f"  LEAKED {of.family}: {place}")
    return len(found)


def _totals(seen: Sequence[FamilyOutcome], peers: Peers, leaked: int) -> int:
    outcomes = [outcome for of in seen for outcome in of.outcomes]
    faults = [outcome for outcome in outcomes if outcome.label.faulty]
    well = [outcome for outcome in outcomes if outcome.label.healthy]
    shown_as_health = sum(outcome.shown_as_pass for outcome in faults)
    right = sum(of.right for of in seen)
    print(f"status, phase and cause right      {right} of {len(outcomes)}")
    print(f"faults shown as health             {shown_as_health} of {len(faults)}")
    print(f"healthy variants judged wrong      {sum(bool(o.problems) for o in well)} of {len(well)}")
    print(f"secrets found in what is written   {leaked} (the canary was planted {PLANTED.total()} times,")
    print(f"                                   in {len(PLANTED)} kinds of places)")
    absent = [family for family in FAMILIES if not situations_of(family)]
    if absent:
        print(f"families without situations        {', '.join(absent)}")
    _print(_peers_counted(outcomes, peers))
    return 0 if right == len(outcomes) and not shown_as_health and not leaked else 1


def _peers_counted(outcomes: Sequence[Outcome], peers: Peers) -> Iterator[str]:
    asked: dict[str, list[tuple[Word, Outcome]]] = {}
    for outcome in outcomes:
        for word in peers.words.get(outcome.label.id, ()):
            asked.setdefault(word.peer, []).append((word, outcome))
    yield ""
    yield f"  {'':<20}{'faults asked':>14}{'noticed':>9}{'named':>7}   {'healthy asked':>14}{'false alarms':>14}"
    ours = [o for o in outcomes if o.label.status in _OF_THE_TARGET]
    named = sum(o.said is not None and o.said.cause == o.label.cause for o in ours)
    noticed = sum(not o.shown_as_pass for o in ours)
    well = [o for o in outcomes if o.label.healthy]
    alarms = sum(bool(o.problems) for o in well)
    yield f"  {'this auditor':<20}{len(ours):>14}{noticed:>9}{named:>7}   {len(well):>14}{alarms:>14}"
    for peer in sorted(asked):
        faults = [(word, o) for word, o in asked[peer] if o.label.status in _OF_THE_TARGET]
        healthy = [word for word, o in asked[peer] if o.label.healthy]
        noticed, named = sum(w.noticed for w, _ in faults), sum(w.names(o.label) for w, o in faults)
        alarms = sum(word.noticed for word in healthy)
        yield f"  {peer:<20}{len(faults):>14}{noticed:>9}{named:>7}   {len(healthy):>14}{alarms:>14}"
    for peer, why in sorted(peers.missing.items()):
        yield f"  {peer:<20} NOT MEASURED: {why}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
