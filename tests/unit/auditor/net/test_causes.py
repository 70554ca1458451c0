"""The mapping of exceptions uses declared causes only and repeats no text of the error."""

import errno
import ssl

import pytest

from auditor.domain.cause import KERNEL_CAUSES
from auditor.domain.observation import Phase
from auditor.net.causes import cause_of, is_own_limit

DECLARED = {cause.id for cause in KERNEL_CAUSES}


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_errno_has_a_declared_cause_and_keeps_its_text_to_itself(number: int) -> None:
    outcome = cause_of(OSError(number, "hunter2"), Phase.TRANSFER)
    assert outcome is not None
    cause, words = outcome
    assert cause in DECLARED
    assert "hunter2" not in words


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ECONNREFUSED, "tcp.refused"),
        (errno.ECONNRESET, "tcp.reset"),
        (errno.EPIPE, "tcp.reset"),
        (errno.EHOSTUNREACH, "tcp.unreachable"),
        (errno.ENETUNREACH, "tcp.unreachable"),
        (errno.ETIMEDOUT, "tcp.timeout"),
    ],
)
def test_socket_errors(number: int, cause: str) -> None:
    outcome = cause_of(OSError(number, ""), Phase.TCP)
    assert outcome is not None
    assert outcome[0] == cause


@pytest.mark.parametrize("code", range(1, 100))
def test_every_verify_code_has_a_declared_cause(code: int) -> None:
    error = ssl.SSLCertVerificationError(1, "hunter2")
    error.verify_code = code
    cause, words = cause_of(error, Phase.TLS)  # type: ignore[misc]
    assert cause in DECLARED
    assert "hunter2" not in words


def test_a_bug_is_no_cause_of_the_network() -> None:
    assert cause_of(KeyError("x"), Phase.TCP) is None
    assert cause_of(OSError("without a number"), Phase.TCP) is None


def test_being_out_of_descriptors_says_nothing_about_the_target() -> None:
    assert is_own_limit(OSError(errno.EMFILE, ""))
    assert not is_own_limit(OSError(errno.ECONNREFUSED, ""))
