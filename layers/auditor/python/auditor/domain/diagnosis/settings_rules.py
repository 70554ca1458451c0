"""Rules about where a running revision's settings lead: nowhere, to the wrong place, to an address that moved away."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from auditor.domain.diagnosis.addresses import is_literal, is_loopback, place
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import (
    AnswerSays,
    Claim,
    NameResolves,
    NamespaceExists,
    PortAnswers,
    RegisteredAs,
    RunsAt,
    SettingMissing,
    SettingPointsTo,
)
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.words import (
    NameOutcome,
    PortOutcome,
    Role,
    Saying,
)

_PRIVATE_ENDS = ("local", "internal", "private", "lan", "corp", "home", "intranet", "test")
"""Reserved, or never delegated: RFC 6762 appendix G, ICANN's resolutions on .internal, .corp and .home, RFC 2606."""


def name_in_no_namespace(evidence: Evidence) -> Iterator[Candidate]:
    """A setting names a host that does not exist, and what it means is registered under another namespace."""
    namespaces = evidence.of(NamespaceExists)
    for setting in evidence.of(SettingPointsTo):
        service = evidence.service_of(setting.component)
        host = setting.host.lower().rstrip(".")
        if not service or not namespaces or is_literal(host) or is_loopback(host) or "." not in host:
            continue
        if any(host.endswith(f".{known.namespace.lower()}") for known in namespaces) or evidence.declares(host):
            continue
        lookups = _lookups(evidence, host)
        absent = [lookup for lookup in lookups if lookup.outcome is NameOutcome.NXDOMAIN]
        complaints = _complaints(evidence, service, host, setting.port)
        meant = _meant(setting, evidence.of(RegisteredAs))
        name = meant.name if meant is not None else setting.declared_host
        if any(lookup.outcome is NameOutcome.RESOLVED for lookup in lookups):
            continue
        # A name that could be a public one is no matter of namespaces, unless it is known what is meant by it.
        if not (absent or complaints) or not (name or _ends_as_private(host, namespaces)):
            continue
        known_names = " and ".join(sorted({known.namespace for known in namespaces}))
        alive = [lookup for lookup in _lookups(evidence, name) if lookup.outcome is NameOutcome.RESOLVED]
        port = f":{setting.port}" if setting.port else ""
        right = name + port if name else "the name of what is meant"
        registered = [meant] if meant is not None else []
        yield Candidate(
            component=setting.component,
            fault=Fault.DNS_NAMESPACE_MISMATCH,
            statement=f"{setting.setting} in {setting.component} names {host}, which "
            f"{'does not exist (NXDOMAIN) and ' if absent else ''}lies in no namespace that exists ({known_names}); "
            + (f"{meant.component} is registered as {name}." if meant else f"it should be {name or 'another name'}."),
            first_action=f"Set {setting.setting} to {right} and deploy the service again. Do not put an "
            "address in place of the name: it changes with every task.",
            # Without the lookup it is decided only where the catalogue says which name was meant.
            confidence=Confidence.HIGH if name and (absent or setting.declared_host == name) else Confidence.MEDIUM,
            proof=proof_of(setting, *namespaces, *registered, *absent, *complaints, *alive),
            shows=proof_of(setting, *absent, *complaints),
            harms=frozenset({service}),
            named=bool(complaints),
            ruled_out=tuple(
                RuledOut(
                    subject=claim.component,
                    why=f"{claim.name} is registered with {', '.join(claim.addresses) or 'no instance'}"
                    + (" and resolves" if alive else ""),
                    proof=proof_of(claim, *alive),
                )
                for claim in registered
            ),
        )


