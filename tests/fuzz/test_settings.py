"""Environment values and secret references: parsed or dropped, and never a piece of a password among the parts."""

from hypothesis import given
from hypothesis import strategies as st

from functions.configuration.references import parameter_name, parse_reference
from functions.configuration.values import parse_setting

from .material import CANARY, holds_canary, texts

WORDS = (
    "postgresql://",
    "http://",
    "redis://",
    "jdbc:postgresql://",
    "user",
    ":",
    "@",
    "/",
    "?",
    "#",
    ",",
    "[::1]",
    "[",
    "]",
    "db.shop.internal",
    "5432",
    "99999",
    "0",
    "sslmode=require",
    " ",
    "%40",
    "\n",
    "localhost",
    "*",
    ".",
    "10.0.0.1",
    "mlflow",
)
PASSWORDS = st.text("ab/:@?#,[]%&=. ", max_size=12).map(lambda text: f"{CANARY}{text}") | st.text(
    "ab/:@?#,[]%&=. ", max_size=12
).map(lambda text: f"{text}{CANARY}")
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


@given(texts(WORDS), st.booleans())
def test_values(value: str, is_address: bool) -> None:
    facts = parse_setting("A", value, is_address=is_address)
    assert facts.port is None or 1 <= facts.port <= 65_535
    assert len(facts.items) <= 20
    assert facts.host == facts.host.lower()
    assert str(facts).isprintable() or not value.isprintable()


@given(st.sampled_from(["postgresql", "redis", "http", "mysql+pymysql"]), PASSWORDS, st.sampled_from(["", "user"]))
def test_a_password_in_a_url(scheme: str, password: str, user: str) -> None:
    facts = parse_setting("DATABASE_URL", f"{scheme}://{user}:{password}@db.shop.internal:5432/shop")
    assert not holds_canary(str(facts)), facts


@given(
    texts(
        [
            ARN,
            "arn:aws:ssm:us-east-1:123456789012:parameter/",
            "-AbCdEf",
            ":",
            "name",
            "/a/b",
            "random",
            "\n",
            "AWSCURRENT",
        ]
    )
)
def test_references(text: str) -> None:
    facts = parse_reference("A", text)
    assert facts.reference in ("", text)
    parameter_name(facts.reference)


@given(st.text(max_size=20).map(lambda text: f"{text}{CANARY}"))
def test_a_value_in_the_place_of_a_reference(text: str) -> None:
    if not text.startswith(("arn:", "/")):
        assert not holds_canary(str(parse_reference("A", text)))
