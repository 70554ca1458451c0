"""Which rule takes a request: evaluated offline from the rules by priority, as AWS documents them. Pure.

"Listener rules" and "Condition types for listener rules" of the Application Load Balancers' guide: rules are evaluated
by priority from the lowest number, the default last; a rule takes a request when all of its conditions hold, a
condition holds when one of its values matches; ``*`` stands for any number of characters and ``?`` for exactly one;
host names are compared without regard to case, paths and methods with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from functions.load_balancer.facts import ForwardFacts, ListenerFacts, RuleFacts
from functions.load_balancer.family import Route


class Fate(StrEnum):
    """What the rules make of a declared route."""

    AS_DECLARED = "as_declared"
    PARTLY = "partly"
    """A part of the requests goes to other groups, by weight."""
    WRONG_GROUP = "wrong_group"
    CAPTURED = "captured"
    """A rule that is not the host's takes it before the one that would be right."""
    MISSING = "missing"
    """No rule forwards it: a fixed response or a redirect answers."""
    NO_RULES = "no_rules"
    """As MISSING, and the listener forwards nothing at all."""
    NO_LISTENER = "no_listener"
    UNDECIDED = "undecided"
    """As declared only if a condition holds that a declared route does not speak of."""
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The rule that takes a request which has nothing special about it.

    ``before``: earlier rules that would take it if their undecidable conditions held, in order. ``rule`` is None where
    the rules hold no default one.
    """

    rule: RuleFacts | None
    before: tuple[RuleFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A route and its fate. ``elsewhere``: other ports whose listener would forward it as declared."""

    route: Route
    fate: Fate
    taken: Taken | None = None
    own_rule: RuleFacts | None = None
    """Of a captured route the rule that should take it and has no turn."""
    elsewhere: tuple[int, ...] = ()


def judge_routes(listeners: Sequence[ListenerFacts], routes: Iterable[Route]) -> tuple[Judged, ...]:
    """Every route's fate."""
    return tuple(_judged(listeners, route) for route in routes)


def taken_by(rules: Iterable[RuleFacts], host: str, path: str, method: str) -> Taken:
    """Which of the rules takes a request, whatever order they are listed in."""
    before: list[RuleFacts] = []
    for rule in in_order(rules):
        if not _fits(rule, host, path, method):
            continue
        if not rule.undecidable:
            return Taken(rule=rule, before=tuple(before))
        before.append(rule)
    return Taken(rule=None, before=tuple(before))


def in_order(rules: Iterable[RuleFacts]) -> list[RuleFacts]:
    """By priority, the default last."""
    return sorted(rules, key=lambda rule: (rule.priority is None, rule.priority or 0))


def matches(pattern: str, text: str) -> bool:
    """Whether a whole text fits a pattern of ``*`` and ``?``; in time that grows with the product of their lengths."""
    position = start = 0
    star = resume = -1
    while position < len(text):
        if start < len(pattern) and pattern[start] == "*":
            star, resume = start, position
            start += 1
        elif start < len(pattern) and pattern[start] in ("?", text[position]):
            start += 1
            position += 1
        elif star >= 0:  # let the last star take one character more
            resume += 1
            start, position = star + 1, resume
        else:
            return False
    return all(mark == "*" for mark in pattern[start:])


def groups_of(rule: RuleFacts) -> tuple[str, ...]:
    """The groups that a rule really sends requests to: those with a weight, the heaviest first."""
    sent = [forward for forward in rule.outcome.forwards if forward.weight > 0]
    return tuple(dict.fromkeys(forward.group for forward in sorted(sent, key=_heaviest_first)))


def _heaviest_first(forward: ForwardFacts) -> tuple[int, str]:
    return -forward.weight, forward.group


def _judged(listeners: Sequence[ListenerFacts], route: Route) -> Judged:
    listener = next((each for each in listeners if each.port == route.port), None)
    elsewhere = tuple(sorted(each.port for each in listeners if each.port != route.port and _forwards(each, route)))
    if listener is None:
        return Judged(route=route, fate=Fate.NO_LISTENER, elsewhere=elsewhere)
    if listener.rules is None:
        return Judged(route=route, fate=Fate.UNREAD)
    taken = taken_by(listener.rules, route.host, route.path, route.method)
    fate = _fate(taken, route)
    if fate is Fate.MISSING and not any(groups_of(rule) for rule in listener.rules):
        fate = Fate.NO_RULES
    own_rule = _own_rule(listener.rules, taken, route) if fate is Fate.WRONG_GROUP else None
    if own_rule is not None:
        fate = Fate.CAPTURED
    return Judged(route=route, fate=fate, taken=taken, own_rule=own_rule, elsewhere=elsewhere)


def _fate(taken: Taken, route: Route) -> Fate:
    groups = groups_of(taken.rule) if taken.rule is not None else ()
    if route.group in groups:
        return Fate.AS_DECLARED if groups == (route.group,) else Fate.PARTLY
    if any(route.group in groups_of(rule) for rule in taken.before):
        return Fate.UNDECIDED
    return Fate.WRONG_GROUP if groups else Fate.MISSING


def _own_rule(rules: Iterable[RuleFacts], taken: Taken, route: Route) -> RuleFacts | None:
    """The rule that should take the request and has no turn, where the one that takes it is not this host's.

    A rule that names no host is another's only where a later one names this very host; a rule that names hosts by
    wildcard is, where whatever comes next would be right.
    """
    if taken.rule is None or taken.rule.priority is None or _names(taken.rule, route.host):
        return None
    ordered = in_order(rules)
    later = ordered[ordered.index(taken.rule) + 1 :]
    following = next((rule for rule in later if _fits(rule, route.host, route.path, route.method)), None)
    if following is None or route.group not in groups_of(following):
        return None
    return following if taken.rule.hosts is not None or _names(following, route.host) else None


def _names(rule: RuleFacts, host: str) -> bool:
    """Whether a rule names a host itself, not by a wildcard that fits others too."""
    return any(value.lower() == host.lower() for value in rule.hosts or ())


def _forwards(listener: ListenerFacts, route: Route) -> bool:
    taken = taken_by(listener.rules or (), route.host, route.path, route.method)
    return taken.rule is not None and route.group in groups_of(taken.rule)


def _fits(rule: RuleFacts, host: str, path: str, method: str) -> bool:
    """Whether all conditions hold that can be decided."""
    return (
        (rule.hosts is None or any(matches(value.lower(), host.lower()) for value in rule.hosts))
        and (rule.paths is None or any(matches(value, path) for value in rule.paths))
        and (rule.methods is None or method in rule.methods)
    )
