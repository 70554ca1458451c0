"""Claims about what the log of a component says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auditor.domain.diagnosis.proof import Proof


class LogSaying(StrEnum):
    """What a fatal line says, in the classes that decide something."""

    WRONG_ARCHITECTURE = "wrong_architecture"
    FILE_MISSING = "file_missing"
    SETTING_MISSING = "setting_missing"
    LOGIN_REFUSED = "login_refused"
    SCHEMA_MISSING = "schema_missing"
    BUCKET_DENIED = "bucket_denied"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSays:
    """Fatal lines of one class stand in the log that this component's tasks write, the last one at ``last_at``."""

    component: str
    saying: LogSaying
    count: int
    last_at: datetime
    proof: Proof = ()
