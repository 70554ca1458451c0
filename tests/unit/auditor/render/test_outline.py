"""The arrangement of problems: each in its place, none lost, no victim as a cause."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.report import Problem, Report
from auditor.domain.result import Severity
from auditor.domain.verdict import Verdict
from auditor.render.outline import Outline, outline


def places(arranged: Outline) -> list[Problem]:
    under = [problem for trouble in arranged.troubles for problem in (*trouble.problems, *trouble.victims)]
    return [*under, *arranged.unexplained_victims, *arranged.warnings, *arranged.findings]


def test_two_failing_checks_of_one_target_are_one_trouble(database_down: Report) -> None:
    root = database_down.problems[2]
    second = replace(root, check="database.login", severity=Severity.HIGH, result_id="second")
    (trouble,) = outline(replace(database_down, problems=(second, *database_down.problems))).troubles
    assert [problem.check for problem in trouble.problems] == ["database.reachable", "database.login"]
    assert trouble.victim_targets == ("site.orders",)


def test_a_victim_of_a_chain_stands_under_the_end_of_the_chain(database_down: Report) -> None:
    victim = database_down.problems[0]
    behind = replace(victim, target="site.basket", victim_of=("site.orders", "orders-db.main"), result_id="behind")
    arranged = outline(replace(database_down, problems=(behind, *database_down.problems)))
    assert [trouble.target for trouble in arranged.troubles] == ["orders-db.main"]
    assert arranged.troubles[0].victim_targets == ("site.basket", "site.orders")


def test_a_victim_whose_root_is_remembered_only_still_stands_under_it(database_down: Report) -> None:
    victim = database_down.problems[0]
    arranged = outline(replace(database_down, problems=(victim,)))
    assert [(trouble.target, trouble.problems) for trouble in arranged.troubles] == [
        ("orders-db.main", ()),
        ("site.home", ()),
    ]
    assert arranged.troubles[0].victims == (victim,)


def test_a_victim_without_its_root_is_shown_and_is_no_cause(healthy: Report, database_down: Report) -> None:
    victim = replace(database_down.problems[0], victim_of=("elsewhere",))
    arranged = outline(replace(healthy, problems=(victim,)))
    assert (arranged.troubles, arranged.unexplained_victims, arranged.wrong) == ((), (victim,), True)


def test_an_advisory_failure_is_a_finding_and_nothing_wrong(healthy: Report, database_down: Report) -> None:
    advisory = replace(database_down.problems[2], severity=Severity.ADVISORY)
    arranged = outline(replace(healthy, problems=(advisory,)))
    assert (arranged.findings, arranged.wrong) == ((advisory,), False)


def test_the_critical_target_that_is_down_comes_first(database_down: Report) -> None:
    failing_home = replace(database_down.problems[1], status="FAIL", severity=Severity.LOW)
    arranged = outline(replace(database_down, problems=(failing_home, database_down.problems[2])))
    assert arranged.troubles[0].target == "orders-db.main"
    assert arranged.troubles[-1].target == "site.home"


def test_a_bad_verdict_is_never_all_clear(healthy: Report) -> None:
    assert outline(replace(healthy, verdict=Verdict.DEGRADED)).all_clear == ""
    owner = replace(healthy.services[0], verdict=Verdict.DEGRADED)
    assert outline(replace(healthy, services=(owner,))).all_clear == ""


TARGETS = ("a", "b", "c", "site.home", "orders-db.main")


@given(
    drawn=st.lists(
        st.tuples(
            st.sampled_from(TARGETS),
            st.sampled_from(("FAIL", "WARN")),
            st.sampled_from(tuple(Severity)),
            st.lists(st.sampled_from(TARGETS), max_size=2, unique=True),
        ),
        max_size=8,
    ),
    data=st.data(),
)
def test_every_problem_has_a_place_and_order_does_not_matter(
    database_down: Report, drawn: list[tuple[str, str, Severity, list[str]]], data: st.DataObject
) -> None:
    problems = tuple(
        replace(
            database_down.problems[0], target=target, status=status, severity=severity, victim_of=tuple(roots),
            result_id=str(number),
        )
        for number, (target, status, severity, roots) in enumerate(drawn)
    )  # fmt: skip
    arranged = outline(replace(database_down, problems=problems))
    assert {problem.result_id for problem in places(arranged)} == {problem.result_id for problem in problems}
    assert all(not problem.victim_of for trouble in arranged.troubles for problem in trouble.problems)
    shuffled = tuple(data.draw(st.permutations(problems)))
    assert outline(replace(database_down, problems=shuffled)) == arranged
