"""Rules about a secret by which two services know each other: what one holds, the other must hold as well."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product

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
    pages, stores = _pages(evidence), _secrets_of_stores(evidence)
    own = [claim for claim in evidence.of(CredentialInjected) if not claim.of_store]
    for one, other in _callers_and_callees(evidence, own, lambda claim: claim.setting.upper()):
        caller, callee = evidence.service_of(one.component), evidence.service_of(other.component)
        refused, well = _refused(pages.get(caller, [])), _well(pages.get(callee, []))
        if not refused or not well or _value(one) == _value(other) or _is_any(evidence, stores, one, other):
            continue
        changed = [claim for claim in (one, other) if claim.changed]
        refused = [page for page in refused if len(changed) == 1 or page.status in _NOT_LET_IN]
        if not refused:
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
    pages, stores = _pages(evidence), _secrets_of_stores(evidence)
    for one, other in _callers_and_callees(evidence, evidence.of(CredentialInjected), _value):
        caller, callee = evidence.service_of(one.component), evidence.service_of(other.component)
        refused, well = _refused(pages.get(caller, [])), _well(pages.get(callee, []))
        if not refused or not well or _is_any(evidence, stores, one, other):
            continue
        secret = evidence.bound_to("secret", one.secret)
        starts = [
            claim for claim in evidence.of(TasksStarted) if evidence.service_of(claim.component) in (caller, callee)
        ]
        for change in evidence.of(SecretChanged):
            old = [claim for claim in starts if claim.at < change.at]
            if change.component != secret or len(old) != 1 or len(starts) != 2:
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


def _callers_and_callees(
    evidence: Evidence, claims: Iterable[CredentialInjected], key: Callable[[CredentialInjected], str]
) -> Iterator[tuple[CredentialInjected, CredentialInjected]]:
    """Pairs that are alike by ``key`` and of which the first one's service needs the second one's."""
    alike: dict[str, dict[str, list[CredentialInjected]]] = {}
    for claim in claims:
        alike.setdefault(key(claim), {}).setdefault(evidence.service_of(claim.component), []).append(claim)
    needs = evidence.needs
    for by_service in alike.values():
        for caller in by_service:
            for callee in sorted(needs.get(caller, frozenset()) & by_service.keys()):
                yield from product(by_service[caller], by_service[callee])


def _value(claim: CredentialInjected) -> str:
    """What a reference leads to; its key and version are a part of it."""
    return _SIX_LETTERS.sub("", claim.secret).rstrip(":")


def _secrets_of_stores(evidence: Evidence) -> set[str]:
    """The secrets by which stores are logged in to."""
    logins: list[LoginAnswered | StoreAdmits] = [*evidence.of(LoginAnswered), *evidence.of(StoreAdmits)]
    return {evidence.bound_to("secret", login.secret) for login in logins if login.secret} - {""}


def _is_any(evidence: Evidence, stores: set[str], *claims: CredentialInjected) -> bool:
    """Whether one of them is a data store's: then the store decides, not the other service."""
    return any(evidence.bound_to("secret", claim.secret) in stores for claim in claims)


def _pages(evidence: Evidence) -> dict[str, list[PathAnswers]]:
    """What each service itself may have answered."""
    found: dict[str, list[PathAnswers]] = {}
    for page in evidence.of(PathAnswers):
        if page.emitter is not Emitter.LOAD_BALANCER:
            found.setdefault(evidence.service_of(page.component), []).append(page)
    return found


def _refused(pages: list[PathAnswers]) -> list[PathAnswers]:
    """What a service answers where it is not let in by one that it needs, the plainest words first."""
    found = [page for page in pages if page.status in (*_NOT_LET_IN, *_HANDED_ON) and not page.as_declared]
    return sorted(found, key=lambda page: page.status not in _NOT_LET_IN)


def _well(pages: list[PathAnswers]) -> list[PathAnswers]:
    """The pages of a service that is as declared: whom it lets in, it serves."""
    return pages if all(page.as_declared for page in pages) else []


def _itself_well(well: list[PathAnswers]) -> RuledOut:
    why = f"{well[0].path} of it answers as declared"
    return RuledOut(subject=well[0].component, why=why, proof=well[0].proof)


RULES = (different_secrets, one_side_older)
