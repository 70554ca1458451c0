"""The Lambda of the cache family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.cache.checks import CHECKS
from functions.cache.family import FAMILY
from functions.cache.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
