"""Rules about the registration of a model: who refuses whom on its way, and what only one of two ways meets."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import Claim, LoginAnswered, RegisteredAs, RunsAt, SettingPointsTo
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.journey_claims import ArtifactStoreDenied, HostRejected, RegistrationTried, StoreRefuses
from auditor.domain.diagnosis.journey_words import StepAnswer, StoreComplaint
from auditor.domain.diagnosis.role_claims import HoldsPassword, RunsWithRoles
from auditor.domain.diagnosis.stores import neighbours_with_store
from auditor.domain.diagnosis.words import LoginOutcome


def host_rejected(evidence: Evidence) -> Iterator[Candidate]:
    """A server refuses the very name that it is registered under, or takes another Host at the same address."""
    rejections = evidence.of(HostRejected)
    needs = evidence.needs
    rejecting = {evidence.service_of(claim.component) for claim in rejections}
    for service in sorted(rejecting - {""}):
        # Who only relays what another one behind it says is not the one that compares the Host.
        if needs.get(service, frozenset()) & rejecting:
            continue
        here = [claim for claim in rejections if evidence.service_of(claim.component) == service]
        straight = [claim for claim in here if claim.by_other_name or _is_its_own_name(evidence, claim)]
        if not straight:
            continue
        component = evidence.sibling(straight[0].component, "taskdef") or straight[0].component
        called = " and ".join(sorted({claim.called for claim in straight}))
        accepts = [claim for claim in straight if claim.by_other_name]
        yield Candidate(
            component=component,
            fault=Fault.HOST_HEADER_REJECTED,
            statement=f"The server of {component} refuses the Host that its callers use ({called})"
            f"{', and the same server takes another one' if accepts else ''}: its list of allowed hosts lacks it.",
            first_action=f"Add {called} to the allowed hosts in {component}, with the port and exactly as callers "
            "write it, and deploy it.",
            confidence=Confidence.HIGH,
            proof=proof_of(*straight, *_names_of(evidence, service)),
            shows=proof_of(*here),
            harms=frozenset({service}),
            named=True,
            ruled_out=(
                RuledOut(
                    subject="credentials and roles",
                    why="the answer speaks of the Host alone, before anybody's rights are looked at",
                    proof=proof_of(*here),
                ),
            ),
        )


def artifacts_denied(evidence: Evidence) -> Iterator[Candidate]:
    """A service says that the store of its artifacts denies it: what its tasks may do is their task role's matter."""
    for denied in evidence.of(ArtifactStoreDenied):
        service = evidence.service_of(denied.component)
        roles = [r for r in evidence.of(RunsWithRoles) if r.task_role and evidence.service_of(r.component) == service]
        found = {evidence.bound_to("iam", role.task_role) for role in roles} - {""}
        if not service or len(found) != 1:
            continue
        (component,) = found
        yield Candidate(
            component=component,
            fault=Fault.IAM_S3_DENIED,
            statement=f"The store of artifacts denies {denied.component}, whose tasks run as {component}.",
            first_action=f"Let {component} list, get, put and delete in the bucket of artifacts; if it may, look for a "
            "policy of the bucket or of its key that denies it.",
            # A policy of the bucket's own that denies it would look the same.
            confidence=Confidence.MEDIUM,
            proof=proof_of(denied, *roles),
            shows=denied.proof,
            harms=frozenset({service}),
            named=True,
        )


def only_through_the_proxy(evidence: Evidence) -> Iterator[Candidate]:
    """What the registry takes when it is asked directly fails through the service in front of it."""
    tried = evidence.of(RegistrationTried)
    for front in tried:
        service = evidence.service_of(front.component)
        for direct in tried:
            if not service or evidence.same_service(front.component, direct.component):
                continue
            settings = [
                s
                for s in evidence.of(SettingPointsTo)
                if evidence.service_of(s.component) == service and s.host.lower() == direct.host.lower()
            ]
            fault = _fault_between(front, direct)
            if fault is None or not settings or front.stopped_at not in direct.done:
                continue
            component = evidence.sibling(settings[0].component, "code") or settings[0].component
            yield Candidate(
                component=component,
                fault=fault,
                statement=f"The stage {front.stopped_at} of a model's registration passes at {direct.host} itself and "
                f"fails through {component}: {_BETWEEN[fault]}.",
                first_action=f"Compare what {component} sends to {direct.host} for this stage with what it was sent "
                "(path, method, headers, body), and mend it there.",
                confidence=Confidence.HIGH,
                proof=proof_of(front, direct, *settings),
                shows=front.proof,
                harms=frozenset({service}),
                named=True,
                ruled_out=(
                    RuledOut(
                        subject=direct.component,
                        why=f"the same stage passes when it is asked directly ({', '.join(direct.done)})",
                        proof=direct.proof,
                    ),
                ),
            )