def setting_absent(evidence: Evidence) -> Iterator[Candidate]:
    """A needed setting is absent; where an answer names the own host, the service fell back to its default."""
    by_component: dict[str, list[SettingMissing]] = {}
    for missing in evidence.of(SettingMissing):
        # The user of a login falls back to another user: the data rules tell that more exactly.
        if missing.role not in (Role.LOGIN_USER, Role.NAME_OF_DATABASE):
            by_component.setdefault(missing.component, []).append(missing)
    for component, missing_here in by_component.items():
        service = evidence.service_of(component)
        if not service:
            continue
        # Several endpoints can be absent, and one answer says only that one of them is.
        fallbacks = [
            answer
            for answer in evidence.of(AnswerSays)
            if evidence.service_of(answer.component) == service and is_loopback(answer.upstream_host)
        ]
        names = " and ".join(sorted({missing.setting for missing in missing_here}))
        verb = "is" if len({missing.setting for missing in missing_here}) == 1 else "are"
        fell_back = (
            f", so the service talks to its own host ({place(fallbacks[0].upstream_host, fallbacks[0].upstream_port)})"
            if fallbacks
            else ""
        )
        yield Candidate(
            component=component,
            fault=Fault.ENV_MISSING,
            statement=f"{names} {verb} not set in {component}{fell_back}.",
            first_action=f"Add {names} to the task definition as the catalogue says, and deploy the service again.",
            confidence=Confidence.HIGH if fallbacks else Confidence.MEDIUM,
            proof=proof_of(*missing_here, *fallbacks),
            shows=proof_of(*missing_here, *fallbacks),
            harms=frozenset({service}),
            named=bool(fallbacks),
        )


def address_that_moved_away(evidence: Evidence) -> Iterator[Candidate]:
    """A setting holds a literal address that no running task, registered instance or resolved name has."""
    settings = evidence.of(SettingPointsTo)
    for setting in settings:
        service, host = evidence.service_of(setting.component), setting.host
        if not service or not is_literal(host) or is_loopback(host) or evidence.declares(host):
            continue
        # An address can belong to somebody else now: what counts is who should be there, where that is known.
        meant = _addresses_of(evidence, setting.declared_host)
        living = meant or _living_addresses(evidence)
        if not living or host in living or (not meant and _answers(evidence, host)):
            continue
        vague = _nameless_complaints(evidence, service)
        if meant or vague or _complaints(evidence, service, host, setting.port) or _silence(evidence, host):
            yield _stale(evidence, setting.component, setting.setting, (host, setting.port), [setting, *vague])
    set_hosts = {(evidence.service_of(setting.component), setting.host.lower()) for setting in settings}
    living = _living_addresses(evidence)
    for answer in evidence.of(AnswerSays):
        host, service = answer.upstream_host, evidence.service_of(answer.component)
        if not service or not is_literal(host) or is_loopback(host) or host in living or _answers(evidence, host):
            continue
        read = evidence.settings_read(service)
        if not living or (service, host.lower()) in set_hosts or not read or answer.saying is Saying.USES_UPSTREAM:
            continue
        # No setting holds it, so it stands in the code (or in a default of the image).
        component = evidence.sibling(answer.component, "code") or evidence.sibling(answer.component, "taskdef")
        if component:
            holder = "A default in the code, which no setting names,"
            yield _stale(evidence, component, holder, (host, answer.upstream_port), read)


def _stale(
    evidence: Evidence, component: str, holder: str, where: tuple[str, int | None], found_in: Sequence[Claim]
) -> Candidate:
    host, port = where
    service = evidence.service_of(component)
    complaints = _complaints(evidence, service, host, port)
    living = _living(evidence)
    now_at = sorted({address for claim in living for address in claim.addresses})
    vague = any(isinstance(claim, AnswerSays) for claim in found_in)
    return Candidate(
        component=component,
        fault=Fault.STALE_HARDCODED_ADDRESS,
        statement=f"{holder} in {component} holds the literal address {place(host, port)}, where what is meant neither "
        f"runs nor is registered (addresses in use: {', '.join(now_at) or 'none known'}){_whose(living, host)}.",
        first_action="Write the registered name in place of the address and deploy the service again.",
        confidence=Confidence.HIGH if now_at else Confidence.MEDIUM,
        proof=proof_of(*found_in, *complaints, *_silence(evidence, host), *living),
        shows=proof_of(*found_in, *complaints, *_silence(evidence, host)),
        harms=frozenset({service}),
        named=bool(complaints) or vague,
        ruled_out=(
            RuledOut(
                subject="security groups and network ACLs",
                why=f"what is meant does not have the address {host}, so silence there needs no firewall",
                proof=proof_of(*living),
            ),
        ),
    )


