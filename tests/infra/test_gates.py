"""The gates: cfn-lint, cdk-nag, and what the infrastructure may import."""

import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from tests.infra.synthesis import ROOT, Synthesized

SUBPROCESS_SECONDS = 240


def test_cfn_lint_has_nothing_to_say(synthesized: Synthesized) -> None:
    templates = [str(path) for path in sorted(synthesized.folder.glob("*.template.json"))]
    assert len(templates) == 4
    # W3005: the CDK writes DependsOn also where a reference says the same. W3010: zones are settings, because asking
    # AWS for them would need credentials at synth
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005,W3010", "--", *templates]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=SUBPROCESS_SECONDS, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_cdk_nag_stops_a_stack_with_a_finding(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    s3.Bucket(cdk.Stack(app, "Careless"), "Bucket")
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()


def test_the_infrastructure_imports_neither_the_sdk_nor_the_run_time() -> None:
    program = "import sys, infra.stack, infra.families; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=SUBPROCESS_SECONDS, check=True
    ).stdout.split()
    assert "infra.constructs.function" in loaded
    forbidden = {"boto3", "botocore", "requests", "pg8000", "auditor.runtime", "auditor.adapters", "auditor.net"}
    assert forbidden.isdisjoint(loaded)
