"""The Lambda of the http family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.http.checks import CHECKS
from functions.http.family import FAMILY
from functions.http.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
