"""Reads what the deployed auditor published, as a person would: from the bucket."""

import gzip
import json
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from auditor.domain.instants import parse_instant
from auditor.domain.report import Report
from auditor.names import REPORT_FORMATS, report_key
from auditor.render.report_json import parse_json
from sandbox.instance import STAGE, Instance

FILES = (*(f"report.{suffix}" for suffix in REPORT_FORMATS), "bundle.json")


class NoReportError(RuntimeError):
    """When no report that fits was published in time."""


class Publications:
    """The reports of a deployed stage."""

    def __init__(self, instance: Instance, bucket: str) -> None:
        environment = instance.aws_environment()
        self._bucket = bucket
        self._s3: Any = boto3.client(
            "s3",
            endpoint_url=instance.endpoint,
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def latest(self) -> Report | None:
        """The newest report, or None when none was published yet."""
        try:
            return parse_json(self._text("report.json"))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise

    def wait_for(self, fits: Callable[[Report], bool], seconds: float, progress: Callable[[str], None]) -> Report:
        """The first report that fits; NoReportError after ``seconds``."""
        until = time.monotonic() + seconds
        told: datetime | None = None
        while time.monotonic() < until:
            report = self.latest()
            if report is not None:
                if fits(report):
                    return report
                if report.as_of != told:
                    told = report.as_of
                    progress(f"report of {told:%H:%M} simulated time: {report.verdict}; waiting for a later one")
            time.sleep(0.25)
        raise NoReportError(f"no report that fits was published within {seconds:g} s of wall time")

    def download(self, folder: Path) -> None:
        """Writes the newest report's files and its bundle to a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (folder / name).write_text(self._text(name), encoding="utf-8")

    def bundle(self) -> str:
        """The evidence of the newest report."""
        return self._text("bundle.json")

    def _text(self, name: str) -> str:
        answer = self._s3.get_object(Bucket=self._bucket, Key=report_key(STAGE, name))
        body: bytes = answer["Body"].read()
        return (gzip.decompress(body) if answer.get("ContentEncoding") == "gzip" else body).decode()


def simulated_now(instance: Instance) -> datetime:
    """The emulator's simulated instant."""
    with urllib.request.urlopen(instance.endpoint + "/_sandbox/time", timeout=5) as answer:
        return parse_instant(json.load(answer)["simulated_now"])
