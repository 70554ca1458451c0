"""The Lambda of the load balancer family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.load_balancer.checks import CHECKS
from functions.load_balancer.family import FAMILY
from functions.load_balancer.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
