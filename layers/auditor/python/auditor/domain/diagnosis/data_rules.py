"""Rules about stores of data: who is refused, with what, and who is not."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import (
    Claim,
    ConnectsAs,
    LoginAnswered,
    SecretChanged,
    SettingMissing,
    SlotsUsed,
)
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.store_words import StoreTrouble
from auditor.domain.diagnosis.stores import (
    accepted,
    is_full,
    login_refusals,
    login_refused_to_all,
    logins_at,
    refused,
    said_of_store,
    settings_for,
    store_is_fine,
    store_of,
    users_of,
    uses,
)
from auditor.domain.diagnosis.task_claims import RunningCounts, TasksStarted
from auditor.domain.diagnosis.words import (
    RELATIONAL_STORE,
    LoginOutcome,
    Role,
)
from auditor.domain.instants import format_instant


def slots_full(evidence: Evidence) -> Iterator[Candidate]:
    """The server itself says that every connection slot is taken."""
    for login in evidence.of(LoginAnswered):
        if login.outcome is LoginOutcome.SLOTS_FULL:
            store = store_of(evidence, login.component)
            used = [claim for claim in evidence.of(SlotsUsed) if evidence.same_service(claim.component, store)]
            yield Candidate(
                component=store,
                fault=Fault.DB_CONNECTIONS_EXHAUSTED,
                statement=f"All connection slots of {store} ({login.host}) are taken.",
                first_action="See who holds the slots (pg_stat_activity by user and application), end idle sessions or "
                "restart the client that leaks them, then bound the clients' pools.",
                confidence=Confidence.HIGH,
                proof=proof_of(login, *used),
                shows=login.proof,
                harms=users_of(evidence, login.component),
                named=True,
                ruled_out=(
                    RuledOut(
                        subject="credentials and network",
                        why="the server took the connection and refused it for want of a slot",
                        proof=login.proof,
                    ),
                ),
            )


def restarting(evidence: Evidence) -> Iterator[Candidate]:
    """The server itself says that it starts, stops or recovers; for want of space it would never end to."""
    for login in evidence.of(LoginAnswered):
        store = store_of(evidence, login.component)
        if login.outcome is LoginOutcome.STARTING and not is_full(evidence, store):
            yield Candidate(
                component=store,
                fault=Fault.DB_RESTARTING,
                statement=f"{store} ({login.host}) is starting, stopping or recovering.",
                first_action="Follow its events and log; wait for it unless recovery does not advance.",
                confidence=Confidence.HIGH,
                proof=login.proof,
                shows=login.proof,
                harms=users_of(evidence, login.component),
                named=True,
            )


def password_out_of_sync(evidence: Evidence) -> Iterator[Candidate]:
    """The platform's own login with the secret's current value is refused: server and secret hold two passwords."""
    for login in evidence.of(LoginAnswered):
        if not refused(login) or not login.of_platform or login.secret_names_user is False:
            continue
        if any(accepted(other) and other.user == login.user for other in logins_at(evidence, login.host)):
            continue  # the same user gets in with another secret: this secret is the odd one, and which is not known
        component = evidence.bound_to("secret", login.secret)
        if not component:
            continue
        others = [other for other in logins_at(evidence, login.host) if accepted(other)]
        changed = [claim for claim in evidence.of(SecretChanged) if claim.component == component]
        when = f"; the secret was changed at {format_instant(max(c.at for c in changed))}" if changed else ""
        ended = [counts for counts in evidence.of(RunningCounts) if _ends_at(evidence, counts, login)]
        ruled_out = RuledOut(
            subject=store_of(evidence, login.component),
            why=f"it answers, and lets {others[0].user} in" if others else "it answers and refuses only the password",
            proof=proof_of(login, *others),
        )
        yield Candidate(
            component=component,
            fault=Fault.DB_PASSWORD_OUT_OF_SYNC,
            statement=f"{login.host} refuses {login.user} with the current value of {component}: the password of the "
            f"server and that of the secret differ{when}.",
            first_action=f"Set the role's password and {component} to one value (first see which of the two was "
            "changed last), then deploy the services that hold the old one again.",
            confidence=Confidence.HIGH if others or changed else Confidence.MEDIUM,
            proof=proof_of(login, *others, *changed, *ended),
            shows=proof_of(login, *ended),
            harms=users_of(evidence, login.component),
            cuts=frozenset(evidence.service_of(counts.component) for counts in ended if counts.running == 0),
            named=True,
            ruled_out=(ruled_out,),
        )


def _ends_at(evidence: Evidence, counts: RunningCounts, login: LoginAnswered) -> bool:
    """Whether a service runs nothing because this login is refused to it as well."""
    service = evidence.service_of(counts.component)
    return (
        counts.running < counts.desired and login_refused_to_all(evidence, service) and uses(evidence, service, login)
    )


def wrong_user(evidence: Evidence) -> Iterator[Candidate]:
    """A service logs in as a user that is not the one which the store accepts, and says that its store fails."""
    for client in _clients(evidence, Role.LOGIN_USER):
        login, service = client.login, evidence.service_of(client.component)
        if any(connects.user == login.user for connects in client.connects):
            continue
        let_in = {other.user for other in logins_at(evidence, login.host) if accepted(other)}
        others = [connects for connects in client.connects if connects.user and connects.user not in let_in]
        complaints = evidence.complaints(service, RELATIONAL_STORE)
        tried = {connects.user for connects in others}
        turned_away = [other for other in logins_at(evidence, login.host) if refused(other) and other.user in tried]
        if not (others or client.missing) or not (complaints or turned_away):
            continue
        absent = " and ".join(sorted(claim.setting for claim in client.missing))
        told = [f"{absent} is not set"] if absent else []
        told += [f"{connects.user_setting or 'a setting'} says {connects.user}" for connects in others]
        yield Candidate(
            component=client.component,
            fault=Fault.DB_WRONG_USER,
            statement=f"{client.component} does not log in as {login.user}, the user that {login.host} accepts: "
            f"{' and '.join(told)}.",
            first_action=f"Set {absent or 'the user'} to {login.user}, under the name that the code reads, and deploy "
            "the service again.",
            confidence=Confidence.HIGH if others else Confidence.MEDIUM,
            proof=proof_of(*client.missing, *others, *complaints, *turned_away, login),
            shows=proof_of(*client.missing, *others, *complaints, *turned_away),
            harms=frozenset({service}),
            named=bool(complaints),
            ruled_out=(store_is_fine(evidence, login),),
        )


def wrong_database(evidence: Evidence) -> Iterator[Candidate]:
    """A service names a database that is not the one which the store serves, and says that its store fails."""
    for client in _clients(evidence, Role.NAME_OF_DATABASE):
        login, service = client.login, evidence.service_of(client.component)
        if any(connects.database == login.database for connects in client.connects):
            continue
        served = {other.database for other in logins_at(evidence, login.host) if accepted(other)}
        others = [connects for connects in client.connects if connects.database and connects.database not in served]
        confirmed = said_of_store(evidence, service, StoreTrouble.NO_SUCH_DATABASE)
        complaints: list[Claim] = [*evidence.complaints(service, RELATIONAL_STORE), *confirmed]
        if not (others or client.missing) or not complaints:
            continue
        told = [f"{claim.setting} is not set" for claim in client.missing]
        told += [f"{connects.database_setting or 'a setting'} names {connects.database}" for connects in others]
        yield Candidate(
            component=client.component,
            fault=Fault.DB_NAME_WRONG,
            statement=f"{client.component} does not use {login.database}, the database that {login.host} serves: "
            f"{' and '.join(told)}.",
            first_action=f"Set the database's name to {login.database} and deploy the service again.",
            # Whether the named database exists was not asked: the server tells it to a login that names it.
            confidence=Confidence.HIGH if confirmed else Confidence.MEDIUM,
            proof=proof_of(*client.missing, *others, *complaints, login),
            shows=proof_of(*client.missing, *others, *complaints),
            harms=frozenset({service}),
            named=True,
            ruled_out=(store_is_fine(evidence, login),),
        )


def old_value_in_running_tasks(evidence: Evidence) -> Iterator[Candidate]:
    """The secret's current value works, the tasks are older than it, and the service says that its store fails."""
    for changed in evidence.of(SecretChanged):
        logins = [
            login
            for login in evidence.of(LoginAnswered)
            if login.of_platform and accepted(login) and evidence.bound_to("secret", login.secret) == changed.component
        ]
        for started in evidence.of(TasksStarted):
            service = evidence.service_of(started.component)
            complaints = [*evidence.complaints(service, RELATIONAL_STORE), *login_refusals(evidence, service)]
            if not logins or not complaints or started.at >= changed.at or not uses(evidence, service, logins[0]):
                continue
            if any(connects.login_setting for connects in settings_for(evidence, service, logins[0].host)):
                continue  # what stands in a setting no restart makes new
            yield Candidate(
                component=started.component,
                fault=Fault.SECRET_STALE_IN_TASK,
                statement=f"{changed.component} was changed at {format_instant(changed.at)} and its value works, but "
                f"the tasks of {started.component} run since {format_instant(started.at)} and hold the old one.",
                first_action="Force a new deployment of every service that injects this secret.",
                confidence=Confidence.HIGH,
                proof=proof_of(changed, started, *logins, *complaints),
                shows=proof_of(*complaints),
                harms=frozenset({service}),
                named=True,
                ruled_out=(store_is_fine(evidence, logins[0]),),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Client:
    """A service's settings for its store, beside the platform's login that the store accepts."""

    component: str
    connects: tuple[ConnectsAs, ...]
    missing: tuple[SettingMissing, ...]
    login: LoginAnswered


def _clients(evidence: Evidence, role: Role) -> Iterator[_Client]:
    """Every client of a store whose platform login is accepted."""
    missing = [claim for claim in evidence.of(SettingMissing) if claim.role is role]
    let_in = [login for login in evidence.of(LoginAnswered) if accepted(login) and login.of_platform]
    connects = evidence.of(ConnectsAs)
    for component in sorted({claim.component for claim in missing} | {claim.component for claim in connects}):
        own = tuple(claim for claim in connects if claim.component == component)
        hosts = {claim.host.lower() for claim in own if claim.host}
        login = next((login for login in let_in if not hosts or login.host.lower() in hosts), None)
        if login is not None and evidence.service_of(component):
            absent = tuple(claim for claim in missing if claim.component == component)
            here = tuple(claim for claim in own if claim.host.lower() in ("", login.host.lower()))
            yield _Client(component=component, connects=here, missing=absent, login=login)


RULES = (slots_full, restarting, password_out_of_sync, wrong_user, wrong_database, old_value_in_running_tasks)
