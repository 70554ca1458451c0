"""The CDK app: reads settings and catalogue of a stage, builds its assets, synthesizes its stack. Calls no AWS API."""

import sys
from dataclasses import replace
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from catalog.compile import compile_catalogue
from catalog.load import load
from catalog.problem import CatalogueError
from infra.build import BuildError, build_assets
from infra.catalogue import catalogue_files
from infra.families import deployed_families
from infra.settings import SettingsError, StageSettings, stage_settings
from infra.stack import HealthAuditorStack

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Synthesizes the stage that ``-c stage=NAME`` chooses."""
    # usage statistics and the construct tree serve the CDK team and its console; they make template and synth bigger
    app = cdk.App(analytics_reporting=False, tree_metadata=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    stage = app.node.try_get_context("stage") or "sandbox"
    settings = stage_settings(app.node.try_get_context("stages"), stage)
    catalogue = app.node.try_get_context("catalogue")
    if catalogue and settings.emulated:  # the sandbox puts one of its platforms under the same stage
        settings = replace(settings, catalogue=str(catalogue))
    add_stage(app, settings)
    app.synth()


def add_stage(app: cdk.App, settings: StageSettings) -> HealthAuditorStack:
    """The stack of a stage, with the assets it needs."""
    platform = compile_catalogue(load(str(ROOT / settings.catalogue)))
    assets = build_assets(ROOT, settings.stage, catalogue_files(platform), byte_code_required=not settings.emulated)
    return HealthAuditorStack(
        app, settings=settings, platform=platform, families=deployed_families(platform), assets=assets
    )


if __name__ == "__main__":
    try:
        main()
    except (SettingsError, BuildError, CatalogueError) as error:
        sys.exit(f"infra: {error}")
