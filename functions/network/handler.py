"""The Lambda of the network family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.network.checks import CHECKS
from functions.network.family import FAMILY
from functions.network.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
