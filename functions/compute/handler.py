"""The Lambda of the compute family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.compute.checks import CHECKS
from functions.compute.family import FAMILY
from functions.compute.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
