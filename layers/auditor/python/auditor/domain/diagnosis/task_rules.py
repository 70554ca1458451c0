"""Rules about running tasks: why they stop, and whether names still lead to the ones that run."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import (
    Claim,
    LoginAnswered,
    NameResolves,
    PortAnswers,
    RegisteredAs,
    RunningCounts,
    RunsAt,
    TaskStopped,
)
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.network_rules import finds_no_address
from auditor.domain.diagnosis.role_claims import RunsWithRoles
from auditor.domain.diagnosis.routing_claims import TargetRefused
from auditor.domain.diagnosis.words import LoginOutcome, NameOutcome, PortOutcome, StopReason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What a reason stands for. ``shared``: the component may belong to another service when the platform has one."""

    fault: Fault
    kind: str
    words: str
    first_action: str
    shared: bool = False


_REASONS = {
    StopReason.OUT_OF_MEMORY: _Meaning(
        fault=Fault.OOM_KILLED,
        kind="ecs",
        words="is killed because it exceeds its memory limit",
        first_action="Raise the task's memory or lower its load, then see what grew.",
    ),
    StopReason.WRONG_ARCHITECTURE: _Meaning(
        fault=Fault.IMAGE_ARCH_MISMATCH,
        kind="image",
        words="cannot execute its image: it was built for another processor",
        first_action="Deploy the previous image; build the new one for the task's processor.",
    ),
    StopReason.IMAGE_NOT_FOUND: _Meaning(
        fault=Fault.IMAGE_NOT_FOUND,
        kind="image",
        words="cannot start: its image is not in the registry",
        first_action="Push the image or roll back to the last revision that ran.",
    ),
    StopReason.SECRET_DENIED: _Meaning(
        fault=Fault.IAM_SECRET_ACCESS_DENIED,
        kind="iam",
        words="cannot start: its execution role may not read a secret",
        first_action="Grant the execution role to read exactly the secrets that the task definition references.",
        shared=True,
    ),
    StopReason.SECRET_NOT_FOUND: _Meaning(
        fault=Fault.SECRET_ARN_INVALID,
        kind="taskdef",
        words="cannot start: its task definition references a secret that does not exist",
        first_action="Correct the reference in the task definition and deploy the service again.",
    ),
    StopReason.PARAMETER_NOT_FOUND: _Meaning(
        fault=Fault.SSM_PARAMETER_MISSING,
        kind="ssm",
        words="cannot start: a parameter that its task definition references does not exist",
        first_action="Create the parameter (or write its value into the task definition) and deploy again.",
        shared=True,
    ),
    StopReason.FILE_MISSING: _Meaning(
        fault=Fault.IMAGE_INCOMPLETE,
        kind="image",
        words="ends because its image lacks a file that its code needs",
        first_action="Roll back to the last revision that ran; then build the image with what its log names.",
    ),
    StopReason.SETTING_MISSING: _Meaning(
        fault=Fault.ENV_MISSING,
        kind="taskdef",
        words="ends because a setting that its code needs is absent from the task definition",
        first_action="Compare the task definition with the revision before, put the setting back and deploy.",
    ),
    StopReason.LOGIN_REFUSED: _Meaning(
        fault=Fault.DB_BAD_PASSWORD,
        kind="taskdef",
        words="ends because the database refuses its login, while the platform's login is accepted there",
        first_action="Take the password out of the task definition, reference the secret in its place and deploy.",
    ),
    StopReason.CRASHED: _Meaning(
        fault=Fault.APP_CRASH_ON_START,
        kind="image",
        words="starts and ends by its own error",
        first_action="Roll back to the last revision that ran; then mend what the last lines of its log say.",
    ),
}


