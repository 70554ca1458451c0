"""The rights of the platform's owner at the emulator, which ask for no permission."""

from typing import Any

import boto3

from sandbox.instance import REGION


def owner_client(endpoint: str, service: str) -> Any:
    """A client of one service of the emulator."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
