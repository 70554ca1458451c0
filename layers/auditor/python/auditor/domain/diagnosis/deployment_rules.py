"""Rules about what was deployed against what runs: revisions, and the registry that tasks are entered in."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence
from auditor.domain.diagnosis.claims import RegisteredAs, RunsAt
from auditor.domain.diagnosis.deployment_claims import DeploymentStands, RegistersWith, RegistryIs, ServesGroups
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.groups import group_component
from auditor.domain.diagnosis.routing_claims import PathAnswers, TargetsStand
from auditor.domain.diagnosis.task_claims import RunningCounts
from auditor.domain.diagnosis.words import Emitter


def deployment_not_applied(evidence: Evidence) -> Iterator[Candidate]:
    """A deployment is reported complete, and no task of its revision runs.

    It is shown where it was seen, and blamed for nothing else: that the old code is wrong, nobody has said.
    """
    for stands in evidence.of(DeploymentStands):
        service = evidence.service_of(stands.component)
        if not service or not stands.done or not stands.running or stands.wanted in stands.running:
            continue
        yield Candidate(
            component=stands.component,
            fault=Fault.DEPLOY_NOT_APPLIED,
            statement=f"The deployment of {stands.wanted} is reported complete, and {stands.component} runs "
            f"{', '.join(stands.running)}.",
            first_action=f"Force a new deployment of {stands.wanted}, and see why the running tasks were not replaced.",
            confidence=Confidence.HIGH,
            proof=stands.proof,
            shows=stands.proof,
        )


def registered_elsewhere(evidence: Evidence) -> Iterator[Candidate]:
    """Tasks run and their name has no instance, because they are entered in another registry than the name's."""
    for registry in evidence.of(RegistryIs):
        empty = [c for c in evidence.of(RegisteredAs) if c.component == registry.component and not c.addresses]
        for entered in evidence.of(RegistersWith):
            running = [c for c in evidence.of(RunsAt) if c.component == entered.component and c.addresses]
            wrong = bool(entered.registries) and registry.arn not in entered.registries
            if not (empty and running and wrong) or not evidence.same_service(entered.component, registry.component):
                continue
            service = evidence.service_of(entered.component)
            yield Candidate(
                component=entered.component,
                fault=Fault.NOT_REGISTERED_IN_CLOUDMAP,
                statement=f"{entered.component} runs and enters its tasks in {', '.join(entered.registries)}, where "
                f"{registry.name} is {registry.arn}, which has no instance: nobody finds it by its name.",
                first_action=f"Give the service the registry {registry.arn} (serviceRegistries) and deploy it.",
                confidence=Confidence.HIGH,
                proof=proof_of(registry, entered, *empty, *running),
                shows=proof_of(*empty),
                harms=frozenset({service}),
                cuts=frozenset({service}),
                named=True,
            )


def serves_another_group(evidence: Evidence) -> Iterator[Candidate]:
    """Tasks run and the group that the balancer sends to is empty, because they are entered in a group of nobody's."""
    for serves in evidence.of(ServesGroups):
        service = evidence.service_of(serves.component)
        running = [c for c in evidence.of(RunningCounts) if c.component == serves.component and c.running]
        empty = [
            stand
            for stand in evidence.of(TargetsStand)
            if not stand.registered
            and evidence.service_of(group_component(evidence, stand.group, stand.component)) == service
        ]
        known = any(stand.group in serves.groups for stand in evidence.of(TargetsStand))
        if not service or not serves.groups or not running or not empty or known:
            continue
        groups = " and ".join(serves.groups)
        pages = [
            page
            for page in evidence.of(PathAnswers)
            if page.status == 503
            and page.emitter is Emitter.LOAD_BALANCER
            and evidence.service_of(page.component) == service
        ]
        yield Candidate(
            component=serves.component,
            fault=Fault.TARGET_GROUP_NOT_ATTACHED,
            statement=f"{serves.component} runs and enters its tasks in {groups}, to which no known listener sends: "
            f"{empty[0].group}, where the requests go, has no target.",
            first_action=f"Let the listener's rule forward to {groups}, or give the service {empty[0].group} again.",
            confidence=Confidence.HIGH,
            proof=proof_of(serves, *running, *empty, *pages),
            shows=proof_of(*empty, *pages),
            harms=frozenset({service}),
            named=True,
        )


RULES = (deployment_not_applied, registered_elsewhere, serves_another_group)
