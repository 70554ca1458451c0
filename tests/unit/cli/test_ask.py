"""``audit ack`` and ``audit silence``: what is refused before any call of AWS."""

import io
from datetime import timedelta

import pytest

from auditor.domain.request import RequestKind
from cli.ask import LONGEST_SILENCE, ask
from cli.main import main


@pytest.mark.parametrize("duration", ["soon", "2", "-1h", "0s", "2 h", "400d", ""])
def test_what_is_no_duration_is_refused_with_an_example(capsys: pytest.CaptureFixture[str], duration: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["silence", "web", "--by", "ada", "--reason", "r", f"--for={duration}"])
    assert ended.value.code == 2
    assert f"{duration!r} is not a duration such as 30m or 2h" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["ack", "web"],
        ["ack", "--by", "ada"],
        ["silence", "web", "--by", "ada", "--for", "2h"],
        ["silence", "web", "--by", "ada", "--reason", "r"],
        ["ack", "web", "--by", "ada", "--for", "2h"],
    ],
)
def test_who_and_why_and_how_long_must_be_said_and_only_where_they_mean_something(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_silence_that_is_too_long_is_refused_before_anything_is_asked() -> None:
    out, errors = io.StringIO(), io.StringIO()
    code = ask(
        RequestKind.SILENCE,
        stage="test",
        service="web",
        by="ada",
        reason="r",
        duration=LONGEST_SILENCE + timedelta(seconds=1),
        out=out,
        errors=errors,
    )
    assert (code, out.getvalue()) == (2, "")
    assert errors.getvalue() == "--for 7 days, 0:00:01: allowed is at most 7d\n"
