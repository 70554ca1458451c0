"""How a store's variables are known: by what the last word before the ending is, whatever stands in front of it."""

from datetime import UTC, datetime

import pytest

from auditor.domain.diagnosis.claims import ConnectsAs, SettingMissing
from auditor.domain.diagnosis.words import Role
from auditor.domain.observation import Observation, Vantage
from auditor.domain.target import Target
from functions.configuration.facts import ConfigurationFacts, ContainerFacts
from functions.configuration.family import ConfigurationSpec
from functions.configuration.knowledge import claims
from functions.configuration.values import parse_setting


def said(values: dict[str, str], required: tuple[str, ...] = ()) -> tuple[list[ConnectsAs], list[SettingMissing]]:
    container = ContainerFacts(
        revision="web:2",
        registered_at=None,
        name="web",
        image="web:v2",
        architecture="X86_64",
        execution_role="",
        task_role="",
        variables=tuple(values),
        settings=tuple(parse_setting(variable, value) for variable, value in values.items()),
        references=(),
    )
    target = Target(
        id="settings",
        family="configuration",
        service="web",
        component="taskdef.web",
        spec=ConfigurationSpec(task_definition="web", required=required),
    )
    observation = Observation(
        family="configuration",
        target="settings",
        slot=datetime(2026, 11, 23, 16, 45, tzinfo=UTC),
        vantage=Vantage(kind="function", name="configuration"),
        facts=ConfigurationFacts(container=container),
    )
    found = claims(target, observation)
    return (
        [claim for claim in found if isinstance(claim, ConnectsAs)],
        [claim for claim in found if isinstance(claim, SettingMissing)],
    )


@pytest.mark.parametrize("stem", ["DB", "DATABASE", "ORDERS_DB", "SHOP_ORDERS_DATABASE", "ORDERS_POSTGRES"])
@pytest.mark.parametrize("ending", ["NAME", "DATABASE"])
def test_host_user_and_name_of_one_stem_are_one_login(stem: str, ending: str) -> None:
    values = {f"{stem}_HOST": "orders.example", f"{stem}_USER": "shop", f"{stem}_{ending}": "orders"}
    (login,), _ = said(values)
    assert (login.host, login.user, login.database) == ("orders.example", "shop", "orders")
    assert (login.user_setting, login.database_setting) == (f"{stem}_USER", f"{stem}_{ending}")


def test_two_stores_are_two_logins() -> None:
    logins, _ = said({"ORDERS_DB_USER": "orders", "STOCK_DB_USER": "stock"})
    assert {login.user for login in logins} == {"orders", "stock"}


@pytest.mark.parametrize("stem", ["BASKET", "MAIL", "SESSIONS_REDIS", "MONGO_DB", "REDIS_DB", "DBA"])
def test_what_is_no_relational_store_is_no_login(stem: str) -> None:
    assert said({f"{stem}_HOST": "other.example", f"{stem}_USER": "shop", f"{stem}_NAME": "orders"}) == ([], [])


@pytest.mark.parametrize(
    ("variable", "role"),
    [
        ("ORDERS_DB_NAME", Role.NAME_OF_DATABASE),
        ("ORDERS_DB_USER", Role.LOGIN_USER),
        ("ORDERS_DB_PASSWORD", Role.CREDENTIAL),
        ("MONGO_DB_NAME", Role.OTHER),
        ("DISPLAY_NAME", Role.OTHER),
    ],
)
def test_what_an_absent_variable_would_have_been_for(variable: str, role: Role) -> None:
    _, (missing,) = said({}, required=(variable,))
    assert missing.role is role
