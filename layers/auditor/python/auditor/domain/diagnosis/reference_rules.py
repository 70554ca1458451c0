"""Rules about values that no client can use and references that lead nowhere."""

from collections.abc import Iterator

from auditor.domain.diagnosis.cache_claims import StoreServes
from auditor.domain.diagnosis.cache_complaints import complaining
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import HealthReports, ReferenceLeadsNowhere, SecretGone, SettingUnusable
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.own_ends import own_ends
from auditor.domain.diagnosis.stop_meanings import SECRET_WAITS_FOR_DELETION
from auditor.domain.diagnosis.task_claims import TaskStopped
from auditor.domain.diagnosis.words import StopReason


def unusable_value(evidence: Evidence) -> Iterator[Candidate]:
    """A setting is present and its value cannot work."""
    for setting in evidence.of(SettingUnusable):
        service = evidence.service_of(setting.component)
        ends = own_ends(evidence, service)
        if service:
            yield Candidate(
                component=setting.component,
                fault=Fault.CONFIG_VALUE_MALFORMED,
                statement=f"{setting.setting} in {setting.component} cannot be used: {setting.problem}.",
                first_action=f"Correct {setting.setting} in the task definition and deploy the service again.",
                confidence=Confidence.HIGH if ends.claims else Confidence.MEDIUM,
                proof=proof_of(setting, *ends.claims),
                shows=proof_of(setting, *ends.claims),
                harms=frozenset({service}),
                cuts=ends.cuts,
            )


def reference_to_nothing(evidence: Evidence) -> Iterator[Candidate]:
    """A setting takes its value from a secret or parameter that does not exist; new tasks cannot start."""
    for reference in evidence.of(ReferenceLeadsNowhere):
        service = evidence.service_of(reference.component)
        gone = [c for c in evidence.of(SecretGone) if c.component == evidence.bound_to("secret", reference.reference)]
        wanted = StopReason.PARAMETER_NOT_FOUND if reference.to_parameter else StopReason.SECRET_NOT_FOUND
        stopped = [
            claim
            for claim in evidence.of(TaskStopped)
            if claim.reason is wanted and evidence.service_of(claim.component) == service
        ]
        component = gone[0].component if gone else _where_to_act(evidence, reference)
        if not service or not component:
            continue
        store, complaints = _store_that_is_well(evidence, component, service)
        what = "parameter" if reference.to_parameter else "secret"
        remedy = f"Create the {what}, or correct the reference" if reference.to_parameter else "Correct the reference"
        yield Candidate(
            component=component,
            fault=Fault.SSM_PARAMETER_MISSING if reference.to_parameter else Fault.SECRET_ARN_INVALID,
            statement=f"{reference.setting} in {reference.component} takes its value from a {what} that "
            f"{'waits for its deletion' if gone else 'does not exist'} "
            f"({reference.reference or 'no readable reference'}).",
            first_action=SECRET_WAITS_FOR_DELETION.first_action
            if gone
            else f"{remedy} in {reference.component}, and deploy the service again.",
            confidence=Confidence.HIGH if stopped or store else Confidence.MEDIUM,
            proof=proof_of(reference, *gone, *stopped, *store, *complaints),
            shows=proof_of(reference, *gone, *stopped, *complaints),
            harms=frozenset({service}),
            named=bool(stopped or store),
            ruled_out=tuple(
                RuledOut(subject=each.component, why="it answers whoever knows where it is", proof=each.proof)
                for each in store[:1]
            ),
        )


def parameter_of_a_store_missing(evidence: Evidence) -> Iterator[Candidate]:
    """Tasks stop for want of a parameter, and those that run look for a store in vain that is well."""
    for stopped in evidence.of(TaskStopped):
        service = evidence.service_of(stopped.component)
        for store in evidence.of(StoreServes) if stopped.reason is StopReason.PARAMETER_NOT_FOUND and service else ():
            component = evidence.sibling(store.component, "ssm")
            complaints = dict(complaining(evidence, store.component)).get(service, [])
            if not component or not complaints:
                continue
            yield Candidate(
                component=component,
                fault=Fault.SSM_PARAMETER_MISSING,
                statement=f"New tasks of {stopped.component} cannot start, because a parameter does not exist, and "
                f"those that run do not find {store.component}, which answers at {store.host}.",
                first_action=f"Create the parameters of {component} (or write their values into the task definition) "
                "and deploy again.",
                # With parameters of others about, the missing one may be theirs.
                confidence=Confidence.HIGH if evidence.only("ssm") else Confidence.MEDIUM,
                proof=proof_of(stopped, store, *complaints),
                shows=proof_of(stopped, *complaints),
                harms=frozenset({service}),
                named=True,
                ruled_out=(
                    RuledOut(subject=store.component, why="it answers whoever knows where it is", proof=store.proof),
                ),
            )


def _store_that_is_well(
    evidence: Evidence, component: str, service: str
) -> tuple[list[StoreServes], list[HealthReports]]:
    """The key-value store that the missing reference belongs to, where it serves and the service says that it fails."""
    for store in evidence.of(StoreServes):
        complaints = dict(complaining(evidence, store.component)).get(service, [])
        if complaints and component != store.component and evidence.same_service(component, store.component):
            return [store], complaints
    return [], []


def _where_to_act(evidence: Evidence, reference: ReferenceLeadsNowhere) -> str:
    """A missing parameter is created; a reference to no secret is corrected where it stands."""
    if not reference.to_parameter:
        return reference.component
    return evidence.parent_path("ssm", reference.reference) or evidence.only("ssm") or reference.component


RULES = (unusable_value, reference_to_nothing, parameter_of_a_store_missing)
