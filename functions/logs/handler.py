"""The Lambda of the logs family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.logs.checks import CHECKS
from functions.logs.family import FAMILY
from functions.logs.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
