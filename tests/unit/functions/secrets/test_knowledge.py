"""What a secret lets one say."""

from datetime import UTC, datetime

import pytest

from auditor.domain.diagnosis.claims import SecretChanged, SecretGone
from functions.secrets.facts import SecretFacts, ValueFacts, VersionsFacts
from functions.secrets.family import SecretSpec
from tests.knowing import claims

SPEC = SecretSpec(secret="shop/orders-db", keys=("password",))
SINCE = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_since_when_the_current_value_stands_is_said() -> None:
    facts = SecretFacts(exists=True, versions=VersionsFacts(current=True, current_since=SINCE))
    (changed,) = claims("secrets", SPEC, facts, component="secret.orders_db")
    assert changed == SecretChanged(component="secret.orders_db", at=SINCE, proof=changed.proof)


@pytest.mark.parametrize(
    ("versions", "changed"),
    [(None, []), (VersionsFacts(current=True, current_since=SINCE), [SecretChanged])],
    ids=["its versions were not read", "its versions were read"],
)
def test_a_secret_that_waits_for_its_deletion_is_gone(versions: VersionsFacts | None, changed: list[type]) -> None:
    facts = SecretFacts(exists=True, deleted=True, versions=versions)
    found = claims("secrets", SPEC, facts, component="secret.orders_db")
    assert found[0] == SecretGone(component="secret.orders_db", proof=found[0].proof)
    assert [type(claim) for claim in found[1:]] == changed


@pytest.mark.parametrize(
    "facts",
    [
        SecretFacts(exists=False),
        SecretFacts(exists=True, value=ValueFacts(is_json=True)),
        SecretFacts(exists=True, versions=VersionsFacts(current=False)),
        SecretFacts(exists=True, versions=VersionsFacts(current=True)),
        None,
    ],
)
def test_what_is_not_known_is_not_said(facts: SecretFacts | None) -> None:
    assert claims("secrets", SPEC, facts) == []