_BETWEEN = {
    Fault.PROXY_PATH_NOT_TRANSLATED: "it relays the paths of the stages before, and this one is not served there",
    Fault.PROXY_STRIPS_AUTH: "the key that was sent does not arrive",
    Fault.API_CONTRACT_MISMATCH: "what arrives is refused as a wrong request",
}


def _fault_between(front: RegistrationTried, direct: RegistrationTried) -> Fault | None:
    """What the difference of the two ways shows; None where it shows nothing for sure."""
    match front.answer:
        case StepAnswer.NOT_SERVED if front.done:
            return Fault.PROXY_PATH_NOT_TRANSLATED
        case StepAnswer.KEY_NOT_SEEN if direct.key_sent and front.key_sent:
            return Fault.PROXY_STRIPS_AUTH
        case StepAnswer.REQUEST_REFUSED if front.by_registry:
            return Fault.API_CONTRACT_MISMATCH
    return None


def store_refuses_the_service(evidence: Evidence) -> Iterator[Candidate]:
    """A service says how its store refuses it, while the platform's own login gets in there: the service's settings."""
    for refused in evidence.of(StoreRefuses):
        service = evidence.service_of(refused.component)
        needed = evidence.needs.get(service, frozenset())
        accepted = [
            login
            for login in evidence.of(LoginAnswered)
            if login.outcome is LoginOutcome.ACCEPTED
            and login.of_platform
            and evidence.service_of(login.component) in needed
        ]
        hosts = {login.host.lower() for login in accepted}
        if neighbours_with_store(evidence, service):
            continue  # what it relays may be a neighbour's word of the neighbour's own store
        holding = [
            claim
            for claim in evidence.of(HoldsPassword)
            if evidence.service_of(claim.component) == service and claim.host.lower() in hosts
        ]
        if len(hosts) != 1:
            continue
        match refused.complaint:
            case StoreComplaint.CREDENTIALS_REFUSED if holding:
                fault, component = Fault.DB_BAD_PASSWORD, holding[0].component
                told = f"{holding[0].setting} holds a password of its own, which the server refuses"
                action = f"Take the login out of {holding[0].setting}: reference the secret, whose value is accepted."
            case StoreComplaint.ENCRYPTION_DEMANDED:
                fault, component = Fault.DB_TLS_REQUIRED, evidence.sibling(refused.component, "taskdef")
                told = "it connects without TLS, which the server demands"
                action = f"Write sslmode=require into the connection of {component}. Do not relax the server's demand."
            case StoreComplaint.NO_SUCH_DATABASE:
                fault, component = Fault.DB_NAME_WRONG, evidence.sibling(refused.component, "taskdef")
                told = f"the database that it names does not exist; {accepted[0].database} does"
                action = f"Set the database's name in {component} and deploy it."
            case _:
                continue
        if not component:
            continue
        yield Candidate(
            component=component,
            fault=fault,
            statement=f"{refused.component} says that its store refuses it: {told}. {accepted[0].host} lets "
            f"{accepted[0].user} in.",
            first_action=action,
            confidence=Confidence.HIGH,
            proof=proof_of(refused, *accepted, *holding),
            shows=refused.proof,
            harms=frozenset({service}),
            named=True,
            ruled_out=(
                RuledOut(
                    subject=evidence.sibling(accepted[0].component, "rds") or accepted[0].component,
                    why=f"it accepts {accepted[0].user} with the current value of its secret",
                    proof=proof_of(*accepted),
                ),
            ),
        )


def _is_its_own_name(evidence: Evidence, claim: HostRejected) -> bool:
    """Whether the request went straight to the tasks of the service that the answer is laid to."""
    host = claim.host.lower().rstrip(".")
    names = [c.name for c in evidence.of(RegisteredAs) if evidence.same_service(c.component, claim.component)]
    runs = [c.addresses for c in evidence.of(RunsAt) if evidence.same_service(c.component, claim.component)]
    return host in {name.lower().rstrip(".") for name in names} or any(host in addresses for addresses in runs)


def _names_of(evidence: Evidence, service: str) -> list[Claim]:
    return [claim for claim in evidence.of(RegisteredAs) if evidence.service_of(claim.component) == service]


RULES = (host_rejected, artifacts_denied, only_through_the_proxy, store_refuses_the_service)
