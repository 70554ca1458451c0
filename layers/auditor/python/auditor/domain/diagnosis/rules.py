"""All joins: named pure functions from evidence to candidates. Their order means nothing."""

from collections.abc import Callable, Iterable

from auditor.domain.diagnosis import data_rules, journey_rules, reference_rules, settings_rules, task_rules
from auditor.domain.diagnosis.candidate import Candidate
from auditor.domain.diagnosis.evidence import Evidence

Rule = Callable[[Evidence], Iterable[Candidate]]

RULES: tuple[Rule, ...] = (
    *settings_rules.RULES,
    *reference_rules.RULES,
    *data_rules.RULES,
    *task_rules.RULES,
    *journey_rules.RULES,
)
