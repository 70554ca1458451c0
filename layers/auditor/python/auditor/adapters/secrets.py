"""Secrets Manager: the only way a credential enters a probe. Read once per process and ten minutes, never written."""

import threading
import time
from typing import Any

from auditor.adapters.aws import AwsError, aws_failure, client
from auditor.domain.observation import Failure, Phase

_LIFETIME_SECONDS = 600.0
"""A rotated secret is seen within ten minutes; a login that fails meanwhile drops the value at once (``forget``)."""


class Secrets:
    """Reads secrets by name or ARN; a failure to read is a value that names the missing action or resource."""

    def __init__(self, secretsmanager: Any = None) -> None:
        self._client = secretsmanager
        self._cache: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def read(self, name: str) -> str | Failure:
        """The secret's current text."""
        with self._lock:
            known = self._cache.get(name)
        if known is not None and time.monotonic() - known[0] < _LIFETIME_SECONDS:
            return known[1]
        try:
            answer = (self._client or client("secretsmanager")).get_secret_value(SecretId=name)
        except AwsError as error:
            return aws_failure(error, "secretsmanager:GetSecretValue", f"secret {name}")
        text = answer.get("SecretString")
        if not isinstance(text, str):
            return Failure(
                phase=Phase.PREPARE, cause="self.secret_malformed", detail=f"secret {name} is binary; a text is needed"
            )
        with self._lock:
            self._cache[name] = (time.monotonic(), text)
        return text

    def forget(self, name: str) -> None:
        """Drops a value that was refused, so that the next probe reads it anew."""
        with self._lock:
            self._cache.pop(name, None)
