"""What a log lets one say."""

from datetime import UTC, datetime

from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from functions.logs.facts import FatalFacts, FatalKind, LogsFacts
from functions.logs.family import LogsSpec
from tests.knowing import claims

SPEC = LogsSpec(group="/shop/web")
AT = datetime(2026, 11, 23, 16, 44, tzinfo=UTC)


def test_every_class_of_fatal_lines_can_be_said() -> None:
    fatal = tuple(FatalFacts(kind=kind, count=2, last_at=AT) for kind in FatalKind)
    found = claims("logs", SPEC, LogsFacts(exists=True, lines=20, fatal=fatal), component="ecs.web")
    assert [claim.saying for claim in found if isinstance(claim, LogSays)] == list(LogSaying)
    assert all(claim.component == "ecs.web" and claim.last_at == AT for claim in found if isinstance(claim, LogSays))


def test_a_log_without_fatal_lines_or_one_that_was_not_read_says_nothing() -> None:
    assert claims("logs", SPEC, LogsFacts(exists=True, lines=20, errors=3)) == []
    assert claims("logs", SPEC, LogsFacts(exists=False)) == []
    assert claims("logs", SPEC, None) == []
