"""An unqualified EventInvokeConfig is that of $LATEST.

AWS ("GetFunctionEventInvokeConfig"): without a Qualifier the configuration of the unpublished function is meant, which
CloudFormation writes with the qualifier $LATEST. Stock MiniStack keeps the two apart and answers "not found".
"""

from typing import Any

from ministack.services import lambda_svc

from sandbox.emulator.patching import PatchContext, replace

LATEST = "$LATEST"


def apply(_context: PatchContext) -> None:
    """Look under both names."""

    def find(func: dict[str, Any], qualifier: str | None) -> Any:
        if qualifier in (None, "", LATEST):
            return stock(func, None) or stock(func, LATEST)
        return stock(func, qualifier)

    stock = replace(lambda_svc, "_event_invoke_config", ("func", "qualifier"), find)