def stopped_for_a_reason(evidence: Evidence) -> Iterator[Candidate]:
    """A stopped task says itself why."""
    for stopped in evidence.of(TaskStopped):
        said = _said_in_log(evidence, stopped)
        meaning, service = _REASONS.get(_reason(evidence, stopped, said)), evidence.service_of(stopped.component)
        if meaning is None or not service:
            continue
        component = _component(evidence, stopped, meaning)
        if not component:
            continue
        counts = [claim for claim in evidence.of(RunningCounts) if claim.component == stopped.component]
        nothing_runs = any(claim.running == 0 for claim in counts)
        # While as many run as should, a task that stopped is no proof that users feel it.
        short = not counts or any(claim.running < claim.desired for claim in counts)
        yield Candidate(
            component=component,
            fault=meaning.fault,
            statement=f"A task of {stopped.component} {meaning.words}.",
            first_action=meaning.first_action,
            confidence=Confidence.HIGH if short else Confidence.MEDIUM,
            proof=proof_of(stopped, *said, *counts, *(_names_gone(evidence, service) if nothing_runs else ())),
            shows=proof_of(stopped, *counts, *(_names_gone(evidence, service) if nothing_runs else ())),
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
        if not service or counts.running > 0 or counts.desired == 0 or told or finds_no_address(evidence, counts):
            continue
        # Who was killed for its health did not fail to run: what the check asks and gets decides.
        if killed and any(evidence.service_of(claim.component) == service for claim in evidence.of(TargetRefused)):
            continue
        yield Candidate(
            component=counts.component,
            fault=Fault.NO_RUNNING_TASKS,
            statement=f"{counts.component} should run {counts.desired} and runs none; nothing that was seen says why.",
            first_action="Read the stopped tasks' reasons and the last lines of their log; roll back to the last "
            "revision that ran.",
            confidence=Confidence.MEDIUM if counts.rolling_out or killed else Confidence.HIGH,
            proof=proof_of(counts, *stopped, *_names_gone(evidence, service)),
            shows=proof_of(counts, *stopped, *_names_gone(evidence, service)),
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
            proof=proof_of(*_names_gone(evidence, evidence.service_of(registered.component)), *running),
            shows=proof_of(*_names_gone(evidence, evidence.service_of(registered.component))),
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


def _told(evidence: Evidence, stopped: TaskStopped) -> bool:
    """Whether a stop says why, itself or by the log, and the catalogue has the component that is at fault."""
    meaning = _REASONS.get(_reason(evidence, stopped, _said_in_log(evidence, stopped)))
    return meaning is not None and bool(_component(evidence, stopped, meaning))


def _said_in_log(evidence: Evidence, stopped: TaskStopped) -> list[LogSays]:
    """What fatal lines of the same service say; only a task that ended by itself leaves its reason to the log."""
    if stopped.reason is not StopReason.EXITED:
        return []
    return [claim for claim in evidence.of(LogSays) if evidence.same_service(claim.component, stopped.component)]


def _reason(evidence: Evidence, stopped: TaskStopped, said: list[LogSays]) -> StopReason:
    """Why it stopped. The log's words in the order in which one explains more than another: a crash is the least."""
    sayings = {claim.saying for claim in said}
    accepted = any(login.of_platform and login.outcome is LoginOutcome.ACCEPTED for login in evidence.of(LoginAnswered))
    for saying, reason in _SAYINGS.items():
        # Where no login is accepted the server or the secret may be at fault as well.
        if saying in sayings and (saying is not LogSaying.LOGIN_REFUSED or accepted):
            return reason
    return stopped.reason


_SAYINGS = {
    LogSaying.WRONG_ARCHITECTURE: StopReason.WRONG_ARCHITECTURE,
    LogSaying.FILE_MISSING: StopReason.FILE_MISSING,
    LogSaying.SETTING_MISSING: StopReason.SETTING_MISSING,
    LogSaying.LOGIN_REFUSED: StopReason.LOGIN_REFUSED,
    LogSaying.OUT_OF_MEMORY: StopReason.OUT_OF_MEMORY,
    LogSaying.CRASHED: StopReason.CRASHED,
}


def _answers(evidence: Evidence, address: str) -> bool:
    return any(c.address == address and c.outcome is PortOutcome.OPEN for c in evidence.of(PortAnswers))


def _names_gone(evidence: Evidence, service: str) -> list[Claim]:
    """A service's names without an instance, and the lookups that found nothing because of it."""
    empty = [
        claim
        for claim in evidence.of(RegisteredAs)
        if not claim.addresses and evidence.service_of(claim.component) == service
    ]
    names = {claim.name.lower() for claim in empty}
    lookups = [
        lookup
        for lookup in evidence.of(NameResolves)
        if lookup.name.lower().rstrip(".") in names and lookup.outcome in (NameOutcome.NXDOMAIN, NameOutcome.NODATA)
    ]
    return [*empty, *lookups]


def _component(evidence: Evidence, stopped: TaskStopped, meaning: _Meaning) -> str:
    own = evidence.sibling(stopped.component, meaning.kind)
    if own or not meaning.shared:
        return own
    if meaning.kind == "iam":
        # Of several roles it is the one that fetches what a task needs before it starts.
        roles = [claim for claim in evidence.of(RunsWithRoles) if claim.component == stopped.component]
        fetching = {evidence.bound_to("iam", claim.execution_role) for claim in roles} - {""}
        if len(fetching) == 1:
            return fetching.pop()
    return evidence.only(meaning.kind)


RULES = (stopped_for_a_reason, nothing_runs, runs_and_is_not_registered, dead_instance_still_registered)
