"""The Lambda of the secrets family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.secrets.checks import CHECKS
from functions.secrets.family import FAMILY
from functions.secrets.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