def _whose(living: Sequence[RunsAt | RegisteredAs], address: str) -> str:
    """Who has an address now, as the end of a sentence; empty where nobody is known to have it."""
    owners = sorted({claim.component for claim in living if address in claim.addresses})
    return f"; the address belongs to {' and '.join(owners)} now" if owners else ""


def _complaints(evidence: Evidence, service: str, host: str, port: int | None) -> list[AnswerSays]:
    """A service's answers that say that it fares badly with this place."""
    answers = evidence.answers_naming(service, host, port)
    return [answer for answer in answers if answer.saying is not Saying.USES_UPSTREAM]


def _nameless_complaints(evidence: Evidence, service: str) -> list[AnswerSays]:
    """A service's answers that say that it cannot use something, and not what."""
    return [
        answer
        for answer in evidence.of(AnswerSays)
        if not answer.upstream_host
        and answer.saying in (Saying.CANNOT_CONNECT_UPSTREAM, Saying.UPSTREAM_TIMEOUT, Saying.NEIGHBOUR_FAILED)
        and evidence.service_of(answer.component) == service
    ]


def _answers(evidence: Evidence, address: str) -> bool:
    return any(c.address == address and c.outcome is PortOutcome.OPEN for c in evidence.of(PortAnswers))


def _silence(evidence: Evidence, address: str) -> list[PortAnswers]:
    return [c for c in evidence.of(PortAnswers) if c.address == address and c.outcome is not PortOutcome.OPEN]


def _addresses_of(evidence: Evidence, name: str) -> set[str]:
    """Where a declared name leads: as registered, or as resolved."""
    registered = [claim for claim in evidence.of(RegisteredAs) if name and claim.name.lower() == name.lower()]
    found = {address for claim in registered for address in claim.addresses}
    return found | {address for lookup in _lookups(evidence, name) for address in lookup.addresses}


def _living(evidence: Evidence) -> list[RunsAt | RegisteredAs]:
    return [*evidence.of(RunsAt), *evidence.of(RegisteredAs)]


def _living_addresses(evidence: Evidence) -> set[str]:
    living = {a for claim in _living(evidence) for a in claim.addresses}
    return living | {a for claim in evidence.of(NameResolves) for a in claim.addresses}


def _ends_as_private(host: str, namespaces: Sequence[NamespaceExists]) -> bool:
    """Whether a name ends as the platform's own namespaces do, in a word that no public name ends with."""
    last = host.rpartition(".")[2]
    return last in _PRIVATE_ENDS and any(known.namespace.lower().endswith(f".{last}") for known in namespaces)


def _lookups(evidence: Evidence, name: str) -> list[NameResolves]:
    return [lookup for lookup in evidence.of(NameResolves) if lookup.name.lower().rstrip(".") == name.lower()]


def _meant(setting: SettingPointsTo, registered: Sequence[RegisteredAs]) -> RegisteredAs | None:
    """What a setting should name: as declared, else with the same first label, else the most similar whole name."""
    by_name = {claim.name.lower().rstrip("."): claim for claim in registered}
    if setting.declared_host.lower() in by_name:
        return by_name[setting.declared_host.lower()]
    host = setting.host.lower().rstrip(".")
    label = host.partition(".")[0]
    same = sorted(name for name in by_name if name.partition(".")[0] == label)
    near = get_close_matches(host, same or sorted(by_name), n=1, cutoff=0.0 if same else 0.75)
    return by_name[near[0]] if near else None


RULES = (name_in_no_namespace, setting_absent, address_that_moved_away)
