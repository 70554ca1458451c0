"""The Lambda of the database family: wiring only."""

from auditor.runtime.probe_handler import probe_handler
from auditor.runtime.run_family import FamilyRunner
from functions.database.checks import CHECKS
from functions.database.family import FAMILY
from functions.database.probe import observe

handler = probe_handler(FamilyRunner(FAMILY, observe, CHECKS))
