"""The Lambda of the queue family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.queue.checks import CHECKS
from functions.queue.family import FAMILY
from functions.queue.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
