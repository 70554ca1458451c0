"""Answers about several addresses at once: all bad is a FAIL, some bad is a WARN that names them."""

from collections.abc import Sequence
from dataclasses import replace

from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Status, failed
from functions.http import remedies
from functions.http.facts import AddressFacts
from functions.http.wording import names, sentences

Problem = tuple[AddressFacts, Failure]
"""An address and what is wrong with it, worded for a reader."""


def partly(judged: Sequence[AddressFacts], problems: Sequence[Problem], **evidence: Scalar) -> Answer:
    """FAIL when every judged address has the problem, WARN when some serve well."""
    address, failure = problems[0]
    bad = [a for a, _ in problems]
    summary = sentences([f.detail for _, f in problems])
    evidence |= {"address": address.address, "failing_addresses": names(bad)}
    if len(bad) == len(judged):
        return failed(failure, summary, **evidence)
    good = [a for a in judged if a not in bad]
    return warned(failure, f"{summary} As expected: {names(good)}.", **evidence)


def unlike_declared(cause: str, detail: str, address: AddressFacts) -> Failure:
    """The exchange succeeded and the answer is not what the catalogue declares."""
    return Failure(phase=Phase.ANSWER, cause=cause, detail=detail, address=address.address)


def warned(failure: Failure, summary: str, **evidence: Scalar) -> Answer:
    """The target serves, and something about it is wrong."""
    return replace(failed(failure, summary, **evidence), status=Status.WARN)


def with_remedy(answer: Answer) -> Answer:
    """The answer with the remedy for exactly its cause."""
    return replace(answer, remedy=remedies.for_cause(answer.cause or ""))


def answer_evidence(address: AddressFacts) -> dict[str, Scalar]:
    """What an address answered, as far as it may be kept."""
    answer = address.answer
    if answer is None:
        return {"total_ms": round(address.total_ms, 1)}
    said = {
        "message": answer.message,
        "names_upstream": answer.names_upstream,
        "store_trouble": answer.store_trouble,
    }
    return {
        "status": answer.status,
        "http_version": answer.http_version,
        "emitter": answer.emitter.value,
        "emitter_evidence": answer.emitter_evidence,
        "server": answer.server,
        "content_type": answer.content_type,
        "retry_after": answer.retry_after,
        "body_bytes": answer.body_bytes,
        "total_ms": round(address.total_ms, 1),
        **{name: value for name, value in said.items() if value},
    }
