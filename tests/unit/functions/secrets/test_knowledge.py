"""What a secret lets one say."""

from datetime import UTC, datetime

import pytest

from auditor.domain.diagnosis.claims import SecretChanged
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
    "facts",
    [
        SecretFacts(exists=False),
        SecretFacts(exists=True, deleted=True),
        SecretFacts(exists=True, value=ValueFacts(is_json=True)),
        SecretFacts(exists=True, versions=VersionsFacts(current=False)),
        SecretFacts(exists=True, versions=VersionsFacts(current=True)),
        None,
    ],
)
def test_what_is_not_known_is_not_said(facts: SecretFacts | None) -> None:
    assert claims("secrets", SPEC, facts) == []
