"""Rules about a secret by which two services know each other: what one holds, the other must hold as well."""

import re
from collections.abc import Iterator
from itertools import permutations

from auditor.domain.blame import needed_services
from auditor.domain.diagnosis.cache_claims import CredentialInjected, StoreAdmits
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import LoginAnswered, SecretChanged
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.routing_claims import PathAnswers
from auditor.domain.diagnosis.task_claims import TasksStarted
from auditor.domain.diagnosis.words import Emitter
from auditor.domain.instants import format_instant

_NOT_LET_IN = (401, 403)
_HANDED_ON = (500, 502, 503)
"""By a service that is not let in by the one behind it."""
_SIX_LETTERS = re.compile(r"-[A-Za-z0-9]{6}(?=:|$)")
"""Which Secrets Manager adds to a secret's name in its ARN; a reference may leave them out."""


def different_secrets(evidence: Evidence) -> Iterator[Candidate]:
    """Caller and callee take a setting of one name from two secrets, and the caller is not let in."""
    for one, other in permutations(evidence.of(CredentialInjected), 2):
        caller, callee = evidence.service_of(one.component), evidence.service_of(other.component)
        same_setting = one.setting.upper() == other.setting.upper() and not one.of_store and not other.of_store
        if not same_setting or _same(evidence, one, other) or _of_stores(evidence, one.secret, other.secret):
            continue
        changed = [claim for claim in (one, other) if claim.changed]
        refused = [p for p in _refused(evidence, caller, callee) if len(changed) == 1 or p.status in _NOT_LET_IN]
        well = _well(evidence, callee)
        if not refused or not well:
            continue
        yield Candidate(
            component=changed[0].component if len(changed) == 1 else one.component,
            fault=Fault.SHARED_SECRET_MISMATCH,
            statement=f"{one.component} takes {one.setting} from another secret than {other.component}, by which the "
            f"two know each other, and {caller} answers {refused[0].status}."
            + (f" The running revision of {changed[0].component} changed it." if len(changed) == 1 else ""),
            first_action=f"Let both take {one.setting} from one secret, and deploy "
            f"{changed[0].component if len(changed) == 1 else 'the one that was changed'} again.",
            # That the two settings are meant to be one is told by their name alone.
            confidence=Confidence.HIGH if len(changed) == 1 and refused[0].status in _NOT_LET_IN else Confidence.MEDIUM,
            proof=proof_of(one, other, *refused, *well),
            shows=proof_of(*refused),
            harms=frozenset({caller}),
            named=True,
            ruled_out=(_itself_well(well),),
        )


def one_side_older(evidence: Evidence) -> Iterator[Candidate]:
    """Caller and callee take one secret, which was changed between the starts of their tasks."""
    for one, other in permutations(evidence.of(CredentialInjected), 2):
        caller, callee = evidence.service_of(one.component), evidence.service_of(other.component)
        if not _same(evidence, one, other) or _of_stores(evidence, one.secret, other.secret):
            continue
        refused, well = _refused(evidence, caller, callee), _well(evidence, callee)
        secret = evidence.bound_to("secret", one.secret)
        starts = [
            claim for claim in evidence.of(TasksStarted) if evidence.service_of(claim.component) in (caller, callee)
        ]
        for change in evidence.of(SecretChanged):
            old = [claim for claim in starts if claim.at < change.at]
            if change.component != secret or not refused or not well or len(old) != 1 or len(starts) != 2:
                continue
            yield Candidate(
                component=old[0].component,
                fault=Fault.SECRET_STALE_IN_TASK,
                statement=f"{secret}, by which {caller} and {callee} know each other, was changed at "
                f"{format_instant(change.at)}; the tasks of {old[0].component} run since "
                f"{format_instant(old[0].at)} and hold the old value, those of the other have the new one.",
                first_action="Force a new deployment of every service that injects this secret.",
                confidence=Confidence.HIGH if refused[0].status in _NOT_LET_IN else Confidence.MEDIUM,
                proof=proof_of(one, other, change, *starts, *refused, *well),
                shows=proof_of(*refused),
                harms=frozenset({caller}),
                named=True,
                ruled_out=(_itself_well(well),),
            )


def _same(evidence: Evidence, one: CredentialInjected, other: CredentialInjected) -> bool:
    """Whether two references lead to one value; its key and version are a part of a reference."""
    first, second = (_SIX_LETTERS.sub("", claim.secret).rstrip(":") for claim in (one, other))
    return first == second or evidence.same_service(one.component, other.component)


def _of_stores(evidence: Evidence, *references: str) -> bool:
    """Whether one of them is a data store's: then the store decides, not the other service."""
    logins: list[LoginAnswered | StoreAdmits] = [*evidence.of(LoginAnswered), *evidence.of(StoreAdmits)]
    of_logins = {evidence.bound_to("secret", login.secret) for login in logins if login.secret} - {""}
    return any(evidence.bound_to("secret", reference) in of_logins for reference in references)


def _refused(evidence: Evidence, caller: str, callee: str) -> list[PathAnswers]:
    """What a service that needs the other answers, where it is not let in."""
    if not caller or not callee or callee not in needed_services(evidence.platform).get(caller, frozenset()):
        return []
    pages = [
        page
        for page in evidence.of(PathAnswers)
        if page.status in (*_NOT_LET_IN, *_HANDED_ON)
        and not page.as_declared
        and page.emitter is not Emitter.LOAD_BALANCER
        and evidence.service_of(page.component) == caller
    ]
    return sorted(pages, key=lambda page: page.status not in _NOT_LET_IN)


def _well(evidence: Evidence, service: str) -> list[PathAnswers]:
    """The pages of a service that are as declared: whom it lets in, it serves."""
    pages = [page for page in evidence.of(PathAnswers) if evidence.service_of(page.component) == service]
    fit = [page for page in pages if page.emitter is not Emitter.LOAD_BALANCER]
    return fit if fit and all(page.as_declared for page in fit) else []


def _itself_well(well: list[PathAnswers]) -> RuledOut:
    why = f"{well[0].path} of it answers as declared"
    return RuledOut(subject=well[0].component, why=why, proof=well[0].proof)


RULES = (different_secrets, one_side_older)
