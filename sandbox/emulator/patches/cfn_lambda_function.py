"""Lambda functions keep VpcConfig, DeadLetterConfig and reserved concurrency from their template.

AWS (AWS::Lambda::Function). Stock MiniStack drops all three. VpcConfig is only described (the function runs on the
host's network); DeadLetterConfig and ReservedConcurrentExecutions take effect.
"""

from ministack.services import lambda_svc

from sandbox.emulator.patches.cfn_resources import Properties, after_provisioning
from sandbox.emulator.patching import PatchContext


def apply(_context: PatchContext) -> None:
    """Carry the properties."""
    after_provisioning("AWS::Lambda::Function", _carry)


def _carry(name: str, properties: Properties) -> None:
    function = lambda_svc._functions[name]
    config = function["config"]
    config["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
    config.pop("DeadLetterConfig", None)
    if properties.get("DeadLetterConfig"):
        config["DeadLetterConfig"] = properties["DeadLetterConfig"]
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
