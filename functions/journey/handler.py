"""The Lambda of the journey family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.journey.checks import CHECKS
from functions.journey.family import FAMILY
from functions.journey.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
