"""An S3 object may be encrypted with aws:kms without naming a key.

AWS ("Specifying server-side encryption with AWS KMS"): without a key id the AWS-managed key `aws/s3` is used. cdk asks
for that when it publishes assets to its staging bucket. Stock MiniStack refuses the request.
"""

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import s3

from sandbox.emulator.patching import PatchContext, replace

_ALGORITHM = "x-amz-server-side-encryption"
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def apply(_context: PatchContext) -> None:
    """Name the AWS-managed key where the request names none."""

    def resolve(headers: dict[str, str], bucket_name: str) -> Any:
        if headers.get(_ALGORITHM) == "aws:kms" and not headers.get(_KEY):
            headers = {**headers, _KEY: f"arn:aws:kms:{get_region()}:{get_account_id()}:alias/aws/s3"}
        return stock(headers, bucket_name)

    stock = replace(s3, "_resolve_sse_write_headers", ("headers", "bucket_name"), resolve)
