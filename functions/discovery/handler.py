"""The Lambda of the discovery family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.discovery.checks import CHECKS
from functions.discovery.family import FAMILY
from functions.discovery.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
