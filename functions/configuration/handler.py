"""The Lambda of the configuration family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.configuration.checks import CHECKS
from functions.configuration.family import FAMILY
from functions.configuration.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
