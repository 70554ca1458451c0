"""Whether the hosts that settings name exist, by the VPC's own resolver: pure."""

from collections.abc import Mapping, Set
from dataclasses import replace
from difflib import get_close_matches

from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Status, passed, unknown
from functions.configuration import remedies
from functions.configuration.facts import LookupFacts
from functions.configuration.family import ConfigurationSpec
from functions.configuration.hosts import hosts_of
from functions.configuration.judged import (
    ConfigurationObservation,
    ConfigurationTarget,
    facts_of,
    failing,
    not_read,
    untold,
    who,
)

Named = Mapping[str, tuple[str, ...]]
"""Variable to the hosts that it names."""
Lookups = Mapping[str, LookupFacts]
"""Host to how the resolver answered."""

_ABSENT = {"nxdomain": "does not exist (NXDOMAIN)", "nodata": "exists and has no address (NODATA)"}
_NO_ANSWER = {
    "servfail": "answered SERVFAIL",
    "refused": "refused to answer",
    "timeout": "did not answer in time",
    "malformed": "gave an answer that cannot be read",
    "unreachable": "could not be reached",
}


def hosts_resolve(target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    """Absent names are a FAIL; of a list with others that exist, a warning. No answer and no question are UNKNOWN."""
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    spec = target.spec
    named = {setting.variable: hosts_of(setting, spec.declared) for setting in container.settings}
    hosts = tuple(dict.fromkeys(host for of_setting in named.values() for host in of_setting))
    if not hosts:
        return passed(f"{who(container)} names no host that only DNS knows.", hosts=0)
    if facts.lookups is None:
        return not_read("lookups", facts)
    lookups = {lookup.host: lookup for lookup in facts.lookups}
    evidence: dict[str, Scalar] = {h: _said(lookups[h]) if h in lookups else "not asked" for h in hosts}
    absent = {h for h in hosts if h in lookups and lookups[h].outcome in _ABSENT}
    if absent:
        words = _words(named, absent, lookups)
        if container.names_beside_dns:
            detail = f"In {who(container)} {words}, and the container has names beside DNS that are not read"
            return untold("configuration.value_not_seen", detail, **evidence)
        answer = failing("configuration.host_unknown", f"In {who(container)} {words}.", **evidence)
        # Of a list of hosts clients try the next one.
        dead = any(of_setting and absent >= set(of_setting) for of_setting in named.values())
        remedy = _remedy(named, absent, spec, lookups) or answer.remedy
        return replace(answer, status=Status.FAIL if dead else Status.WARN, remedy=remedy)
    silent = [h for h in hosts if h in lookups and lookups[h].outcome in _NO_ANSWER]
    if silent:
        outcome = lookups[silent[0]].outcome
        detail = f"the resolver {_NO_ANSWER[outcome]} for {', '.join(silent)} of {who(container)}"
        failure = Failure(phase=Phase.NAME, cause=f"dns.{outcome}", detail=f"{detail}.")
        return unknown(failure, None, remedy=remedies.for_cause(failure.cause), **evidence)
    unasked = [host for host in hosts if host not in lookups]
    if unasked:
        detail = f"{', '.join(unasked)} of {who(container)} was not looked up: too many hosts"
        return untold("configuration.names_not_asked", detail, **evidence)
    return passed(f"All {len(hosts)} hosts that {who(container)} names resolve.", **evidence)


def _said(lookup: LookupFacts) -> str:
    return ", ".join(lookup.addresses) if lookup.outcome == "resolved" else lookup.outcome


def _words(named: Named, absent: Set[str], lookups: Lookups) -> str:
    return "; ".join(
        f"{variable} names {host}, which {_ABSENT[lookups[host].outcome]}"
        for variable, hosts in named.items()
        for host in hosts
        if host in absent
    )


def _remedy(named: Named, absent: Set[str], spec: ConfigurationSpec, lookups: Lookups) -> str | None:
    """For the first absent host: the one declared for its variable, else the most similar that is known."""
    variable, host = next((v, h) for v, of_setting in named.items() for h in of_setting if h in absent)
    declared = {expected.variable: expected.host.rstrip(".").lower() for expected in spec.expected_hosts}
    if variable in declared:
        # Where the declared name itself does not exist, the variable is right and its registration is gone.
        return None if declared[variable] == host else remedies.for_unknown_host(variable, declared[variable])
    known = {*declared.values(), *(lookup.host for lookup in lookups.values() if lookup.outcome == "resolved")}
    near = get_close_matches(host, sorted(known - absent), n=1, cutoff=0.75)
    return remedies.for_unknown_host(variable, near[0]) if near else None
