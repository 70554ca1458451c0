"""The Lambda of the vpc family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.vpc.checks import CHECKS
from functions.vpc.family import FAMILY
from functions.vpc.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
