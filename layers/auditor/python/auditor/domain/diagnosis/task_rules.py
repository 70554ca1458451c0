"""Rules about running tasks: why they stop, and whether names still lead to the ones that run."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import PortAnswers, RegisteredAs, RunsAt
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.network_claims import EdgeAdmits
from auditor.domain.diagnosis.network_rules import finds_no_address
from auditor.domain.diagnosis.own_ends import broken_pages, names_gone, own_reason
from auditor.domain.diagnosis.routing_claims import TargetRefused, TargetsStand
from auditor.domain.diagnosis.stop_meanings import (
    MEANINGS,
    SECRET_WAITS_FOR_DELETION,
    component_of,
    gone_secrets,
    log_of,
    reason_by_log,
)
from auditor.domain.diagnosis.stores import login_refused_to_all
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import PortOutcome, StopReason

_CRASHED = MEANINGS[StopReason.CRASHED]
_LACKING = {
    LogSaying.FILE_MISSING: "a file or module that the code needs is not in the image",
    LogSaying.SETTING_MISSING: "a setting that the code needs is absent",
}
"""What a process may notice only when it needs it."""


def stopped_for_a_reason(evidence: Evidence) -> Iterator[Candidate]:
    """A stopped task says itself why."""
    for stopped in evidence.of(TaskStopped):
        said = _said_in_log(evidence, stopped)
        reason, service = _reason(evidence, stopped, said), evidence.service_of(stopped.component)
        gone = gone_secrets(evidence, stopped.component) if reason is StopReason.SECRET_NOT_FOUND else []
        meaning = SECRET_WAITS_FOR_DELETION if gone else MEANINGS.get(reason)
        if meaning is None or not service:
            continue
        component = gone[0].component if gone else component_of(evidence, stopped.component, meaning)
        crashed = meaning is _CRASHED
        if not component or (crashed and own_reason(evidence, service)):
            continue
        counts = [claim for claim in evidence.of(RunningCounts) if claim.component == stopped.component]
        nothing_runs = any(claim.running == 0 for claim in counts)
        lost = [*gone, *(names_gone(evidence, service) if nothing_runs else ())]
        # While as many run as should, a task that stopped is no proof that users feel it.
        short = not counts or any(claim.running < claim.desired for claim in counts)
        yield Candidate(
            component=component,
            fault=meaning.fault,
            statement=f"A task of {stopped.component} {meaning.words}.",
            first_action=meaning.first_action,
            # An own error can be that of a setting, unless those were read.
            confidence=Confidence.HIGH
            if short and not (crashed and not evidence.settings_read(service))
            else Confidence.MEDIUM,
            proof=proof_of(stopped, *said, *counts, *lost),
            shows=proof_of(stopped, *counts, *lost),
            harms=frozenset({service}),
            cuts=frozenset({service}) if nothing_runs else frozenset(),
            named=short,
        )


def nothing_runs(evidence: Evidence) -> Iterator[Candidate]:
    """A service should run and does not, and no stopped task says why."""
    for counts in evidence.of(RunningCounts):
        service = evidence.service_of(counts.component)
        stopped = [claim for claim in evidence.of(TaskStopped) if claim.component == counts.component]
        told = [claim for claim in stopped if _told(evidence, claim)]
        killed = any(claim.reason is StopReason.HEALTH_CHECK_FAILED for claim in stopped)
        if not service or counts.running > 0 or counts.may_rest or told or finds_no_address(evidence, counts):
            continue
        # Nor who ends at a login that is refused to everybody, where the secret and the store are looked at, or for
        # another reason that is known.
        if login_refused_to_all(evidence, service) or (stopped and own_reason(evidence, service)):
            continue
        # Who was killed for its health did not fail to run: what the check asks and gets decides.
        if killed and any(evidence.service_of(claim.component) == service for claim in evidence.of(TargetRefused)):
            continue
        yield Candidate(
            component=counts.component,
            fault=Fault.NO_RUNNING_TASKS,
            statement=f"{counts.component} should run {counts.desired} and runs none{_why(evidence, stopped)}."
            if counts.desired
            else f"{counts.component} was scaled to no task at all.",
            first_action="Read the stopped tasks' reasons and the last lines of their log; roll back to the last "
            "revision that ran."
            if counts.desired
            else "Set the service's desired count back, and see who or what set it to 0.",
            # Where subnets and rules were not read, their want of addresses or ways may be the reason.
            confidence=Confidence.MEDIUM
            if counts.rolling_out or killed or not evidence.of(EdgeAdmits)
            else Confidence.HIGH,
            proof=proof_of(counts, *stopped, *names_gone(evidence, service)),
            shows=proof_of(counts, *stopped, *names_gone(evidence, service)),
            cuts=frozenset({service}),
            named=True,
            # A task that ended by itself may have ended for want of what it needs.
            for_want_of=service if stopped and all(claim.reason is StopReason.EXITED for claim in stopped) else "",
        )


def log_says_what_running_tasks_lack(evidence: Evidence) -> Iterator[Candidate]:
    """Tasks run on, answer some requests with an error of their own, and their log says what those need and lack."""
    for said in evidence.of(LogSays):
        service = evidence.service_of(said.component)
        meaning = MEANINGS.get(reason_by_log(evidence, [said]) or StopReason.OTHER)
        component = component_of(evidence, said.component, meaning) if meaning else ""
        broken = broken_pages(evidence, service)
        if meaning is None or said.saying not in _LACKING or not component or not broken:
            continue
        if any(
            c.reason is StopReason.EXITED and evidence.service_of(c.component) == service
            for c in evidence.of(TaskStopped)
        ):
            continue
        yield Candidate(
            component=component,
            fault=meaning.fault,
            statement=f"{broken[0].host}{broken[0].path} answers 500, and the log of {said.component} says "
            f"{said.count} times that {_LACKING[said.saying]}.",
            first_action=meaning.first_action,
            confidence=Confidence.HIGH,
            proof=proof_of(said, *broken),
            shows=proof_of(said, *broken),
            harms=frozenset({service}),
            named=True,
        )


def log_says_why_nothing_is_registered(evidence: Evidence) -> Iterator[Candidate]:
    """What runs was not told; nothing of the service is registered, and its log says why its tasks end."""
    told = {evidence.service_of(claim.component) for claim in evidence.of(RunningCounts)}
    told |= {evidence.service_of(claim.component) for claim in evidence.of(TaskStopped)}
    logged = {evidence.service_of(claim.component) for claim in evidence.of(LogSays)}
    for service in sorted(logged - told - {""}):
        said, names = log_of(evidence, service), names_gone(evidence, service)
        groups = [c for c in evidence.of(TargetsStand) if evidence.service_of(c.component) == service]
        registered = any(c.registered for c in groups) or any(
            c.addresses for c in evidence.of(RegisteredAs) if evidence.service_of(c.component) == service
        )
        meaning = MEANINGS.get(reason_by_log(evidence, said) or StopReason.OTHER)
        component = component_of(evidence, said[0].component, meaning) if meaning else ""
        if meaning is None or not component or registered or not (groups or names):
            continue
        if meaning is _CRASHED and own_reason(evidence, service):
            continue
        yield Candidate(
            component=component,
            fault=meaning.fault,
            statement=f"By its log a task of {said[0].component} {meaning.words}; none is registered, and what runs "
            "was not told.",
            first_action=meaning.first_action,
            confidence=Confidence.MEDIUM,
            proof=proof_of(*said, *groups, *names),
            shows=proof_of(*said, *groups, *names),
            harms=frozenset({service}),
            cuts=frozenset({service}),
            named=True,
        )


def runs_and_is_not_registered(evidence: Evidence) -> Iterator[Candidate]:
    """Tasks run, and their name has no instance at all."""
    for registered in evidence.of(RegisteredAs):
        running = [
            claim
            for claim in evidence.of(RunsAt)
            if claim.addresses and evidence.same_service(claim.component, registered.component)
        ]
        if registered.addresses or not running:
            continue
        yield Candidate(
            component=running[0].component,
            fault=Fault.NOT_REGISTERED_IN_CLOUDMAP,
            statement=f"{running[0].component} runs at {', '.join(running[0].addresses)} and {registered.name} has no "
            "instance: nobody finds it by its name.",
            first_action="Give the service its registry of names again (serviceRegistries) and deploy it; registering "
            "the address by hand helps until the next task.",
            confidence=Confidence.HIGH,
            proof=proof_of(*names_gone(evidence, evidence.service_of(registered.component)), *running),
            shows=proof_of(*names_gone(evidence, evidence.service_of(registered.component))),
            harms=frozenset({evidence.service_of(running[0].component)}),
            cuts=frozenset({evidence.service_of(running[0].component)}),
            named=True,
            ruled_out=(RuledOut(subject="the resolver", why="it has nothing to answer with", proof=registered.proof),),
        )


def dead_instance_still_registered(evidence: Evidence) -> Iterator[Candidate]:
    """A name leads, besides others, to an address that no running task of its service has and that does not answer."""
    for registered in evidence.of(RegisteredAs):
        service = evidence.service_of(registered.component)
        running = [c for c in evidence.of(RunsAt) if evidence.same_service(c.component, registered.component)]
        counts = [c for c in evidence.of(RunningCounts) if evidence.same_service(c.component, registered.component)]
        answering = {address for address in registered.addresses if _answers(evidence, address)}
        living = {address for claim in running for address in claim.addresses}
        if not living and any(claim.running == len(answering) > 0 for claim in counts):
            living = answering  # as many answer as run: whatever else is registered is nobody's
        for address in sorted(set(registered.addresses) - living):
            tried = [claim for claim in evidence.of(PortAnswers) if claim.address == address]
            moved = [c for c in evidence.of(RunsAt) if address in c.addresses]
            if not living or (address in answering and not moved) or not (tried or running):
                continue
            where = f"which {moved[0].component} has now" if moved else "where no task of its service runs"
            # While tasks are replaced, the old one may be registered a moment longer than it lives.
            replacing = any(claim.rolling_out for claim in counts)
            yield Candidate(
                component=registered.component,
                fault=Fault.STALE_INSTANCE,
                statement=f"{registered.name} still leads to {address}, {where} "
                f"(its tasks run at {', '.join(sorted(living))}).",
                first_action=f"Deregister the instance {address} of {registered.name}.",
                confidence=Confidence.HIGH if (tried or moved) and not replacing else Confidence.MEDIUM,
                proof=proof_of(registered, *running, *counts, *tried, *moved),
                shows=proof_of(registered, *tried),
                harms=frozenset({service}),
                # Whoever gets another address of the name is served.
                cuts=frozenset() if answering & living else frozenset({service}),
                named=bool(tried or moved) and not replacing,
                ruled_out=tuple(
                    RuledOut(
                        subject="security groups and network ACLs",
                        why=f"{other} of the same name answers on the same port",
                        proof=proof_of(*(c for c in evidence.of(PortAnswers) if c.address == other)),
                    )
                    for other in sorted(answering & living)
                ),
            )


def _why(evidence: Evidence, stopped: list[TaskStopped]) -> str:
    """What the stops say of themselves, where the catalogue has nothing that it could be laid to."""
    meanings = [MEANINGS.get(_reason(evidence, claim, _said_in_log(evidence, claim))) for claim in stopped]
    words = sorted({meaning.words for meaning in meanings if meaning is not None})
    if words:
        return f": a task {' or '.join(words)}, and the catalogue has no component for that"
    return "; nothing that was seen says why"


def _told(evidence: Evidence, stopped: TaskStopped) -> bool:
    """Whether a stop says why, itself or by the log, and the catalogue has the component that is at fault."""
    reason = _reason(evidence, stopped, _said_in_log(evidence, stopped))
    if reason is StopReason.SECRET_NOT_FOUND and gone_secrets(evidence, stopped.component):
        return True
    meaning = MEANINGS.get(reason)
    return meaning is not None and bool(component_of(evidence, stopped.component, meaning))


def _said_in_log(evidence: Evidence, stopped: TaskStopped) -> list[LogSays]:
    """What fatal lines of the same service say; only a task that ended by itself leaves its reason to the log."""
    if stopped.reason is not StopReason.EXITED:
        return []
    return log_of(evidence, evidence.service_of(stopped.component))


def _reason(evidence: Evidence, stopped: TaskStopped, said: list[LogSays]) -> StopReason:
    return reason_by_log(evidence, said) or stopped.reason


def _answers(evidence: Evidence, address: str) -> bool:
    return any(c.address == address and c.outcome is PortOutcome.OPEN for c in evidence.of(PortAnswers))


RULES = (
    stopped_for_a_reason,
    nothing_runs,
    log_says_what_running_tasks_lack,
    log_says_why_nothing_is_registered,
    runs_and_is_not_registered,
    dead_instance_still_registered,
)
