"""Publishes a report's renderings and its bundle to S3: ``latest`` always, dated when asked."""

import gzip
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from auditor.names import REPORT_FORMATS, report_key

_PACKED = "bundle.json"
"""Published each minute, read by our own programs only, and twenty times as large as text. People's files stay plain:
``aws s3 cp`` does not unpack."""


class ReportBucket:
    """The bucket that people read reports from."""

    def __init__(self, *, stage: str, s3: Any, bucket: str, region: str) -> None:
        self._stage = stage
        self._s3 = s3
        self._bucket = bucket
        self._region = region

    def publish(self, files: Mapping[str, str], instant: datetime | None) -> None:
        """Writes files by name under ``latest`` (instant None) or under the instant."""
        for name, text in files.items():
            body, encoding = text.encode(), {}
            if name == _PACKED:
                body, encoding = gzip.compress(body, compresslevel=6, mtime=0), {"ContentEncoding": "gzip"}
            self._s3.put_object(
                Bucket=self._bucket,
                Key=report_key(self._stage, name, instant),
                Body=body,
                ContentType=REPORT_FORMATS.get(name.rpartition(".")[2], "application/octet-stream"),
                **encoding,
            )

    def link(self, name: str, instant: datetime | None) -> str:
        """Where a person with access to the account opens a file: the console, which needs no session of ours."""
        key = report_key(self._stage, name, instant)
        return (
            f"https://{self._region}.console.aws.amazon.com/s3/object/{self._bucket}?region={self._region}&prefix={key}"
        )
