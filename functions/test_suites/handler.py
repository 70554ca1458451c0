"""The Lambda of the test_suites family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.test_suites.checks import CHECKS
from functions.test_suites.family import FAMILY
from functions.test_suites.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
