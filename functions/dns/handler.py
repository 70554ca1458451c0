"""The Lambda of the dns family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.dns.checks import CHECKS
from functions.dns.family import FAMILY
from functions.dns.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
