"""Synthesizes every stage once per session; all tests of infra read those templates."""

import os
import sys
from pathlib import Path

import pytest

# jsii starts `node` from PATH while aws_cdk is imported. CDK's built-in CloudFormation validation takes longer than all
# the rest and only warns: cfn-lint does its work in test_gates.py
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ["CDK_VALIDATION"] = "false"

from infra.build import Assets
from tests.infra.synthesis import Stage, Synthesized, placeholder_assets, synthesize


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Assets:
    """Small files in place of the real assets, which test_build.py looks at."""
    return placeholder_assets(tmp_path_factory.mktemp("assets"))


@pytest.fixture(scope="session")
def synthesized(assets: Assets, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """All stages, and the folder of their templates."""
    return synthesize(tmp_path_factory.mktemp("cdk.out"), assets)


@pytest.fixture(params=["sandbox", "example", "endpoints", "own-vpc"])
def stage(request: pytest.FixtureRequest, synthesized: Synthesized) -> Stage:
    """Every stage in turn, for what must hold in all of them."""
    return synthesized.stages[request.param]


@pytest.fixture
def made_up(synthesized: Synthesized) -> Stage:
    """The stage with made-up families in an imported VPC with endpoints."""
    return synthesized.stages["endpoints"]
