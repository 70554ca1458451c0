"""The Lambda of the tls family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.tls.checks import CHECKS
from functions.tls.family import FAMILY
from functions.tls.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
