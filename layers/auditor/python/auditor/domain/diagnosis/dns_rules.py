"""Rules about records of names: of no use, still remembered to be absent, or gone."""

from collections.abc import Iterable, Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import AnswerSays, NamespaceExists, RegisteredAs, RunsAt
from auditor.domain.diagnosis.dns_claims import NameDenied, RecordExists, ZoneExists
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.names import covers, listed, misled, plain, seen_at, users_of
from auditor.domain.diagnosis.words import Emitter, NameOutcome


def type_of_no_use(evidence: Evidence) -> Iterator[Candidate]:
    """A name has records, and none of the type that clients need; or it is an alias for a name that leads nowhere."""
    for denied in evidence.of(NameDenied):
        registered = _registered(evidence, denied.name)
        if denied.types:
            component = registered[0].component if registered else denied.component
            statement = (
                f"{denied.name} has records of type {' and '.join(denied.types)} only, and clients need "
                f"{denied.wanted}."
            )
            action = f"Publish {denied.wanted} records for {denied.name}."
        elif denied.alias and not _registered(evidence, denied.alias):
            component = denied.component
            gone = "does not exist" if denied.outcome is NameOutcome.NXDOMAIN else f"has no {denied.wanted} record"
            statement = f"{denied.name} is an alias for {denied.alias}, which {gone}."
            action = f"Correct the alias at {denied.name}, or restore {denied.alias}."
        else:
            continue
        proof = proof_of(denied, *misled(evidence, denied.name))
        users = users_of(evidence, proof)
        yield Candidate(
            component=component,
            fault=Fault.RECORD_TYPE_WRONG,
            statement=statement,
            first_action=action,
            confidence=Confidence.HIGH,
            proof=proof_of(denied, *registered, *misled(evidence, denied.name)),
            shows=proof,
            harms=users,
            cuts=users,
            ruled_out=(_resolver_answers(denied),),
        )


def absence_still_cached(evidence: Evidence) -> Iterator[Candidate]:
    """What is registered (again) is still denied, by the zone that holds it: caches remember the time without it."""
    zones = evidence.of(ZoneExists)
    for denied in evidence.of(NameDenied):
        registered = [claim for claim in _registered(evidence, denied.name) if claim.addresses]
        records = [
            record
            for record in evidence.of(RecordExists)
            if plain(record.name) == plain(denied.name) and record.values and record.type == denied.wanted
        ]
        if denied.alias or denied.types or not (registered or records):
            continue
        if registered:
            homes = [known.namespace for known in evidence.of(NamespaceExists)]
        else:
            homes = [zone.zone for zone in zones]
            if not any(record.private for record in records) and any(
                zone.private and covers(zone.zone, denied.name) for zone in zones
            ):
                continue  # a private zone answers, and the public record was never in it
        home = max((zone for zone in homes if covers(zone, denied.name)), key=len, default="")
        # Who denies is not the zone that has it: that one is not asked at all, and nothing will come of waiting.
        if not home or (denied.zone and plain(denied.zone) != plain(home)):
            continue
        holds: list[RegisteredAs | RecordExists] = [*registered, *records]
        fresh = [claim for claim in holds if seen_at(claim) >= seen_at(denied)]
        alive = _answers_now(evidence, registered, denied)
        if registered and (_runs_elsewhere(evidence, registered) or not (fresh or alive)):
            continue
        held = sorted({a for claim in registered for a in claim.addresses} | {v for r in records for v in r.values})
        for_seconds = f" for {denied.seconds} s more" if denied.seconds else ""
        proof = proof_of(denied, *misled(evidence, denied.name))
        users = users_of(evidence, proof)
        yield Candidate(
            component=denied.component,
            fault=Fault.NEGATIVE_CACHE,
            statement=f"{denied.name} is registered ({listed(held)}), and resolvers still deny it{for_seconds}: they "
            "remember the time in which it was not.",
            first_action=f"Wait{for_seconds or ' until the denial is over'}; if the name is still gone, look at the "
            f"zone {home}. Afterwards lower the negative TTL of its SOA record.",
            confidence=Confidence.HIGH if fresh and denied.zone and denied.seconds else Confidence.MEDIUM,
            proof=proof_of(denied, *holds, *alive, *misled(evidence, denied.name)),
            shows=proof,
            harms=users,
            cuts=users,
            ruled_out=tuple(
                RuledOut(subject=claim.component, why=f"{claim.name} is registered there", proof=claim.proof)
                for claim in registered
            ),
        )


def no_record(evidence: Evidence) -> Iterator[Candidate]:
    """A name exists without any record that leads somewhere, and no registry of services is to fill it."""
    namespaces = evidence.of(NamespaceExists)
    for denied in evidence.of(NameDenied):
        if denied.outcome is not NameOutcome.NODATA or denied.alias or denied.types or denied.types is None:
            continue
        # Who is not registered there, and why, the rules about tasks tell.
        if _registered(evidence, denied.name) or any(covers(known.namespace, denied.name) for known in namespaces):
            continue
        if not namespaces and evidence.has("cloudmap"):
            continue
        if any(plain(record.name) == plain(denied.name) for record in evidence.of(RecordExists)):
            continue
        proof = proof_of(denied, *misled(evidence, denied.name))
        users = users_of(evidence, proof)
        yield Candidate(
            component=denied.component,
            fault=Fault.DNS_EMPTY_ANSWER,
            statement=f"{denied.name} exists and has no record that leads anywhere (neither A, AAAA nor SRV).",
            first_action=f"Restore the {denied.wanted} record of {denied.name} in its zone.",
            confidence=Confidence.HIGH if denied.zone else Confidence.MEDIUM,
            proof=proof,
            shows=proof,
            harms=users,
            cuts=users,
            ruled_out=(_resolver_answers(denied),),
        )


def _registered(evidence: Evidence, name: str) -> list[RegisteredAs]:
    return [claim for claim in evidence.of(RegisteredAs) if plain(claim.name) == plain(name)]


def _runs_elsewhere(evidence: Evidence, registered: Iterable[RegisteredAs]) -> bool:
    """Whether every registered address is one that no task of the service has, as far as that was read."""
    for claim in registered:
        running = [r for r in evidence.of(RunsAt) if evidence.same_service(r.component, claim.component)]
        living = {address for each in running for address in each.addresses}
        if not running or living & set(claim.addresses):
            return False
    return True


def _answers_now(evidence: Evidence, registered: Iterable[RegisteredAs], denied: NameDenied) -> list[AnswerSays]:
    """Answers of the service itself by another way, no older than the denial: then it has not stopped since."""
    components = [claim.component for claim in registered]
    return [
        answer
        for answer in evidence.of(AnswerSays)
        if answer.status < 500
        and answer.emitter is not Emitter.LOAD_BALANCER
        and seen_at(answer) >= seen_at(denied)
        and any(evidence.same_service(answer.component, component) for component in components)
    ]


def _resolver_answers(denied: NameDenied) -> RuledOut:
    return RuledOut(subject="the resolver", why=f"it gives a definite answer for {denied.name}", proof=denied.proof)


RULES = (type_of_no_use, absence_still_cached, no_record)
