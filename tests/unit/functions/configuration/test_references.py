"""References: what they point at, and whether ECS can follow them."""

import pytest

from functions.configuration.references import parameter_name, parse_reference

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter"


@pytest.mark.parametrize(
    ("value_from", "kind", "shape"),
    [
        (f"{SECRET}shop/db-AbC123", "secret", "ok"),
        (f"{SECRET}shop/db-AbC123:password::", "secret", "ok"),
        (f"{SECRET}shop/db-AbC123:password:AWSPREVIOUS:", "secret", "ok"),
        (f"{SECRET}shop/db-AbC123:password", "secret", "fields"),
        (f"{SECRET}shop/db-RANDOM:password::", "secret", "placeholder"),
        (f"{SECRET}shop/db-xxxxxx", "secret", "placeholder"),
        (f"{SECRET}shop/db:password::", "secret", "no_suffix"),
        (f"{PARAMETER}/shop/redis", "parameter", "ok"),
        ("/shop/redis/endpoint", "parameter", "ok"),
        ("arn:aws:s3:::bucket/key", "unknown", "fields"),
        ("arn:aws:sqs:us-east-1:123456789012:queue", "unknown", "service"),
    ],
)
def test_references_have_a_kind_and_a_shape(value_from: str, kind: str, shape: str) -> None:
    reference = parse_reference("DB_PASSWORD", value_from)
    assert (reference.kind, reference.shape) == (kind, shape)


@pytest.mark.parametrize("value", ["canary", "p@ss/word", "arn:canary", "", "/a b"])
def test_what_may_be_a_value_in_the_wrong_place_is_dropped(value: str) -> None:
    assert parse_reference("DB_PASSWORD", value).reference == ""


def test_a_parameter_has_the_name_that_ssm_knows() -> None:
    assert parameter_name(f"{PARAMETER}/shop/redis") == "/shop/redis"
    assert parameter_name("/shop/redis") == "/shop/redis"
