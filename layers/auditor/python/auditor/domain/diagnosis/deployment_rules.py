"""Rules about what was deployed against what runs: revisions, and the registry that tasks are entered in."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence
from auditor.domain.diagnosis.claims import RegisteredAs, RunsAt
from auditor.domain.diagnosis.deployment_claims import DeploymentStands, RegistersWith, RegistryIs
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault


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


RULES = (deployment_not_applied, registered_elsewhere)
