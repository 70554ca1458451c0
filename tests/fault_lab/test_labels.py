"""Labels are read strictly, and every data-plane family has them, with a situation for each."""

import pytest

from functions.families import FAMILIES
from tests.fault_lab.lab import data_families, situations_of
from tests.fault_lab.labels import Label, LabelError, labelled_families, labels_of, read_labels

GOOD = "{ id: http-a, what: it is dead, check: http.reachable, status: FAIL, phase: tcp, cause: tcp.refused }"


def read(*lines: str) -> list[Label]:
    return list(read_labels("\n".join(f"- {line}" for line in lines), "http"))


def test_a_label_is_read() -> None:
    well = "{ id: http-b, what: all is well, check: http.reachable, status: PASS, phase: null, cause: null }"
    fault, healthy = read(GOOD, well)
    assert (fault.check, fault.status, fault.phase, fault.cause) == ("http.reachable", "FAIL", "tcp", "tcp.refused")
    assert not fault.healthy
    assert healthy.healthy


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (GOOD.replace("http.reachable", "http.reached"), "check is 'http.reached'"),
        (GOOD.replace("tcp.refused", "tcp.tired"), "cause is 'tcp.tired'"),
        (GOOD.replace("tcp.refused", "pg.auth_failed"), "cause is 'pg.auth_failed'"),
        (GOOD.replace("phase: tcp", "phase: lunch"), "'lunch' is not a valid Phase"),
        (GOOD.replace("FAIL", "BAD"), "'BAD' is not a valid Status"),
        (GOOD.replace("http-a", "dns-a"), "begins with http-"),
        (GOOD.replace("it is dead", '""'), "what is ''"),
        (GOOD.replace("cause: tcp.refused", "cause: null"), "a FAIL has a phase and cause"),
        (GOOD.replace("FAIL", "PASS"), "a PASS has no phase and cause"),
        (GOOD.replace("what: it is dead, ", ""), "it has exactly"),
        (GOOD.replace("}", ", colour: red }"), "it has exactly"),
        (GOOD.replace("}", ", evidence: {} }"), "evidence is {}"),
        (GOOD.replace("}", ", evidence: [502] }"), "evidence is [502]"),
        ("http-a", "it has exactly"),
    ],
)
def test_what_is_no_label_is_refused(line: str, complaint: str) -> None:
    with pytest.raises(LabelError, match=r".") as caught:
        read(line)
    assert complaint in str(caught.value)


def test_a_doubled_id_is_refused() -> None:
    with pytest.raises(LabelError, match="http-a is labelled twice"):
        read(GOOD, GOOD)


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(LabelError, match="no list"):
        list(read_labels("id: http-a", "http"))


def test_labels_are_of_registered_families() -> None:
    assert set(labelled_families()) <= set(FAMILIES)


@pytest.mark.parametrize("family", data_families())
def test_every_data_plane_family_has_faults_and_healthy_variants(family: str) -> None:
    labels = labels_of(family)
    assert any(label.healthy for label in labels), f"tests/fault_lab/labels/{family}.yaml"
    assert any(not label.healthy for label in labels)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_label_has_its_situation_and_every_situation_its_label(family: str) -> None:
    assert {label.id for label in labels_of(family)} == set(situations_of(family))
